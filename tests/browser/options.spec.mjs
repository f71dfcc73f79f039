// What is rarely chosen: sizes and times, double clicks, pictures as a grid, text files in the tree, the end of uploads, dates, a light view,
// cores, silence in songs, the song in view, songs past the cache, and Markdown pages without navigation. All of it is kept.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
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
  openDrawer,
  openOptions,
  shot,
} from "./browser.mjs";
import { missing } from "./samples.mjs";
import { real, startServer } from "./servers.mjs";

const skip = !real && "needs the real server";
const skipMedia = skip || (missing !== undefined && `needs ${missing}`);
/** 2 November 2026, 23:30 in UTC: another day in Tokyo. */
const LATE = Date.UTC(2026, 10, 2, 23, 30) / 1000;
const TOKYO = { timezoneId: "Asia/Tokyo" };
let browser;
let server;
let root;

const ffmpeg = (...args) => execFileSync("ffmpeg", ["-v", "error", "-y", ...args]);

function put(path, content) {
  const at = join(root, path);
  mkdirSync(join(at, ".."), { recursive: true });
  writeFileSync(at, content);
  utimesSync(at, LATE, LATE);
}

/** A tone, five seconds of silence, and another tone. */
function song(path) {
  const parts = ["sine=frequency=440:duration=3", "anullsrc=sample_rate=44100:channel_layout=mono:duration=5"];
  const inputs = [...parts, "sine=frequency=660:duration=20"].flatMap((part) => ["-f", "lavfi", "-i", part]);
  ffmpeg(...inputs, "-filter_complex", "[0][1][2]concat=n=3:v=0:a=1", path);
}

before(async () => {
  if (skip) return;
  root = mkdtempSync(join(tmpdir(), "potluck-options-"));
  put("docs/big.bin", Buffer.alloc(4_301_233));
  put("docs/notes.txt", "Notes.\n");
  put("docs/guide.md", "# Guide\n");
  put("docs/sub/a.txt", "a");
  put("start.txt", "Start.\n");
  put("told/README.md", "# Told below\n");
  put("told/PREADME.md", "# Told above\n");
  put("told/a folder/x.txt", "x");
  put("told/a file.txt", "x");
  put("told/zebra/x.txt", "x");
  for (let at = 0; at < 40; at++) put(`deep/way/of/folders/f ${at}/x.txt`, "x");
  put("photos/about.txt", "Photos.\n");
  const heads = "## One\n\ntext\n\n## Two\n\ntext\n\n## Three\n\ntext\n";
  const plugin = "\n```copyparty_post\nrender(dom) {}\n```\n";
  put("texts/plans.md", `# Plans\n\n${heads}${plugin}`);
  put("texts/plain.md", `# Plain\n\n${heads}`);
  for (const name of ["inbox", "void"]) mkdirSync(join(root, name));
  put("site/index.html", "<!doctype html><title>Site</title><h1>The page of the site</h1>\n");
  put("site/other.txt", "x");
  put("site/plain/x.txt", "x");
  if (missing === undefined) {
    for (const name of ["a", "b"])
      ffmpeg("-f", "lavfi", "-i", "testsrc=size=300x900", "-frames:v", "1", join(root, `photos/${name}.jpg`));
    mkdirSync(join(root, "songs"));
    song(join(root, "songs/song 10.mp3"));
    for (let at = 11; at < 60; at++) copyFileSync(join(root, "songs/song 10.mp3"), join(root, `songs/song ${at}.mp3`));
  }
  [browser, server] = [await launch(), await startServer("-v", `${root}:all:rwmda`, "-e2dsa", "-emp")];
});
after(async () => {
  await browser?.close();
  await server?.stop();
  if (root) rmSync(root, { recursive: true, force: true });
});

const visit = async (path, options, prepare) => {
  const opened = await open(browser, "about:blank", options);
  if (prepare) await opened.page.addInitScript(prepare);
  await opened.page.goto(`${server.url}${path}`);
  await opened.page.waitForSelector("html.taken-over");
  return opened;
};

/** Opens the dialog of rare view options. */
async function viewOptions(page) {
  await page.getByRole("button", { name: "View", exact: true }).click();
  await page.getByRole("menuitem", { name: "More view options…" }).click();
  const dialog = page.getByRole("dialog", { name: "View options" });
  await dialog.waitFor();
  return dialog;
}

/** Opens the upload options, and what is rare among them. */
async function moreOptions(page) {
  await openOptions(page);
  await page.locator("pl-uploads summary").click();
  await page.locator("#up-threads").waitFor();
}

