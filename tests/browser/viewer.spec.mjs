// The viewer shows pictures, films, PDF, texts and Markdown over the list; the address names what is shown, and back closes it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { assertAccessible, assertFits, launch, open, shot } from "./browser.mjs";
import { real, startServer } from "./servers.mjs";

const skip = !real && "needs the real server's files";
const PHONE = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true };
const PDF = `%PDF-1.4
1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj
3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>> endobj
trailer <</Size 4/Root 1 0 R>>
%%EOF
`;

let browser;
let server;
let files;

before(async () => {
  if (!real) return;
  files = mkdtempSync(join(tmpdir(), "potluck-viewer-"));
  makeFiles();
  [browser, server] = [await launch(), await startServer("-v", `${files}:files:rwd`, "-a", "ann:wark")];
});
after(async () => {
  await browser?.close();
  await server?.stop();
  if (files) rmSync(files, { recursive: true, force: true });
});

/** A picture of one colour, as a BMP: every browser shows it, and it needs no library. */
function bmp(width, height, [red, green, blue]) {
  const line = Math.ceil((width * 3) / 4) * 4;
  const data = Buffer.alloc(54 + line * height);
  data.write("BM");
  data.writeUInt32LE(data.length, 2);
  data.writeUInt32LE(54, 10);
  data.writeUInt32LE(40, 14);
  data.writeInt32LE(width, 18);
  data.writeInt32LE(height, 22);
  data.writeUInt16LE(1, 26);
  data.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set([blue, green, red], 54 + y * line + x * 3);
  return data;
}

function makeFiles() {
  const put = (name, content) => writeFileSync(join(files, name), content);
  for (const folder of ["mixed", "many", "films", "row", "texts", "gone"]) mkdirSync(join(files, folder));
  put("mixed/a red.bmp", bmp(640, 400, [200, 30, 30]));
  put("mixed/b broken.jpg", "no picture");
  put("mixed/c tall.bmp", bmp(300, 700, [30, 30, 200]));
  put("mixed/d it's (1).bmp", bmp(320, 200, [30, 160, 60]));
  put("mixed/notes.txt", "plain\n");
  put("mixed/paper.pdf", PDF);
  put("mixed/sheet.zip", "PK");
  const small = bmp(32, 20, [90, 90, 90]);
  for (let n = 0; n < 2000; n++) put(`many/p${String(n).padStart(4, "0")}.bmp`, small);
  const film = ["-f", "lavfi", "-i", "testsrc=size=160x90:rate=5:duration=80", "-c:v", "libvpx", "-b:v", "60k"];
  execFileSync("ffmpeg", ["-loglevel", "error", "-y", ...film, join(files, "films/film.webm")]);
  const short = ["-f", "lavfi", "-i", "testsrc=size=160x90:rate=5:duration=3", "-c:v", "libvpx", "-b:v", "60k"];
  for (const name of ["one", "two"])
    execFileSync("ffmpeg", ["-loglevel", "error", "-y", ...short, join(files, `row/${name}.webm`)]);
  put("films/film.en.srt", "1\n00:00:00,000 --> 00:01:10,000\n<i>Hello</i> there\n");
  put("films/film.de.vtt", "WEBVTT\n\n00:00.000 --> 01:10.000\nGuten Tag\n");
  put("films/z broken.mp4", "no film");
  put("texts/growing.log", "first line\n");
  put("texts/code.rs", `${"// comment\nfn main() { let x = 5; }\n".repeat(40)}`);
  put("texts/data.json", '{"b":1,"a":[1,{"c":null}]}');
  put("texts/latin.txt", Buffer.from("Gr\xfc\xdfe\n", "latin1"));
  put("texts/binary.txt", Buffer.from([0, 1, 2, 3, 0, 255]));
  put("texts/long line.txt", "word ".repeat(1_000_000));
  put("texts/read.md", "# Title\n\nSome *text*.\n");
  const big = openSync(join(files, "texts/big.txt"), "w");
  for (let n = 0; n < 50; n++) {
    let part = "";
    for (let line = 0; line < 10_000; line++)
      part += `${String(n * 10_000 + line).padStart(8, "0")} ${"x".repeat(95)}
`;
    writeSync(big, part);
  }
  closeSync(big);
}

const at = (folder, name) =>
  `${server.url}/files/${folder}/${name === undefined ? "" : `?show=${encodeURIComponent(name)}`}`;
