// What links of copyparty name behind "#": headings of a readme, panels, songs among the results of a search, and names whose ids clash.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, open } from "./browser.mjs";
import { missing } from "./samples.mjs";
import { real, startServer } from "./servers.mjs";

const skip = !real && "needs the real server";
const skipMedia = skip || (missing !== undefined && `needs ${missing}`);
let browser;
let server;
let root;

function put(path, content) {
  const at = join(root, path);
  mkdirSync(join(at, ".."), { recursive: true });
  writeFileSync(at, content);
}

/** The CRC-32 of the low bytes of a text's UTF-16 code units (spec/browser-ui.md 7.1). */
function crc(text) {
  let value = 0xffffffff;
  for (let at = 0; at < text.length; at++) {
    value ^= text.charCodeAt(at) & 255;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return ((value ^ 0xffffffff) >>> 0).toString(16).padStart(8, "0");
}

before(async () => {
  if (skip) return;
  root = mkdtempSync(join(tmpdir(), "potluck-fragments-"));
  const part = "Words of a paragraph that is long enough to be wrapped. ".repeat(40);
  const heads = Array.from({ length: 12 }, (_, n) => `## Part ${n}\n\n${part}\n`).join("\n");
  put("docs/README.md", `# Guide\n\n[to the end](#part-11)\n\n${heads}`);
  for (let n = 0; n < 30; n++) put(`docs/file ${n}.txt`, "x");
  // The same low bytes: U+0141 has that of "A".
  for (const name of ["A.txt", "\u0141.txt"]) put(`clash/${name}`, `This is ${name}.`);
  if (!missing) {
    mkdirSync(join(root, "songs/deep"), { recursive: true });
    const tone = (path) =>
      execFileSync("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", "sine=duration=60", join(root, path)]);
    for (const name of ["songs/needle.mp3", "songs/deep/needle.mp3"]) tone(name);
  }
  [browser, server] = [await launch(), await startServer("-v", `${root}:all:rwmda`, "-e2dsa")];
});
after(async () => {
  await browser?.close();
  await server?.stop();
  if (root) rmSync(root, { recursive: true, force: true });
});

const visit = async (path) => {
  const opened = await open(browser, `${server.url}${path}`);
  await opened.page.waitForSelector("html.taken-over");
  return opened;
};

/** Waits until a heading of the readme stands at the top of the window, below what covers it, and stays there. */
async function isAtTop(page, id) {
  const find = (id) => {
    const { top } = document.getElementById(id).getBoundingClientRect();
    return top >= 0 && top < 160 && window.scrollY > 200;
  };
  await page.waitForFunction(find, id);
  await page.waitForTimeout(400);
  assert.ok(await page.evaluate(find, id), `${id} stays in view`);
}

test("an address leads to a heading of the readme, and so does a link in it; back returns", { skip }, async () => {
  const { context, page, faults } = await visit("/all/docs/#md-part-7");
  await isAtTop(page, "md-part-7");
  await page.evaluate(() => window.scrollTo(0, document.getElementById("readme").offsetTop));
  await page.locator("#readme").getByRole("link", { name: "to the end" }).click();
  await page.waitForURL(/#md-part-11$/);
  await page.waitForFunction(
    () => document.getElementById("md-part-11").getBoundingClientRect().top < innerHeight - 50,
  );
  await page.waitForTimeout(400);
  const isSeen = (id) => page.locator(`#${id}`).evaluate((one) => one.getBoundingClientRect().top < innerHeight);
  assert.ok(await isSeen("md-part-11"), "the page does not jump back");
  await page.goBack();
  await page.waitForURL(/#md-part-7$/);
  await page.waitForFunction(() => document.querySelector("#readme a").getBoundingClientRect().top > 0);
  assert.deepEqual(faults, []);
  await context.close();
});

test("each panel of copyparty has an address", { skip }, async () => {
  const panels = {
    search: (page) => page.waitForFunction(() => document.activeElement?.matches("pl-search input")),
    unpost: (page) => page.waitForURL(/\/\?ups$/),
    up2k: (page) => page.locator("pl-uploads .tools").waitFor(),
    bup: (page) => page.locator("pl-uploads .tools").waitFor(),
    mkdir: (page) => page.getByLabel("Name of the folder").waitFor(),
    new_md: (page) => page.getByLabel("Name of the file").waitFor(),
    msg: (page) => page.locator("dialog[open] textarea").waitFor(),
    player: (page) => page.getByRole("dialog", { name: "Player settings" }).waitFor(),
    cfg: (page) => page.getByRole("dialog", { name: "View options" }).waitFor(),
  };
  for (const [tab, isOpen] of Object.entries(panels)) {
    const { context, page, faults } = await open(browser, `${server.url}/all/clash/#v=${tab}`);
    await isOpen(page).catch((error) => assert.fail(`#v=${tab}: ${error}`));
    assert.deepEqual(faults, []);
    await context.close();
  }
});

test("of two names with the same id, the later one has an “a” behind it", { skip }, async () => {
  const id = crc("A.txt");
  assert.equal(crc("\u0141.txt"), id);
  for (const [fragment, name] of [
    [id, "A.txt"],
    [`${id}a`, "\u0141.txt"],
  ]) {
    const { context, page } = await visit(`/all/clash/#gf-${fragment}`);
    await page.locator(".viewer-top h2 bdi", { hasText: name }).waitFor();
    await context.close();
  }
});

test("among results of a search, an id is that of the whole path", { skip: skipMedia }, async () => {
  for (let tries = 0; ; tries++) {
    const { context, page } = await visit("/all/songs/?q=needle");
    await page.locator(".results [role=status]", { hasText: /\d|Nothing|No / }).waitFor();
    const count = await page.locator("pl-list td.name .text").count();
    await context.close();
    if (count === 2) break;
    assert.ok(tries < 40, "the index has the files within twenty seconds");
    await new Promise((go) => setTimeout(go, 500));
  }
  for (const path of ["all/songs/deep/needle.mp3", "all/songs/needle.mp3"]) {
    const { context, page, faults } = await open(browser, `${server.url}/all/songs/?q=needle#af-${crc(path)}`);
    const prompt = page.locator(".dialog").getByRole("button", { name: "Play needle.mp3" });
    const isPlaying = () => [...document.querySelectorAll("audio")].some((audio) => !audio.paused);
    await Promise.race([prompt.click(), page.waitForFunction(isPlaying)]);
    await page.waitForFunction(
      (end) => [...document.querySelectorAll("audio")].some(({ src }) => new URL(src).pathname === end),
      `/${path}`,
    );
    assert.deepEqual(faults, []);
    await context.close();
  }
});
