// Uploads onto names that exist: what is on the server's disk afterwards is what was chosen, and no file is lost unasked.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  allUploaded,
  asFiles,
  assertAccessible,
  assertFits,
  CHOOSE,
  launch,
  noise,
  open,
  openOptions,
  shot,
} from "./browser.mjs";
import { real, startServer } from "./servers.mjs";

const skip = !real && "needs the real server";
/** Seconds since 1970 of files on the server. `asFiles` makes files of 1_700_000_000. */
const THERE = 1_650_000_000;

let browser;
let root;
let server;

before(async () => {
  if (skip) return;
  root = mkdtempSync(join(tmpdir(), "potluck-conflicts-"));
  for (const name of ["all", "kept"]) mkdirSync(join(root, name));
  const volumes = ["-v", `${root}/all:all:rwmd`, "-v", `${root}/kept:kept:rw`];
  [browser, server] = [await launch(), await startServer(...volumes)];
});
after(async () => {
  await browser?.close();
  await server?.stop();
  if (root) rmSync(root, { recursive: true, force: true });
});

/** Makes a folder on the server. */
function folder(path, files) {
  for (const [name, content] of Object.entries(files)) {
    const file = join(root, path, name);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, content);
    utimesSync(file, THERE, THERE);
  }
}

/** Returns the contents of all files of a folder on the server's disk, in order. */
const contents = (path) =>
  readdirSync(join(root, path), { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map(({ name }) => readFileSync(join(root, path, name), "utf8"))
    .sort();

const content = (path) => readFileSync(join(root, path), "utf8");

/** Opens a folder, and chooses what happens when a file exists. */
async function visit(path, taken, options) {
  const opened = await open(browser, `${server.url}/${path}/`, options);
  await openOptions(opened.page);
  await opened.page.selectOption("#up-taken", taken);
  return opened;
}

const dialogs = (page) => page.locator("dialog[open]");
const question = (page, name) => dialogs(page).filter({ hasText: `${name} exists already` });
const answer = (page, label) => dialogs(page).getByRole("button", { name: label, exact: true }).click();
const forAll = (page) => dialogs(page).getByRole("checkbox").check();
const row = (page, state, text) => page.locator(`pl-uploads .row.${state}`, { hasText: text });
const pill = (page, text) => page.locator("pl-uploads .pill", { hasText: text }).waitFor();

/** Fails if something asks. */
async function nothingAsks(page) {
  await page.waitForTimeout(300);
  assert.equal(await dialogs(page).count(), 0, "nothing is asked");
}

test("ask, keep both: the old file stays, and the new one has another name, which is said", { skip }, async () => {
  folder("all/both", { "letter.txt": "old letter" });
  const { context, page, faults } = await visit("all/both", "ask");
  await page.setInputFiles(CHOOSE, asFiles({ "letter.txt": "new letter, longer" }));
  await question(page, "letter.txt").waitFor();
  assert.deepEqual(contents("all/both"), ["old letter"], "nothing happens before the answer");
  assert.equal(await dialogs(page).getByRole("checkbox").count(), 0, "no other file waits");
  await answer(page, "Keep both");
  await allUploaded(page, 1);
  assert.equal(content("all/both/letter.txt"), "old letter");
  assert.deepEqual(contents("all/both"), ["new letter, longer", "old letter"]);
  const said = await row(page, "done", "Saved as").locator(".status").textContent();
  const [, name] = /Saved as (.+?)\s*$/.exec(said);
  assert.equal(content(`all/both/${name.replace(/[\u2066-\u2069]/g, "")}`), "new letter, longer");
  assert.deepEqual(faults, []);
  await context.close();
});

test("ask, replace if older: a newer file replaces, an older one is kept beside", { skip }, async () => {
  folder("all/dated", { "a.txt": "a there", "b.txt": "b there" });
  const { context, page, faults } = await visit("all/dated", "ask");
  const [newer] = asFiles({ "a.txt": "a newer, yours" });
  await page.setInputFiles(CHOOSE, newer);
  await question(page, "a.txt").waitFor();
  await dialogs(page).locator("section", { hasText: "Your file" }).getByText("newer").waitFor();
  await answer(page, "Replace if older");
  await allUploaded(page, 1);
  assert.equal(content("all/dated/a.txt"), "a newer, yours");
  const [older] = asFiles({ "b.txt": "b older, yours" });
  utimesSync(older, THERE - 1000, THERE - 1000);
  await page.setInputFiles(CHOOSE, older);
  await question(page, "b.txt").waitFor();
  await dialogs(page).locator("section", { hasText: "On the server" }).getByText("newer").waitFor();
  await answer(page, "Replace if older");
  await row(page, "done", "Saved as").waitFor();
  assert.equal(content("all/dated/b.txt"), "b there");
  assert.deepEqual(contents("all/dated"), ["a newer, yours", "b older, yours", "b there"]);
  assert.deepEqual(faults, []);
  await context.close();
});

const SEVERAL = ["1.txt", "2.txt", "3.txt", "4.txt"];
const several = (text) => Object.fromEntries(SEVERAL.map((name) => [name, `${text} ${name}`]));

test("skip for all: what is there stays, what is free arrives, and the next batch is asked about again", {
  skip,
}, async () => {
  folder("all/skip", several("old"));
  const { context, page, faults } = await visit("all/skip", "ask");
  await page.setInputFiles(CHOOSE, asFiles({ ...several("my new"), "free.txt": "free" }));
  await dialogs(page).waitFor();
  await forAll(page);
  await answer(page, "Skip");
  await pill(page, "1 uploaded, 4 skipped");
  await nothingAsks(page);
  for (const name of SEVERAL) assert.equal(content(`all/skip/${name}`), `old ${name}`);
  assert.equal(contents("all/skip").length, 5);
  assert.equal(content("all/skip/free.txt"), "free");
  assert.equal(await row(page, "skipped", "a file with this name already exists").count(), 4);
  await page.setInputFiles(CHOOSE, asFiles({ "1.txt": "another one" }));
  await question(page, "1.txt").waitFor();
  await answer(page, "Replace");
  await pill(page, "2 uploaded, 4 skipped");
  assert.equal(content("all/skip/1.txt"), "another one");
  assert.deepEqual(faults, []);
  await context.close();
});

test("keep both for all: every file is there twice", { skip }, async () => {
  folder("all/twice", several("old"));
  const { context, page, faults } = await visit("all/twice", "ask");
  await page.setInputFiles(CHOOSE, asFiles(several("my new")));
  await dialogs(page).waitFor();
  await forAll(page);
  await answer(page, "Keep both");
  await allUploaded(page, 4);
  await nothingAsks(page);
  for (const name of SEVERAL) assert.equal(content(`all/twice/${name}`), `old ${name}`);
  assert.deepEqual(contents("all/twice"), [...Object.values(several("my new")), ...Object.values(several("old"))]);
  assert.equal(await row(page, "done", "Saved as").count(), 4);
  assert.deepEqual(faults, []);
  await context.close();
});

test("replace if older for all: each file by its own date", { skip }, async () => {
  folder("all/each", several("old"));
  const { context, page, faults } = await visit("all/each", "ask");
  const chosen = asFiles(several("my new"));
  for (const path of chosen.slice(2)) utimesSync(path, THERE - 5000, THERE - 5000);
  await page.setInputFiles(CHOOSE, chosen);
  await dialogs(page).waitFor();
  await forAll(page);
  await answer(page, "Replace if older");
  await allUploaded(page, 4);
  const heads = SEVERAL.map((name) => content(`all/each/${name}`).split(" ")[0]);
  assert.deepEqual(heads, ["my", "my", "old", "old"]);
  assert.equal(contents("all/each").length, 6, "the older ones are beside");
  assert.deepEqual(faults, []);
  await context.close();
});

test("one by one: each answer holds for its file alone", { skip }, async () => {
  folder("all/one", several("old"));
  const { context, page, faults } = await visit("all/one", "ask");
  await page.setInputFiles(CHOOSE, asFiles(several("my new")));
  const answers = { "1.txt": "Keep both", "2.txt": "Skip", "3.txt": "Replace", "4.txt": "Replace if older" };
  for (let asked = 0; asked < SEVERAL.length; asked++) {
    const title = await dialogs(page).locator("h2").textContent();
    const name = SEVERAL.find((one) => title.includes(one));
    await answer(page, answers[name]);
    await question(page, name).waitFor({ state: "detached" });
  }
  await pill(page, "3 uploaded, 1 skipped");
  const heads = SEVERAL.map((name) => content(`all/one/${name}`).split(" ")[0]);
  assert.deepEqual(heads, ["old", "old", "my", "my"]);
  assert.equal(contents("all/one").filter((text) => text === "my new 1.txt").length, 1);
  assert.equal(contents("all/one").length, 5);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a question that is closed skips its file alone, says so, and the file can be chosen again", {
  skip,
}, async () => {
  folder("all/closed", several("old"));
  const { context, page, faults } = await visit("all/closed", "ask");
  const chosen = asFiles(several("my new"));
  await page.setInputFiles(CHOOSE, chosen);
  const closed = [];
  for (const close of [
    () => page.keyboard.press("Escape"),
    // What is ticked holds for an answer, and closing is none.
    async () => {
      await forAll(page);
      await page.keyboard.press("Escape");
    },
    () => dialogs(page).getByRole("button", { name: "Close" }).click(),
  ]) {
    const title = await dialogs(page).locator("h2").textContent();
    closed.push(SEVERAL.find((name) => title.includes(name)));
    await close();
    await page.waitForFunction((old) => document.querySelector("dialog[open] h2")?.textContent !== old, title);
  }
  assert.equal(new Set(closed).size, 3, "each was asked about");
  await dialogs(page).waitFor();
  await answer(page, "Replace");
  await pill(page, "1 uploaded, 3 skipped");
  for (const name of SEVERAL)
    assert.equal(content(`all/closed/${name}`), closed.includes(name) ? `old ${name}` : `my new ${name}`);
  assert.equal(contents("all/closed").length, 4);
  for (const name of closed)
    await row(page, "skipped", name).getByText("a file with this name already exists").waitFor();
  const [again] = closed;
  await page.setInputFiles(CHOOSE, chosen[SEVERAL.indexOf(again)]);
  await question(page, again).waitFor();
  await answer(page, "Keep both");
  await pill(page, "2 uploaded, 2 skipped");
  assert.equal(content(`all/closed/${again}`), `old ${again}`);
  assert.ok(contents("all/closed").includes(`my new ${again}`));
  assert.deepEqual(faults, []);
  await context.close();
});

test("files that exist wait while the others arrive, and the answer comes late", { skip }, async () => {
  folder("all/wait", { "taken.bin": "old" });
  const { context, page, faults } = await visit("all/wait", "ask");
  const large = noise(3 << 20, 5);
  await page.setInputFiles(CHOOSE, asFiles({ "taken.bin": large, "free.txt": "free" }));
  await question(page, "taken.bin").waitFor();
  await row(page, "done", "free.txt").waitFor();
  await row(page, "asking", "A file with this name exists. Waiting for your decision.").waitFor();
  await pill(page, "Waiting for your decision");
  assert.equal(content("all/wait/taken.bin"), "old");
  await answer(page, "Replace");
  await allUploaded(page, 2);
  assert.ok(readFileSync(join(root, "all/wait/taken.bin")).equals(large));
  assert.deepEqual(faults, []);
  await context.close();
});

test("an answer that is given while the server is away holds when it is back", { skip }, async () => {
  folder("all/away", { "a.txt": "old" });
  const { context, page } = await visit("all/away", "ask");
  await page.setInputFiles(CHOOSE, asFiles({ "a.txt": "my new one" }));
  await question(page, "a.txt").waitFor();
  await server.kill();
  await answer(page, "Keep both");
  await pill(page, "Connection lost");
  await server.start();
  await allUploaded(page, 1);
  assert.equal(content("all/away/a.txt"), "old");
  assert.deepEqual(contents("all/away"), ["my new one", "old"]);
  await context.close();
});

test("replace, chosen before: nothing is asked, older and newer files are replaced", { skip }, async () => {
  folder("all/replace", several("old"));
  const { context, page, faults } = await visit("all/replace", "replace");
  const chosen = asFiles({ ...several("my new"), "free.txt": "free" });
  utimesSync(chosen[0], THERE - 5000, THERE - 5000);
  await page.setInputFiles(CHOOSE, chosen);
  await allUploaded(page, 5);
  await nothingAsks(page);
  for (const name of SEVERAL) assert.equal(content(`all/replace/${name}`), `my new ${name}`);
  assert.equal(contents("all/replace").length, 5);
  assert.equal(await row(page, "done", "Saved as").count(), 0);
  assert.deepEqual(faults, []);
  await context.close();
});

test("folders of names that exist: each file in its own folder", { skip }, async () => {
  folder("all/deep", { "tour/x.txt": "old x", "tour/day/x.txt": "old day x" });
  const { context, page, faults } = await visit("all/deep", "ask");
  const local = mkdtempSync(join(tmpdir(), "potluck-local-"));
  mkdirSync(join(local, "tour/day"), { recursive: true });
  for (const path of ["x.txt", "day/x.txt", "day/y.txt"]) writeFileSync(join(local, "tour", path), `my ${path}`);
  await page.setInputFiles("#choose-folder", join(local, "tour"));
  await dialogs(page).waitFor();
  await forAll(page);
  await answer(page, "Replace");
  await allUploaded(page, 3);
  assert.equal(content("all/deep/tour/x.txt"), "my x.txt");
  assert.equal(content("all/deep/tour/day/x.txt"), "my day/x.txt");
  assert.equal(content("all/deep/tour/day/y.txt"), "my day/y.txt");
  rmSync(local, { recursive: true });
  assert.deepEqual(faults, []);
  await context.close();
});

test("the same file again is not asked about, and is there once", { skip }, async () => {
  folder("all/same", { "same.txt": "the same" });
  const { context, page, faults } = await visit("all/same", "ask");
  await page.setInputFiles(CHOOSE, asFiles({ "same.txt": "the same" }));
  await row(page, "done", "same.txt")
    .or(row(page, "skipped", "same.txt"))
    .waitFor();
  await nothingAsks(page);
  assert.deepEqual(contents("all/same"), ["the same"]);
  assert.deepEqual(faults, []);
  await context.close();
});

test("without the right to delete nothing is replaced, whatever was chosen elsewhere", { skip }, async () => {
  folder("kept/here", several("old"));
  const { context, page, faults } = await visit("all", "replace");
  await page.goto(`${server.url}/kept/here/`);
  await page.setInputFiles(CHOOSE, asFiles({ "1.txt": "my new 1" }));
  await allUploaded(page, 1);
  assert.equal(content("kept/here/1.txt"), "old 1.txt");
  await openOptions(page);
  assert.deepEqual(
    await page
      .locator("#up-taken option")
      .allTextContents()
      .then((all) => all.map((one) => one.trim())),
    ["Ask", "Keep both", "Skip"],
  );
  await page.selectOption("#up-taken", "ask");
  await page.setInputFiles(CHOOSE, asFiles({ "2.txt": "my new 2" }));
  await question(page, "2.txt").waitFor();
  assert.deepEqual(
    (await dialogs(page).locator(".dialog-foot button").allTextContents()).map((one) => one.trim()),
    ["Keep both", "Skip"],
  );
  await answer(page, "Keep both");
  await row(page, "done", "2.txt").waitFor();
  assert.equal(content("kept/here/2.txt"), "old 2.txt");
  assert.equal(contents("kept/here").length, 6);
  assert.deepEqual(faults, []);
  await context.close();
});

for (const colorScheme of ["light", "dark"]) {
  for (const viewport of [
    { width: 320, height: 640 },
    { width: 1280, height: 800 },
  ]) {
    test(`the question in a window of ${viewport.width} pixels, ${colorScheme}`, { skip }, async () => {
      const name = `look ${viewport.width} ${colorScheme}`;
      folder(`all/${name}`, several("old"));
      const { context, page, faults } = await open(browser, `${server.url}/all/${encodeURIComponent(name)}/`, {
        viewport,
        colorScheme,
      });
      await page.evaluate(() => localStorage.setItem("potluck.uploads", JSON.stringify({ whenTaken: "ask" })));
      await page.reload();
      await page.locator("html.taken-over").waitFor();
      await page.setInputFiles(CHOOSE, asFiles(several("my new")));
      await dialogs(page).locator("section", { hasText: "Your file" }).getByText("newer").waitFor();
      await assertFits(page, name);
      await assertAccessible(page, name);
      await shot(page, `taken-${viewport.width}-${colorScheme}`);
      assert.deepEqual(faults, []);
      await context.close();
    });
  }
}