const heading = (page, name) => page.locator(".viewer-top h2 bdi", { hasText: name }).waitFor();
/** The picture that is in the middle of the window. */
const shownPicture = (page) => page.locator('.pswp__item[aria-hidden="false"] img.pswp__img');
const press = async (page, key, name) => {
  await page.keyboard.press(key);
  if (name) await heading(page, name);
};
const shownIn = (page) => new URL(page.url()).searchParams.get("show");
const addressShows = (page, name) =>
  page.waitForFunction((n) => new URL(location.href).searchParams.get("show") === n, name);
const isClosed = (page) => page.locator("pl-viewer").waitFor({ state: "detached" });
const text = (page) =>
  page.evaluate(() => document.querySelector(".viewer-pane").shadowRoot.querySelector(".cm-content").textContent);
const waitText = (page, part) =>
  page.waitForFunction(
    (p) => document.querySelector(".viewer-pane")?.shadowRoot?.querySelector(".cm-content")?.textContent.includes(p),
    part,
  );

test("a click opens a picture; the address names it; back, forward, Escape and a reload do what they say", {
  skip,
}, async () => {
  const { context, page, faults } = await open(browser, at("mixed"));
  await page.getByRole("link", { name: "a red.bmp" }).click();
  await heading(page, "a red.bmp");
  await shownPicture(page).waitFor();
  await page.locator(".viewer-top small", { hasText: "1 of 4" }).waitFor();
  assert.equal(shownIn(page), "a red.bmp");
  await press(page, "ArrowRight", "b broken.jpg");
  await page.getByText("This picture can't be shown.").waitFor();
  await press(page, "ArrowRight", "c tall.bmp");
  await addressShows(page, "c tall.bmp");
  // Next and previous replace the address: one step back leads to the list.
  await page.goBack();
  await isClosed(page);
  assert.equal(shownIn(page), null);
  await page.goForward();
  await heading(page, "c tall.bmp");
  await page.reload();
  await heading(page, "c tall.bmp");
  await press(page, "Escape");
  await isClosed(page);
  await page.waitForFunction(() => !location.search.includes("show"));
  // The row of the last file has the focus.
  await page.waitForFunction(() => document.activeElement?.textContent?.includes("c tall.bmp"));
  assert.deepEqual(faults, []);
  await context.close();
});

test("an address opens the file in its folder, also as a fragment of copyparty; a missing file is told", {
  skip,
}, async () => {
  const { context, page, faults } = await open(browser, at("mixed", "d it's (1).bmp"));
  await heading(page, "d it's (1).bmp");
  await press(page, "Escape");
  await isClosed(page);
  await page.locator("pl-list").waitFor();
  // CRC-32 of "a red.bmp".
  await page.goto("about:blank");
  await page.goto(`${at("mixed")}#gf-${crc("a red.bmp")}`);
  await heading(page, "a red.bmp");
  await addressShows(page, "a red.bmp");
  assert.equal(new URL(page.url()).hash, "");
  await page.goto("about:blank");
  await page.goto(at("mixed", "nothing.bmp"));
  await page.getByText("“nothing.bmp” isn't here any more.").waitFor();
  await page.locator("pl-list").waitFor();
  assert.equal(await page.locator("pl-viewer").count(), 0);
  assert.deepEqual(faults, []);
  await context.close();
});

