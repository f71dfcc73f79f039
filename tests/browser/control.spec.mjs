// The control page and the page that says how programs connect: live figures, rescan, delete with undo, links, copying; by keyboard,
// on small screens, in the dark, and without JavaScript. Also: a file over a folder's limit is refused before anything is sent.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { asFiles, assertAccessible, assertFits, CHOOSE, launch, open, openDrawer, shot } from "./browser.mjs";
import { real, startServer } from "./servers.mjs";

const skip = !real && "the mock has no accounts";
const phone = { viewport: { width: 320, height: 640 }, hasTouch: true };
const ANN = `Basic ${Buffer.from("ann:wark").toString("base64")}`;
const BEN = `Basic ${Buffer.from("ben:poppy").toString("base64")}`;

let browser;
let server;
let root;

before(async () => {
  if (skip) return;
  root = mkdtempSync(join(tmpdir(), "potluck-control-"));
  for (const name of ["team", "small", "private"]) mkdirSync(join(root, name));
  writeFileSync(join(root, "team/large.bin"), Buffer.alloc(24 << 20, 7));
  const share = (name, ...rules) => ["-v", `${join(root, name)}:${[name, ...rules].join(":")}`];
  browser = await launch();
  server = await startServer(
    ...["-a", "ann:wark", "-a", "ben:poppy", "--admins", "ann", "-e2dsa"],
    ...share("team", "A,ann", "rw,ben"),
    ...share("small", "rw", "c,sz=0-1m"),
    ...share("private", "A,ann"),
  );
});
after(async () => {
  await browser?.close();
  await server?.stop();
  if (root) rmSync(root, { recursive: true, force: true });
});

/** A page of a signed-in visitor, on which nothing may be complained about. */
async function signedIn(name, password, path, options = {}) {
  const { context, page, faults } = await open(browser, `${server.url}/.cpr/w/icon.svg`, options);
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) faults.push(message.text());
  });
  const form = new FormData();
  for (const [field, value] of Object.entries({ act: "login", uname: name, cppwd: password }))
    form.append(field, value);
  const answer = await fetch(direct("/?h"), { method: "POST", body: form });
  const [, cookie, value] = /^(\w+)=([^;]+)/.exec(answer.headers.get("set-cookie") ?? "") ?? assert.fail("no session");
  await context.addCookies([{ name: cookie, value, url: server.url }]);
  await page.goto(server.url + path);
  return { context, page, faults };
}

/** The URL of a path for requests of the test itself, which does not know the server's other name. */
const direct = (path) => server.url.replace(/\/\/[^:]+/, "//127.0.0.1") + path;

const put = (path, content, authorization) =>
  fetch(direct(path), { method: "PUT", body: content, headers: { authorization } }).then((answer) =>
    assert.equal(answer.status, 201),
  );

async function looked(page, name) {
  await assertFits(page, name);
  await assertAccessible(page, name);
  await shot(page, name);
}

test("an administrator sees transfers, rescans, deletes what arrived and undoes it", { skip }, async () => {
  await put("/team/notes.txt", "from ben", BEN);
  const { context, page, faults } = await signedIn("ann", "wark", "/team/?h");
  await page.locator("pl-recent .name", { hasText: "notes.txt" }).waitFor();
  await page.locator("li[data-path='/private'] .index", { hasText: "up to date" }).waitFor();
  assert.match(
    await page.locator("li[data-path='/team']").textContent(),
    /You can: view and download, add, move, delete\./,
  );
  await page.getByText("Nothing is being sent or received.").waitFor();

  // Another visitor downloads slowly: the row appears by itself, moves, and goes away.
  const other = await signedIn("ben", "poppy", "/team/?h");
  const release = await slowDownloads(other.context, 2 << 20);
  const download = other.page.evaluate(() => fetch("/team/large.bin").then((answer) => answer.arrayBuffer()));
  const row = page.locator("pl-transfers li", { hasText: "large.bin" });
  await row.waitFor();
  await row.getByText(/ben · /).waitFor();
  await row.getByText(/\d+\s% · .* left · .*\/s/).waitFor();
  const amount = async () => Number(await row.locator("progress").evaluate((bar) => bar.value));
  const first = await amount();
  await page.waitForFunction((before) => document.querySelector("pl-transfers progress")?.value > before, first);
  // ben sees his own, and no address.
  await other.page
    .locator("pl-transfers li", { hasText: "large.bin" })
    .getByText(/^you · /)
    .waitFor();
  assert.doesNotMatch(await other.page.locator("pl-transfers").textContent(), /127\.0\.0\.1/);
  await release();
  await download;
  await row.waitFor({ state: "detached" });
  assert.equal(await other.page.locator("[data-path='/private']").count(), 0);
  assert.equal(await other.page.getByRole("button", { name: /Rescan/ }).count(), 0);
  assert.deepEqual(other.faults, []);
  await other.context.close();

  await page.getByRole("button", { name: "Rescan team" }).click();
  await page.locator(".notice", { hasText: "compared with its search index" }).waitFor();

  await page.getByRole("button", { name: "Delete notes.txt" }).click();
  await page.locator("pl-recent .name", { hasText: "notes.txt" }).waitFor({ state: "detached" });
  await page.locator(".notice").getByRole("button", { name: "Undo" }).click();
  await page.locator("pl-recent .name", { hasText: "notes.txt" }).waitFor();
  await looked(page, "control-wide");
  assert.deepEqual(faults, []);
  await context.close();
});

