// Guests with a share link: a PIN, one large button, a confirmation, and deleting own files; also without JavaScript.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { asFiles, assertAccessible, assertFits, CHOOSE, launch, noise, open, shot } from "./browser.mjs";
import { HOST, real } from "./servers.mjs";

const workspace = join(dirname(fileURLToPath(import.meta.url)), "../..");
const skip = !real && "the mock has no links";
const phone = { viewport: { width: 320, height: 640 } };
const draft = { note: "", may: "drop_off", pin: { is: "none" }, expires_ms: null, max_uses: null, max_bytes: null };

let browser;
let root;
let server;

/** Starts a server that creates links: `url` for the browser, `ask(line)` sends a command and returns its answer. */
async function startServer(folder) {
  const [program, args] = process.env.POTLUCK_WITH_LINKS
    ? [process.env.POTLUCK_WITH_LINKS, []]
    : ["cargo", ["run", "--quiet", "--package", "tests", "--example", "with_links", "--"]];
  const child = spawn(program, [...args, folder, HOST], { cwd: workspace, stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error("the server has ended");
    return value;
  };
  const port = new URL(await line()).port;
  return {
    ask: async (text) => {
      child.stdin.write(`${text}\n`);
      return JSON.parse(await line());
    },
    stop: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
    port,
  };
}

/** Creates a link and returns its URL under the name that is not localhost. */
async function link(change) {
  const made = await server.ask(JSON.stringify({ ...draft, ...change }));
  return { ...made, url: made.urls[0].replace(/\/\/[^/]+/, `//${HOST}:${server.port}`) };
}

before(async () => {
  if (skip) return;
  root = mkdtempSync(join(tmpdir(), "potluck-guests-"));
  for (const folder of ["inbox/wedding", "inbox/plain", "inbox/clicked", "albums/summer/sea"])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, "albums/summer/beach.txt"), "sand");
  writeFileSync(join(root, "albums/summer/sea/wave.txt"), "water");
  writeFileSync(join(root, "albums/private.txt"), "private");
  writeFileSync(join(root, "inbox/wedding/taken.txt"), "of another guest");
  [browser, server] = await Promise.all([launch(), startServer(root)]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
  if (root) rmSync(root, { recursive: true, force: true });
});

const there = (folder) => readdirSync(join(root, folder)).filter((name) => !name.startsWith("."));

async function looked(page, name) {
  await assertFits(page, name);
  await assertAccessible(page, name);
  await shot(page, name);
}

for (const colorScheme of ["light", "dark"]) {
  test(`a guest is asked for files, ${colorScheme}`, { skip }, async () => {
    const folder = `inbox/wedding/${colorScheme}`;
    mkdirSync(join(root, folder));
    writeFileSync(join(root, folder, "one.jpg"), "of another guest");
    const { url } = await link({
      kind: "request",
      target: `/${folder}`,
      note: "Anna's wedding photos\nEverything from Saturday, please.",
      pin: { is: "new", pin: "4711" },
      expires_ms: Date.now() + 86_400_000,
      max_bytes: 50_000_000,
    });
    const { context, page, faults } = await open(browser, url, { ...phone, colorScheme });
    assert.equal(await page.evaluate(() => globalThis.isSecureContext), false);
    await page.locator("h1", { hasText: "Anna's wedding photos" }).waitFor();
    await looked(page, `link-enter-${colorScheme}`);
    await page.fill("#pin", "0000");
    await page.locator("button", { hasText: "Add files" }).click();
    await page.locator(".note.bad", { hasText: "Wrong PIN" }).waitFor();
    await looked(page, `link-wrong-${colorScheme}`);
    await page.fill("#pin", "4711");
    await page.locator("button", { hasText: "Add files" }).click();

    await page.locator("pl-guest-uploads .pick.primary", { hasText: "Choose files" }).waitFor();
    await looked(page, `link-request-${colorScheme}`);
    const files = { "one.jpg": noise(300_000, 1), "two.jpg": noise(2_000_000, 2), "three.jpg": noise(10, 3) };
    await page.setInputFiles(CHOOSE, asFiles(files));
    await page.locator(".arrived.complete", { hasText: "3 files received" }).waitFor();
    await page.locator(".thanks", { hasText: "Thank you" }).waitFor();
    await looked(page, `link-thanks-${colorScheme}`);
    assert.equal(readFileSync(join(root, folder, "one.jpg"), "utf8"), "of another guest", "nothing is overwritten");
    assert.equal(there(folder).length, 4);
    for (const name of ["two.jpg", "three.jpg"]) assert.ok(readFileSync(join(root, folder, name)).equals(files[name]));

    await page.goto(url);
    await page.locator("#sent li", { hasText: "two.jpg" }).waitFor();
    assert.equal(await page.locator("#sent li").count(), 3);
    assert.ok(!(await page.content()).includes("another guest"));
    await looked(page, `link-sent-${colorScheme}`);
    await page.locator("#sent li", { hasText: "two.jpg" }).locator("button").click();
    await page.locator("h1", { hasText: "1 file deleted" }).waitFor();
    assert.ok(!existsSync(join(root, folder, "two.jpg")));
    await page.locator("a", { hasText: "Add more files" }).click();
    await page.locator(".arrived", { hasText: "2 files received" }).waitFor();
    assert.deepEqual(faults, []);
    await context.close();
  });
}

