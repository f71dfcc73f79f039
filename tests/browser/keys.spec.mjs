// Keys of the list, the grid and the tree, those of both generations of copyparty's among them; what is selected, by keys and by the mouse;
// what becomes of a selection.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, open } from "./browser.mjs";
import { real, startServer } from "./servers.mjs";

const skip = !real && "needs the real server";
let browser;
let server;
let root;

function put(path, content) {
  const at = join(root, path);
  mkdirSync(join(at, ".."), { recursive: true });
  writeFileSync(at, content);
}

before(async () => {
  if (skip) return;
  root = mkdtempSync(join(tmpdir(), "potluck-keys-"));
  for (const name of ["a", "b", "c", "d", "e"]) put(`files/${name}.txt`, `This is ${name}.`);
  put("beside/a folder with a rather long name/x.txt", "x");
  for (const name of ["one", "two", "three"]) put(`beside/${name}/deep/x.txt`, name);
  for (const name of ["p", "q"]) put(`pictures/${name}.bmp`, "BM");
  [browser, server] = [await launch(), await startServer("-v", `${root}:all:rwmda`)];
});
after(async () => {
  await browser?.close();
  await server?.stop();
  if (root) rmSync(root, { recursive: true, force: true });
});

const visit = async (path, options) => {
  const opened = await open(browser, `${server.url}${path}`, options);
  await opened.page.waitForSelector("html.taken-over");
  await opened.page.locator("[data-index]").first().waitFor();
  return opened;
};
const row = (page, name) => page.locator("[data-index]").filter({ has: page.getByText(name, { exact: true }) });
const selected = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll(".selected .text")].map((one) => one.textContent.trim()[0]).join(""),
  );
const isSelected = (page, names) =>
  page
    .waitForFunction(
      (names) =>
        [...document.querySelectorAll(".selected .text")].map((one) => one.textContent.trim()[0]).join("") === names,
      names,
      { timeout: 3000 },
    )
    .catch(async () => assert.equal(await selected(page), names));
const hasFocus = (page, text) =>
  page.waitForFunction((text) => document.activeElement.textContent.trim() === text, text);
const tree = (page) => page.locator("pl-tree nav");
const treeWidth = async (page) => Math.round((await tree(page).boundingBox()).width);

