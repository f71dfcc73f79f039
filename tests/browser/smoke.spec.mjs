// The main functions in Debian's Firefox and in WebKitGTK, over plain http on a name that is not localhost: browse, view, play,
// search, upload, rename, undo, both themes, Markdown; and the console stays silent.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { asFiles, CHOOSE, noise } from "./browser.mjs";
import { makeSamples, missing } from "./samples.mjs";
import { real, startServer } from "./servers.mjs";
import { skipped } from "./skips.mjs";
import { BROWSERS } from "./webdriver.mjs";

const MIB = 1024 * 1024;
const root = mkdtempSync(join(tmpdir(), "potluck-smoke-"));
let server;

before(async () => {
  if (!real || missing) return;
  makeSamples(root);
  const volumes = ["photos", "songs", "documents"].flatMap((name) => ["-v", `${join(root, name)}:${name}:r:rwmd,ann`]);
  server = await startServer("-a", "ann:wark", "-v", `${join(root, "inbox")}:arrived:rwmd,ann`, ...volumes, "-e2dsa");
});
after(async () => {
  await server?.stop();
  rmSync(root, { recursive: true, force: true });
});

/** Signs in, as the form of the page does. */
async function signIn(window) {
  await window.goto(`${server.url}/music/2026/?login`);
  await window.fill("#li-u", "ann");
  await window.fill("#li-p", "wark");
  await window.press("Enter");
  await window.until(() => document.querySelector("details#account b")?.textContent === "ann");
}

const names = (window) =>
  window.run(() => [...document.querySelectorAll("#files .entry a .text")].map((one) => one.textContent));

/** Opens a folder and waits for its rows. */
async function openFolder(window, path, name) {
  await window.goto(server.url + path);
  await window.find("pl-list .entry a", name);
}

async function browse(window) {
  await openFolder(window, "/documents/", "Letter 2.txt");
  const list = await names(window);
  assert.ok(list.indexOf("Letter 2.txt") < list.indexOf("Letter 10.txt"), "numbers in names are compared as numbers");
  // The largest first, then the smallest.
  const isFirst = (first, second) =>
    window.until(
      (first, second) => {
        const all = [...document.querySelectorAll("#files .entry a .text")].map((one) => one.textContent);
        return document.querySelector("th.size[aria-sort]") && all.indexOf(first) < all.indexOf(second);
      },
      first,
      second,
    );
  await window.click("th.size button");
  await isFirst("Letter 12.txt", "Letter 2.txt");
  await window.click("th.size button");
  await isFirst("Letter 2.txt", "Letter 12.txt");
  await window.click("th.name button");
  await window.find('th.name[aria-sort="ascending"]');
  await window.click("pl-bar .segmented button", "Grid");
  await window.find("pl-grid .tile .text", "Garden.md");
  await window.click("pl-bar .segmented button", "List");
  await window.click("pl-list .entry a", "2025");
  await window.find("pl-list .entry a", "Tax.txt");
}

async function view(window) {
  await openFolder(window, "/photos/", "IMG_2040.jpg");
  await window.click("pl-list .entry a", "IMG_2040.jpg");
  const shown = (name) =>
    window.until(
      (name) =>
        document.querySelector(".viewer-top h2 bdi")?.textContent === name &&
        document.querySelector('.pswp__item[aria-hidden="false"] img.pswp__img')?.naturalWidth > 0,
      name,
    );
  await shown("IMG_2040.jpg");
  await window.press("ArrowRight");
  await shown("IMG_2041.jpg");
  await window.press("Escape");
  await window.gone("pl-viewer");
  await window.click("pl-list .entry a", "Harbour.webm");
  await window.until(() => document.querySelector("pl-viewer video")?.readyState >= 2);
  await window.run(() => document.querySelector("pl-viewer video").play());
  await window.until(() => document.querySelector("pl-viewer video").currentTime > 0.2);
  await window.press("Escape");
  await window.gone("pl-viewer");
  await openFolder(window, "/documents/", "notes.txt");
  await window.click("pl-list .entry a", "notes.txt");
  await window.until(() =>
    document.querySelector(".viewer-pane")?.shadowRoot?.querySelector(".cm-content")?.textContent.includes("plumber"),
  );
  await window.press("Escape");
  await window.gone("pl-viewer");
  await window.click("pl-list .entry a", "Garden.md");
  await window.find(".md td", "Pumpkins");
  await window.find(".md h1", "The garden");
}