test("a click on the area for dropping chooses files, as the button below it does", { skip }, async () => {
  const { url } = await link({ kind: "request", target: "/inbox/clicked" });
  const { context, page, faults } = await open(browser, url);
  await page.locator("button", { hasText: "Add files" }).click();
  const chooser = page.waitForEvent("filechooser");
  await page.locator("pl-guest-uploads .zone").click();
  await (await chooser).setFiles(asFiles({ "clicked.txt": "clicked" }));
  await page.locator("pl-guest-uploads .arrived", { hasText: "1 file received" }).waitFor();
  assert.ok(existsSync(join(root, "inbox/clicked/clicked.txt")));
  assert.deepEqual(faults, []);
  await context.close();
});

test("times are those of the guest's clock; without script they are in UTC", { skip }, async () => {
  mkdirSync(join(root, "inbox/dated"));
  const { url } = await link({
    kind: "request",
    target: "/inbox/dated",
    expires_ms: Math.ceil(Date.now() / 86_400_000) * 86_400_000 + 20 * 3_600_000,
  });
  const shown = { kind: "show", target: "/albums/summer", may: "look", expires_ms: Date.now() + 86_400_000 };
  const { url: other } = await link(shown);
  for (const javaScriptEnabled of [true, false]) {
    const { context, page, faults } = await open(browser, url, { timezoneId: "Asia/Tokyo", javaScriptEnabled });
    await page.locator("button", { hasText: "Add files" }).click();
    // 20:00 in UTC is 5 o'clock of the next day in Tokyo.
    const until = page.locator("main", { hasText: "You can add files until" });
    await until.waitFor();
    await page.waitForLoadState();
    const text = (await until.textContent()).replace(/\s/g, " ");
    assert.match(text, javaScriptEnabled ? /until \w+ \d+, \d{4}, 5:00 AM\./ : /until \d{4}-\d\d-\d\d 20:00 UTC\./);
    if (javaScriptEnabled) {
      await page.setInputFiles(CHOOSE, asFiles({ "dated.txt": "dated" }));
      await page.locator(".arrived", { hasText: "1 file received" }).waitFor();
      await page.goto(url);
      await page.locator("#sent li", { hasText: "dated.txt" }).waitFor();
      assert.ok(!(await page.locator("#sent").textContent()).includes("UTC"));
    }
    await page.goto(other);
    await page.locator("h1").waitFor();
    assert.equal((await page.locator("main").textContent()).includes("UTC"), !javaScriptEnabled);
    assert.deepEqual(faults, []);
    await context.close();
  }
});

test("a guest sends files without script", { skip }, async () => {
  const { url } = await link({ kind: "request", target: "/inbox/plain", pin: { is: "new", pin: "sesame" } });
  const { context, page } = await open(browser, url, { ...phone, javaScriptEnabled: false });
  await page.fill("#pin", "sesame");
  await page.keyboard.press("Enter");
  const files = { "a.txt": Buffer.from("a"), "b.txt": Buffer.from("b"), "c.txt": Buffer.from("c") };
  await page.setInputFiles("#up-f", asFiles(files));
  await shot(page, "link-request-plain");
  await page.locator("#upload button").click();
  await page.locator("h1", { hasText: "Thank you. 3 files received." }).waitFor();
  await shot(page, "link-thanks-plain");
  assert.deepEqual(there("inbox/plain").sort(), ["a.txt", "b.txt", "c.txt"]);
  await page.locator("a", { hasText: "Add more" }).click();
  await page.locator(".arrived", { hasText: "3 files received" }).waitFor();
  await page.locator("#sent li", { hasText: "b.txt" }).locator("button").click();
  await page.locator("h1", { hasText: "1 file deleted" }).waitFor();
  assert.deepEqual(there("inbox/plain").sort(), ["a.txt", "c.txt"]);
  await context.close();
});

test("a link shows its folder and nothing outside it", { skip }, async () => {
  const { url, id } = await link({ kind: "show", target: "/albums/summer", may: "look", note: "Our summer" });
  const { context, page, faults } = await open(browser, url, phone);
  await looked(page, "link-show");
  await page.locator("button", { hasText: "Open" }).click();
  await page.locator("#files a", { hasText: "beach.txt" }).waitFor();
  await looked(page, "link-show-inside");
  await page.locator("#files a", { hasText: "sea" }).first().click();
  await page.locator("#files a", { hasText: "wave.txt" }).waitFor();
  // Parent folders show only the path to the shared one.
  for (const parent of ["summer", "albums"]) {
    await page.locator(".crumbs a.back").click();
    await page.locator(".crumbs b", { hasText: parent }).waitFor();
  }
  await page.locator("#files a", { hasText: "summer" }).first().waitFor();
  assert.ok(!(await page.content()).includes("private"));
  await page.goto(url);
  await page.locator("a.btn", { hasText: "Download all" }).waitFor();
  await looked(page, "link-show-again");

  await server.ask(id);
  await page.goto(url);
  await page.locator("h1", { hasText: "This link does not work." }).waitFor();
  await looked(page, "link-ended");
  await page.goto(`http://${HOST}:${server.port}/albums/summer/`);
  assert.ok(!(await page.content()).includes("beach"), "revoking the link ends access");
  assert.deepEqual(faults, []);
  await context.close();
});