test("sizes and times are written as chosen, at once and after a reload", { skip }, async () => {
  const { context, page, faults } = await visit("/all/docs/", TOKYO);
  const cell = (kind) => page.locator("tr.entry", { hasText: "big.bin" }).locator(`td.${kind}`);
  assert.deepEqual(
    [await cell("size").textContent(), await cell("date").textContent()],
    ["4.1\u00a0MiB", "Nov 3, 2026"],
  );
  const dialog = await viewOptions(page);
  await dialog.getByRole("combobox", { name: /^Sizes/ }).selectOption("4.3\u00a0MB");
  assert.equal(await cell("size").textContent(), "4.3\u00a0MB");
  assert.match(await page.locator("pl-bar .summary").textContent(), /4\.3\sMB/);
  await dialog.getByRole("combobox", { name: /^Sizes/ }).selectOption("4,301,233\u00a0B");
  await dialog.getByRole("combobox", { name: /^Times/ }).selectOption("UTC");
  assert.deepEqual(
    [await cell("size").textContent(), await cell("date").textContent()],
    ["4,301,233\u00a0B", "Nov 2, 2026"],
  );
  assert.match(await cell("date").getAttribute("title"), /^Nov 2, 2026, 11:30\sPM UTC$/);
  await page.reload();
  await page.waitForSelector("html.taken-over");
  assert.equal(await cell("size").textContent(), "4,301,233\u00a0B");
  assert.deepEqual(faults, []);
  await context.close();
});