async function play(window) {
  await openFolder(window, "/songs/", "01 First light.mp3");
  await window.click("pl-list .entry a", "01 First light.mp3");
  await window.find(".player .song b", "First light");
  const sounds = () => [...document.querySelectorAll("audio")].some((one) => !one.paused && one.currentTime > 0.2);
  await window.until(sounds);
  // It plays on while people browse.
  await window.click(".crumbs a", "Home");
  await window.find("pl-list .entry a", "photos");
  assert.ok(await window.run(sounds));
}

async function search(window) {
  await openFolder(window, "/", "documents");
  await window.fill("pl-search input", "letter 11");
  await window.press("Enter");
  await window.find("pl-list .entry a", "Letter 11.txt");
  await window.until(() => document.querySelectorAll("pl-list .entry").length === 1);
}

const arrived = (path) => readFileSync(join(root, "inbox", path));

/** Has the page's chooser of folders answer with small files in two folders: drivers cannot choose a folder. */
const chooseFolder = (window, count) =>
  window.run((count) => {
    const input = document.querySelector("#choose-folder");
    const files = Array.from({ length: count }, (_, n) => {
      const file = new File([`content ${n}`], `small ${n}.txt`);
      const webkitRelativePath = `trip/${n % 2 ? "day one/" : ""}${file.name}`;
      return Object.defineProperty(file, "webkitRelativePath", { value: webkitRelativePath });
    });
    Object.defineProperty(input, "files", { value: files, configurable: true });
    input.dispatchEvent(new Event("change"));
    delete input.files;
  }, count);

async function upload(window) {
  await window.goto(`${server.url}/arrived/`);
  await window.find("#add");
  const big = noise(100 * MIB, 7);
  await window.choose(CHOOSE, asFiles({ "large.bin": big, "small one.txt": "one" }));
  const finished = (n) => window.find("pl-uploads .pill", `${n} uploaded`);
  await finished("2 files");
  assert.ok(arrived("large.bin").equals(big));
  await chooseFolder(window, 40);
  await finished("42 files");
  assert.equal(String(arrived("trip/day one/small 39.txt")), "content 39");
}

async function rename(window) {
  await openFolder(window, "/documents/", "Letter 3.txt");
  await window.click("pl-list .entry td.size", "");
  await window.run(() => {
    const row = [...document.querySelectorAll("pl-list .entry")].find((one) =>
      one.textContent.includes("Letter 3.txt"),
    );
    row.querySelector("a").focus();
  });
  await window.press("F2");
  await window.fill("dialog[open] input", "Renamed.txt");
  await window.press("Enter");
  await window.find("pl-list .entry a", "Renamed.txt");
  await window.click("pl-notices button", "Undo");
  await window.find("pl-list .entry a", "Letter 3.txt");
}

for (const [name, { missing: program, launch }] of Object.entries(BROWSERS)) {
  const title = `the main functions in ${name}`;
  const lacks = program ?? missing;
  const skip = (!real && "needs the real server") || (lacks && skipped(title, lacks));
  test(title, { skip }, async (t) => {
    const window = await launch({ colorScheme: "light" });
    try {
      await window.resize(1280, 900);
      await t.test("sign in", () => signIn(window));
      await t.test("list, grid and order", () => browse(window));
      await t.test("pictures, a film, a text and Markdown", () => view(window));
      await t.test("a song", () => play(window));
      await t.test("search", () => search(window));
      await t.test("a large file and a folder are uploaded", () => upload(window));
      await t.test("rename and undo", () => rename(window));
      assert.deepEqual(await window.faults(), []);
    } finally {
      await window.close();
    }
  });

  test(`the dark theme in ${name}`, { skip: (!real && "needs the real server") || lacks }, async () => {
    const window = await launch({ colorScheme: "dark" });
    try {
      await window.goto(`${server.url}/documents/`);
      await window.find("pl-list .entry a", "Garden.md");
      const colours = await window.run(() => {
        const { backgroundColor, color } = getComputedStyle(document.body);
        return [backgroundColor, color].map((text) => text.match(/\d+/g).slice(0, 3).map(Number));
      });
      const [ground, text] = colours.map(([red, green, blue]) => red + green + blue);
      assert.ok(ground < 120 && text > 500, JSON.stringify(colours));
      assert.deepEqual(await window.faults(), []);
    } finally {
      await window.close();
    }
  });
}
