// Measures the page in Chromium and prints a table: `cargo xtask bench web`. Our release server; for uploads also copyparty's own
// page and its client u2c, with the same files on the same disk in the same run.
//   POTLUCK_SERVER   our program
//   COPYPARTY, U2C   copyparty's programs; without them what compares with them is left out
//   BENCH_DATA       folder for data sets; they are deleted at the end
//   BENCH_ONLY       parts, separated by commas: view, folders, scroll, uploads
import { spawn, spawnSync } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { once } from "node:events";
import {
  closeSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "./browser.mjs";
import { freePort, HOST } from "./servers.mjs";

const { POTLUCK_SERVER, COPYPARTY, U2C, BENCH_DATA, BENCH_ONLY } = process.env;
const root = mkdtempSync(join(BENCH_DATA ?? tmpdir(), "potluck-bench-web-"));
const only = BENCH_ONLY?.split(",");
const GIB = 2 ** 30;
const marks = [];
const children = [];

/** Prints a line of the table. `reached`: undefined where there is no figure to reach. */
function report(what, value, goal = "", reached = undefined) {
  const mark = reached === undefined ? " " : reached ? "+" : "-";
  marks.push(mark);
  console.log(`${mark} ${what.padEnd(58)} ${String(value).padStart(12)}   ${goal}`);
}

const median = (values) => values.slice().sort((a, b) => a - b)[Math.floor(values.length / 2)];
const ms = (value) => `${Math.round(value)} ms`;
const wait = (millis) => new Promise((go) => setTimeout(go, millis));

/** Starts a server and waits until it answers. Returns its port. */
async function start(command, args) {
  const port = await freePort();
  // Ours answers to names that it knows, copyparty to all.
  const own = command === POTLUCK_SERVER ? ["--host", HOST, "--hist", join(root, `state-${port}`)] : [];
  const all = ["-i", "127.0.0.1", "-p", String(port), ...own, ...args];
  const child = spawn(command, all, { stdio: "ignore", cwd: root });
  children.push(child);
  for (let tries = 0; tries < 400; tries++) {
    if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}`);
    const answers = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (answers) return port;
    await wait(50);
  }
  throw new Error(`${command} does not answer`);
}

function folder(name) {
  const path = join(root, name);
  mkdirSync(path, { recursive: true });
  return path;
}

function makeFiles(name, count) {
  const path = folder(name);
  for (let at = 0; at < count; at++) writeFileSync(join(path, `file ${String(at).padStart(6, "0")}.txt`), `${at}\n`);
}

/** Makes `count` pictures of 50 kinds. Returns false without ffmpeg. */
function makePictures(name, count) {
  const [path, kinds] = [folder(name), folder("kinds")];
  const film = ["-f", "lavfi", "-i", "testsrc2=size=1280x960:rate=1", "-frames:v", "50"];
  if (spawnSync("ffmpeg", ["-v", "error", ...film, join(kinds, "%03d.jpg")]).status !== 0) return false;
  const three = (at) => String(at).padStart(3, "0");
  for (let at = 0; at < count; at++)
    linkSync(join(kinds, `${three(1 + (at % 50))}.jpg`), join(path, `picture ${String(at).padStart(6, "0")}.jpg`));
  return true;
}

function makeLarge(name, bytes) {
  const path = join(root, name);
  const file = openSync(path, "w");
  const block = Buffer.alloc(8 << 20);
  for (let at = 0; at < bytes; at += block.length) writeSync(file, randomFillSync(block));
  closeSync(file);
  return path;
}

async function open(browser, url, { init, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  if (init) await page.addInitScript(init);
  const cdp = await context.newCDPSession(page);
  await cdp.send("Performance.enable");
  if (url) await page.goto(url);
  return { context, page, cdp };
}

/** Bytes over the network of a first visit, by kind, as a visitor from elsewhere gets them: compressed. */
async function firstView(browser, url) {
  const { context, page, cdp } = await open(browser, undefined, {
    extraHTTPHeaders: { "x-forwarded-for": "10.1.2.3" },
  });
  const kinds = new Map();
  const bytes = { Document: 0, Script: 0, Stylesheet: 0 };
  await cdp.send("Network.enable");
  cdp.on("Network.responseReceived", ({ requestId, type }) => kinds.set(requestId, type));
  cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const kind = kinds.get(requestId);
    if (kind in bytes) bytes[kind] += encodedDataLength;
  });
  await page.goto(url);
  await page.waitForSelector("html.taken-over");
  await wait(500);
  await context.close();
  const kb = (value) => `${(value / 1000).toFixed(1)} KB`;
  report("first view: HTML, with the first rows", kb(bytes.Document), "<= 20 KB", bytes.Document <= 20_000);
  report("first view: scripts", kb(bytes.Script), "<= 70 KB", bytes.Script <= 70_000);
  report("first view: styles", kb(bytes.Stylesheet), "<= 15 KB", bytes.Stylesheet <= 15_000);
}

/** Milliseconds from the arrival of the script until it has taken over the page, with a slow processor. */
async function interactive(browser, url) {
  const init = () => {
    new MutationObserver(() => {
      if (document.documentElement?.classList.contains("taken-over")) globalThis.takenOver ??= performance.now();
    }).observe(document, { subtree: true, attributes: true, attributeFilter: ["class"] });
  };
  const times = [];
  for (let run = 0; run < 5; run++) {
    const { context, page, cdp } = await open(browser, undefined, { init });
    await cdp.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    await page.goto(url);
    await page.waitForFunction(() => globalThis.takenOver);
    const time = await page.evaluate(() => {
      const scripts = performance.getEntriesByType("resource").filter(({ name }) => /\.js(\?|$)/.test(name));
      const ends = scripts.map(({ responseEnd }) => responseEnd).filter((end) => end < globalThis.takenOver);
      return globalThis.takenOver - Math.max(...ends);
    });
    times.push(time);
    await context.close();
  }
  report("interactive after the script's arrival, CPU slowed 4x", ms(median(times)), "<= 100 ms", median(times) <= 100);
}

/** Clicks on a folder: milliseconds until its first rows are shown, and until all are. */
async function openFolder(browser, base, name, count, goals) {
  const [first, all] = [[], []];
  for (let run = 0; run < 3; run++) {
    const { context, page } = await open(browser, `${base}/`);
    await page.waitForSelector(`html.taken-over #files a[href$="/${name}/"]`);
    await wait(500);
    const [shown, whole] = await page.evaluate(
      ([name, count]) =>
        new Promise((resolve) => {
          let [from, shown] = [0, 0];
          const look = () => {
            const now = performance.now();
            if (!shown && document.querySelector('#files a[href*="file%20000000"]')) shown = now - from;
            // The list is as high as its rows, once it has them.
            const height = document.querySelector("pl-list")?.offsetHeight ?? 0;
            if (shown && height > 20 * count) return resolve([shown, now - from]);
            requestAnimationFrame(look);
          };
          const begin = () => {
            from = performance.now();
            requestAnimationFrame(look);
          };
          addEventListener("click", begin, { capture: true, once: true });
          document.querySelector(`#files a[href$="/${name}/"]`).click();
        }),
      [name, count],
    );
    first.push(shown);
    all.push(whole);
    await context.close();
  }
  const what = `folder of ${count.toLocaleString("en")} files: click to`;
  report(`${what} first rows`, ms(median(first)), `<= ${goals[0]} ms`, median(first) <= goals[0]);
  report(`${what} all rows`, ms(median(all)), `<= ${goals[1]} ms`, median(all) <= goals[1]);
}