test("the dialog can be used by keyboard, and fits", { skip }, async () => {
  for (const [width, colorScheme] of [
    [320, "dark"],
    [1280, "light"],
  ]) {
    const { context, page } = await visit("/all/docs/", { viewport: { width, height: 700 }, colorScheme });
    await page.getByRole("button", { name: "View", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    const box = page.getByRole("checkbox", { name: "Open with a double click" });
    await box.waitFor();
    await box.focus();
    await page.keyboard.press("Space");
    assert.ok(await box.isChecked());
    assert.equal(await page.getByRole("checkbox", { name: /folder tree/ }).count(), width > 960 ? 1 : 0);
    await assertAccessible(page, `view options ${width}`);
    await assertFits(page, `view options ${width}`);
    await shot(page, `view-options-${width}`);
    await page.keyboard.press("Escape");
    await box.waitFor({ state: "detached" });
    await context.close();
  }
});

test("one click selects and two open, where that is chosen; keys open as before", { skip }, async () => {
  const { context, page } = await visit("/all/docs/", {}, () => localStorage.setItem("potluck.doubleClick", "true"));
  const link = page.locator("tr.entry a", { hasText: "sub" });
  await link.click();
  await page.locator("pl-bar", { hasText: "1 selected" }).waitFor();
  assert.match(page.url(), /\/docs\/$/);
  await link.dblclick();
  await page.waitForURL("**/docs/sub/");
  await page.goBack();
  await page.locator("tr.entry a", { hasText: "big.bin" }).waitFor();
  await link.focus();
  await page.keyboard.press("Enter");
  await page.waitForURL("**/docs/sub/");
  await context.close();
});

test("folders of pictures open as a grid, with whole and fine thumbnails", { skip: skipMedia }, async () => {
  const { context, page } = await visit("/all/photos/");
  await page.locator("pl-list").waitFor();
  const dialog = await viewOptions(page);
  await dialog.getByRole("checkbox", { name: "Pictures as a grid" }).check();
  const picture = page.locator("pl-grid .tile img").first();
  assert.match(await picture.getAttribute("src"), /[?&]th=w&/);
  await dialog.getByRole("checkbox", { name: "Whole pictures in the grid" }).check();
  await dialog.getByRole("checkbox", { name: "Sharper thumbnails" }).check();
  assert.match(await picture.getAttribute("src"), /[?&]th=wf3&/);
  await page.waitForFunction(() => document.querySelector(".tile img").naturalHeight > 0);
  const [wide, high, fit] = await picture.evaluate((one) => [
    one.naturalWidth,
    one.naturalHeight,
    getComputedStyle(one).objectFit,
  ]);
  assert.deepEqual([Math.round((high / wide) * 10), fit], [30, "contain"], "nothing is cut off");
  await page.keyboard.press("Escape");
  await page.getByRole("treeitem", { name: "docs" }).click();
  await page.locator("pl-list", { hasText: "big.bin" }).waitFor();
  await page.goBack();
  await page.locator("pl-grid").waitFor();
  await page.getByRole("button", { name: "List", exact: true }).click();
  await page.locator("pl-list").waitFor();
  await context.close();
});

test("V shows the text files of the folder in the tree; arrows and Enter reach them", { skip }, async () => {
  const { context, page, faults } = await visit("/all/docs/");
  const files = () => page.locator("pl-tree a:not([data-path]) .text").allTextContents();
  await page.getByRole("treeitem", { name: "docs" }).waitFor();
  assert.deepEqual(await files(), []);
  await page.keyboard.press("v");
  await page.getByRole("treeitem", { name: "notes.txt" }).waitFor();
  assert.deepEqual(await files(), ["guide.md", "notes.txt"]);
  await assertAccessible(page, "text files in the tree");
  await page.getByRole("treeitem", { name: "docs" }).focus();
  // The folder in it comes first.
  for (let at = 0; at < 3; at++) await page.keyboard.press("ArrowDown");
  const focused = () => page.evaluate(() => document.activeElement.textContent.trim());
  assert.equal(await focused(), "notes.txt");
  await page.keyboard.press("ArrowRight");
  assert.equal(await focused(), "notes.txt", "there is nothing in a file");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await focused(), "docs");
  await page.getByRole("treeitem", { name: "notes.txt" }).click();
  await page.getByRole("dialog", { name: /notes\.txt/ }).waitFor();
  assert.match(page.url(), /\/all\/docs\/\?show=notes\.txt$/);
  assert.deepEqual(faults, []);
  await context.close();
});

test("with its text files, a folder of the tree is open or closed as a whole, at the top of a volume, too", {
  skip,
}, async () => {
  for (const [path, name, folder, file] of [
    ["/all/", "all", "docs", "start.txt"],
    ["/all/docs/", "docs", "sub", "notes.txt"],
  ]) {
    const { context, page, faults } = await visit(path);
    const item = page.getByRole("treeitem", { name, exact: true });
    await item.waitFor();
    await page.keyboard.press("v");
    await page.getByRole("treeitem", { name: file }).waitFor();
    const state = () =>
      item.evaluate((one) => [
        one.getAttribute("aria-expanded"),
        one.querySelector(".twist.open") !== null,
        [...(one.parentElement?.querySelectorAll(":scope > ul a") ?? [])].map((below) => below.textContent.trim()),
      ]);
    const [expanded, isOpen, below] = await state();
    assert.deepEqual([expanded, isOpen, below.includes(folder), below.includes(file)], ["true", true, true, true]);
    await item.locator(".twist").click();
    await page.getByRole("treeitem", { name: file }).waitFor({ state: "detached" });
    assert.deepEqual(await state(), ["false", false, []]);
    await item.locator(".twist").click();
    await page.getByRole("treeitem", { name: file }).waitFor();
    assert.deepEqual(await state(), ["true", true, below]);
    assert.deepEqual(faults, []);
    await context.close();
  }
});

test("the way to the shown folder stays at the top of the tree", { skip }, async () => {
  const { context, page } = await visit("/all/deep/way/of/folders/f%2039/", { viewport: { width: 1280, height: 500 } });
  await page.getByRole("treeitem", { name: "f 39" }).waitFor();
  await page.locator(".folders").evaluate((box) => {
    box.scrollTop = box.scrollHeight;
  });
  const [top, ...ways] = await page.evaluate(() => [
    document.querySelector(".folders").getBoundingClientRect().top,
    ...["/", "/all/", "/all/deep/", "/all/deep/way/", "/all/deep/way/of/"].map(
      (path) => document.querySelector(`[data-path="${path}"]`).getBoundingClientRect().top,
    ),
  ]);
  assert.deepEqual(
    ways.map((way) => Math.round((way - top) / 30)),
    [0, 1, 2, 3, 4],
  );
  // What gets the focus is not covered by them.
  await page.getByRole("treeitem", { name: "f 39" }).focus();
  for (let at = 0; at < 30; at++) await page.keyboard.press("ArrowUp");
  const focus = await page.evaluate(() => document.activeElement.getBoundingClientRect().top);
  assert.ok(focus - top >= 6 * 30 - 1, `${focus - top}`);
  await context.close();
});

test("readmes are shown unless that is off, and folders come first unless they need not", { skip }, async () => {
  const { context, page, faults } = await visit("/all/told/");
  await page.locator("#readme h3, #readme h1", { hasText: "Told below" }).waitFor();
  await page.locator("#preadme h3, #preadme h1", { hasText: "Told above" }).waitFor();
  const names = () => page.locator("pl-list td.name .text").allTextContents();
  assert.deepEqual(await names(), ["a folder", "zebra", "a file.txt", "PREADME.md", "README.md"]);
  const dialog = await viewOptions(page);
  await dialog.getByRole("checkbox", { name: "Readme texts" }).uncheck();
  await page.keyboard.press("Escape");
  await page.locator("#readme, #preadme").first().waitFor({ state: "detached" });
  await page.getByRole("button", { name: /^Sort/ }).click();
  await page.getByRole("menuitemcheckbox", { name: "Folders first" }).click();
  await page.reload();
  await page.waitForSelector("html.taken-over");
  assert.deepEqual(await names(), ["a file.txt", "a folder", "PREADME.md", "README.md", "zebra"]);
  assert.equal(await page.locator("#readme, #preadme").count(), 0);
  assert.deepEqual(faults, []);
  await context.close();
});

test("the page of a folder is shown instead of its list, where there is one, as chosen", { skip }, async () => {
  const label = "Show index.html instead of the list";
  const pages = await startServer("-v", `${root}:all:rwmda`, "--ih");
  try {
    const { context, page, faults } = await open(browser, "about:blank");
    const go = async (path) => {
      await page.goto(`${pages.url}${path}`);
      await page.waitForSelector("html.taken-over");
    };
    const item = page.getByRole("menuitemcheckbox", { name: label });
    const openMenu = async () => {
      await page.getByRole("button", { name: "View", exact: true }).click();
      await page.getByRole("menuitem", { name: "More view options…" }).waitFor();
    };
    const follow = (name) => page.locator("pl-list td.name a", { hasText: name }).first().click();
    const isPage = () => page.getByRole("heading", { name: "The page of the site" }).waitFor();
    const isList = () => page.locator("pl-list td.name", { hasText: "other.txt" }).waitFor();
    const choice = (dialog) => dialog.getByRole("combobox", { name: /^Folders with an index\.html/ });
    await go("/all/");
    await openMenu();
    assert.equal(await item.count(), 0, "no page here");
    await page.keyboard.press("Escape");
    await follow("site");
    await isList();
    await openMenu();
    assert.equal(await item.getAttribute("aria-checked"), "false");
    await shot(page, "view-menu-index");
    await item.click();
    await isPage();
    await page.reload();
    await isPage();
    // The list above leads to the page now, by a link in the page, too; the way back is there.
    await go("/all/");
    await follow("site");
    await isPage();
    await page.goBack();
    await page.locator("pl-list td.name a", { hasText: "site" }).first().waitFor();
    assert.equal(new URL(page.url()).pathname, "/all/");
    await openMenu();
    assert.equal(await item.getAttribute("aria-checked"), "true");
    await item.click();
    await follow("site");
    await isList();
    await page.reload();
    await isList();
    // The rare options know what the menu has chosen, and how to leave it to the server.
    const dialog = await viewOptions(page);
    assert.equal(await choice(dialog).inputValue(), "n");
    await shot(page, "view-options-index");
    await choice(dialog).selectOption("Own page");
    await page.goto(`${pages.url}/all/site/`);
    await isPage();
    await go("/all/site/plain/");
    await choice(await viewOptions(page)).selectOption("As the server is set");
    assert.ok(!(await context.cookies()).some(({ name }) => name === "idxh"));
    await page.goto(`${pages.url}/all/site/`);
    await isPage();
    assert.deepEqual(faults, []);
    await context.close();
  } finally {
    await pages.stop();
  }
  // Where such pages would be saved and not shown, there is no choice.
  const { context, page } = await visit("/all/site/");
  await page.getByRole("button", { name: "View", exact: true }).click();
  await page.getByRole("menuitem", { name: "More view options…" }).click();
  await page.getByRole("combobox", { name: /^Sizes/ }).waitFor();
  assert.equal(await page.getByRole("combobox", { name: /^Folders with/ }).count(), 0);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "View", exact: true }).click();
  assert.equal(await page.getByRole("menuitemcheckbox", { name: label }).count(), 0);
  await context.close();
});