function crc(name) {
  let value = 0xffffffff;
  for (const character of name) {
    value ^= character.charCodeAt(0) & 255;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return ((value ^ 0xffffffff) >>> 0).toString(16).padStart(8, "0");
}

test("keys rotate, zoom, select, go to first and last, and show details", { skip }, async () => {
  const { context, page, faults } = await open(browser, at("mixed", "a red.bmp"));
  await shownPicture(page).waitFor();
  const box = async () => {
    await page.waitForTimeout(300);
    return shownPicture(page).boundingBox();
  };
  const before = await box();
  assert.ok(before.width > before.height);
  await press(page, "r");
  const turned = await box();
  assert.ok(turned.height > turned.width, "rotated");
  await press(page, "Shift+R");
  assert.ok((await box()).width > before.width - 2, "rotated back");
  await press(page, "+");
  assert.ok((await box()).width > before.width * 1.3, "larger");
  await press(page, "-");
  await press(page, "s");
  await press(page, "End", "d it's (1).bmp");
  await press(page, "Home", "a red.bmp");
  await press(page, "l", "b broken.jpg");
  await press(page, "j", "a red.bmp");
  await press(page, "Shift+I");
  await page.locator(".viewer-facts dd", { hasText: "640 × 400" }).waitFor();
  await press(page, "?");
  await page.locator("dialog", { hasText: "Rotate to the left" }).waitFor();
  await press(page, "Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
  await press(page, "Escape");
  await isClosed(page);
  await page.getByText("1 selected").waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("the focus stays in the viewer, and the list below cannot be reached", { skip }, async () => {
  const { context, page } = await open(browser, at("mixed", "a red.bmp"));
  await heading(page, "a red.bmp");
  for (let n = 0; n < 25; n++) {
    await page.keyboard.press("Tab");
    const inside = await page.evaluate(() => document.activeElement?.closest("pl-viewer") !== null);
    assert.ok(inside, `after ${n + 1} times Tab`);
  }
  assert.equal(await page.getByRole("link", { name: "notes.txt" }).count(), 0);
  await context.close();
});

test("one of 2,000 pictures opens at once, and the strip draws only those in the window", { skip }, async () => {
  const { context, page, faults } = await open(browser, at("many", "p1500.bmp"));
  await page.locator(".viewer-top small", { hasText: "1,501 of 2,000" }).waitFor();
  await shownPicture(page).waitFor();
  await page.locator('.viewer-strip button[aria-current="true"][aria-label="p1500.bmp"]').waitFor();
  assert.ok((await page.locator(".viewer-strip button").count()) < 60);
  for (let n = 0; n < 40; n++) await page.keyboard.press("ArrowRight");
  await heading(page, "p1540.bmp");
  await addressShows(page, "p1540.bmp");
  await press(page, "End", "p1999.bmp");
  await page.locator(".viewer-strip").getByRole("button", { name: "p1997.bmp" }).click();
  await heading(page, "p1997.bmp");
  assert.deepEqual(faults, []);
  await context.close();
});

test("a slide show goes on by itself and starts over after the last picture", { skip }, async () => {
  const { context, page } = await open(browser, at("mixed", "c tall.bmp"));
  await heading(page, "c tall.bmp");
  await page.getByRole("button", { name: "More" }).first().click();
  await page.getByRole("menuitemcheckbox", { name: "2 seconds per picture" }).click();
  await page.getByRole("button", { name: "More" }).first().click();
  await page.getByRole("menuitemcheckbox", { name: "Slide show" }).click();
  await heading(page, "d it's (1).bmp");
  await heading(page, "a red.bmp");
  await page.getByRole("button", { name: "Stop slide show" }).click();
  await page.waitForTimeout(2500);
  await heading(page, "a red.bmp");
  await context.close();
});

test("a finger swipes to the next picture, and down to close", { skip }, async () => {
  const { context, page, faults } = await open(browser, at("mixed", "a red.bmp"), PHONE);
  await shownPicture(page).waitFor();
  await swipe(page, [260, 300], [40, 300]);
  await heading(page, "b broken.jpg");
  await swipe(page, [40, 300], [260, 300]);
  await heading(page, "a red.bmp");
  await page.getByRole("group", { name: "Actions" }).getByRole("button", { name: "Download" }).waitFor();
  await swipe(page, [160, 200], [160, 560]);
  await isClosed(page);
  assert.deepEqual(faults, []);
  await context.close();
});

async function swipe(page, [x, y], [toX, toY]) {
  await page.waitForTimeout(400);
  const session = await page.context().newCDPSession(page);
  const send = (type, px, py) =>
    session.send("Input.dispatchTouchEvent", { type, touchPoints: type === "touchEnd" ? [] : [{ x: px, y: py }] });
  await send("touchStart", x, y);
  for (let step = 1; step <= 8; step++) {
    await send("touchMove", x + ((toX - x) * step) / 8, y + ((toY - y) * step) / 8);
    await page.waitForTimeout(16);
  }
  await send("touchEnd");
}

test("a film plays with subtitles beside it, seeks and loops by keys, and goes on where it was left", {
  skip,
}, async () => {
  const { context, page, faults } = await open(browser, at("films", "film.webm"), { locale: "en-GB" });
  const video = page.locator("video");
  await page.waitForFunction(() => document.querySelector("video")?.textTracks.length === 2);
  const tracks = await video.evaluate((film) => [...film.textTracks].map(({ label, mode }) => [label, mode]).sort());
  assert.deepEqual(tracks, [
    ["English", "showing"],
    ["German", "disabled"],
  ]);
  await page.waitForFunction(
    () =>
      document.querySelector("video").textTracks[1].cues?.length > 0 ||
      document.querySelector("video").textTracks[0].cues?.length > 0,
  );
  await page.waitForFunction(() => document.querySelector("video").duration > 70);
  const now = () => video.evaluate((film) => film.currentTime);
  await video.evaluate((film) => film.pause());
  await press(page, "5");
  assert.ok(Math.abs((await now()) - 40) < 2);
  await press(page, "u");
  assert.ok(Math.abs((await now()) - 30) < 2);
  await press(page, "o");
  assert.ok(Math.abs((await now()) - 40) < 2);
  await press(page, "m");
  assert.equal(await video.evaluate((film) => film.muted), true);
  await press(page, "v");
  assert.equal(await video.evaluate((film) => film.loop), true);
  await press(page, "v");
  await press(page, "[");
  await page.getByText("Repeats from 0:40.").waitFor();
  await press(page, "6");
  await press(page, "]");
  await page.getByText("Repeats from 0:40 to 0:48.").waitFor();
  // Playing on behind the end returns to the start of the part.
  await video.evaluate((film) => film.play());
  await page.waitForFunction(() => Math.abs(document.querySelector("video").currentTime - 41) < 1.5);
  await press(page, "p");
  assert.equal(await video.evaluate((film) => film.paused), true);
  await page.getByRole("button", { name: "Speed: 1" }).click();
  await page.getByRole("menuitemcheckbox", { name: "1.5 ×" }).click();
  assert.equal(await video.evaluate((film) => film.playbackRate), 1.5);
  await press(page, "Escape");
  await isClosed(page);
  await page.getByRole("link", { name: "film.webm" }).click();
  await page.getByText(/Goes on at 0:4/).waitFor();
  await page.getByRole("button", { name: "Start over" }).click();
  assert.ok((await now()) < 3);
  await press(page, "l", "z broken.mp4");
  await page.getByText("This browser can't play the file.").waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("a PDF is shown in a frame, and other files say what they are", { skip }, async () => {
  const { context, page, faults } = await open(browser, at("mixed", "paper.pdf"));
  const shows = await page.evaluate(() => navigator.pdfViewerEnabled);
  if (shows) await page.locator("iframe.viewer-pdf[title='paper.pdf']").waitFor();
  else await page.getByRole("link", { name: "Open", exact: true }).waitFor();
  await page.goto(at("mixed", "sheet.zip"));
  await page.getByText("Files of this kind can't be shown here.").waitFor();
  await page.getByRole("button", { name: "Show as text" }).click();
  await waitText(page, "PK");
  assert.deepEqual(faults, []);
  await context.close();
});

test("50 MB of text open at once, grow as one scrolls, and can be read from the end", { skip }, async () => {
  const { context, page, faults } = await open(browser, at("texts"));
  let bytes = 0;
  page.on("response", (response) => {
    if (response.url().includes("big.txt")) bytes += Number(response.headers()["content-length"] ?? 0);
  });
  await page.getByRole("link", { name: "big.txt" }).click();
  await waitText(page, "00000001");
  assert.ok(bytes > 0 && bytes <= 512 * 1024, `${bytes} bytes before the first line is shown`);
  await page.getByText("512 KiB of 50 MiB loaded").waitFor();
  await page.getByRole("button", { name: "Load more" }).click();
  await page.getByText("1.0 MiB of 50 MiB loaded").waitFor();
  await page.getByRole("button", { name: "End", exact: true }).click();
  await waitText(page, "00499999");
  await page.getByRole("button", { name: "Load earlier" }).click();
  await page.getByText("1.0 MiB of 50 MiB loaded").waitFor();
  await waitText(page, "00499999");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await waitText(page, "00000001");
  await page.keyboard.press("Control+f");
  await page.keyboard.type("00000777");
  await page.keyboard.press("Enter");
  await waitText(page, "00000777");
  await press(page, "Escape");
  assert.equal(await page.locator("pl-viewer").count(), 1, "Escape in the search bar closes only that");
  assert.deepEqual(faults, []);
  await context.close();
});

test("a line of 5 MB does not hang the page, with and without wrapping", { skip }, async () => {
  const { context, page } = await open(browser, at("texts", "long line.txt"));
  await waitText(page, "word word");
  const start = Date.now();
  await press(page, "w");
  await page.getByRole("button", { name: "Wrap lines", pressed: true }).waitFor();
  await page.evaluate(() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go))));
  assert.ok(Date.now() - start < 8000, `${Date.now() - start} ms`);
  await context.close();
});

test("a growing log is followed at its end", { skip }, async () => {
  const { context, page, faults } = await open(browser, at("texts", "growing.log"));
  await waitText(page, "first line");
  await page.getByRole("button", { name: "Follow" }).click();
  appendFileSync(join(files, "texts/growing.log"), "second line\n");
  await waitText(page, "second line");
  appendFileSync(join(files, "texts/growing.log"), Array.from({ length: 200 }, (_, n) => `line ${n}\n`).join(""));
  await waitText(page, "line 199");
  const below = () =>
    page.evaluate(() => {
      const { scrollTop, scrollHeight, clientHeight } = document
        .querySelector(".viewer-pane")
        .shadowRoot.querySelector(".cm-scroller");
      return scrollHeight - clientHeight - scrollTop;
    });
  assert.ok((await below()) < 60, "the end is in view");
  // Another file with the same name.
  writeFileSync(join(files, "texts/growing.log"), "rotated\n");
  await waitText(page, "rotated");
  assert.doesNotMatch(await text(page), /line 199/);
  assert.deepEqual(faults, []);
  await context.close();
});

test("code has colours and numbers, JSON is formatted, other encodings are read, and what is no text is said", {
  skip,
}, async () => {
  const { context, page, faults } = await open(browser, at("texts", "code.rs"));
  await page.waitForFunction(() => document.querySelector(".viewer-pane")?.shadowRoot?.querySelector(".tok-keyword"));
  const numbers = await page.evaluate(
    () => document.querySelector(".viewer-pane").shadowRoot.querySelector(".cm-gutters").textContent,
  );
  assert.match(numbers, /123/);
  await press(page, "k", "data.json");
  await waitText(page, '{"b":1');
  await press(page, "Shift+J");
  await waitText(page, '  "b": 1,');
  await press(page, "Shift+J");
  await waitText(page, '{"b":1');
  await page.goto(at("texts", "latin.txt"));
  await waitText(page, "Grüße");
  await page.getByRole("button", { name: "Encoding: WINDOWS-1252" }).click();
  await page.getByRole("menuitemcheckbox", { name: "KOI8-R" }).click();
  await waitText(page, "GrЭъe");
  await page.getByRole("button", { name: "Encoding: KOI8-R" }).waitFor();
  await page.goto(at("texts", "binary.txt"));
  await page.getByText("Files of this kind can't be shown here.").waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("Markdown is rendered by the server where it can, and cleaned once more", { skip }, async () => {
  const { context, page, faults } = await open(browser, "about:blank");
  const evil =
    '<h1 id="md-title">Title</h1><p onclick="alert(1)">Some <em>text</em></p><img src=x onerror="alert(1)">' +
    "<script>alert(1)</script><a href='javascript:alert(1)'>x</a>";
  await page.route(/api\/v1\/markdown\?/, (route) =>
    route.fulfill({ json: { html: evil, toc: [], modified_ms: 0, etag: "x", may_edit: true } }),
  );
  await page.route("**/markdown.css*", (route) => route.fulfill({ contentType: "text/css", body: "" }));
  await page.goto(at("texts", "read.md"));
  await page.locator(".viewer-markdown em", { hasText: "text" }).waitFor();
  const html = await page.locator(".viewer-markdown .md").innerHTML();
  assert.doesNotMatch(html, /script|onclick|onerror|javascript|style=/);
  await page.getByRole("button", { name: "Source" }).click();
  await waitText(page, "# Title");
  await page.unroute(/api\/v1\/markdown\?/);
  await page.route(/api\/v1\/markdown\?/, (route) => route.fulfill({ status: 404, json: {} }));
  await page.reload();
  // A server that cannot render it: the source.
  await waitText(page, "# Title");
  assert.deepEqual(faults, []);
  await context.close();
});

const VIEWS = {
  picture: ["mixed", "a red.bmp"],
  broken: ["mixed", "b broken.jpg"],
  film: ["films", "film.webm"],
  text: ["texts", "code.rs"],
  other: ["mixed", "sheet.zip"],
};
const LOOKS = [
  { name: "wide", viewport: { width: 1280, height: 800 } },
  { name: "dark", viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
  { name: "phone", ...PHONE },
  { name: "calm", viewport: { width: 1280, height: 800 }, forcedColors: "active", reducedMotion: "reduce" },
];

for (const { name, ...options } of LOOKS) {
  test(`every view is accessible and fits: ${name}`, { skip }, async () => {
    for (const [view, [folder, file]] of Object.entries(VIEWS)) {
      const { context, page, faults } = await open(browser, at(folder, file), options);
      await heading(page, file);
      await page.waitForTimeout(600);
      if (name === "wide") await page.keyboard.press("Shift+I");
      await assertFits(page, view);
      assert.deepEqual(faults, [], view);
      // With forced colours axe reads those that the page wanted, and pictures have a ground of their own.
      if (name !== "calm" || folder === "texts") await assertAccessible(page, `${view}, ${name}`);
      await shot(page, `viewer-${view}-${name}`);
      await context.close();
    }
  });
}

test("after a delete the next file is shown, then the one before, then the list", { skip }, async () => {
  for (const name of ["a.bmp", "b.bmp", "c.bmp"]) writeFileSync(join(files, "gone", name), bmp(32, 20, [9, 9, 9]));
  const { context, page, faults } = await open(browser, at("gone", "b.bmp"));
  await shownPicture(page).waitFor();
  await page.getByRole("button", { name: "Delete" }).first().click();
  await heading(page, "c.bmp");
  await page.getByText("“b.bmp” deleted.").waitFor();
  assert.ok(await page.evaluate(() => document.activeElement?.closest("pl-viewer") !== null), "the focus stays");
  await press(page, "Delete", "a.bmp");
  await page.getByText("“c.bmp” deleted.").waitFor();
  await press(page, "Delete");
  await isClosed(page);
  assert.equal(shownIn(page), null);
  assert.deepEqual(faults, []);
  await context.close();
});

test("Ctrl+Z undoes a delete in the viewer, too", { skip }, async () => {
  for (const name of ["u1.bmp", "u2.bmp"]) writeFileSync(join(files, "gone", name), bmp(32, 20, [9, 9, 9]));
  const { context, page, faults } = await open(browser, at("gone", "u1.bmp"));
  await shownPicture(page).waitFor();
  await press(page, "Delete", "u2.bmp");
  await page.getByText("“u1.bmp” deleted.").waitFor();
  await page.keyboard.press("Control+z");
  await page.getByText("Undone.").waitFor();
  assert.ok(existsSync(join(files, "gone", "u1.bmp")));
  assert.ok(await page.evaluate(() => document.activeElement?.closest("pl-viewer") !== null), "the focus stays");
  await press(page, "ArrowLeft", "u1.bmp");
  assert.deepEqual(faults, []);
  await context.close();
  for (const name of ["u1.bmp", "u2.bmp"]) rmSync(join(files, "gone", name));
});

test("keys do nothing to the list while the viewer or the editor is on its way, and Escape ends that", {
  skip,
}, async () => {
  for (const name of ["held.txt", "kept.txt"]) writeFileSync(join(files, "gone", name), name);
  for (const [part, begin] of [
    ["viewer", (page) => page.keyboard.press("Enter")],
    [
      "editor",
      (page) => page.keyboard.press("Shift+F10").then(() => page.getByRole("menuitem", { name: "Edit" }).click()),
    ],
  ]) {
    const { context, page, faults } = await open(browser, at("gone"));
    let goOn;
    const waiting = new Promise((go) => {
      goOn = go;
    });
    const asked = new Promise((tell) => {
      void page.route(new RegExp(`/${part}[-.][^/]*\\.js|/${part}\\.js`), async (route) => {
        tell();
        await waiting;
        await route.continue();
      });
    });
    await page.getByRole("link", { name: "held.txt" }).focus();
    await begin(page);
    await asked;
    for (const key of ["Delete", "Control+k", "ArrowDown", " ", "F2", "KeyG"]) await page.keyboard.press(key);
    assert.equal(await page.locator("dialog[open], .selected, pl-grid").count(), 0);
    assert.ok(existsSync(join(files, "gone/held.txt")));
    await page.keyboard.press("Escape");
    goOn();
    // Keys are those of the list again, and nothing is opened.
    await page.getByRole("link", { name: "held.txt" }).focus();
    await page.keyboard.press("ArrowDown");
    await page.locator(".cursor a:focus", { hasText: "kept.txt" }).waitFor();
    await page.waitForTimeout(500);
    assert.equal(await page.locator("pl-viewer, pl-editor").count(), 0);
    assert.equal(new URL(page.url()).search, "");
    assert.deepEqual(faults, []);
    await context.close();
  }
  for (const name of ["held.txt", "kept.txt"]) rmSync(join(files, "gone", name));
});

test("the number of files falls at once with a delete, also when one has gone on meanwhile", { skip }, async () => {
  for (const name of ["a", "b", "c", "d"]) writeFileSync(join(files, "gone", `${name}.bmp`), bmp(32, 20, [9, 9, 9]));
  const { context, page, faults } = await open(browser, at("gone", "b.bmp"));
  const place = (text) => page.locator(".viewer-top h2 small", { hasText: text }).waitFor();
  await shownPicture(page).waitFor();
  await place("2 of 4");
  await page.keyboard.press("Delete");
  await heading(page, "c.bmp");
  await place("2 of 3");
  await page.route("**/delete-many", async (route) => {
    await new Promise((go) => setTimeout(go, 300));
    await route.continue();
  });
  await page.keyboard.press("Delete");
  await press(page, "ArrowRight", "d.bmp");
  await page.getByText("“c.bmp” deleted.").waitFor();
  await place("2 of 2");
  await press(page, "ArrowLeft", "a.bmp");
  await place("1 of 2");
  assert.deepEqual(faults, []);
  await context.close();
  for (const name of ["a", "d"]) rmSync(join(files, "gone", `${name}.bmp`));
});

test("from right to left, the arrow keys are mirrored", { skip }, async () => {
  const { context, page } = await open(browser, at("mixed"));
  await page.evaluate(() => document.documentElement.setAttribute("dir", "rtl"));
  await page.getByRole("link", { name: "a red.bmp" }).click();
  await shownPicture(page).waitFor();
  await press(page, "ArrowLeft", "b broken.jpg");
  await press(page, "ArrowRight", "a red.bmp");
  await page.getByRole("button", { name: "Next file" }).click();
  await heading(page, "b broken.jpg");
  await shot(page, "viewer-rtl");
  await context.close();
});

test("thumbnails give way: a few at once, the seen ones first, and none while something is opened", {
  skip,
}, async () => {
  const { context, page, faults } = await open(browser, at("many"));
  await page.locator("pl-list [data-index]").first().waitFor();
  const asked = [];
  let [waiting, most] = [[], 0];
  await page.route(/[?&]th=/, (route) => {
    asked.push(decodeURIComponent(new URL(route.request().url()).pathname.split("/").pop()));
    waiting.push(route);
    most = Math.max(most, waiting.length);
  });
  /** Answers what is asked for until nothing more is, or `rounds` times. */
  const answer = async (rounds) => {
    for (let round = 0; round < rounds && waiting.length > 0; round++) {
      const now = waiting;
      waiting = [];
      for (const route of now)
        await route.fulfill({ contentType: "image/bmp", body: bmp(4, 3, [1, 2, 3]) }).catch(() => {});
      await page.waitForTimeout(80);
    }
  };
  await page.getByRole("button", { name: "Grid" }).click();
  await page.locator("pl-grid img").first().waitFor({ state: "attached" });
  await page.waitForTimeout(500);
  await answer(3);
  assert.ok(most <= 4, `${most} at once`);
  // From the first on, as people see them.
  assert.deepEqual(
    asked.slice(0, 8).sort(),
    [...Array(8).keys()].map((n) => `p000${n}.bmp`),
  );
  // What has left the window is not asked for any more; what has come into it is first.
  await page.evaluate(() => window.scrollTo(0, 20_000));
  await page.waitForTimeout(400);
  const before = asked.length;
  await answer(2);
  const seen = await page.evaluate(() =>
    [...document.querySelectorAll("pl-grid [data-index]")]
      .filter((tile) => tile.getBoundingClientRect().bottom > 0 && tile.getBoundingClientRect().top < innerHeight)
      .map((tile) => tile.querySelector(".text").textContent),
  );
  for (const name of asked.slice(before)) assert.ok(seen.includes(name), `${name} is not in the window`);
  assert.ok(asked.length > before);
  // A picture is opened, and its part of the program comes late: that it is on its way is seen at once, and nothing else is asked for.
  let release = () => {};
  const held = new Promise((go) => {
    release = go;
  });
  await page.route(/viewer-[^/]*\.js/, async (route) => {
    await held;
    await route.continue();
  });
  await page.locator("pl-grid a", { hasText: seen[0] }).click();
  await page.locator("progress.loading").waitFor();
  await answer(1);
  const opened = asked.length;
  await answer(3);
  assert.equal(asked.length, opened);
  release();
  await heading(page, seen[0]);
  await page.locator("progress.loading").waitFor({ state: "detached" });
  await answer(3);
  // What is asked for now is for the strip: those at the picture.
  await page.keyboard.press("Escape");
  await isClosed(page);
  await page.waitForTimeout(300);
  const closed = asked.length;
  await answer(2);
  assert.ok(asked.length > closed, "they go on");
  // A folder that is on its way comes first, too.
  const folder = new Promise((go) => {
    release = go;
  });
  await page.route(/api\/v1\/folder\?/, async (route) => {
    await folder;
    await route.continue();
  });
  await page.locator("nav a:visible", { hasText: /^texts$/ }).click();
  await page.locator("progress.loading").waitFor();
  await answer(1);
  const left = asked.length;
  await answer(3);
  assert.equal(asked.length, left);
  release();
  await page.getByRole("link", { name: "code.rs" }).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("F fills the screen, Y downloads, and films have the keys of both hands", { skip }, async () => {
  const { context, page, faults } = await open(browser, at("mixed", "a red.bmp"));
  await shownPicture(page).waitFor();
  const isFull = (wanted) =>
    page.waitForFunction((wanted) => (document.fullscreenElement !== null) === wanted, wanted, { timeout: 5000 });
  await press(page, "f");
  await isFull(true);
  await press(page, "f");
  await isFull(false);
  const [download] = await Promise.all([page.waitForEvent("download"), press(page, "y")]);
  assert.equal(download.suggestedFilename(), "a red.bmp");
  await page.goto(at("films", "film.webm"));
  const video = page.locator("video");
  await page.waitForFunction(() => document.querySelector("video")?.duration > 70);
  const isPaused = (wanted) =>
    page.waitForFunction((wanted) => document.querySelector("video").paused === wanted, wanted, { timeout: 5000 });
  await video.evaluate((film) => film.pause());
  for (const key of ["k", "p", "Space"]) {
    await press(page, key);
    await isPaused(false).catch(() => assert.fail(`${key} plays`));
    await press(page, key);
    await isPaused(true).catch(() => assert.fail(`${key} pauses`));
  }
  await press(page, "9");
  assert.ok(Math.abs((await video.evaluate((film) => film.currentTime)) - 72) < 2);
  await press(page, "0");
  assert.ok((await video.evaluate((film) => film.currentTime)) < 2);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a film is followed by the next one, where C has switched that on", { skip }, async () => {
  const { context, page, faults } = await open(browser, at("row"));
  await page.getByRole("link", { name: "one.webm" }).click();
  await page.waitForFunction(() => document.querySelector("video")?.duration > 0);
  const end = () => page.waitForFunction(() => document.querySelector("video").ended);
  await end();
  await page.waitForTimeout(500);
  await heading(page, "one.webm");
  await press(page, "c");
  await page.getByText("The next film starts by itself.").waitFor();
  await press(page, "0");
  await page.locator("video").evaluate((film) => film.play());
  await heading(page, "two.webm");
  assert.deepEqual(faults, []);
  await context.close();
});

test("in a text I and K go on, S selects, E edits, Y downloads, M closes", { skip }, async () => {
  const { context, page, faults } = await open(browser, at("texts", "code.rs"));
  await waitText(page, "comment");
  await press(page, "k", "data.json");
  await waitText(page, "{");
  await press(page, "i", "code.rs");
  await waitText(page, "comment");
  await press(page, "s");
  const [download] = await Promise.all([page.waitForEvent("download"), press(page, "y")]);
  assert.equal(download.suggestedFilename(), "code.rs");
  await press(page, "m");
  await isClosed(page);
  await page.getByText("1 selected").waitFor();
  await page.getByRole("link", { name: "code.rs" }).click();
  await waitText(page, "comment");
  await press(page, "e");
  await page.locator("pl-editor .editor-pane").waitFor();
  assert.equal(new URL(page.url()).search, "?edit=code.rs");
  assert.deepEqual(faults, []);
  await context.close();
});