/** Memory of a page that shows a folder: the heap of the script, and what the process of the page has for itself. */
async function memory(browser, url, count) {
  const { context, page, cdp } = await open(browser, url);
  await page.waitForFunction(
    (count) => document.querySelector("pl-bar .summary")?.textContent.replace(/\D/g, "").startsWith(String(count)),
    count,
  );
  await wait(1000);
  await cdp.send("HeapProfiler.collectGarbage");
  const { metrics } = await cdp.send("Performance.getMetrics");
  const heap = metrics.find(({ name }) => name === "JSHeapUsedSize").value;
  const system = await browser.newBrowserCDPSession();
  const { processInfo } = await system.send("SystemInfo.getProcessInfo");
  const own = ({ id }) => Number(/Private_Dirty:\s+(\d+)/.exec(readFileSync(`/proc/${id}/smaps_rollup`, "utf8"))?.[1]);
  const most = 1024 * Math.max(...processInfo.filter(({ type }) => type === "renderer").map(own));
  await context.close();
  const mb = (value) => `${Math.round(value / 1e6)} MB`;
  const what = `page of ${count.toLocaleString("en")} files:`;
  report(`${what} heap of the script`, mb(heap));
  report(`${what} memory of its process`, mb(most), "<= 150 MB", most <= 150e6);
}