test("an empty folder says how files are added: by mouse, and by finger", { skip }, async () => {
  for (const [options, text] of [
    [{}, "Drop files here, or press Upload."],
    [{ viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true }, "Add files with the Upload button."],
  ]) {
    for (const colorScheme of ["light", "dark"]) {
      const { context, page } = await visit("/all/void/", { ...options, colorScheme });
      await page.locator(".empty-folder", { hasText: `This folder is empty.` }).waitFor();
      assert.equal((await page.locator(".empty-folder .lead").textContent()).trim(), text);
      await assertFits(page, text);
      await shot(page, `empty-${options.isMobile ? "phone" : "wide"}-${colorScheme}`);
      await context.close();
    }
  }
});

test("light and dark are chosen in the account menu, and kept", { skip }, async () => {
  const { context, page, faults } = await visit("/all/docs/", { colorScheme: "light" });
  const colour = () => page.evaluate(() => getComputedStyle(document.body).color);
  const light = await colour();
  const choose = async (name) => {
    await page.locator("details#account summary").click();
    await page.getByRole("menuitemcheckbox", { name, exact: true }).click();
  };
  await choose("Dark");
  const dark = await colour();
  assert.notEqual(dark, light);
  await page.reload();
  await page.waitForSelector("html.taken-over");
  assert.equal(await colour(), dark);
  await page.goto(`${server.url}/all/docs/guide.md?v`);
  assert.equal(await colour(), dark, "on pages of texts, too");
  await page.goto(`${server.url}/all/docs/`);
  await page.waitForSelector("html.taken-over");
  await choose("Light");
  assert.equal(await colour(), light);
  assert.deepEqual(faults, []);
  await context.close();
});

