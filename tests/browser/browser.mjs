// A browser that reaches the server under a name other than localhost, and pages that report script errors.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { HOST } from "./servers.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      `--host-resolver-rules=MAP ${HOST} 127.0.0.1`,
    ],
  });
}

/** Opens a page in a context of its own. `faults` collects script errors and breaches of the content security policy. */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    const text = message.text();
    if (/Content Security Policy|Refused to/.test(text)) faults.push(text);
  });
  await page.goto(url);
  return { context, page, faults };
}

/** Fails on any finding of axe: WCAG 2.2 AA with the size of targets (which axe leaves out unless asked), and its best practices. */
export async function assertAccessible(page, what) {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, {
      resultTypes: ["violations"],
      rules: { "target-size": { enabled: true } },
    });
    return violations.map(({ id, help, nodes }) => ({
      id,
      help,
      at: nodes.slice(0, 3).map((n) => n.html.slice(0, 160)),
    }));
  });
  assert.deepEqual(found, [], `${what}: axe`);
}

/** Fails if the page is wider than the window. */
export async function assertFits(page, what) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${what}: ${over} pixels too wide`);
}

export async function shot(page, name) {
  const folder = join(here, "shots");
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** Returns pseudo-random bytes without repetitions, reproducible by seed. */
export function noise(size, seed = 1) {
  const words = new Uint32Array(Math.ceil(size / 4));
  let x = (seed * 2654435761) | 1;
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x;
  }
  return Buffer.from(words.buffer, 0, size);
}

/** The input of a folder's page and of a guest's page through which files are chosen. */
export const CHOOSE = "#choose-files, pl-guest-uploads .pick.primary input";

const folders = [];
process.on("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Creates real files by name; they are deleted when the tests end. */
export function asFiles(contents) {
  const folder = mkdtempSync(join(tmpdir(), "potluck-files-"));
  folders.push(folder);
  return Object.entries(contents).map(([name, content]) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    // A file chosen again after a reload must have the same modification time.
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    return path;
  });
}

/** Limits the upload speed, so that a test can act during an upload. Returns a function that removes the limit. */
export async function slowly(context, bytesPerSecond) {
  const page = context.pages()[0];
  const session = await context.newCDPSession(page);
  const set = (rate) =>
    session.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: rate,
    });
  await session.send("Network.enable");
  await set(bytesPerSecond);
  return () => set(-1);
}

/** Returns the count shown on a tab of the drawer. */
export const tabCount = async (page, tab) =>
  Number((await page.locator(`#tab-${tab} .count`).textContent()).replace(/\D/g, ""));

/** Opens the list of uploads, so that it stays open. */
export async function openDrawer(page) {
  const pill = page.locator("pl-uploads .pill");
  await pill.waitFor();
  if ((await pill.getAttribute("aria-expanded")) === "false") await pill.click();
  // A drawer that is used does not close by itself.
  else await page.locator("pl-uploads .drawer").dispatchEvent("pointerdown");
  await page.locator("pl-uploads .tools").waitFor();
}

/** Opens the options of uploads. */
export async function openOptions(page) {
  await page.locator("#add").click();
  await page.getByRole("menuitem", { name: "Upload options" }).click();
  await page.locator("#up-taken").waitFor();
}

/** Waits until all files were uploaded, on a folder's page and on a guest's page. */
export async function allUploaded(page, count, timeout = 60_000) {
  const number = `${count === 1 ? "1 file" : `${count.toLocaleString("en")} files`}`;
  await page
    .locator("pl-uploads .pill", { hasText: `${number} uploaded` })
    .or(page.locator("pl-guest-uploads .arrived", { hasText: `${number} received` }))
    .waitFor({ timeout });
}