/** Scrolls through a list by wheel and in leaps; the longest frame. */
async function scroll(browser, url, what, grid) {
  const { context, page } = await open(browser, url);
  await page.waitForSelector("html.taken-over pl-list a");
  if (grid) {
    await page.keyboard.press("KeyG");
    await page.waitForSelector("pl-grid img");
  }
  await wait(3000);
  await page.evaluate(() => {
    globalThis.frames = [];
    let last = performance.now();
    const frame = (now) => {
      globalThis.frames.push(now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  await page.mouse.move(640, 500);
  for (let step = 0; step < 150; step++) {
    await page.mouse.wheel(0, step % 30 === 29 ? 200_000 : 700);
    await wait(16);
  }
  await wait(500);
  const frames = (await page.evaluate(() => globalThis.frames)).slice(2);
  await context.close();
  const long = frames.filter((frame) => frame > 50).length;
  report(`scrolling ${what}: longest of ${frames.length} frames`, ms(Math.max(...frames)), "<= 50 ms", long === 0);
  report(`scrolling ${what}: frames over 50 ms`, long);
}

/** Writes to disk what earlier parts have left: it would slow down the one that comes next. */
const settle = () => spawnSync("sync");

/** Waits until `count` whole files are in a folder. Returns the seconds since `from`. */
async function arrived(path, count, size, from) {
  for (;;) {
    const names = readdirSync(path).filter((name) => !name.startsWith("."));
    const whole =
      names.length >= count &&
      names.every((name) => statSync(join(path, name), { throwIfNoEntry: false })?.size === size);
    if (whole) return (performance.now() - from) / 1000;
    if (performance.now() - from > 600_000)
      throw new Error(`${path}: ${names.length} of ${count} files in ten minutes`);
    await wait(20);
  }
}

/**
 * Seconds from the moment in which the page has the files, and `choosing`: those that Playwright and the browser need before to
 * give them to it, which no page can change.
 */
async function byPage(browser, url, input, target, files, size, init) {
  const { context, page } = await open(browser, url, { init });
  await page.waitForSelector(input, { state: "attached" });
  await page.evaluate((input) => {
    const note = () => {
      globalThis.given = Date.now();
    };
    document.querySelector(input).addEventListener("change", note, { capture: true, once: true });
  }, input);
  await wait(1500);
  settle();
  const [from, begin] = [performance.now(), Date.now()];
  await page.setInputFiles(input, files);
  const whole = await arrived(target, files.length, size, from);
  const choosing = ((await page.evaluate(() => globalThis.given)) - begin) / 1000;
  await context.close();
  return { seconds: whole - choosing, choosing };
}

const byOurPage = (browser, base, target, files, size) =>
  byPage(browser, `${base}/${target}/`, "#choose-files", folder(target), files, size);

/** copyparty's page, without its question before files are added. */
async function byTheirPage(browser, target, files, size) {
  const port = await start(COPYPARTY, ["-e2d", "-v", `${target}::rw`]);
  const init = () => {
    localStorage.setItem("ask_up", "0");
    localStorage.setItem("opmode", "up2k");
  };
  return byPage(browser, `http://${HOST}:${port}/`, "#file1", target, files, size, init);
}

async function uploads(browser, base) {
  const SMALL = 10_240;
  const source = folder("small");
  const files = Array.from({ length: 1000 }, (_, at) => join(source, `small ${at}.bin`));
  for (const file of files) writeFileSync(file, randomFillSync(Buffer.alloc(SMALL)));
  const s = (value) => `${value.toFixed(1)} s`;
  const result = (what, { seconds, choosing }) => report(what, s(seconds), `+ ${s(choosing)} to give them to the page`);
  // Equal content would be found and not sent, so each client has a folder and a server of its own.
  const ours = await byOurPage(browser, base, "up-page", files, SMALL);
  result("1,000 files of 10 KiB: our page", ours);
  if (U2C) {
    const port = await start(POTLUCK_SERVER, ["-v", `${folder("up-client")}::rw`]);
    settle();
    const from = performance.now();
    const client = spawn(U2C, ["-j8", `http://127.0.0.1:${port}/`, `${source}/`], { stdio: "ignore" });
    const seconds = await arrived(folder("up-client"), 1000, SMALL, from);
    if (client.exitCode === null) await once(client, "exit");
    report("1,000 files of 10 KiB: u2c -j8 to our server", s(seconds));
    const share = seconds / ours.seconds;
    report("  our page, in shares of that speed", share.toFixed(2), ">= 0.80", share >= 0.8);
    report("  the same with what comes before it", (seconds / (ours.seconds + ours.choosing)).toFixed(2));
  }
  if (COPYPARTY) {
    const theirs = await byTheirPage(browser, folder("up-theirs"), files, SMALL);
    result("1,000 files of 10 KiB: copyparty's page and server", theirs);
    times(theirs, ours, 3);
  }
  const large = makeLarge("large.bin", 2 * GIB);
  const whole = await byOurPage(browser, base, "up-large", [large], 2 * GIB);
  report("2 GiB over plain http: our page", s(whole.seconds));
  if (COPYPARTY) {
    const theirs = await byTheirPage(browser, folder("up-theirs-large"), [large], 2 * GIB);
    report("2 GiB over plain http: copyparty's page and server", s(theirs.seconds));
    times(theirs, whole, 1.5);
  }
}

/** Prints how many times as fast our page is as copyparty's. */
function times(theirs, ours, goal) {
  const ratio = theirs.seconds / ours.seconds;
  report("  our page, times as fast", ratio.toFixed(2), `>= ${goal}`, ratio >= goal);
}

const wants = (part) => !only || only.includes(part);
try {
  if (wants("view") || wants("folders") || wants("scroll")) {
    makeFiles("site/ten", 10_000);
    makeFiles("site/hundred", 100_000);
  }
  const hasPictures = wants("scroll") && makePictures("site/pictures", 10_000);
  const places = ["site::r", "up-page:up-page:rw", "up-large:up-large:rw"].flatMap((place) => {
    folder(place.split(":")[0]);
    return ["-v", join(root, place)];
  });
  const base = `http://${HOST}:${await start(POTLUCK_SERVER, places)}`;
  const browser = await launch();
  console.log(`Chromium ${browser.version()}\n`);
  if (wants("view")) {
    await firstView(browser, `${base}/ten/`);
    await interactive(browser, `${base}/ten/`);
  }
  if (wants("folders")) {
    await openFolder(browser, base, "ten", 10_000, [150, 150]);
    await openFolder(browser, base, "hundred", 100_000, [200, 1000]);
    await memory(browser, `${base}/hundred/`, 100_000);
  }
  if (wants("scroll")) {
    await scroll(browser, `${base}/hundred/`, "100,000 rows", false);
    if (hasPictures) await scroll(browser, `${base}/pictures/`, "10,000 thumbnails", true);
  }
  if (wants("uploads")) await uploads(browser, base);
  await browser.close();
  const of = (kind) => marks.filter((mark) => mark === kind).length;
  console.log(`\n${of("+")} figures reached, ${of("-")} missed`);
} finally {
  for (const child of children) child.kill();
  rmSync(root, { recursive: true, force: true });
}
