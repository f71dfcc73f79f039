// The administrator of a headless server: signs in, shares a folder, checks its visibility, requests files.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { assertAccessible, assertFits, launch, open, shot } from "./browser.mjs";
import { real, startServer } from "./servers.mjs";

const skip = real ? false : "needs the real server";
let browser;
let server;
let own;

before(async () => {
  if (skip) return;
  own = mkdtempSync(join(tmpdir(), "potluck-admin-"));
  mkdirSync(join(own, "Holidays/2026"), { recursive: true });
  writeFileSync(join(own, "Holidays/beach.jpg"), "sand");
  const state = join(own, "state");
  [browser, server] = [
    await launch(),
    await startServer("-a", "ann:wark", "-a", "bob:wort", "--admins", "ann", "--state-folder", state),
  ];
});
after(async () => {
  await browser?.close();
  await server?.stop();
  if (own) rmSync(own, { recursive: true, force: true });
});

const adminUrl = () => `${server.url}/.potluck/admin/`;
const status = async (path) =>
  (await fetch(new URL(path, server.url).href.replace("potluck.test", "127.0.0.1"))).status;

/** `sees`: text that is visible once the page has redirected. */
async function signIn(page, password, sees = page.getByRole("link", { name: "Shares" })) {
  await page.fill("input[type=password]", password);
  await page.click("#login button");
  await sees.waitFor();
}

test("a person without administrator rights gets an error message", { skip }, async () => {
  const { context, page } = await open(browser, adminUrl());
  await page.getByRole("heading", { name: "Sign in as an administrator." }).waitFor();
  await signIn(page, "wort", page.getByText("This account may not change the settings"));
  await context.close();
});

test("a folder is shared, previewed, switched off, and removed with undo", {
  skip,
}, async () => {
  const { context, page, faults } = await open(browser, adminUrl());
  await signIn(page, "wark");
  await page.getByRole("link", { name: "Shares" }).click();
  await page.getByRole("heading", { name: "Shares", exact: true }).waitFor();
  await page.getByRole("button", { name: "Share a folder" }).click();
  await page.getByText("Loading…").or(page.getByText("What others see")).first().waitFor();
  await page.getByLabel("Folder on this computer").fill(join(own, "Holidays"));
  await page.getByLabel("Everyone who can reach this computer").check();
  await shot(page, "admin-editor");
  await page.getByText("beach.jpg").waitFor();
  await assertAccessible(page, "the editor before a real server");
  await page.getByRole("button", { name: "Share folder" }).click();
  const turn = page.getByRole("switch", { name: /holidays/i });
  await turn.waitFor();
  assert.equal(await status("/holidays/beach.jpg"), 200);
  await turn.click();
  await page.locator(".row.off", { hasText: "holidays" }).waitFor();
  for (let i = 0; i < 100 && (await status("/holidays/beach.jpg")) === 200; i++) await page.waitForTimeout(50);
  assert.notEqual(await status("/holidays/beach.jpg"), 200);
  await shot(page, "admin-shares");
  assert.deepEqual(faults, []);
  await context.close();
});

test("every pane works in a phone's browser", { skip }, async () => {
  const { context, page, faults } = await open(browser, adminUrl(), {
    viewport: { width: 320, height: 640 },
  });
  await signIn(page, "wark");
  for (const pane of ["connect", "shares", "people", "links", "activity", "settings", "help"]) {
    await page.goto(`${adminUrl()}#${pane}`);
    await page.locator("main h1").first().waitFor();
    await assertFits(page, pane);
    await shot(page, `admin-320-${pane}`);
  }
  assert.deepEqual(faults, []);
  await context.close();
});