test("B hides and shows the tree, A and D make it narrower and wider; both are remembered", { skip }, async () => {
  const { context, page, faults } = await visit("/all/files/");
  await tree(page).waitFor();
  const before = await treeWidth(page);
  await page.keyboard.press("d");
  const wide = await treeWidth(page);
  assert.ok(wide > before, `${before}, then ${wide}`);
  await page.keyboard.press("a");
  await page.keyboard.press("a");
  const narrow = await treeWidth(page);
  assert.ok(narrow < before, `${before}, then ${narrow}`);
  await page.locator(".splitter").focus();
  await page.keyboard.press("ArrowRight");
  const byArrow = await treeWidth(page);
  assert.ok(byArrow > narrow);
  const [edge, top] = await page.locator(".splitter").evaluate((one) => {
    const { x, y, width } = one.getBoundingClientRect();
    return [x + width / 2, y + 200];
  });
  await page.mouse.move(edge, top);
  await page.mouse.down();
  await page.mouse.move(edge + 50, top, { steps: 4 });
  await page.mouse.up();
  const dragged = await treeWidth(page);
  assert.ok(Math.abs(dragged - byArrow - 50) <= 2, `${byArrow}, then ${dragged}`);
  await page.reload();
  await tree(page).waitFor();
  assert.equal(await treeWidth(page), dragged);
  // With keys that the browser or other programs use, it is another key.
  for (const key of ["Control+b", "Alt+b"]) await page.keyboard.press(key);
  assert.ok(await tree(page).isVisible());
  await page.keyboard.press("b");
  await tree(page).waitFor({ state: "detached" });
  await page.reload();
  await page.locator("[data-index]").first().waitFor();
  assert.equal(await tree(page).count(), 0);
  await page.keyboard.press("b");
  await tree(page).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("I and K go to the folders beside, round the ends; M and Backspace to the one above", { skip }, async () => {
  const { context, page, faults } = await visit("/all/beside/one/");
  for (const [key, path] of [
    ["k", "three"],
    ["k", "two"],
    ["k", "a%20folder%20with%20a%20rather%20long%20name"],
    ["k", "one"],
    ["i", "a%20folder%20with%20a%20rather%20long%20name"],
    ["i", "two"],
    ["i", "three"],
  ]) {
    await page.keyboard.press(key);
    await page.waitForURL(new RegExp(`/all/beside/${path}/$`));
    await page.locator("pl-list .text", { hasText: /^(deep|x\.txt)$/ }).waitFor();
  }
  // What the width of the tree cuts off is told.
  await page.getByRole("treeitem", { name: /rather long/ }).waitFor();
  assert.equal(
    await page.getByRole("treeitem", { name: /rather long/ }).getAttribute("title"),
    "a folder with a rather long name",
  );
  await page.keyboard.press("m");
  await page.waitForURL(/\/all\/beside\/$/);
  await page.locator("pl-list .text", { hasText: "two" }).waitFor();
  await page.keyboard.press("Backspace");
  await page.waitForURL(/\/all\/$/);
  // Each of them is a step of its own on the way back.
  await page.goBack();
  await page.waitForURL(/\/all\/beside\/$/);
  assert.deepEqual(faults, []);
  await context.close();
});

test("the grid: G, T for icons instead of thumbnails, A and D, also with Shift, for the size; all are kept", {
  skip,
}, async () => {
  const { context, page, faults } = await visit("/all/pictures/");
  await page.keyboard.press("g");
  const tile = page.locator("pl-grid .tile").first();
  await tile.waitFor();
  const width = async () => (await tile.boundingBox()).width;
  const images = () => page.locator("pl-grid .tile img").count();
  assert.equal(await images(), 2);
  await page.keyboard.press("t");
  await page.waitForFunction(() => document.querySelectorAll("pl-grid .tile img").length === 0);
  const before = await width();
  for (const [larger, smaller] of [
    ["d", "a"],
    ["Shift+D", "Shift+A"],
  ]) {
    await page.keyboard.press(larger);
    const now = await width();
    assert.ok(now > before * 1.1, `${larger}: ${before}, then ${now}`);
    await page.keyboard.press(smaller);
    assert.equal(await width(), before, smaller);
  }
  await page.keyboard.press("d");
  const kept = await width();
  await page.reload();
  await tile.waitFor();
  assert.deepEqual([await width(), await images()], [kept, 0]);
  await page.keyboard.press("t");
  await page.waitForFunction(() => document.querySelectorAll("pl-grid .tile img").length === 2);
  // In the list, Shift has the same meaning: it shows when the grid is back.
  await page.keyboard.press("g");
  await page.locator("pl-list").waitFor();
  await page.keyboard.press("Shift+A");
  await page.keyboard.press("g");
  await tile.waitFor();
  assert.equal(await width(), before);
  assert.deepEqual(faults, []);
  await context.close();
});

test("keys select: arrows move, Shift extends, Space and S toggle, Ctrl+A takes all, Escape none", {
  skip,
}, async () => {
  for (const mode of ["list", "grid"]) {
    const { context, page, faults } = await visit("/all/files/");
    if (mode === "grid") await page.keyboard.press("g");
    const [next, previous] = mode === "list" ? ["ArrowDown", "ArrowUp"] : ["ArrowRight", "ArrowLeft"];
    await page.locator("[data-index]").first().waitFor();
    await page.keyboard.press("Home");
    await hasFocus(page, "a.txt");
    await page.keyboard.press(next);
    await hasFocus(page, "b.txt");
    await isSelected(page, "");
    await page.keyboard.press(`Shift+${next}`);
    await page.keyboard.press(`Shift+${next}`);
    await isSelected(page, "bcd");
    await page.keyboard.press(`Shift+${previous}`);
    await isSelected(page, "bc");
    await page.keyboard.press("End");
    await hasFocus(page, "e.txt");
    await page.keyboard.press("Space");
    await isSelected(page, "bce");
    await page.keyboard.press(previous);
    await page.keyboard.press("s");
    await isSelected(page, "bcde");
    await page.keyboard.press("s");
    await isSelected(page, "bce");
    await page.keyboard.press("Escape");
    await isSelected(page, "");
    await page.keyboard.press("Control+a");
    await isSelected(page, "abcde");
    assert.deepEqual(faults, []);
    await context.close();
  }
});

test("the mouse selects: a click one, Ctrl adds, Shift a range, a rectangle what it touches; all, invert, none", {
  skip,
}, async () => {
  const { context, page, faults } = await visit("/all/files/");
  const size = (name) => row(page, `${name}.txt`).locator("td.size");
  await size("b").click();
  await isSelected(page, "b");
  await size("d").click();
  await isSelected(page, "d");
  await size("b").click({ modifiers: ["Control"] });
  await isSelected(page, "bd");
  await size("e").click({ modifiers: ["Shift"] });
  await isSelected(page, "bcde");
  await row(page, "a.txt").getByRole("checkbox").check();
  await isSelected(page, "abcde");
  await page.getByRole("button", { name: "Clear selection" }).click();
  await isSelected(page, "");
  const [from, to] = [await size("b").boundingBox(), await size("d").boundingBox()];
  await page.mouse.move(from.x + 5, from.y + 5);
  await page.mouse.down();
  await page.mouse.move(to.x + 20, to.y + 5, { steps: 5 });
  await page.locator(".rubber").waitFor();
  await page.mouse.up();
  await isSelected(page, "bcd");
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Invert selection" }).click();
  await isSelected(page, "ae");
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Select all" }).click();
  await isSelected(page, "abcde");
  await page.locator("th.check input").click();
  await isSelected(page, "");
  assert.deepEqual(faults, []);
  await context.close();
});

test("Y downloads each selected file; a selection becomes one archive", { skip }, async () => {
  const { context, page, faults } = await visit("/all/files/");
  for (const name of ["a.txt", "c.txt"]) await row(page, name).getByRole("checkbox").check();
  const names = [];
  page.on("download", (download) => names.push(download.suggestedFilename()));
  await page.keyboard.press("y");
  for (const end = Date.now() + 10_000; names.length < 2 && Date.now() < end; ) await page.waitForTimeout(50);
  assert.deepEqual(names.sort(), ["a.txt", "c.txt"]);
  for (const label of ["Download zip", "Download tar"]) {
    await row(page, "a.txt").click({ button: "right", position: { x: 300, y: 10 } });
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: label }).click(),
    ]);
    // Neither format compresses: names and contents are in it as they are.
    const archive = readFileSync(await download.path());
    const has = ["a", "b", "c"].map((name) => archive.includes(`${name}.txt`) && archive.includes(`This is ${name}.`));
    assert.deepEqual(has, [true, false, true], label);
  }
  assert.deepEqual(faults, []);
  await context.close();
});

test("a folder opens in place, with Ctrl or the middle button in another tab", { skip }, async () => {
  const { context, page, faults } = await visit("/all/beside/");
  await page.evaluate(() => {
    window.isSame = true;
  });
  for (const [place, path] of [
    ["pl-list", "/all/beside/two/"],
    ["pl-tree", "/all/pictures/"],
    ["pl-crumbs", "/all/"],
  ]) {
    const link = page.locator(`${place} a[href="${path}"]:visible`).first();
    for (const click of [{ modifiers: ["ControlOrMeta"] }, { button: "middle" }]) {
      const [other] = await Promise.all([context.waitForEvent("page"), link.click(click)]);
      await other.waitForURL(server.url + path);
      await other.close();
      assert.match(page.url(), /\/beside\/$/, `${place}: this tab stays`);
    }
  }
  await page.locator('pl-tree a[href="/all/pictures/"]').click();
  await page.waitForURL(/\/pictures\/$/);
  await page.locator("pl-list .text", { hasText: "p.bmp" }).waitFor();
  assert.equal(await page.evaluate(() => window.isSame), true, "nothing but the list was loaded");
  assert.match(await page.title(), /^pictures - /);
  assert.deepEqual(faults, []);
  await context.close();
});
