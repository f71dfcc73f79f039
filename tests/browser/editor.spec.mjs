// The editor of texts over the list: saving, drafts, changes of others, Markdown with its preview, earlier versions.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { assertAccessible, assertFits, launch, open as openPage, shot } from "./browser.mjs";
import { real, startServer } from "./servers.mjs";

const skip = !real && "needs the real server's files";
const PHONE = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true };
const LONG = `# Long text

Some *words*, and a [link](other.md).

| a | b |
|---|--:|
| 1 | 日本 |

${Array.from({ length: 30 }, (_, n) => `## Part ${n}\n\n${"Words of a paragraph that is wrapped. ".repeat(9)}`).join("\n\n")}

The end.
`;

let browser;
let server;
let files;

before(async () => {
  if (!real) return;
  files = mkdtempSync(join(tmpdir(), "potluck-editor-"));
  for (const folder of ["texts", "readable", "kinds"]) mkdirSync(join(files, folder));
  const volumes = ["-v", `${join(files, "texts")}:texts:rwd`, "-v", `${join(files, "readable")}:readable:r`];
  const kinds = `${join(files, "kinds")}:kinds:rw:c,rw_edit=md,txt`;
  [browser, server] = [await launch(), await startServer(...volumes, "-v", kinds)];
});
after(async () => {
  await browser?.close();
  await server?.stop();
  if (files) rmSync(files, { recursive: true, force: true });
});

const put = (name, content, folder = "texts") => writeFileSync(join(files, folder, name), content);
const read = (name) => readFileSync(join(files, "texts", name), "utf8");
const at = (name, folder = "texts") => `${server.url}/${folder}/${name ? `?edit=${encodeURIComponent(name)}` : ""}`;

/** Opens an address; whatever the page writes to the console is a fault. */
async function open(url, options) {
  const opened = await openPage(browser, "about:blank", options);
  opened.page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) opened.faults.push(message.text());
  });
  await opened.page.goto(url);
  return opened;
}

/** axe writes styles into what it looks at, which the policy refuses: nothing before, and what it caused is forgotten. */
async function accessible(page, faults, what) {
  assert.deepEqual(faults, [], what);
  await assertAccessible(page, what);
  faults.length = 0;
}

async function edit(name, options) {
  const opened = await open(at(name), options);
  await isOpen(opened.page);
  return opened;
}

const isOpen = (page) => page.locator("pl-editor .editor-pane, pl-editor .editor-preview").first().waitFor();
const isClosed = (page) => page.locator("pl-editor").waitFor({ state: "detached" });
const state = (page, text) => page.locator(".editor-top small", { hasText: text }).waitFor();
const preview = (page, text) => page.locator(".editor-preview .md", { hasText: text }).waitFor();
const button = (page, name) => page.getByRole("button", { name, exact: true });
const note = (page, text) => page.locator(".editor-notes .note", { hasText: text });
const text = (page, pane = ".editor-pane") =>
  page.evaluate(
    (selector) =>
      [...document.querySelector(selector).shadowRoot.querySelectorAll(".cm-content")]
        .map((content) => [...content.querySelectorAll(".cm-line")].map((line) => line.textContent).join("\n"))
        .pop(),
    pane,
  );
const waitText = (page, part) =>
  page.waitForFunction(
    (p) => document.querySelector(".editor-pane")?.shadowRoot?.querySelector(".cm-content")?.textContent.includes(p),
    part,
  );
async function type(page, words) {
  await page.keyboard.press("Control+End");
  await page.keyboard.type(words);
}

test("a text is edited over the list: key, preview, save, reload, back", { skip }, async () => {
  put("first.md", "# First\n\nold words\n");
  const { context, page, faults } = await open(at());
  await page.getByRole("link", { name: "first.md" }).click();
  await page.locator(".viewer-markdown h1", { hasText: "First" }).waitFor();
  await page.keyboard.press("e");
  await isOpen(page);
  assert.equal(new URL(page.url()).search, "?edit=first.md");
  await preview(page, "old words");
  await state(page, "Saved");
  assert.ok(await button(page, "Save").isDisabled());
  await type(page, "new **bold** words\n\n<script>alert(1)</script><img src=x onerror=alert(1)>");
  await state(page, "Unsaved changes");
  await page.locator(".editor-preview strong", { hasText: "bold" }).waitFor();
  assert.doesNotMatch(await page.locator(".editor-preview .md").innerHTML(), /<script|onerror/);
  await page.locator(".editor-foot", { hasText: "words" }).waitFor();
  await page.keyboard.press("Control+s");
  await state(page, "Saved at");
  assert.match(read("first.md"), /^# First\n\nold words\nnew \*\*bold\*\* words\n/);
  await page.reload();
  await isOpen(page);
  await preview(page, "bold");
  await page.goBack();
  // Where it came from: the viewer, with the new text.
  await page.locator(".viewer-markdown strong", { hasText: "bold" }).waitFor();
  await page.goBack();
  await page.locator("pl-list").waitFor();
  assert.equal(await page.locator("pl-editor, pl-viewer").count(), 0);
  assert.deepEqual(
    faults.filter((fault) => !/\/x\b|404/.test(fault)),
    [],
  );
  await context.close();
});

test("the form's address leads to the editor, where scripts run; without, the form stays", { skip }, async () => {
  put("a+b & c.txt", "one\r\ntwo\r\n");
  const { context, page, faults } = await open(`${server.url}/texts/${encodeURIComponent("a+b & c.txt")}?edit`);
  await isOpen(page);
  await page.locator(".editor-top bdi", { hasText: "a+b & c.txt" }).waitFor();
  await page.locator(".editor-foot", { hasText: "CRLF" }).waitFor();
  await type(page, "three\n");
  await page.keyboard.press("Control+s");
  await state(page, "Saved at");
  assert.equal(read("a+b & c.txt"), "one\r\ntwo\r\nthree\r\n");
  await page.getByRole("button", { name: "Close the editor" }).click();
  await isClosed(page);
  await page.waitForFunction(() => document.activeElement?.textContent?.includes("a+b & c.txt"));
  assert.deepEqual(faults, []);
  await context.close();
  const plain = await open(`${server.url}/texts/${encodeURIComponent("a+b & c.txt")}?edit`, {
    javaScriptEnabled: false,
  });
  await plain.page.locator("textarea[name=body]").waitFor();
  await plain.context.close();
});

test("a new text file opens in the editor, and the menu of a file leads to it", { skip }, async () => {
  const { context, page, faults } = await open(at());
  await page.locator("pl-list").waitFor();
  await page.getByRole("button", { name: "New" }).click();
  await page.getByRole("menuitem", { name: "New text file" }).click();
  await page.getByLabel("Name of the file").fill("made.md");
  await page.keyboard.press("Enter");
  await isOpen(page);
  await page.waitForFunction(() => document.activeElement?.classList.contains("editor-pane"));
  await page.keyboard.type("- one");
  await page.keyboard.press("Enter");
  await page.keyboard.type("two");
  await page.keyboard.press("Control+s");
  await state(page, "Saved at");
  assert.match(read("made.md"), /- one\n- two/);
  await page.getByRole("button", { name: "Close the editor" }).click();
  await isClosed(page);
  await page.getByRole("link", { name: "made.md" }).click({ button: "right" });
  await page.getByRole("menuitem", { name: "Edit" }).click();
  await isOpen(page);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a draft is offered after a reload, with its date, and gone once it is saved or discarded", { skip }, async () => {
  put("draft.txt", "saved\n");
  const { context, page, faults } = await edit("draft.txt");
  page.on("dialog", (dialog) => void dialog.accept());
  await type(page, "unsaved words");
  await state(page, "Unsaved changes");
  await page.reload();
  await note(page, "that was not saved is kept in this browser").waitFor();
  assert.equal(await text(page), "saved\n");
  await button(page, "Use the draft").click();
  await waitText(page, "unsaved words");
  await state(page, "Unsaved changes");
  await button(page, "Save").click();
  await state(page, "Saved at");
  assert.equal(read("draft.txt"), "saved\nunsaved words");
  await page.reload();
  await isOpen(page);
  assert.equal(await page.locator(".editor-notes .note").count(), 0);
  await type(page, " more");
  await page.waitForTimeout(1000);
  await page.reload();
  await button(page, "Discard it").click();
  await page.reload();
  await isOpen(page);
  await page.waitForTimeout(300);
  assert.equal(await page.locator(".editor-notes .note").count(), 0);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a draft that is offered is not lost by typing, and both are offered one after the other", { skip }, async () => {
  put("two.txt", "saved\n");
  const { context, page } = await edit("two.txt");
  page.on("dialog", (dialog) => void dialog.accept());
  await type(page, "first draft");
  await page.waitForTimeout(1000);
  await page.reload();
  await note(page, "that was not saved is kept in this browser").waitFor();
  await type(page, "second draft");
  await page.waitForTimeout(1000);
  await page.reload();
  await note(page, "that was not saved is kept in this browser").waitFor();
  await button(page, "Discard it").click();
  await page.waitForTimeout(300);
  await button(page, "Use the draft").click();
  await waitText(page, "second draft");
  await context.close();
});

test("back and forward go on with the same text: it has one draft, and nothing is asked", { skip }, async () => {
  put("ways.txt", "saved\n");
  const { context, page, faults } = await open(`${server.url}/texts/`);
  await page.locator("tr.entry", { hasText: "ways.txt" }).getByRole("button").click();
  await page.getByRole("menuitem", { name: "Edit" }).click();
  await isOpen(page);
  const drafts = () =>
    page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes("/texts/ways.txt")).length);
  for (const words of ["one", "two", "three"]) {
    await type(page, words);
    await state(page, "Unsaved changes");
    await page.goBack();
    await isClosed(page);
    assert.equal(await drafts(), 1);
    await page.goForward();
    await isOpen(page);
    await waitText(page, words);
    assert.equal(await note(page, "").count(), 0, "no draft is offered");
  }
  await button(page, "Save").click();
  await state(page, "Saved at");
  assert.equal(read("ways.txt"), "saved\nonetwothree");
  assert.equal(await drafts(), 0);
  // What others have saved meanwhile is shown beside it.
  await type(page, "mine");
  await page.goBack();
  await isClosed(page);
  put("ways.txt", "of others\n");
  await page.goForward();
  await page.getByText("This file was changed meanwhile").waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("who edits a text learns soon that another person has saved it, without doing anything", { skip }, async () => {
  put("both.txt", "old\n");
  const first = await edit("both.txt");
  const second = await edit("both.txt");
  await type(second.page, "mine");
  await type(first.page, "theirs");
  await button(first.page, "Save").click();
  await state(first.page, "Saved at");
  await note(second.page, "you will see both versions").waitFor({ timeout: 6000 });
  await button(second.page, "Show both").click();
  await second.page.getByText("This file was changed meanwhile").waitFor();
  for (const { context, faults } of [first, second]) {
    assert.deepEqual(faults, []);
    await context.close();
  }
});

test("each of two tabs keeps a draft of its own, also when the other one saves", { skip }, async () => {
  put("tabs.txt", "saved\n");
  const { context, page } = await edit("tabs.txt");
  const other = await context.newPage();
  await other.goto(page.url());
  await isOpen(other);
  await type(page, "one");
  await type(other, "two");
  await page.waitForTimeout(1000);
  await button(page, "Save").click();
  await state(page, "Saved at");
  await page.waitForTimeout(300);
  other.on("dialog", (dialog) => void dialog.accept());
  await other.reload();
  await note(other, "that was not saved is kept in this browser").waitFor();
  await context.close();
});

test("signing out says that drafts of the account are deleted, and deletes them; those of others stay", {
  skip,
}, async (t) => {
  const folder = join(files, "texts");
  const own = await startServer("-a", "ann:wark", "-v", `${folder}:texts:A,ann`);
  t.after(() => own.stop());
  put("kept.md", "saved\n");
  const { context, page } = await open(`${own.url}/texts/?h`);
  await page.locator("#login input[name=uname]").fill("ann");
  await page.locator("#login input[type=password]").fill("wark");
  await page.keyboard.press("Enter");
  await page.locator("#account summary", { hasText: "ann" }).waitFor();
  page.on("dialog", (dialog) => void dialog.accept());
  const drafts = () => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("potluck.draft:")));
  for (const [address, signOut] of [
    [
      "",
      async () => {
        await page.locator("#account summary").click();
        await page.getByRole("menuitem", { name: "Sign out" }).click();
      },
    ],
    ["?h", () => button(page, "Sign out here").click()],
  ]) {
    await page.goto(`${own.url}/texts/?edit=kept.md`);
    await isOpen(page);
    await type(page, "unsaved");
    await page.evaluate(() => localStorage.setItem("potluck.draft:account%3Abob:/texts/his.md#1", "{}"));
    await page.goto(`${own.url}/texts/${address}`);
    const before = await drafts();
    assert.ok(before.length >= 2);
    await signOut();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("kept.md").waitFor();
    await shot(page, `sign-out-drafts${address.slice(1)}`);
    await dialog.getByRole("button", { name: "Cancel" }).click();
    assert.deepEqual(await drafts(), before);
    if (address === "") continue;
    await signOut();
    await dialog.getByRole("button", { name: "Sign out and delete" }).click();
    await page.waitForFunction(() => Object.keys(localStorage).filter((key) => key.includes(".draft:")).length === 1);
    assert.match((await drafts())[0], /bob/);
    await page.locator("#login").first().waitFor({ state: "attached" });
  }
  await context.close();
});

test("a draft of an older version overwrites nothing: both are shown", { skip }, async () => {
  put("older.txt", "saved\n");
  const { context, page, faults } = await edit("older.txt");
  page.on("dialog", (dialog) => void dialog.accept());
  await type(page, "unsaved");
  await state(page, "Unsaved changes");
  await page.reload();
  put("older.txt", "of others\n");
  await page.reload();
  await note(page, "The file was changed since then").waitFor();
  await button(page, "Use the draft").click();
  await page.getByText("This file was changed meanwhile").waitFor();
  assert.equal(read("older.txt"), "of others\n");
  await button(page, "Decide later").click();
  await state(page, "Unsaved changes");
  assert.equal(await text(page), "saved\nunsaved");
  assert.deepEqual(faults, []);
  await context.close();
});

test("leaving asks only with unsaved changes; closing saves, keeps a draft, or discards", { skip }, async () => {
  put("leave.txt", "text\n");
  const { context, page, faults } = await edit("leave.txt");
  const asked = [];
  page.on("dialog", (dialog) => {
    asked.push(dialog.type());
    void dialog.accept();
  });
  await page.reload();
  await isOpen(page);
  assert.deepEqual(asked, []);
  await page.locator(".editor-pane").click();
  await type(page, "x");
  await page.reload();
  await isOpen(page);
  assert.deepEqual(asked, ["beforeunload"]);
  await button(page, "Use the draft").click();
  await state(page, "Unsaved changes");
  // Back never loses anything: a draft is kept.
  await button(page, "Close the editor").click();
  await button(page, "Close, keep a draft").click();
  await isClosed(page);
  await page.getByText("are kept as a draft in this browser").waitFor();
  // The same page goes on with it, and asks nothing.
  await button(page, "Edit again").click();
  await state(page, "Unsaved changes");
  await button(page, "Close the editor").click();
  await button(page, "Discard changes").click();
  await isClosed(page);
  assert.equal(read("leave.txt"), "text\n");
  await page.goto(at("leave.txt"));
  await isOpen(page);
  await page.waitForTimeout(300);
  assert.equal(await page.locator(".editor-notes .note").count(), 0);
  await type(page, "y");
  await button(page, "Close the editor").click();
  await button(page, "Save and close").click();
  await isClosed(page);
  assert.equal(read("leave.txt"), "text\ny");
  assert.deepEqual(faults, []);
  await context.close();
});

async function conflict(name, options) {
  put(name, "one\n\ntwo\n\nthree\n");
  const opened = await edit(name, options);
  const { page } = opened;
  await page.locator(".editor-pane").click();
  await type(page, "mine");
  put(name, "one\n\ntwo of others\n\nthree\n");
  await page.keyboard.press("Control+s");
  await page.getByText("This file was changed meanwhile").waitFor();
  await page.locator(".editor-compare").waitFor();
  assert.equal(read(name), "one\n\ntwo of others\n\nthree\n", "nothing is overwritten");
  const shown = await page.evaluate(() =>
    [...document.querySelector(".editor-compare").shadowRoot.querySelectorAll(".cm-content")].map((c) => c.textContent),
  );
  assert.match(shown.join("\n"), /two of others/);
  assert.match(shown.join("\n"), /mine/);
  return opened;
}

test("when the file was changed by others, both versions are shown: keep mine", { skip }, async () => {
  const { context, page, faults } = await conflict("mine.txt");
  await accessible(page, faults, "conflict");
  await shot(page, "editor-conflict");
  await button(page, "Keep mine").click();
  await state(page, "Saved at");
  assert.equal(read("mine.txt"), "one\n\ntwo\n\nthree\nmine");
  assert.deepEqual(faults, []);
  await context.close();
});

test("… take theirs, with the own text by undo", { skip }, async () => {
  const { context, page, faults } = await conflict("theirs.txt");
  await button(page, "Take theirs").click();
  await state(page, "Saved");
  await waitText(page, "two of others");
  assert.doesNotMatch(await text(page), /mine/);
  await page.locator(".notice").getByRole("button", { name: "Undo" }).click();
  await waitText(page, "mine");
  await state(page, "Unsaved changes");
  assert.equal(read("theirs.txt"), "one\n\ntwo of others\n\nthree\n");
  assert.deepEqual(faults, []);
  await context.close();
});

for (const [where, options] of [
  ["wide", {}],
  ["on a phone", PHONE],
]) {
  test(`… edit together, ${where}`, { skip }, async () => {
    const name = `together ${where}.txt`;
    const { context, page, faults } = await conflict(name, options);
    await button(page, "Edit together").click();
    // What is shown has the changes of both, and is what is saved.
    await page.waitForFunction(() => {
      const shown = document.querySelector(".editor-compare").shadowRoot;
      const text = shown.querySelector(".cm-content[contenteditable=true]")?.textContent;
      return text?.includes("two of others") && text.includes("mine");
    });
    await assertFits(page, "edit together");
    await accessible(page, faults, "edit together");
    await shot(page, `editor-together-${where.replaceAll(" ", "-")}`);
    // The key saves while one types, and where a button has the focus.
    const focused =
      where === "wide" ? page.locator(".cm-content[contenteditable=true]") : button(page, "Save this text");
    await focused.focus();
    await page.keyboard.press("Control+s");
    await state(page, "Saved at");
    assert.equal(read(name), "one\n\ntwo of others\n\nthree\nmine");
    assert.deepEqual(faults, []);
    await context.close();
  });
}

test("… where both have changed the same line, both lines are saved; so are those of others who save meanwhile", {
  skip,
}, async () => {
  put("same line.txt", "one\ntwo\nthree\n");
  const { context, page, faults } = await edit("same line.txt");
  await page.locator(".editor-pane").click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("my ");
  put("same line.txt", "their one\ntwo\nthree\n");
  await page.keyboard.press("Control+s");
  await page.locator(".editor-compare").waitFor();
  await button(page, "Edit together").click();
  await page.getByText("Both versions are combined below").waitFor();
  put("same line.txt", "their one\ntwo\nthree, later\n");
  const own = page.locator(".cm-content[contenteditable=true]");
  await own.focus();
  await page.keyboard.press("Control+s");
  await own.getByText("three, later").waitFor();
  await own.getByText("my one").waitFor();
  assert.equal(read("same line.txt"), "their one\ntwo\nthree, later\n");
  // A change can be dropped for theirs by key, and comes back.
  await page.locator(".take").first().focus();
  await page.keyboard.press("Enter");
  await own.getByText("my one").waitFor({ state: "detached" });
  await own.focus();
  await page.keyboard.press("Control+z");
  await own.getByText("my one").waitFor();
  await page.keyboard.press("Control+s");
  await state(page, "Saved at");
  assert.equal(read("same line.txt"), "their one\nmy one\ntwo\nthree, later\n");
  assert.deepEqual(faults, []);
  await context.close();
});

test('a draft of an older version is not saved over the newer one after "Decide later"', { skip }, async () => {
  put("later.txt", "one\n");
  const { context, page, faults } = await edit("later.txt");
  page.on("dialog", (dialog) => void dialog.accept());
  await page.locator(".editor-pane").click();
  await type(page, "draft");
  await page.waitForFunction(() => Object.values(localStorage).some((kept) => kept.includes("draft")));
  put("later.txt", "one\nof others\n");
  await page.reload();
  await note(page, "The file was changed since then").waitFor();
  await button(page, "Use the draft").click();
  await button(page, "Decide later").click();
  await page.locator(".editor-foot").waitFor();
  await page.keyboard.press("Control+s");
  await button(page, "Edit together").click();
  assert.equal(read("later.txt"), "one\nof others\n");
  await page.locator(".cm-content[contenteditable=true]").focus();
  await page.keyboard.press("Control+s");
  await state(page, "Saved at");
  assert.match(read("later.txt"), /of others/);
  assert.match(read("later.txt"), /draft/);
  assert.deepEqual(faults, []);
  await context.close();
});

test('what is made of both versions is kept as a draft, and is there again after "Cancel"', { skip }, async () => {
  const { context, page, faults } = await conflict("together draft.txt");
  page.on("dialog", (dialog) => void dialog.accept());
  const own = page.locator(".cm-content[contenteditable=true]");
  const drafts = () =>
    page.evaluate(() =>
      Object.entries(localStorage)
        .filter(([key]) => key.includes(".draft:"))
        .join(),
    );
  await button(page, "Edit together").click();
  await own.focus();
  await type(page, " and merged");
  await page.waitForFunction(() => Object.values(localStorage).some((kept) => kept.includes("and merged")));
  await button(page, "Cancel").click();
  assert.match(await drafts(), /and merged/);
  await button(page, "Edit together").click();
  await own.getByText("and merged").waitFor();
  await own.focus();
  await type(page, " twice");
  // As if the browser was closed at once.
  await page.reload();
  await note(page, "The file was changed since then").waitFor();
  assert.match(await drafts(), /and merged twice/);
  await button(page, "Use the draft").click();
  await page.getByText("This file was changed meanwhile").waitFor();
  await button(page, "Keep mine").click();
  await state(page, "Saved at");
  assert.match(read("together draft.txt"), /and merged twice$/);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a draft that another tab discards is kept by the tab that shows its text; one that is saved is not offered any more", {
  skip,
}, async () => {
  put("tabs.txt", "saved\n");
  const { context, page, faults } = await edit("tabs.txt");
  const kept = () => page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes(".draft:")).length);
  await type(page, "of the first tab");
  await page.waitForFunction(() => Object.values(localStorage).some((kept) => kept.includes("first tab")));
  const second = await context.newPage();
  second.on("dialog", (dialog) => void dialog.accept());
  await second.goto(at("tabs.txt"));
  await isOpen(second);
  await note(second, "kept in this browser").waitFor();
  await button(second, "Discard it").click();
  await note(second, "kept in this browser").waitFor({ state: "detached" });
  await page.waitForFunction(() => Object.values(localStorage).some((kept) => kept.includes("first tab")));
  await second.reload();
  await isOpen(second);
  await note(second, "kept in this browser").waitFor();
  await second.locator(".editor-pane").click();
  await type(second, "of the second tab");
  await second.waitForFunction(() => Object.values(localStorage).some((kept) => kept.includes("second tab")));
  assert.equal(await kept(), 2);
  await page.bringToFront();
  await page.keyboard.press("Control+s");
  await state(page, "Saved at");
  await note(second, "kept in this browser").waitFor({ state: "detached" });
  assert.equal(await kept(), 1);
  // Who signs out in one tab takes the drafts of all along.
  await page.evaluate(() => localStorage.setItem("potluck.owner", '"ann"'));
  await page.evaluate(() => {
    localStorage.removeItem("potluck.owner");
    for (const key of Object.keys(localStorage)) if (key.includes(".draft:")) localStorage.removeItem(key);
  });
  await second.reload();
  assert.equal(await kept(), 0);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a change of others is told before saving, and so is a deleted file", { skip }, async () => {
  put("watched.txt", "old\n");
  const { context, page, faults } = await edit("watched.txt");
  const look = () => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  put("watched.txt", "new\n");
  await look();
  await note(page, "nothing is unsaved here").waitFor();
  await button(page, "Load the new version").click();
  await waitText(page, "new");
  await state(page, "Saved");
  await type(page, "mine");
  put("watched.txt", "newer\n");
  await look();
  await note(page, "you will see both versions").waitFor();
  await button(page, "Show both").click();
  await page.getByText("This file was changed meanwhile").waitFor();
  await button(page, "Decide later").click();
  await waitText(page, "mine");
  rmSync(join(files, "texts", "watched.txt"));
  await look();
  await button(page, "Create it again").click();
  await state(page, "Saved at");
  assert.equal(read("watched.txt"), "new\nmine");
  assert.deepEqual(
    faults.filter((fault) => !fault.includes("404")),
    [],
  );
  await context.close();
});

test("without a connection the text stays, and saving works again later", { skip }, async () => {
  put("offline.txt", "a\n");
  const { context, page } = await edit("offline.txt");
  await type(page, "b");
  await context.setOffline(true);
  await page.keyboard.press("Control+s");
  await note(page, "The server can't be reached. Your text is kept here").waitFor();
  await state(page, "Not saved");
  await context.setOffline(false);
  await note(page, "can't be reached").getByRole("button", { name: "Try again" }).click();
  await state(page, "Saved at");
  assert.equal(read("offline.txt"), "a\nb");
  await context.close();
});

test("where the server stores something else than was sent, that is told, and both are compared", {
  skip,
}, async () => {
  put("altered.txt", "a\n");
  const { context, page } = await edit("altered.txt");
  await type(page, "b");
  await page.route("**/altered.txt?raw&_=*", async (route) => {
    put("altered.txt", "a\nB");
    await route.continue();
  });
  await page.keyboard.press("Control+s");
  await note(page, "stored something other than your text").waitFor();
  await state(page, "Not saved");
  await page.unroute("**/altered.txt?raw&_=*");
  await note(page, "stored something other").getByRole("button", { name: "Try again" }).click();
  await page.getByText("This file was changed meanwhile").waitFor();
  await context.close();
});

test("Markdown: toolbar, keys, tables, lists, and both sides scroll together", { skip }, async () => {
  put("long.md", LONG);
  const { context, page, faults } = await edit("long.md");
  await preview(page, "The end.");
  const tops = () =>
    page.evaluate(() => {
      const scroller = document.querySelector(".editor-pane").shadowRoot.querySelector(".cm-scroller");
      return [scroller.scrollTop, document.querySelector(".editor-preview").scrollTop];
    });
  await page.evaluate(() => {
    document.querySelector(".editor-pane").shadowRoot.querySelector(".cm-scroller").scrollTop = 1500;
  });
  await page.waitForFunction(() => document.querySelector(".editor-preview").scrollTop > 500);
  const line = await page.evaluate(() => {
    const pane = document.querySelector(".editor-pane").shadowRoot;
    const top = pane.querySelector(".cm-scroller").getBoundingClientRect().top;
    const heads = [...pane.querySelectorAll(".cm-line")].filter((one) => one.textContent.startsWith("## Part"));
    const first = heads.find((one) => one.getBoundingClientRect().top >= top);
    const shown = [...document.querySelectorAll(".editor-preview h2")].find(
      (one) => one.textContent === first.textContent.slice(3),
    );
    return shown.getBoundingClientRect().top - first.getBoundingClientRect().top;
  });
  assert.ok(Math.abs(line) < 150, `the same heading is ${line} pixels away`);
  await page.waitForTimeout(300);
  const [before] = await tops();
  await page.evaluate(() => {
    document.querySelector(".editor-preview").scrollTop = 0;
  });
  await page.waitForFunction(
    (b) => document.querySelector(".editor-pane").shadowRoot.querySelector(".cm-scroller").scrollTop < b - 1000,
    before,
  );
  await page.locator(".editor-pane").click({ position: { x: 200, y: 300 } });
  await page.keyboard.press("Control+Home");
  for (let n = 0; n < 6; n++) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Control+k");
  assert.match(await text(page), /\| a {3}\| {4}b \|\n\| --- \| ---: \|\n\| 1 {3}\| 日本 \|/);
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("Control+k");
  await page.locator(".notice", { hasText: "There is no table at the cursor." }).waitFor();
  await page.keyboard.press("Control+h");
  assert.match(await text(page), /^## Long text/);
  await page.keyboard.press("Control+Shift+H");
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await page.keyboard.type("word");
  await page.keyboard.press("Control+b");
  assert.match(await text(page), /^# Long text\n\*\*word\*\*/);
  await page.keyboard.press("Control+z");
  await button(page, "Tasks").click();
  assert.match(await text(page), /^# Long text\n- \[ \] word/);
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.type("sub");
  assert.match(await text(page), /- \[ \] word\n {2}- \[ \] sub/);
  await page.keyboard.press("Control+u");
  const selected = await page.evaluate(
    () => document.querySelector(".editor-pane").shadowRoot.getSelection?.()?.toString() ?? "日",
  );
  assert.equal(selected, "日");
  await page.keyboard.press("Control+e");
  await page.locator(".editor-room.view-preview").waitFor();
  await page.keyboard.press("Control+e");
  await page.locator(".editor-room.view-both").waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("keys of the text: Tab and Shift+Tab, paragraphs, Home, undo and redo; ?edit2 leads to it, too", {
  skip,
}, async () => {
  put("keys.md", "one\n    two\n\nthree\nfour\n\nfive");
  const { context, page, faults } = await open(`${server.url}/texts/keys.md?edit2`);
  await isOpen(page);
  assert.equal(new URL(page.url()).search, "?edit=keys.md");
  await page.locator(".editor-pane").click();
  const keys = async (...all) => {
    for (const key of all) await page.keyboard.press(key);
  };
  const place = (line, column) =>
    page.locator(".editor-foot .place", { hasText: new RegExp(`${line}\\D+${column}$`) }).waitFor({ timeout: 5000 });
  await keys("Control+Home", "Control+ArrowDown");
  await place(3, 1);
  await keys("Control+ArrowDown");
  await place(6, 1);
  await keys("Control+ArrowUp");
  await place(3, 1);
  await keys("ArrowUp", "End", "Home");
  await place(2, 5);
  await keys("Home");
  await place(2, 1);
  await keys("Control+Home", "Shift+ArrowDown", "Shift+End", "Tab");
  assert.match(await text(page), /^ {2}one\n {6}two\n\nthree/);
  await keys("Shift+Tab", "Shift+Tab");
  assert.match(await text(page), /^one\n {2}two\n/);
  await keys("Control+z");
  assert.match(await text(page), /^one\n {4}two\n/);
  await keys("Control+y");
  assert.match(await text(page), /^one\n {2}two\n/);
  await keys("Control+z", "Control+Shift+Z");
  assert.match(await text(page), /^one\n {2}two\n/);
  await keys("Control+z", "Control+z", "Control+z");
  assert.match(await text(page), /^one\n {4}two\n\nthree\nfour\n\nfive$/);
  await state(page, "Saved");
  assert.ok(await button(page, "Save").isDisabled());
  await button(page, "More").click();
  await page.getByRole("menuitem", { name: "Keyboard shortcuts" }).click();
  const listed = await page.locator("dialog[open] kbd").allTextContents();
  for (const key of ["Ctrl + S", "Ctrl + K", "Ctrl + Shift + H", "Ctrl + ↑", "Ctrl + U", "Tab"])
    assert.ok(listed.includes(key), `${key}: ${listed.join(", ")}`);
  assert.deepEqual(faults, []);
  await context.close();
});

test("what the preview could not show is forgotten once it can: after a save, and when the text is the old one", {
  skip,
}, async () => {
  put("refused.md", "shown\n");
  const { context, page } = await edit("refused.md");
  await preview(page, "shown");
  const refusal = page.locator(".editor-preview .note");
  const address = "**/.potluck/api/v1/markdown";
  await page.route(address, (route) => route.abort());
  await type(page, "x");
  await refusal.waitFor();
  await page.keyboard.press("Backspace");
  await refusal.waitFor({ state: "detached" });
  await page.keyboard.type("more");
  await refusal.waitFor();
  await page.unroute(address);
  await page.keyboard.press("Control+s");
  await state(page, "Saved at");
  await preview(page, "more");
  await refusal.waitFor({ state: "detached" });
  await context.close();
});

test("several lines that are replaced or deleted leave no message of the page's policy", { skip }, async () => {
  for (const name of ["lines.md", "lines.py"]) {
    put(name, "# one\n## *two*\n# three\n# four\n");
    const { context, page, faults } = await edit(name);
    await page.locator(".editor-pane").click();
    const select = async () => {
      await page.keyboard.press("Control+Home");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("Shift+ArrowDown");
    };
    await select();
    await page.keyboard.type("x");
    assert.equal(await text(page), "#x# *two*\n# three\n# four\n");
    await select();
    // As "Delete" in the browser's menu does.
    const session = await context.newCDPSession(page);
    await session.send("Input.dispatchKeyEvent", { type: "rawKeyDown", commands: ["DeleteBackward"] });
    assert.equal(await text(page), "# three\n# four\n");
    await page.keyboard.press("Control+z");
    assert.equal(await text(page), "#x# *two*\n# three\n# four\n");
    assert.deepEqual(faults, [], name);
    await context.close();
  }
});

test("find and replace; code has numbers and colours", { skip }, async () => {
  put("code.py", "import os\n\ndef old_name():\n    return old_name\n");
  const { context, page, faults } = await edit("code.py");
  await page.waitForFunction(() => document.querySelector(".editor-pane").shadowRoot.querySelector(".tok-keyword"));
  assert.match(
    await page.evaluate(
      () => document.querySelector(".editor-pane").shadowRoot.querySelector(".cm-gutters").textContent,
    ),
    /1234/,
  );
  await page.keyboard.press("Control+u");
  await page.locator(".notice", { hasText: "All characters are plain ASCII." }).waitFor();
  await page.keyboard.press("Control+f");
  await page.getByRole("textbox", { name: "Find" }).fill("old_name");
  await page.getByRole("textbox", { name: "Replace with" }).fill("new_name");
  await accessible(page, faults, "find and replace");
  await page.getByRole("button", { name: "Replace all" }).click();
  // Here, too, the key is the editor's and not the browser's.
  await page.getByRole("textbox", { name: "Replace with" }).press("Control+s");
  await state(page, "Saved at");
  assert.equal(read("code.py"), "import os\n\ndef new_name():\n    return new_name\n");
  assert.deepEqual(faults, []);
  await context.close();
});

test("what cannot be edited is shown in the viewer, and why is said", { skip }, async () => {
  put("latin.txt", Buffer.from("Gr\xfc\xdfe\n", "latin1"));
  put("large.txt", "x".repeat((2 << 20) + 1));
  put("utf16.txt", Buffer.from("\ufeffGrüße\n", "utf16le"));
  put("zeros.dat", Buffer.from([1, 0, 2, 0, 3]));
  put("only.txt", "read me\n", "readable");
  for (const [url, reason] of [
    [at("latin.txt"), "“latin.txt” isn't in UTF-8."],
    [
      at("utf16.txt"),
      "“utf16.txt” isn't in UTF-8. Saving it here would change its characters, so you can only read it. To edit it, save",
    ],
    [at("large.txt"), "“large.txt” is larger than 2 MiB"],
    [at("only.txt", "readable"), "You may read “only.txt”, but not edit it."],
  ]) {
    const { context, page, faults } = await open(url);
    await page.getByText(reason).waitFor();
    await page.locator("pl-viewer .viewer-pane").waitFor();
    assert.equal(await page.locator("pl-editor").count(), 0);
    assert.deepEqual(faults, [], reason);
    await context.close();
  }
  // What name, size or content show to be none is not offered for editing.
  const opened = await open(`${server.url}/texts/?show=large.txt`);
  await opened.page.locator("pl-viewer .viewer-pane").waitFor();
  await opened.page.waitForTimeout(500);
  assert.equal(await button(opened.page, "Edit").count(), 0);
  await opened.page.goto(`${server.url}/texts/?show=zeros.dat`);
  await button(opened.page, "Show as text").click();
  await opened.page.locator("pl-viewer .viewer-pane").waitFor();
  await opened.page.waitForTimeout(500);
  assert.equal(await button(opened.page, "Edit").count(), 0);
  await opened.page.goto(at());
  await opened.page.getByRole("link", { name: "large.txt" }).click({ button: "right" });
  await opened.page.getByRole("menuitem", { name: "Earlier versions" }).waitFor();
  assert.equal(await opened.page.getByRole("menuitem", { name: "Edit" }).count(), 0);
  await opened.context.close();
  assert.deepEqual(readFileSync(join(files, "texts/latin.txt")), Buffer.from("Gr\xfc\xdfe\n", "latin1"));
  const { context, page } = await open(at("missing.txt"));
  await page.getByText("“missing.txt” isn't here any more.").waitFor();
  await page.locator("pl-list").waitFor();
  await context.close();
});

test("without the right to delete, the kinds that the folder names can be edited, and others not", {
  skip,
}, async () => {
  put("allowed.txt", "text\n", "kinds");
  put("other.py", "text\n", "kinds");
  const { context, page } = await open(`${server.url}/kinds/?show=allowed.txt`);
  await page.getByRole("button", { name: "Edit" }).first().click();
  await isOpen(page);
  await type(page, "more\n");
  await page.keyboard.press("Control+s");
  await state(page, "Saved at");
  assert.equal(readFileSync(join(files, "kinds/allowed.txt"), "utf8"), "text\nmore\n");
  await page.goto(at("other.py", "kinds"));
  await page.getByText("You may read “other.py”, but not edit it.").waitFor();
  await page.locator("pl-viewer .viewer-pane").waitFor();
  assert.equal(await page.getByRole("button", { name: "Edit" }).count(), 0);
  await context.close();
});

test("mixed ends of lines and a mark of UTF-8 are kept", { skip }, async () => {
  put("mixed.txt", "\ufeffone\r\ntwo\nthree\r\n");
  const { context, page, faults } = await edit("mixed.txt");
  await page.locator(".editor-foot", { hasText: "Mixed line ends" }).waitFor();
  await type(page, "four\n");
  await page.keyboard.press("Control+s");
  await state(page, "Saved at");
  assert.equal(read("mixed.txt"), "\ufeffone\r\ntwo\nthree\r\nfour\n");
  assert.deepEqual(faults, []);
  await context.close();
});

test("by keyboard alone: the text is left with Escape and Tab, the focus stays in the editor, Escape closes it", {
  skip,
}, async () => {
  put("keys.md", "text\n");
  const { context, page, faults } = await edit("keys.md");
  await page.waitForFunction(() => document.activeElement?.classList.contains("editor-pane"));
  await page.keyboard.type("?a");
  assert.match(await text(page), /^\?a/, "keys of the page do not act while one types");
  await page.keyboard.press("Escape");
  await isOpen(page);
  await page.keyboard.press("Tab");
  await page.waitForFunction(() => document.activeElement?.classList.contains("editor-preview"));
  await page.keyboard.press("Tab");
  await page.waitForFunction(() => document.activeElement?.closest(".editor-top") !== null);
  await page.keyboard.press("Shift+Tab");
  await page.waitForFunction(() => document.activeElement?.classList.contains("editor-preview"));
  await page.keyboard.press("?");
  await page.locator("dialog", { hasText: "Align the table at the cursor" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+s");
  await state(page, "Saved at");
  await page.keyboard.press("Escape");
  await isClosed(page);
  assert.equal(read("keys.md"), "?atext\n");
  assert.deepEqual(faults, []);
  await context.close();
});

const LOOKS = [
  { name: "wide", viewport: { width: 1280, height: 800 } },
  { name: "dark", viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
  { name: "phone", ...PHONE },
  { name: "phone-dark", ...PHONE, colorScheme: "dark" },
  { name: "calm", viewport: { width: 1280, height: 800 }, forcedColors: "active", reducedMotion: "reduce" },
];

for (const { name, ...options } of LOOKS) {
  test(`the editor is accessible and fits: ${name}`, { skip }, async () => {
    put("look.md", LONG);
    put("look.rs", "// comment\nfn main() {\n    let x = 5;\n}\n");
    for (const file of ["look.md", "look.rs"]) {
      const { context, page, faults } = await edit(file, options);
      await page.waitForTimeout(1200);
      await assertFits(page, file);
      await accessible(page, faults, `${file}, ${name}`);
      await shot(page, `editor-${file}-${name}`);
      if (file === "look.md" && options.isMobile) {
        await button(page, "Preview").tap();
        await preview(page, "The end.");
        await accessible(page, faults, `preview, ${name}`);
        await shot(page, `editor-preview-${name}`);
      }
      assert.deepEqual(faults, [], file);
      await context.close();
    }
  });
}

/** Saves the text twice, so that it has two earlier versions. */
async function makeVersions(page, name) {
  for (const words of ["second\n", "third\n"]) {
    await page.keyboard.press("Control+a");
    await page.keyboard.type(words);
    await page.keyboard.press("Control+s");
    await page.waitForFunction(() => /Saved at/.test(document.querySelector(".editor-top small").textContent));
  }
  assert.equal(read(name), "third\n");
}

for (const [where, options] of [
  ["wide", {}],
  ["on a phone", PHONE],
]) {
  test(`earlier versions are compared with the present text, restored, and that is undone: ${where}`, {
    skip,
  }, async () => {
    const name = `history ${where}.md`;
    put(name, "first\n");
    const { context, page, faults } = await edit(name, options);
    await page.locator(".editor-pane").click();
    await makeVersions(page, name);
    if (where === "wide") await button(page, "Earlier versions").click();
    else {
      await button(page, "More").click();
      await page.getByRole("menuitem", { name: "Earlier versions" }).click();
    }
    const versions = page.locator(".editor-versions li button");
    await versions.nth(1).waitFor();
    assert.equal(await versions.count(), 2);
    const said = await versions.allTextContents();
    assert.notEqual(said[0].split("·")[0], said[1].split("·")[0], "versions of one minute are told apart");
    for (const one of said) assert.match(one, /replaced in the editor/);
    await versions.nth(1).click();
    const compared = (part) =>
      page.waitForFunction((p) => document.querySelector(".editor-compare")?.shadowRoot.textContent.includes(p), part);
    await compared("first");
    await compared("third");
    await assertFits(page, "versions");
    await accessible(page, faults, "versions");
    await shot(page, `editor-history-${where.replaceAll(" ", "-")}`);
    await button(page, "Whole version").click();
    await page.waitForFunction(() => {
      const shown = document.querySelector(".editor-compare")?.shadowRoot.querySelector(".cm-content")?.textContent;
      return shown === "first";
    });
    await button(page, "Restore").click();
    await waitText(page, "first");
    await page.locator(".notice", { hasText: "is restored" }).waitFor();
    assert.equal(read(name), "first\n");
    await page.locator(".notice").getByRole("button", { name: "Undo" }).click();
    await waitText(page, "third");
    await state(page, "Saved at");
    assert.equal(read(name), "third\n");
    assert.deepEqual(faults, []);
    await context.close();
  });
}

test("in the list, earlier versions of texts and pictures are looked at before they are restored", {
  skip,
}, async () => {
  put("seen.txt", "first\n");
  const { context, page, faults } = await edit("seen.txt");
  await makeVersions(page, "seen.txt");
  await button(page, "Close the editor").click();
  await page.getByRole("link", { name: "seen.txt" }).click({ button: "right" });
  await page.getByRole("menuitem", { name: "Earlier versions" }).click();
  await page
    .getByRole("button", { name: /^View the version of/ })
    .last()
    .click();
  await page.locator(".version-view pre", { hasText: "first" }).waitFor();
  await accessible(page, faults, "a version");
  await shot(page, "versions-text");
  await page.keyboard.press("Escape");
  await page.locator(".version-view").waitFor({ state: "detached" });
  await page.keyboard.press("Escape");
  const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
  const upload = (data) =>
    page.evaluate(
      async ([url, body]) => {
        const bytes = Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
        return (await fetch(url, { method: "PUT", body: bytes, headers: { Replace: "1" } })).status;
      },
      [`${server.url}/texts/dot.png`, data],
    );
  assert.equal(await upload(png), 201);
  assert.equal(await upload(Buffer.from("other").toString("base64")), 201);
  await page.reload();
  await page.getByRole("link", { name: "dot.png" }).click({ button: "right" });
  await page.getByRole("menuitem", { name: "Earlier versions" }).click();
  await page.getByRole("button", { name: /^View the version of/ }).click();
  await page.waitForFunction(() => document.querySelector(".version-view img")?.naturalWidth === 1);
  assert.deepEqual(faults, []);
  await context.close();
});

test("on paper there is the text alone, black on white, also of what is edited", { skip }, async () => {
  put("paper.md", LONG);
  put("paper.py", "print(1)\n");
  for (const [url, shown, hidden] of [
    [`${server.url}/texts/?show=paper.md`, ".viewer-markdown h1", "pl-list, .viewer-top, .viewer-contents, .top"],
    [at("paper.md"), ".editor-preview h1", "pl-list, .editor-top, .editor-format, .editor-pane, .editor-foot"],
    [at("paper.py"), ".editor-pane", "pl-list, .editor-top, .editor-foot"],
  ]) {
    const { context, page, faults } = await open(url, { colorScheme: "dark" });
    await page.locator(shown).first().waitFor();
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    const look = await page.evaluate(
      ([one, others]) => ({
        colour: getComputedStyle(document.querySelector(one)).color,
        ground: getComputedStyle(document.body).backgroundColor,
        seen: [...document.querySelectorAll(others)].filter((other) => other.getClientRects().length > 0).length,
        position: getComputedStyle(document.querySelector(".viewer, .editor")).position,
      }),
      [shown, hidden],
    );
    assert.deepEqual(look, { colour: "rgb(0, 0, 0)", ground: "rgb(255, 255, 255)", seen: 0, position: "static" }, url);
    assert.deepEqual(faults, []);
    await context.close();
  }
  // The list is printed as before, once the text is closed.
  const { context, page } = await open(`${server.url}/texts/?show=paper.md`);
  await page.locator(".viewer-markdown h1").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("pl-viewer").waitFor({ state: "detached" });
  assert.equal(await page.locator('link[media="print"]').count(), 0);
  await context.close();
});
