// Every view of the page, and how a visitor gets there; for the tests of all looks and for screenshots.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allUploaded, asFiles, CHOOSE, noise, open, openDrawer } from "./browser.mjs";
import { makeSamples } from "./samples.mjs";
import { startServer } from "./servers.mjs";

const ACCOUNT = ["ann", "wark"];

/** Starts a server with files of all kinds. `prepare` deletes some in the page's own way, for the trash. */
export async function startWithSamples() {
  const root = mkdtempSync(join(tmpdir(), "potluck-views-"));
  makeSamples(root);
  for (const folder of ["empty", "work/Archive", "secret"]) mkdirSync(join(root, folder), { recursive: true });
  for (const name of ["Plan.txt", "Budget.txt", "Team.txt", "Old.txt"])
    writeFileSync(join(root, "work", name), `${name}\n`.repeat(20));
  writeFileSync(join(root, "work/Archive/Plan.txt"), "Plan of last year\n".repeat(40));
  const volumes = ["photos", "songs", "documents", "names", "empty", "work"].flatMap((name) => [
    "-v",
    `${join(root, name)}:${name}:rwmda,ann:r`,
  ]);
  volumes.push("-v", `${join(root, "secret")}:secret:r,ann`);
  const server = await startServer("-a", ACCOUNT.join(":"), ...volumes, "-e2dsa", "-e2ts");
  const stop = async () => {
    await server.stop();
    rmSync(root, { recursive: true, force: true });
  };
  return { ...server, stop };
}

/** Signs in without the page: cookies of the context. */
async function signIn(context, url) {
  const [uname, cppwd] = ACCOUNT;
  const answer = await context.request.post(`http://127.0.0.1:${new URL(url).port}/?h`, {
    multipart: { act: "login", uname, cppwd },
    headers: { Host: new URL(url).host },
    maxRedirects: 0,
  });
  const cookies = answer
    .headersArray()
    .filter(({ name }) => name.toLowerCase() === "set-cookie")
    .map(({ value }) => value.split(";")[0].split(/=(.*)/s));
  await context.addCookies(cookies.map(([name, value]) => ({ name, value, url })));
}

const entry = (page, name) => page.locator("[data-index]").filter({ has: page.getByText(name, { exact: true }) });
const button = (page, name) => page.getByRole("button", { name, exact: true });
const isNarrow = (page) => page.evaluate(() => matchMedia("(max-width: 640px)").matches);
const dialog = (page) => page.locator("dialog[open]").last().waitFor();

async function select(page, ...names) {
  for (const name of names) await entry(page, name).locator("input[type=checkbox]").check();
}

/** Chooses an action for the selection: a button where there is room, else in its menu. */
async function act(page, label) {
  if (await button(page, label).isVisible()) {
    await button(page, label).click();
    return;
  }
  await button(page, "More").first().click();
  // Its shortcut may follow.
  await page.getByRole("menuitem", { name: new RegExp(`^${label}`) }).click();
}

async function account(page) {
  if (await isNarrow(page)) await page.locator(".phone-tabs button").last().click();
  else await page.locator("details#account summary").click();
  await page.locator(".menu-pop").waitFor();
}

async function add(page) {
  await page.locator((await isNarrow(page)) ? "#tab-upload" : "#add").click();
  await page.locator(".menu-pop").waitFor();
}

const shownPicture = (page) => page.locator('.pswp__item[aria-hidden="false"] img.pswp__img').waitFor();
const inViewer = (path, name) => `${path}?show=${encodeURIComponent(name)}`;

async function playing(page) {
  await entry(page, "01 First light.mp3").locator("a").click();
  await page.locator(".player .song b", { hasText: "First light" }).waitFor();
  await page.waitForFunction(() => [...document.querySelectorAll("audio")].some((one) => one.currentTime > 0));
  // The sound goes on, the picture does not: screenshots and measurements are then of one moment.
  await page.evaluate(() => {
    for (const audio of document.querySelectorAll("audio")) audio.pause();
  });
}