test("the only administrator is marked and cannot be removed", { skip }, async () => {
  const { context, page } = await open(browser, adminUrl());
  await signIn(page, "wark");
  await page.getByRole("link", { name: "People & devices" }).click();
  await page.locator(".row", { hasText: "ann" }).getByText("This is you").waitFor();
  await page.getByText("This device").waitFor();
  assert.equal(await page.getByText("This is you").count(), 1);
  await page.getByRole("button", { name: "Remove ann" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.locator(".toast", { hasText: "This is the only administrator" }).waitFor();
  await page.getByRole("button", { name: "Edit ann" }).click();
  await page.getByLabel("Can change this server's settings").uncheck();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("alert").getByText("This is the only administrator").waitFor();
  await shot(page, "admin-last");
  await page.keyboard.press("Escape");
  await page.locator(".row", { hasText: "ann" }).getByText("administrator").waitFor();
  await context.close();
});

test("a preview shows what invited devices can download, with a warning about keys", { skip }, async () => {
  mkdirSync(join(own, "Keys/.ssh"), { recursive: true });
  const { context, page } = await open(browser, adminUrl(), { viewport: { width: 760, height: 560 } });
  await signIn(page, "wark");
  await page.getByRole("link", { name: "Shares" }).click();
  await page.getByRole("button", { name: "Share a folder" }).click();
  await page.getByLabel("Folder on this computer").fill(join(own, "Keys"));
  await page.getByText("This folder may contain keys or passwords: .ssh").waitFor();
  await page.locator(".tree li", { hasText: ".ssh" }).getByText("not listed, can be downloaded").waitFor();
  await shot(page, "admin-keys");
  await page.getByLabel("Folder on this computer").fill(join(own, "Kyes"));
  await page.getByRole("button", { name: "Share folder" }).click();
  await page.getByRole("heading", { name: /^Create the folder .*Kyes\?$/ }).waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await page.getByText("Check the spelling, or create it.").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await context.close();
});

test("a visitor of a link to several files sees exactly those, on every screen size", { skip }, async () => {
  for (const name of ["a.jpg", "b.jpg", "c.jpg", "beside.jpg"]) writeFileSync(join(own, name), name);
  const { context, page } = await open(browser, adminUrl());
  await signIn(page, "wark");
  const paths = ["a.jpg", "b.jpg", "c.jpg"].map((name) => join(own, name));
  const link = await page.evaluate(async (paths) => {
    const link = {
      kind: "show",
      target: "",
      note: "",
      may: "look",
      pin: { is: "none" },
      expires_ms: null,
      max_uses: null,
      max_bytes: null,
    };
    const headers = { "Content-Type": "application/json", "X-Potluck": "1" };
    const body = JSON.stringify({ call: "share_files", paths, link });
    return (await fetch("call", { method: "POST", headers, body })).json();
  }, paths);
  await page.getByRole("link", { name: "Links" }).click();
  await page.getByText("Shows 3 files from this computer").waitFor();
  for (const width of [1280, 320]) {
    const url = new URL(new URL(link.urls[0]).pathname, server.url).href;
    const guest = await open(browser, url, { viewport: { width, height: 640 } });
    await guest.page.getByText("3 files").first().waitFor();
    await assertFits(guest.page, "the link");
    await assertAccessible(guest.page, "the link");
    await shot(guest.page, `guest-files-${width}`);
    await guest.page.getByRole("button", { name: "Open" }).click();
    await guest.page.getByRole("link", { name: "b.jpg" }).first().waitFor();
    assert.equal(await guest.page.getByText("beside.jpg").count(), 0);
    await assertFits(guest.page, "the files");
    await shot(guest.page, `guest-files-list-${width}`);
    await guest.context.close();
  }
  await context.close();
});

test("an upload appears immediately", { skip }, async () => {
  const { context, page } = await open(browser, adminUrl());
  await signIn(page, "wark");
  await page.getByRole("link", { name: "Activity" }).click();
  await page.getByRole("heading", { name: "Activity" }).waitFor();
  const put = await fetch(`${server.url.replace("potluck.test", "127.0.0.1")}/inbox/anna/`, {
    method: "PUT",
    body: "hello",
  });
  assert.equal(put.status, 201);
  await page.getByText("Received from 127.0.0.1").waitFor();
  await context.close();
});

/** Presses Tab until the element with this name has the focus. */
async function tabTo(page, name) {
  for (let i = 0; i < 150; i++) {
    await page.keyboard.press("Tab");
    const found = await page.evaluate((name) => {
      const { activeElement } = document;
      const labels = [...(activeElement?.labels ?? [])].map((label) => label.textContent);
      const own = [activeElement?.getAttribute("aria-label"), ...labels, activeElement?.textContent];
      return own.some((words) => (words ?? "").replace(/\s+/g, " ").trim().startsWith(name));
    }, name);
    if (found) return;
  }
  assert.fail(`no Tab leads to ${name}`);
}

test("everyday tasks by keyboard alone: share with one person, find an upload, stop sharing", {
  skip,
}, async () => {
  const { context, page } = await open(browser, adminUrl());
  const type = (text) => page.keyboard.type(text);
  const enter = () => page.keyboard.press("Enter");
  await tabTo(page, "Password");
  await type("wark");
  await enter();
  await page.getByRole("link", { name: "Shares" }).waitFor();

  // A folder that one person may read.
  await tabTo(page, "Shares");
  await enter();
  await page.getByRole("heading", { name: "Shares", exact: true }).waitFor();
  await tabTo(page, "Share a folder");
  await enter();
  await tabTo(page, "Folder on this computer");
  await type(join(own, "Holidays/2026"));
  await tabTo(page, "Only me");
  await page.keyboard.press("ArrowDown");
  await tabTo(page, "Add a person");
  await enter();
  await page.getByRole("dialog").waitFor();
  await type("clara");
  await tabTo(page, "Password");
  await type("a long word of hers");
  await enter();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await tabTo(page, "Share folder");
  await enter();
  await page.getByRole("heading", { name: "2026" }).waitFor();
  const may = (password) => status(`/2026/?ls${password === undefined ? "" : `&pw=${encodeURIComponent(password)}`}`);
  assert.equal(await may("a long word of hers"), 200);
  assert.notEqual(await may(), 200);
  assert.notEqual(await may("wort"), 200);
  const put = (
    await fetch(
      new URL("/2026/?pw=a%20long%20word%20of%20hers", server.url).href.replace("potluck.test", "127.0.0.1"),
      { method: "PUT", body: "x" },
    )
  ).status;
  assert.ok(put === 401 || put === 403, `she may only look, but ${put}`);

  // The upload and its sender.
  await fetch(`${server.url.replace("potluck.test", "127.0.0.1")}/inbox/anna/found.txt`, { method: "PUT", body: "x" });
  await tabTo(page, "Activity");
  await enter();
  await page.getByRole("heading", { name: "Activity" }).waitFor();
  await tabTo(page, "Search");
  await type("found");
  await page.getByText("Received from 127.0.0.1").first().waitFor();

  // Stop sharing the folder. (Turning sharing off would disconnect this page; only the desktop program can do it.)
  await tabTo(page, "Shares");
  await enter();
  await page.getByRole("heading", { name: "Shares", exact: true }).waitFor();
  for (const name of await page.locator(".row:not(.off) h2").allTextContents()) {
    await tabTo(page, `Share ${name}`);
    await page.keyboard.press("Space");
    await page.locator(".row.off", { hasText: name }).waitFor();
  }
  for (let i = 0; i < 100 && (await may("a long word of hers")) === 200; i++) await page.waitForTimeout(50);
  assert.notEqual(await may("a long word of hers"), 200);
  await shot(page, "admin-off");
  await context.close();
});