test("all settings of the browser are reset, and drafts and what is unfinished stay", { skip }, async () => {
  const { context, page, faults } = await visit("/all/docs/");
  await page.keyboard.press("g");
  await page.locator("pl-grid").waitFor();
  await page.locator("details#account summary, .account").first().waitFor();
  await page.evaluate(() => {
    localStorage["potluck.theme"] = "dark";
    localStorage["potluck.draft:guest%3A:/all/docs/guide.md#1"] = "{}";
    localStorage["potluck.unfinished"] = "[]";
    localStorage["potluck.view:/all/docs/"] = localStorage["potluck.view"];
    localStorage.other = "of another program";
  });
  await (await viewOptions(page)).getByRole("link", { name: "Reset all settings of this browser" }).click();
  await page.getByText("Your display settings were reset.").waitFor();
  await page.waitForFunction(() => localStorage["potluck.view"] === undefined);
  assert.deepEqual(
    await page.evaluate(() => [Object.keys(localStorage).sort(), document.documentElement.dataset.theme]),
    [["other", "potluck.draft:guest%3A:/all/docs/guide.md#1", "potluck.unfinished"], undefined],
  );
  await page.goto(`${server.url}/all/docs/`);
  await page.locator("pl-list").waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

/** Counts tones, and notices with their texts; the page is not looked at. */
function watchSignals() {
  window.heard = 0;
  window.told = [];
  window.asked = 0;
  document.hasFocus = () => false;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) {
    window.heard++;
    return start.apply(this, when);
  };
  window.Notification = class extends EventTarget {
    static permission = sessionStorage.getItem("permission") ?? "default";
    static async requestPermission() {
      window.asked++;
      sessionStorage.setItem("permission", "granted");
      window.Notification.permission = "granted";
      return "granted";
    }
    constructor(_title, { body }) {
      super();
      window.told.push(body);
    }
    close() {}
  };
}

const upload = async (page, name) => {
  await page.setInputFiles(CHOOSE, asFiles({ [name]: noise(1000, name.length) }));
  await page.waitForFunction(
    (name) => [...document.querySelectorAll("tr.entry")].some((row) => row.textContent.includes(name)),
    name,
  );
};

test("the end of uploads is told: by a sound where there are no notifications, as over plain http", {
  skip,
}, async () => {
  const { context, page, faults } = await visit("/all/inbox/", {}, watchSignals);
  await upload(page, "quiet.bin");
  await moreOptions(page);
  const tell = page.getByRole("checkbox", { name: "Tell me when uploads are done" });
  assert.match(await page.locator("label", { has: tell }).textContent(), /shows no notifications here/);
  await tell.check();
  await upload(page, "told.bin");
  await page.waitForFunction(() => window.heard > 0);
  assert.deepEqual(await page.evaluate(() => [window.heard, window.told, window.asked]), [2, [], 0]);
  // Those who look at the page need no more than the page.
  await page.evaluate(() => {
    document.hasFocus = () => true;
  });
  await upload(page, "seen it.bin");
  await page.waitForTimeout(600);
  assert.equal(await page.evaluate(() => window.heard), 2);
  await moreOptions(page);
  await page.getByRole("checkbox", { name: "Sound when uploads are done" }).check();
  await upload(page, "with a sound.bin");
  await page.waitForFunction(() => window.heard === 4);
  assert.deepEqual(faults, []);
  await context.close();
});

test("where there are notifications, a click asks for them, and the end of uploads is one", { skip }, async () => {
  const local = server.url.replace("potluck.test", "127.0.0.1");
  const { context, page } = await open(browser, "about:blank");
  await page.addInitScript(watchSignals);
  await page.goto(`${local}/all/inbox/`);
  await page.waitForSelector("html.taken-over");
  await upload(page, "before.bin");
  assert.equal(await page.evaluate(() => window.asked), 0, "nothing is asked without a click");
  await moreOptions(page);
  await page.getByRole("checkbox", { name: "Tell me when uploads are done" }).check();
  await page.waitForFunction(() => window.asked === 1);
  await page.reload();
  await page.waitForSelector("html.taken-over");
  await upload(page, "after a reload.bin");
  await page.waitForFunction(() => window.told.length > 0);
  const told = await page.evaluate(() => [window.heard, window.told, window.asked]);
  assert.deepEqual(told, [0, ["Upload finished: 1 file."], 0]);
  await context.close();
});

test("files keep their dates, or get that of the upload", { skip }, async () => {
  const { context, page } = await visit("/all/inbox/");
  const time = async (name) => {
    const url = server.url.replace("potluck.test", "127.0.0.1");
    const answer = await fetch(`${url}/all/inbox/${encodeURIComponent(name)}`, { method: "HEAD" });
    return Date.parse(answer.headers.get("last-modified")) / 1000;
  };
  await upload(page, "dated.bin");
  assert.equal(await time("dated.bin"), 1_700_000_000);
  await moreOptions(page);
  await page.getByRole("checkbox", { name: "Keep the dates of files" }).uncheck();
  await upload(page, "undated file.bin");
  assert.ok(Math.abs((await time("undated file.bin")) - Date.now() / 1000) < 60);
  await context.close();
});

test("a light view shows totals and no rows; the options fit and are kept", { skip }, async () => {
  for (const [width, colorScheme] of [
    [320, "dark"],
    [1280, "light"],
  ]) {
    const { context, page, faults } = await visit("/all/inbox/", { viewport: { width, height: 720 }, colorScheme });
    if (width === 320) {
      await page.getByRole("button", { name: "Upload", exact: true }).last().click();
      await page.getByRole("menuitem", { name: "Upload options" }).click();
      await page.locator("pl-uploads summary").click();
    } else await moreOptions(page);
    await page.getByRole("checkbox", { name: "Simple view for slow devices" }).check();
    await assertAccessible(page, `upload options ${width}`);
    await assertFits(page, `upload options ${width}`);
    await shot(page, `upload-options-${width}`);
    await page.reload();
    await page.waitForSelector("html.taken-over");
    await page.setInputFiles(CHOOSE, asFiles({ [`x ${width}.bin`]: noise(2048, width), "y.bin": noise(10, width) }));
    await allUploaded(page, 2);
    await openDrawer(page);
    const totals = page.locator("pl-uploads .totals");
    await totals.waitFor();
    assert.equal(await page.locator("pl-uploads .row").count(), 0);
    const told = await totals.locator("dd").allTextContents();
    assert.deepEqual(told, ["0", "0", "2", "0", "2.0\u00a0KiB of 2.0\u00a0KiB"]);
    await assertAccessible(page, `light view ${width}`);
    await shot(page, `light-view-${width}`);
    assert.deepEqual(faults, []);
    await context.close();
  }
});

/** Opens what is below the last line in sight. */
const openAtEdge = (summary) =>
  summary.evaluate((line) => {
    line.scrollIntoView({ block: "end" });
    line.click();
  });

/** Fails unless the end of what "More" has opened comes into sight. */
async function assertEndIsSeen(page, details) {
  const share = () =>
    page.locator(`${details} > :last-child`).evaluate(
      (last) =>
        new Promise((resolve) => {
          const observer = new IntersectionObserver(([entry]) => {
            observer.disconnect();
            resolve(entry.intersectionRatio);
          });
          observer.observe(last);
        }),
    );
  for (const end = Date.now() + 5000; Date.now() < end; await page.waitForTimeout(50))
    if ((await share()) > 0.9) return;
  assert.fail(`${details}: its end is out of sight`);
}

test("what “More” opens in the upload options is scrolled into view", { skip }, async () => {
  for (const width of [320, 1280]) {
    const { context, page } = await visit("/all/inbox/", { viewport: { width, height: 620 } });
    await page.getByRole("button", { name: "Upload", exact: true }).last().click();
    await page.getByRole("menuitem", { name: "Upload options" }).click();
    await openAtEdge(page.locator("pl-uploads summary"));
    await assertEndIsSeen(page, "pl-uploads details");
    await context.close();
  }
});

test("what “More” opens in the player's settings is scrolled into view", { skip: skipMedia }, async () => {
  const { context, page } = await visit("/all/songs/", { viewport: { width: 1280, height: 700 } });
  await page.locator("pl-list .entry a").first().click();
  await page.getByRole("button", { name: "More for this song" }).click();
  await page.getByRole("menuitem", { name: "Player settings" }).click();
  await openAtEdge(page.locator("dialog[open] summary"));
  await assertEndIsSeen(page, "dialog[open] details");
  await context.close();
});

test("as many cores compute checksums as chosen", { skip }, async () => {
  const { context, page } = await visit("/all/inbox/");
  await moreOptions(page);
  await page.locator("#up-threads").fill("1");
  await page.locator("#up-threads").press("Tab");
  const [large] = asFiles({ "large.bin": noise(20 * 1024 * 1024, 7) });
  await page.setInputFiles(CHOOSE, [large]);
  await allUploaded(page, 1);
  assert.equal(page.workers().length, 1);
  await page.locator("pl-uploads").getByRole("button", { name: "Options" }).click();
  await page.locator("pl-uploads summary").click();
  await page.locator("#up-threads").fill("");
  await page.locator("#up-threads").press("Tab");
  const [other] = asFiles({ "other.bin": noise(20 * 1024 * 1024, 8) });
  await page.setInputFiles(CHOOSE, [other]);
  await allUploaded(page, 2);
  assert.ok(page.workers().length > 1, `${page.workers().length}`);
  await context.close();
});

const audio = (page) =>
  page.evaluate(() => {
    const one = [...document.querySelectorAll("audio")].find(({ paused }) => !paused);
    return { at: one?.currentTime ?? 0, src: one?.src ?? "" };
  });
const playsBeyond = (page, seconds, timeout) =>
  page.waitForFunction(
    (least) => [...document.querySelectorAll("audio")].some((one) => !one.paused && one.currentTime > least),
    seconds,
    { timeout },
  );

/** Turns a switch of the player's settings on. */
async function turnOn(page, name) {
  await page.getByRole("button", { name: "More for this song" }).click();
  await page.getByRole("menuitem", { name: "Player settings" }).click();
  const dialog = page.getByRole("dialog", { name: "Player settings" });
  await dialog.locator("summary").click();
  await dialog.getByRole("checkbox", { name }).check();
  return dialog;
}

test("long silence in a song is skipped, where that is chosen", { skip: skipMedia }, async () => {
  const { context, page, faults } = await visit("/all/songs/");
  await page.locator("tr.entry a", { hasText: "song 10" }).click();
  await playsBeyond(page, 1.2, 10_000);
  await page.evaluate(() => {
    window.landed = [];
    document.addEventListener("seeked", ({ target }) => window.landed.push(target.currentTime), true);
  });
  const dialog = await turnOn(page, "Skip silence");
  await assertAccessible(page, "player settings");
  await shot(page, "player-more");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  // On a busy machine the silence may have passed while the dialog was open.
  await page.evaluate(async () => {
    const song = [...document.querySelectorAll("audio")].find((one) => !one.paused);
    const back = new Promise((done) => song.addEventListener("seeked", done, { once: true }));
    song.currentTime = 1.2;
    await back;
    window.landed = [];
  });
  await playsBeyond(page, 8.2, 15_000);
  const landed = await page.evaluate(() => window.landed);
  assert.equal(landed.length, 1, `${landed}`);
  assert.ok(Math.abs(landed[0] - 7.8) < 0.3, `${landed}`);
  assert.deepEqual(faults, []);
  await context.close();
});

test("the list follows the song, and a song is loaded again past the cache", { skip: skipMedia }, async () => {
  const { context, page } = await visit("/all/songs/", { viewport: { width: 1280, height: 500 } });
  await page.locator("tr.entry a", { hasText: "song 10" }).click();
  await playsBeyond(page, 0.5, 10_000);
  const isShown = () => page.locator("tr.entry.playing").isVisible();
  const toEnd = () => page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  await toEnd();
  await page.keyboard.press("l");
  await page.locator(".player .song b", { hasText: "song 11" }).waitFor();
  await playsBeyond(page, 0.3, 10_000);
  assert.equal(await isShown(), false, "it stays where it is unless that is chosen");
  const dialog = await turnOn(page, "Keep the playing song in view");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await page.keyboard.press("l");
  await page.locator("tr.entry.playing", { hasText: "song 12" }).waitFor();
  await playsBeyond(page, 1, 10_000);
  const before = await audio(page);
  assert.doesNotMatch(before.src, /[?&]_=/);
  await page.getByRole("button", { name: "More for this song" }).click();
  await page.getByRole("menuitem", { name: "Load this song again" }).click();
  await page.waitForFunction(() => [...document.querySelectorAll("audio")].some((one) => /[?&]_=\d/.test(one.src)));
  await playsBeyond(page, before.at, 10_000);
  assert.match((await audio(page)).src, /song%2012\.mp3\?.*_=\d+/);
  await context.close();
});

test("a link to a song names the order of its list", { skip: skipMedia }, async () => {
  const { context, page } = await visit("/all/songs/?sort=-name", {}, () => {
    document.execCommand = (command) => {
      if (command === "copy") window.copied = document.activeElement.value ?? String(getSelection());
      return true;
    };
  });
  await page.locator("tr.entry a", { hasText: "song 59" }).click();
  await page.getByRole("button", { name: "More for this song" }).click();
  await page.getByRole("menuitem", { name: "Copy link", exact: true }).click();
  const copied = await page.waitForFunction(() => window.copied);
  const link = await copied.jsonValue();
  assert.match(link, /\/all\/songs\/\?sort=-name#af-[0-9a-f]{8}$/);
  const other = await visit("/all/docs/");
  await other.page.goto(link);
  await other.page.locator("pl-list td.name .text", { hasText: "song 59" }).waitFor();
  assert.equal(await other.page.locator("pl-list td.name .text").first().textContent(), "song 59.mp3");
  await other.context.close();
  await context.close();
});

test("a Markdown page shows the text alone, and is remembered so; pages without the button keep their way", {
  skip,
}, async () => {
  for (const [width, colorScheme] of [
    [320, "dark"],
    [1280, "light"],
  ]) {
    const { context, page } = await open(browser, `${server.url}/all/texts/plans.md?v`, {
      viewport: { width, height: 720 },
      colorScheme,
    });
    const bar = page.locator("header.top");
    assert.ok(await bar.isVisible());
    await page.getByRole("button", { name: "Hide navigation" }).focus();
    await page.keyboard.press("Enter");
    assert.equal(await bar.isVisible(), false);
    await page.reload();
    await page.getByRole("button", { name: "Show navigation" }).waitFor();
    assert.equal(await bar.isVisible(), false);
    assert.ok(await page.locator(".reader").isVisible());
    await assertAccessible(page, `text alone ${width}`);
    await assertFits(page, `text alone ${width}`);
    await shot(page, `text-alone-${width}`);
    await page.goto(`${server.url}/all/texts/`);
    assert.ok(await bar.isVisible(), "folders keep theirs");
    await page.goto(`${server.url}/all/texts/plans.md?v`);
    await page.getByRole("button", { name: "Show navigation" }).click();
    assert.ok(await bar.isVisible());
    await page.reload();
    await page.getByRole("button", { name: "Hide navigation" }).waitFor();
    await context.close();
  }
});

test("a page without the script keeps its navigation", { skip }, async () => {
  const { context, page } = await open(browser, "about:blank");
  await page.addInitScript(() => localStorage.setItem("potluck.reader.bare", "true"));
  await page.route("**/app.js*", (route) => route.abort());
  await page.goto(`${server.url}/all/texts/plain.md?v`);
  assert.ok(await page.locator("header.top").isVisible());
  await context.close();
});

test("people change their password", { skip }, async (t) => {
  const folder = join(root, "told");
  const own = await startServer("--chpw", "-a", "ann:first-one", "-v", `${folder}:told:r,ann`);
  t.after(() => own.stop());
  const { context, page, faults } = await open(browser, `${own.url}/?login`);
  const signIn = async (password) => {
    await page.fill('input[name="cppwd"]', password);
    await page.keyboard.press("Enter");
  };
  await signIn("first-one");
  await page.waitForSelector("#account summary >> text=ann");
  await page.goto(`${own.url}/told/`);
  await page.waitForSelector("html.taken-over");
  await page.click("#account summary");
  await page.getByRole("menuitem", { name: "Change password" }).click();
  await page.waitForSelector("h1 >> text=Change password");
  await assertAccessible(page, "the form for the password");
  await assertFits(page, "the form for the password");
  const change = async (old, first, again) => {
    await page.fill('[name="old"]', old);
    await page.fill('[name="pw"]', first);
    await page.fill('[name="again"]', again);
    await page.keyboard.press("Enter");
  };
  await change("wrong-one", "second-one", "second-one");
  await page.waitForSelector("text=The present password is wrong");
  await change("first-one", "second-one", "second-two");
  await page.waitForSelector("text=The two new passwords differ");
  await shot(page, "password");
  await change("first-one", "second-one", "second-one");
  // The page that says so leads back by itself.
  await page.waitForURL(/told\/$/);
  await page.waitForSelector('#files a[href$="README.md"]');
  await context.clearCookies();
  await page.goto(`${own.url}/?login`);
  await signIn("first-one");
  await page.waitForSelector("text=Wrong name or password");
  await signIn("second-one");
  await page.waitForSelector("#account summary >> text=ann");
  assert.deepEqual(faults, []);
  await context.close();
});