/**
 * `path`; `account: false` for visitors who have not signed in; `refusal`: the status that is part of the view; `show(page)`: what is
 * done after the folder is shown.
 */
export const VIEWS = {
  list: { path: "/documents/" },
  grid: {
    path: "/photos/",
    show: async (page) => {
      await page.locator("pl-bar .segmented button").nth(1).click();
      await page.locator("pl-grid .tile").first().waitFor();
      const isDrawn = () => [...document.querySelectorAll(".tile img")].slice(0, 4).every((one) => one.complete);
      // The server makes the small pictures now.
      await page.waitForFunction(isDrawn, undefined, { timeout: 60_000 });
    },
  },
  names: { path: "/names/" },
  top: { path: "/" },
  empty: { path: "/empty/" },
  "read-only": { path: "/photos/", account: false },
  selection: { path: "/work/", show: (page) => select(page, "Plan.txt", "Budget.txt") },
  "row-menu": {
    path: "/work/",
    show: async (page) => {
      await entry(page, "Plan.txt").locator("button").last().click();
      await page.locator(".menu-pop").waitFor();
    },
  },
  "account-menu": { path: "/work/", show: account },
  "upload-menu": { path: "/work/", show: add },
  "search-results": {
    path: "/?q=letter",
    show: (page) => page.locator("pl-bar .results", { hasText: "12" }).waitFor(),
  },
  "search-form": {
    path: "/documents/",
    show: async (page) => {
      if (await isNarrow(page)) await page.locator(".find-open").click();
      else await page.locator("pl-search input").focus();
      await page.locator("pl-search .tool").click();
      await dialog(page);
    },
  },
  picture: { path: inViewer("/photos/", "IMG_2042.jpg"), show: shownPicture },
  "picture-facts": {
    path: inViewer("/photos/", "IMG_2043.jpg"),
    show: async (page) => {
      await shownPicture(page);
      await page.keyboard.press("Shift+I");
      await page.locator(".viewer-facts, .facts-panel").first().waitFor();
    },
  },
  film: { path: inViewer("/photos/", "Harbour.webm"), show: (page) => page.locator("pl-viewer video").waitFor() },
  text: { path: inViewer("/documents/", "server.rs"), show: (page) => page.locator(".viewer-pane").waitFor() },
  pdf: { path: inViewer("/documents/", "Invoice 2026-11.pdf"), show: (page) => page.locator("pl-viewer").waitFor() },
  markdown: { path: inViewer("/documents/", "Garden.md"), show: (page) => page.locator(".md table").waitFor() },
  player: { path: "/songs/", show: playing },
  "player-full": {
    path: "/songs/",
    show: async (page) => {
      await playing(page);
      await page.locator(".player .song").first().click();
      await page.locator(".player-full").waitFor();
    },
  },
  "upload-drawer": {
    path: "/work/Archive/",
    show: async (page) => {
      const files = Array.from({ length: 4 }, (_, n) => [`Sent ${Date.now()} ${n}.txt`, noise(4000 + n, n)]);
      await page.setInputFiles(CHOOSE, asFiles(Object.fromEntries(files)));
      await allUploaded(page, 4);
      await openDrawer(page);
    },
  },
  "upload-options": {
    path: "/work/",
    show: async (page) => {
      await add(page);
      await page.getByRole("menuitem", { name: "Upload options" }).click();
      await page.locator("#up-taken").waitFor();
    },
  },
  "upload-conflict": {
    path: "/work/",
    refusal: 409,
    show: async (page) => {
      await VIEWS["upload-options"].show(page);
      await page.selectOption("#up-taken", "ask");
      await page.setInputFiles(CHOOSE, asFiles({ "Plan.txt": "another plan", "Team.txt": "another team" }));
      await dialog(page);
    },
  },
  "search-by-content": {
    path: "/work/",
    show: async (page) => {
      await page.setInputFiles(
        "#choose-find",
        asFiles({ "Team.txt": "Team.txt\n".repeat(20), "Lost.txt": "not there" }),
      );
      await page.locator("dialog[open] .missing").waitFor();
    },
  },
  "new-folder": {
    path: "/work/",
    show: async (page) => {
      if (await isNarrow(page)) await add(page);
      else await page.locator("#new").click();
      await page.getByRole("menuitem", { name: "New folder" }).click();
      await dialog(page);
    },
  },
  rename: {
    path: "/work/",
    show: async (page) => {
      await select(page, "Plan.txt");
      await page.keyboard.press("F2");
      await dialog(page);
    },
  },
  "rename-many": {
    path: "/photos/",
    show: async (page) => {
      await select(page, "IMG_2040.jpg", "IMG_2041.jpg", "IMG_2042.jpg");
      await page.keyboard.press("F2");
      await page.fill("#rename-pattern", "Summer {n}");
      await page.locator("dialog[open] .new", { hasText: "Summer" }).first().waitFor();
    },
  },
  move: {
    path: "/work/",
    show: async (page) => {
      await select(page, "Plan.txt");
      await act(page, "Move to…");
      await dialog(page);
    },
  },
  conflict: {
    path: "/work/",
    show: async (page) => {
      await select(page, "Plan.txt");
      await page.keyboard.press("Control+c");
      await page.goto(new URL("/work/Archive/", page.url()).href);
      await page.locator("pl-list .entry").first().waitFor();
      await page.keyboard.press("Control+v");
      await page.locator("dialog[open] img, dialog[open] .i").first().waitFor();
    },
  },
  properties: {
    path: "/work/",
    show: async (page) => {
      await select(page, "Plan.txt");
      await act(page, "Properties");
      await dialog(page);
    },
  },
  share: {
    path: "/work/",
    show: async (page) => {
      await select(page, "Plan.txt");
      await button(page, "Share").click();
      await dialog(page);
    },
  },
  versions: {
    path: "/work/",
    show: async (page) => {
      await select(page, "Plan.txt");
      await act(page, "Earlier versions");
      await dialog(page);
    },
  },
  trash: {
    path: "/work/",
    show: async (page) => {
      // Deleted in the view that comes first; then the trash opens by its link.
      if (await entry(page, "Old.txt").count()) {
        await select(page, "Old.txt");
        await page.keyboard.press("Delete");
        await page.locator(".notice.shown").waitFor();
      }
      await page.goto(new URL("/work/?trash", page.url()).href);
      await page.locator("main").waitFor();
    },
  },
  keys: {
    path: "/work/",
    show: async (page) => {
      await page.keyboard.press("?");
      await dialog(page);
    },
  },
  guest: { path: "/inbox/anna/", account: false },
  "sign-in": { path: "/documents/?login", account: false, show: (page) => page.locator("#li-u").waitFor() },
  denied: { path: "/secret/", account: false, refusal: 403 },
  error: { path: "/documents/nothing/here.txt", account: false, refusal: 404 },
  join: { path: "/.potluck/join", account: false },
  control: { path: "/?h" },
  uploads: { path: "/?ups" },
};

/** Opens a view in a context of its own. `said` collects all that the console shows. */
export async function openView(browser, server, name, options) {
  const { path, account: withAccount = true, refusal, show } = VIEWS[name];
  const { context, page, faults } = await open(browser, "about:blank", options);
  const said = faults;
  page.on("console", (message) => {
    // What is missing, refused or taken is the view here; the browser reports the answer itself.
    if (refusal && message.text().includes(` ${refusal} (`)) return;
    if (!["debug", "verbose"].includes(message.type())) said.push(`${message.type()}: ${message.text()}`);
  });
  if (withAccount) await signIn(context, server.url);
  await page.goto(server.url + path);
  if (await page.locator("main[data-enhance=browse]").count())
    await page
      .locator("pl-list .entry, pl-grid .tile, pl-bar .summary, pl-bar .results")
      .first()
      .waitFor({ state: "attached" });
  await show?.(page);
  return { context, page, said };
}
