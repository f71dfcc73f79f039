// The forms around a listing answer in place and keep their input, sign-in opens, and everything that depends on the folder's
// content is refreshed, with script and without.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { allUploaded, asFiles, CHOOSE, launch, noise, open, openDrawer, openOptions } from "./browser.mjs";
import { real, startServer } from "./servers.mjs";

const skip = !real && "needs the real server's forms";
let browser;
let server;

before(async () => {
  [browser, server] = [await launch(), await startServer("-a", "ann:wark")];
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const both = [{}, { javaScriptEnabled: false }];
const say = ({ javaScriptEnabled = true }) => (javaScriptEnabled ? "with script" : "without script");

/** What can be added to a folder: the words of the menu with script; the field of the form without script and for guests. */
const FORMS = {
  folder: { menu: "New folder", field: "#mk-n" },
  text: { menu: "New text file", field: "#md-n" },
  note: { menu: "Leave a note", field: "#ms-t" },
};
const isPlain = ({ javaScriptEnabled = true }) => !javaScriptEnabled;

/** Opens a dialog of the menu "New", or without script its form. Returns the form. */
async function begin(page, what, options = {}) {
  const { menu, field } = FORMS[what];
  await page.locator(isPlain(options) ? "#new summary" : "#new").click();
  if (isPlain(options)) return page.locator("#new form", { has: page.locator(field) });
  await page.getByRole("menuitem", { name: menu }).click();
  return page.locator("dialog[open] form");
}

const FIELD = "input[type=text], textarea";

/** Fills in a form and submits it. */
async function fillIn(form, text) {
  await form.locator(FIELD).fill(text);
  await form.locator("button:not([type=button])").click();
}

const send = async (page, what, text, options) => fillIn(await begin(page, what, options), text);

/** The form after it was refused: still open with script, on a page of its own without. */
const refused = (page, what, options) =>
  isPlain(options)
    ? page.locator("form.card", { has: page.locator(FORMS[what].field) })
    : page.locator("dialog[open] form");

for (const options of both) {
  test(`"Sign in" focuses the first field of the form, ${say(options)}`, { skip }, async () => {
    for (const path of ["/music/2026/", "/inbox/anna/", "/music/2026/?sort=size"]) {
      const { context, page, faults } = await open(browser, server.url + path, options);
      assert.equal(await page.locator("#li-u").isVisible(), false);
      await page.getByRole("banner").getByRole("link", { name: "Sign in" }).click();
      await page.locator("#li-u:focus").waitFor();
      await page.keyboard.type("ann");
      await page.keyboard.press("Tab");
      await page.keyboard.type("wark");
      await page.keyboard.press("Enter");
      await page
        .locator("h1", { hasText: "Signed in." })
        .or(page.locator(".account b", { hasText: "ann" }))
        .first()
        .waitFor();
      assert.deepEqual(faults, []);
      await context.close();
    }
  });

  test(`an address that leads to the form of the sign-in leads to its first field, ${say(options)}`, {
    skip,
  }, async () => {
    const { context, page, faults } = await open(browser, `${server.url}/music/2026/?login#li-u`, options);
    if (!isPlain(options)) await page.locator("html.taken-over").waitFor();
    await page.locator("#li-u:focus").waitFor();
    await page.keyboard.type("ann");
    assert.equal(await page.inputValue("#li-u"), "ann");
    assert.deepEqual(faults, []);
    await context.close();
  });

  test(`"I have a code" is on every page of a visitor who is not signed in, ${say(options)}`, { skip }, async () => {
    const pages = [
      "/music/2026/",
      "/inbox/anna/",
      "/",
      "/?h",
      "/music/nothing.txt",
      "/?ups",
      "/music/?b",
      "/music/?b=u",
    ];
    for (const path of pages) {
      const { context, page } = await open(browser, server.url + path, options);
      await page.getByRole("link", { name: "I have a code" }).first().click();
      await page.locator("#jo-c").waitFor();
      await context.close();
    }
  });

  test(`a message is confirmed, an empty one is not, ${say(options)}`, { skip }, async () => {
    const { context, page, faults } = await open(browser, `${server.url}/music/2026/`, options);
    await send(page, "note", "   ", options);
    await page.getByText("The note is empty.").waitFor();
    assert.equal(await refused(page, "note", options).locator(FIELD).inputValue(), "   ");
    await page.goto(`${server.url}/music/2026/`);
    await send(page, "note", "hello <there>", options);
    await page.getByText("Note sent.").waitFor();
    assert.deepEqual(faults, []);
    await context.close();
  });

  test(`an error names the name that is taken and keeps it in the field, ${say(options)}`, { skip }, async () => {
    const url = `${server.url}/music/2026/`;
    const { context, page, faults } = await open(browser, url, options);
    const taken = isPlain(options) ? 'plain & "quoted"' : "with script";
    await send(page, "folder", taken, options);
    await page.getByText("Folder created.").waitFor();
    for (const [what, name, text] of [
      ["folder", taken, `There is already a folder called “${taken}”.`],
      ["folder", "notes.md", "There is already a file called “notes.md”."],
      ["text", "notes.md", "There is already a file called “notes.md”."],
      ["folder", "x".repeat(250) + "ü".repeat(5), "That name cannot be used."],
    ]) {
      await page.goto(url);
      await send(page, what, name, options);
      await page.getByText(text).first().waitFor();
      assert.equal(await refused(page, what, options).locator(FIELD).inputValue(), name);
      assert.doesNotMatch(await page.locator("body").textContent(), /did not understand/);
    }
    // The same form creates the folder under another name.
    await page.goto(url);
    await send(page, "folder", taken, options);
    await page.getByText("There is already a folder").first().waitFor();
    await fillIn(refused(page, "folder", options), `${taken} 2`);
    await page.getByText("Folder created.").waitFor();
    assert.ok(server.isFolder(`music/2026/${taken} 2`));
    assert.deepEqual(faults, []);
    await context.close();
  });
}

/** Creates a folder through the menu of the page. */
async function newFolder(page, name) {
  await send(page, "folder", name);
  await page.locator(".notice", { hasText: "Folder created." }).waitFor();
}

test("creating a folder does not interrupt a running upload", { skip }, async () => {
  const { context, page } = await open(browser, `${server.url}/music/2026/`);
  await page.setInputFiles(CHOOSE, asFiles({ "meanwhile.bin": noise(9_000_000) }));
  await newFolder(page, "made meanwhile");
  await page.locator("#files a", { hasText: "made meanwhile" }).waitFor();
  await allUploaded(page, 1);
  await context.close();
});

/** Fills in a form of a page for guests: a card that is closed at first. */
async function inCard(page, what, text) {
  const { field } = FORMS[what];
  const card = page.locator("details.card", { has: page.locator(field) });
  if (!(await page.locator(field).isVisible())) await card.locator("summary").click();
  await fillIn(card.locator("form"), text);
}

test("a guest creates a folder while uploads of the page continue", { skip }, async () => {
  const { context, page, faults } = await open(browser, `${server.url}/inbox/anna/`);
  await page.setInputFiles(CHOOSE, asFiles({ "before.jpg": Buffer.from("before") }));
  await page.locator("pl-guest-uploads", { hasText: "1 file received" }).waitFor();
  await inCard(page, "folder", "guest folder");
  await page.locator(".answer", { hasText: "Folder created." }).waitFor();
  assert.ok(server.isFolder("inbox/anna/guest folder"));
  await inCard(page, "note", "hello from a guest");
  await page.locator(".answer", { hasText: "Note sent." }).waitFor();
  await page.setInputFiles(CHOOSE, asFiles({ "after.jpg": Buffer.from("after") }));
  await page.locator("pl-guest-uploads", { hasText: "2 files received" }).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("the first upload into an empty folder adds the downloads, the list and the README", { skip }, async () => {
  for (const [folder, file] of [
    ["first", "one.txt"],
    ["second", "README.md"],
  ]) {
    const { context, page } = await open(browser, `${server.url}/music/`);
    await newFolder(page, folder);
    await page.locator(".notice").getByRole("button", { name: "Open it" }).click();
    await page.locator(".empty-folder", { hasText: "This folder is empty." }).waitFor();
    assert.equal(await page.locator("#download").count(), 0);
    await page.setInputFiles(CHOOSE, asFiles({ [file]: Buffer.from("words of welcome") }));
    await allUploaded(page, 1);
    await page.locator("#files a", { hasText: file }).waitFor();
    await page.locator("#download").waitFor();
    if (file === "README.md") await page.locator("#readme", { hasText: "words of welcome" }).waitFor();
    await context.close();
  }
});

test("the end of every batch is announced, even of a short one", async () => {
  const { context, page } = await open(browser, `${server.url}/music/2026/`);
  await openOptions(page);
  await page.evaluate(() => {
    window.heard = [];
    const region = document.querySelector("pl-uploads [role=status]");
    new MutationObserver(() => window.heard.push(region.textContent.trim())).observe(region, {
      characterData: true,
      childList: true,
      subtree: true,
    });
  });
  const ends = () => page.evaluate(() => window.heard.filter((text) => text.startsWith("Upload finished")).length);
  for (let n = 1; n <= 3; n++) {
    await page.setInputFiles(CHOOSE, asFiles({ [`tiny ${n}.txt`]: Buffer.from(`tiny ${n}`) }));
    await page.waitForFunction(
      (n) => window.heard.filter((text) => text.startsWith("Upload finished")).length === n,
      n,
    );
  }
  assert.equal(await ends(), 3);
  await context.close();
});

test("rows keep their order without overlap when the width of the window changes", async () => {
  const { context, page } = await open(browser, `${server.url}/music/2026/`);
  const files = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`row ${i}.txt`, Buffer.from(`row ${i}`)]));
  await page.setInputFiles(CHOOSE, asFiles(files));
  await allUploaded(page, 8);
  await openDrawer(page);
  for (const width of [1280, 500, 320, 900]) {
    await page.setViewportSize({ width, height: 700 });
    const boxes = await page.evaluate(() =>
      [...document.querySelectorAll("pl-uploads .row")]
        .map((row) => row.getBoundingClientRect())
        .sort((a, b) => a.top - b.top)
        .map(({ top, bottom }) => [top, bottom]),
    );
    for (let i = 1; i < boxes.length; i++) {
      assert.ok(boxes[i][0] >= boxes[i - 1][1] - 0.5, `${width} px: row ${i} at ${boxes[i]} over ${boxes[i - 1]}`);
    }
  }
  await context.close();
});

test("skipped files are not counted as uploaded", async () => {
  const { context, page } = await open(browser, `${server.url}/music/2026/`);
  await page.setInputFiles(CHOOSE, asFiles({ "skip me.txt": Buffer.from("old") }));
  await allUploaded(page, 1);
  await page.reload();
  await openOptions(page);
  await page.selectOption("#up-taken", "skip");
  const files = { "skip me.txt": Buffer.from("other"), "a.txt": Buffer.from("a"), "b.txt": Buffer.from("b") };
  await page.setInputFiles(CHOOSE, asFiles(files));
  await page.locator("pl-uploads .pill", { hasText: "2 uploaded, 1 skipped" }).waitFor();
  assert.equal(await page.locator("pl-uploads .pill .i-check").count(), 0);
  assert.equal(await page.locator("pl-uploads .row.skipped .i-check").count(), 0);
  await page.locator("pl-uploads .row.skipped .i-minus").waitFor();
  await context.close();
});

test("a file saved under another name shows that name", async () => {
  const { context, page } = await open(browser, `${server.url}/music/2026/`);
  await page.setInputFiles(CHOOSE, asFiles({ "Invoice.pdf": Buffer.from("one") }));
  await allUploaded(page, 1);
  await page.setInputFiles(CHOOSE, asFiles({ "Invoice.pdf": Buffer.from("another one") }));
  const row = page.locator("pl-uploads .row", { hasText: "Saved as Invoice" });
  const href = await row.locator("a.name").getAttribute("href");
  const name = decodeURIComponent(href.split("/").pop());
  assert.equal(name, "Invoice (2).pdf");
  await row.getByText(`Saved as ${name}`).waitFor();
  await context.close();
});

test("a name with bidirectional controls is escaped, in the list and in the drawer", { skip }, async () => {
  for (const [name, shown] of [
    ["invoice\u202efdp.exe", "invoice\\u{202e}fdp.exe"],
    ["\u2066left\u2069 right\u200f.txt", "\\u{2066}left\\u{2069} right\\u{200f}.txt"],
    ["tab\tbell\u0007.txt", "tab\\u{9}bell\\u{7}.txt"],
  ]) {
    const { context, page } = await open(browser, `${server.url}/music/2026/`);
    await page.setInputFiles(CHOOSE, asFiles({ [name]: Buffer.from(`named ${shown}`) }));
    await allUploaded(page, 1);
    await openDrawer(page);
    assert.equal(await page.locator("pl-uploads .row a.name").textContent(), shown);
    const href = await page.locator("#files a", { hasText: shown }).getAttribute("href");
    assert.equal(decodeURIComponent(href), `/music/2026/${name}`);
    assert.ok(server.read(`/music/2026/${encodeURIComponent(name)}`)?.equals(Buffer.from(`named ${shown}`)));
    await context.close();
  }
});