test("the number of files in an index follows what arrives and what goes", { skip }, async () => {
  const { context, page, faults } = await signedIn("ann", "wark", "/?h");
  const index = page.locator("li[data-path='/private'] .index");
  const shows = (text) => index.getByText(text).waitFor();
  await shows("Search index: up to date.");
  await put("/private/one.txt", "1", ANN);
  await shows("Search index: up to date, 1 file.");
  await fetch(direct("/private/one.txt"), { method: "DELETE", headers: { authorization: ANN } });
  await shows("Search index: up to date.");
  assert.deepEqual(faults, []);
  await context.close();
});

/** Limits the download speed. Returns a function that removes the limit. */
async function slowDownloads(context, rate) {
  const session = await context.newCDPSession(context.pages()[0]);
  const set = (downloadThroughput) =>
    session.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 0,
      downloadThroughput,
      uploadThroughput: -1,
    });
  await session.send("Network.enable");
  await set(rate);
  return () => set(-1);
}

test("links are copied, shown as a code, extended and ended", { skip }, async () => {
  const { context, page, faults } = await signedIn("ben", "poppy", "/?h");
  await page.getByText("You share nothing by link.").waitFor();
  const made = await fetch(direct("/.potluck/api/v1/make-link"), {
    method: "POST",
    headers: { "content-type": "application/json", authorization: BEN },
    body: JSON.stringify({ path: "/team", kind: "share", note: "For <b>all</b>" }),
  });
  assert.equal(made.status, 201);
  await page.reload();
  const row = page.locator("pl-links li");
  await row.getByText("For <b>all</b>").waitFor();
  await row.getByRole("button", { name: "Copy the link to team" }).click();
  await page.locator(".notice", { hasText: "Link copied." }).waitFor();
  await row.getByRole("button", { name: "Show the QR code of the link to team" }).click();
  await page.locator("dialog img").waitFor();
  await page.keyboard.press("Escape");
  await row.getByRole("button", { name: "Extend the link to team" }).click();
  await page.locator("dialog").getByRole("button", { name: "30 days" }).click();
  await row.getByText("until").waitFor();
  await row.getByRole("button", { name: "End the link to team", exact: true }).click();
  await page.locator("dialog").getByRole("button", { name: "End", exact: true }).click();
  await page.getByText("You share nothing by link.").waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("figures stop while the page is hidden, and say so when the server is away", { skip }, async () => {
  const { context, page } = await signedIn("ann", "wark", "/?h");
  await page.locator("pl-recent").waitFor();
  let asked = 0;
  page.on("request", (request) => {
    if (request.url().includes("/api/v1/transfers")) asked++;
  });
  await page.waitForRequest(/transfers/);
  const show = (state) =>
    page.evaluate((value) => {
      Object.defineProperty(document, "visibilityState", { value, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, state);
  await show("hidden");
  await page.waitForTimeout(500);
  asked = 0;
  await page.waitForTimeout(2500);
  assert.equal(asked, 0, "hidden pages ask for nothing");
  await show("visible");
  await page.waitForRequest(/transfers/);
  await context.setOffline(true);
  await page.locator(".stale", { hasText: "The server can't be reached. These figures are from" }).waitFor();
  await assertAccessible(page, "control-away");
  await context.setOffline(false);
  await page.waitForFunction(() => document.querySelector(".stale")?.textContent === "");
  await context.close();
});

for (const [what, options] of [
  ["320", { ...phone }],
  ["dark", { colorScheme: "dark" }],
]) {
  test(`both pages fit and are accessible: ${what}`, { skip }, async () => {
    await put(`/team/a-rather-long-name-without-blanks-${what}-${"x".repeat(60)}.txt`, "x", ANN);
    const { context, page, faults } = await signedIn("ann", "wark", "/?h", options);
    await page.locator("pl-recent .name").first().waitFor();
    await looked(page, `control-${what}`);
    await page.goto(`${server.url}/team/?hc`);
    const closed = page.locator("details.system:not([open]) > summary");
    while ((await closed.count()) > 0) await closed.first().click();
    await page
      .getByRole("button", { name: /^Copy curl / })
      .first()
      .waitFor();
    await looked(page, `connect-${what}`);
    assert.deepEqual(faults, []);
    await context.close();
  });
}

test("visitors who have not signed in", { skip }, async () => {
  const { context, page, faults } = await open(browser, `${server.url}/small/?h`);
  await page.locator("#login").waitFor();
  await page.locator("pl-transfers").waitFor();
  await looked(page, "control-visitor");
  assert.doesNotMatch(await page.locator("main").textContent(), /team|private/);

  // What one has sent into a folder without seeing it can be deleted, after a question: there is no trash for it.
  await page.evaluate(() => fetch("/inbox/own.txt", { method: "PUT", body: "mine" }));
  await page.getByRole("button", { name: "Delete own.txt" }).click();
  await page.locator("dialog", { hasText: "There is no trash here" }).waitFor();
  await page.locator("dialog").getByRole("button", { name: "Cancel" }).click();
  assert.ok(server.read("/inbox/own.txt"));
  await page.getByRole("button", { name: "Delete own.txt" }).click();
  await page.locator("dialog").getByRole("button", { name: "Delete for good" }).click();
  await page.locator("pl-recent .name", { hasText: "own.txt" }).waitFor({ state: "detached" });
  assert.equal(server.read("/inbox/own.txt"), undefined);

  await page.fill("#li-u", "ann");
  await page.fill("#li-p", "wark");
  await page.keyboard.press("Enter");
  await page.locator("details#account b", { hasText: "ann" }).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("by keyboard: from the folder's menu to the overview, to a command, and to the clipboard", { skip }, async () => {
  const { context, page, faults } = await signedIn("ann", "wark", "/team/");
  await page.locator("pl-list, pl-content, #files").first().waitFor();
  await page.locator("html.taken-over").waitFor();
  await page.locator("details#account summary").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Overview" }).waitFor();
  await page.keyboard.type("o");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/team\/\?h$/);
  await page.locator("#connect a").focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/team\/\?hc$/);
  const copy = page.getByRole("button", { name: /^Copy curl -u ann -T/ }).first();
  await copy.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("status").getByText("Copied").waitFor();
  assert.equal(await copy.evaluate((button) => button === document.activeElement), true, "the focus stays");
  // Plain http has no clipboard to read: what was copied is pasted into a field.
  await page.evaluate(() => {
    const field = document.createElement("textarea");
    document.body.append(field);
    field.focus();
  });
  await page.keyboard.press("Control+V");
  assert.equal(
    await page.evaluate(() => document.activeElement.value),
    `curl -u ann -T photo.jpg "${server.url}/team/"`,
  );
  assert.deepEqual(faults, []);
  await context.close();
});

test("without JavaScript", { skip }, async () => {
  await put("/team/plain.txt", "x", BEN);
  const { context, page } = await signedIn("ann", "wark", "/team/?h", { javaScriptEnabled: false });
  await page.getByRole("button", { name: "Rescan team" }).click();
  await page.waitForURL(/\/team\/\?h$/);
  await page.getByRole("button", { name: "Delete plain.txt" }).click();
  await page.getByRole("button", { name: "Undo" }).waitFor();
  await page.goto(`${server.url}/team/?hc`);
  assert.match(await page.locator("#linux .command").first().textContent(), /^curl -u ann -T photo\.jpg/);
  await page.goto(`${server.url}/?h`);
  await page.getByRole("button", { name: "Sign out here" }).click();
  await page.getByRole("link", { name: "Sign in" }).first().waitFor();
  await page.goto(`${server.url}/?h`);
  await page.getByText("You are not signed in.").waitFor();
  await context.close();
});

test("a file over the limit is refused at once, and the limit is said before", { skip }, async () => {
  const [large] = asFiles({ "film.mkv": "" });
  truncateSync(large, 3 << 20);
  const { context, page, faults } = await open(browser, `${server.url}/small/`);
  let sent = 0;
  page.on("request", (request) => {
    if (request.method() === "POST" && !request.url().includes("/api/")) sent++;
  });
  await page.locator("html.taken-over").waitFor();
  await page.setInputFiles(CHOOSE, [large]);
  await openDrawer(page);
  await page.getByText("Too large: 3.0 MiB. This folder takes files up to 1.0 MiB.").first().waitFor();
  assert.equal(sent, 0, "nothing was sent");
  assert.equal(server.read("/small/film.mkv"), undefined);
  assert.deepEqual(faults, []);
  await context.close();
  const plain = await open(browser, `${server.url}/small/`, { javaScriptEnabled: false });
  await plain.page.getByText("A file may have up to 1.0 MiB.").waitFor();
  await plain.context.close();
});

test("the list of files keeps its look when the list of uploads opens", { skip }, async () => {
  await put("/small/look.txt", "x", ANN);
  const { context, page } = await open(browser, `${server.url}/small/`);
  const look = () =>
    page
      .locator("#files td.name")
      .first()
      .evaluate((cell) => {
        const { color, overflow, whiteSpace, fontSize } = getComputedStyle(cell);
        return { color, overflow, whiteSpace, fontSize };
      });
  await page.locator("#files td.name").first().waitFor();
  const before = await look();
  await page.setInputFiles(CHOOSE, asFiles({ "small.txt": "x" }));
  await openDrawer(page);
  assert.deepEqual(await look(), before);
  await context.close();
});
