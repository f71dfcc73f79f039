// The page uploads files and folders of all kinds over plain http under a name other than localhost, and all are complete.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, utimesSync, writeFileSync, writeSync } from "node:fs";
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
  slowly,
  tabCount,
} from "./browser.mjs";
import { real, startServer } from "./servers.mjs";

const MIB = 1024 * 1024;
let browser;
let server;

before(async () => {
  [browser, server] = [await launch(), await startServer()];
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const music = () => `${server.url}/music/2026/`;

function assertArrived(path, content) {
  const there = server.read(path);
  assert.ok(there, `${path} is not there`);
  assert.ok(there.equals(content), `${path} differs`);
}

test("three hundred files, without crypto.subtle, links and list afterwards", async () => {
  const { context, page, faults } = await open(browser, music());
  assert.equal(await page.evaluate(() => globalThis.isSecureContext || Boolean(globalThis.crypto?.subtle)), false);
  const contents = Object.fromEntries(
    Array.from({ length: 300 }, (_, i) => [`many ${i} #&?%.txt`, Buffer.from(`content ${i}`)]),
  );
  await page.setInputFiles(CHOOSE, asFiles(contents));
  await allUploaded(page, 300);
  for (const [name, content] of Object.entries(contents))
    assertArrived(`/music/2026/${encodeURIComponent(name)}`, content);
  assert.equal(await tabCount(page, "done"), 300);
  assert.ok((await page.locator("pl-uploads .row").count()) < 40, "only visible rows are rendered");
  const link = page.locator("pl-uploads a.name").first();
  assert.match(await link.getAttribute("href"), /\/music\/2026\/many%20\d+%20%23%26%3F%25\.txt$/);
  await page.locator("pl-bar .summary", { hasText: "301 files" }).waitFor();
  await page.locator("#files a", { hasText: "many 0 #&?%.txt" }).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("a folder with folders in it", async () => {
  const tree = mkdtempSync(join(tmpdir(), "potluck-tree-"));
  mkdirSync(join(tree, "tour/day one/ünïcode"), { recursive: true });
  writeFileSync(join(tree, "tour/top.txt"), "top");
  writeFileSync(join(tree, "tour/day one/ünïcode/deep.txt"), "deep");
  const { context, page, faults } = await open(browser, music());
  await page.setInputFiles("#choose-folder", join(tree, "tour"));
  await allUploaded(page, 2);
  assertArrived("/music/2026/tour/top.txt", Buffer.from("top"));
  assertArrived("/music/2026/tour/day%20one/%C3%BCn%C3%AFcode/deep.txt", Buffer.from("deep"));
  rmSync(tree, { recursive: true });
  assert.deepEqual(faults, []);
  await context.close();
});

test("dropped folders, including empty ones", async () => {
  const tree = mkdtempSync(join(tmpdir(), "potluck-tree-"));
  mkdirSync(join(tree, "box/empty ö"), { recursive: true });
  mkdirSync(join(tree, "box/full/deep & empty/deeper"), { recursive: true });
  mkdirSync(join(tree, "nothing"));
  writeFileSync(join(tree, "box/full/a.txt"), "a");
  const { context, page, faults } = await open(browser, music());
  const session = await context.newCDPSession(page);
  const data = { items: [], files: [join(tree, "box"), join(tree, "nothing")], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"]) {
    await session.send("Input.dispatchDragEvent", { type, x: 300, y: 300, data });
  }
  await allUploaded(page, 1);
  await page.locator("pl-uploads .note", { hasText: "3 empty folders created." }).waitFor();
  assertArrived("/music/2026/box/full/a.txt", Buffer.from("a"));
  for (const folder of ["box/empty ö", "box/full/deep & empty/deeper", "nothing"]) {
    assert.ok(server.isFolder(`/music/2026/${folder}`), folder);
  }
  if (real) await page.locator("#files a", { hasText: "nothing" }).waitFor();
  rmSync(tree, { recursive: true });
  assert.deepEqual(faults, []);
  await context.close();
});

for (const way of ["drop", "paste"]) {
  test(`${way}`, async () => {
    const { context, page, faults } = await open(browser, music());
    await page.evaluate((kind) => {
      const data = new DataTransfer();
      data.items.add(new File([`by ${kind}`], `${kind}.txt`));
      const event =
        kind === "drop"
          ? new DragEvent("drop", { dataTransfer: data, bubbles: true })
          : new ClipboardEvent("paste", { clipboardData: data, bubbles: true });
      document.querySelector("main").dispatchEvent(event);
    }, way);
    await allUploaded(page, 1);
    assertArrived(`/music/2026/${way}.txt`, Buffer.from(`by ${way}`));
    assert.deepEqual(faults, []);
    await context.close();
  });
}

test("an empty file, a file of many chunks, a file of equal chunks", async () => {
  const contents = {
    "empty.txt": Buffer.alloc(0),
    "large.bin": noise(20 * MIB + 3),
    "zeros.bin": Buffer.alloc(5 * MIB + 1),
  };
  const { context, page, faults } = await open(browser, music());
  await page.setInputFiles(CHOOSE, asFiles(contents));
  await allUploaded(page, 3);
  for (const [name, content] of Object.entries(contents)) assertArrived(`/music/2026/${name}`, content);
  assert.deepEqual(faults, []);
  await context.close();
});

test("pause and resume: one file, then all", async () => {
  const content = noise(24 * MIB, 7);
  const { context, page, faults } = await open(browser, music());
  const fullSpeed = await slowly(context, 6 * MIB);
  await page.setInputFiles(CHOOSE, asFiles({ "paused.bin": content }));
  await openDrawer(page);
  await page.locator("pl-uploads .row.sending .status", { hasText: /[1-9]\d?\s%/ }).waitFor();
  await page.getByRole("button", { name: "Pause paused.bin" }).click();
  await page.locator("pl-uploads .row.paused", { hasText: "Paused at" }).waitFor();
  assert.equal(await tabCount(page, "waiting"), 1);
  await page.getByRole("button", { name: "Resume paused.bin" }).click();
  await page.locator("pl-uploads .row.sending").waitFor();
  await page.getByRole("button", { name: "Pause all" }).click();
  await page.locator("pl-uploads .pill", { hasText: "Paused" }).waitFor();
  await fullSpeed();
  await page.getByRole("button", { name: "Resume all" }).click();
  await allUploaded(page, 1);
  assertArrived("/music/2026/paused.bin", content);
  assert.deepEqual(faults, []);
  await context.close();
});

async function nothingUnfinished(folder) {
  for (const end = Date.now() + 20_000; server.unfinished(folder) > 0; ) {
    assert.ok(Date.now() < end, "the server still has an unfinished file");
    await new Promise((go) => setTimeout(go, 100));
  }
}

test("cancelling can be undone for a short time, then the server deletes the partial file", async () => {
  const { context, page, faults } = await open(browser, music());
  const fullSpeed = await slowly(context, 4 * MIB);
  await page.setInputFiles(CHOOSE, asFiles({ "cancelled.bin": noise(24 * MIB, 8), "kept.bin": noise(24 * MIB, 9) }));
  await openDrawer(page);
  await page.locator("pl-uploads .row.sending .status", { hasText: /[1-9]\d?\s%/ }).waitFor();
  const cancel = () => page.getByRole("button", { name: "Cancel cancelled.bin" }).click();
  await cancel();
  await page.locator("pl-uploads .cancelled", { hasText: "Cancelled cancelled.bin" }).waitFor();
  assert.equal(await page.locator("pl-uploads .row").count(), 1);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.locator("pl-uploads .row", { hasText: "cancelled.bin" }).waitFor();
  assert.ok(server.unfinished("music/2026") > 0);
  await cancel();
  await fullSpeed();
  await allUploaded(page, 1);
  await nothingUnfinished("music/2026");
  await page.getByRole("button", { name: "Undo" }).waitFor({ state: "detached" });
  assert.equal(server.read("/music/2026/cancelled.bin"), undefined);
  assertArrived("/music/2026/kept.bin", noise(24 * MIB, 9));
  assert.deepEqual(faults, []);
  await context.close();
});

test("leaving the page after a cancel deletes the upload immediately", async () => {
  const { context, page } = await open(browser, music());
  await slowly(context, 4 * MIB);
  await page.setInputFiles(CHOOSE, asFiles({ "left.bin": noise(24 * MIB, 10) }));
  await openDrawer(page);
  await page.locator("pl-uploads .row.sending .status", { hasText: /[1-9]\d?\s%/ }).waitFor();
  await page.getByRole("button", { name: "Cancel all" }).click();
  await page.locator("pl-uploads .cancelled", { hasText: "Cancelled left.bin" }).waitFor();
  assert.ok(server.unfinished("music/2026") > 0);
  const start = Date.now();
  await page.goto(`${server.url}/music/`);
  await nothingUnfinished("music/2026");
  assert.ok(Date.now() - start < 8000, "not only after the grace period");
  await context.close();
});

test("a server that is killed and comes back", async () => {
  const contents = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`kill ${i}.bin`, noise(MIB + i, i + 50)]));
  const { context, page } = await open(browser, music());
  const fullSpeed = await slowly(context, 8 * MIB);
  await page.setInputFiles(CHOOSE, asFiles(contents));
  await openDrawer(page);
  await page.waitForFunction(() => Number(document.querySelector("#tab-done .count")?.textContent) >= 5);
  await server.kill();
  await page.locator("pl-uploads .pill", { hasText: "Connection lost" }).waitFor();
  await server.start();
  await fullSpeed();
  await allUploaded(page, 30);
  for (const [name, content] of Object.entries(contents))
    assertArrived(`/music/2026/${encodeURIComponent(name)}`, content);
  await context.close();
});

test("a network that is gone for a while", async () => {
  const content = noise(12 * MIB, 61);
  const { context, page } = await open(browser, music());
  const fullSpeed = await slowly(context, 3 * MIB);
  await page.setInputFiles(CHOOSE, asFiles({ "offline.bin": content }));
  await page.locator("pl-uploads .row.sending .status", { hasText: /[1-9]\d?\s%/ }).waitFor();
  await context.setOffline(true);
  await page.locator("pl-uploads .pill", { hasText: "Connection lost" }).waitFor();
  await context.setOffline(false);
  await fullSpeed();
  await allUploaded(page, 1);
  assertArrived("/music/2026/offline.bin", content);
  await context.close();
});

test("uploads go on in a tab that is not looked at", async () => {
  const content = noise(6 * MIB, 62);
  const { context, page, faults } = await open(browser, music());
  const fullSpeed = await slowly(context, 3 * MIB);
  await page.setInputFiles(CHOOSE, asFiles({ "behind.bin": content }));
  await page.locator("pl-uploads .row.sending .status", { hasText: /[1-9]\d?\s%/ }).waitFor();
  const other = await context.newPage();
  await other.goto(`${server.url}/music/`);
  await other.bringToFront();
  await page.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await allUploaded(page, 1);
  await fullSpeed();
  assertArrived("/music/2026/behind.bin", content);
  assert.deepEqual(faults, []);
  await context.close();
});

test("leaving the page asks first; the next visit asks for unfinished files and sends only the missing chunks", async () => {
  const content = noise(32 * MIB, 99);
  const { context, page, faults } = await open(browser, music());
  const fullSpeed = await slowly(context, 6 * MIB);
  await page.setInputFiles(CHOOSE, asFiles({ "resumed.bin": content, "done.txt": Buffer.from("done") }));
  await openDrawer(page);
  await page.locator("pl-uploads .row.sending .status", { hasText: /[3-9]\d\s%/ }).waitFor();
  const asked = new Promise((resolve) =>
    page.once("dialog", (dialog) => dialog.accept().then(() => resolve(dialog.type()))),
  );
  // Browsers ask only where the page was used.
  await page.locator("pl-bar .summary").click();
  await page.reload();
  assert.equal(await asked, "beforeunload");
  await fullSpeed();
  await page.locator("pl-uploads .pill", { hasText: "1 unfinished upload" }).waitFor();
  await openDrawer(page);
  const notice = page.locator("pl-uploads .left");
  await notice.waitFor();
  assert.match(await notice.textContent(), /Choose the file again to resume/);
  assert.match(await notice.textContent(), /resumed\.bin/);
  let sent = 0;
  page.on("request", (request) => {
    if (request.headers()["x-up2k-hash"])
      sent += Number(request.headers()["content-length"] ?? request.postDataBuffer()?.length ?? 0);
  });
  const chooser = page.waitForEvent("filechooser");
  // From another folder: it goes where it was going.
  await page.locator(".crumbs a", { hasText: "music" }).click();
  await page.waitForURL(/\/music\/$/);
  await notice.getByRole("button", { name: "Choose the files again" }).click();
  await (await chooser).setFiles(asFiles({ "resumed.bin": content }));
  await allUploaded(page, 1);
  assertArrived("/music/2026/resumed.bin", content);
  assert.ok(sent < 28 * MIB, `${sent} bytes were sent again`);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a guest uploads, sees the result, and gets no links", async () => {
  const { context, page, faults } = await open(browser, `${server.url}/inbox/anna/`, {
    viewport: { width: 390, height: 700 },
    hasTouch: true,
  });
  await page.setInputFiles(CHOOSE, asFiles({ "photo 1.jpg": noise(40_000), "photo 2.jpg": noise(50_000, 2) }));
  await page.locator("pl-guest-uploads", { hasText: "2 files received" }).waitFor();
  assertArrived("/inbox/anna/photo%201.jpg", noise(40_000));
  assert.equal(await page.locator("pl-guest-uploads a, pl-uploads").count(), 0);
  assert.deepEqual(faults, []);
  await context.close();
});

test("small files are uploaded during the upload of a film", async () => {
  const { context, page } = await open(browser, music());
  const restore = await slowly(context, 800_000);
  const small = Array.from({ length: 200 }, (_, i) => [`small ${i}.txt`, Buffer.from(`small ${i}`)]);
  await page.setInputFiles(CHOOSE, asFiles({ "a film.mkv": noise(45 * MIB, 7), ...Object.fromEntries(small) }));
  await openDrawer(page);
  await page.locator("pl-uploads .pill", { hasText: "200 of 201 uploaded" }).waitFor({ timeout: 120_000 });
  await page.locator("pl-uploads .row.sending", { hasText: "a film.mkv" }).waitFor();
  await restore();
  await allUploaded(page, 201);
  await context.close();
});

test("files paused one by one show their progress and are resumed together", async () => {
  const { context, page } = await open(browser, music());
  const restore = await slowly(context, 2_000_000);
  await page.setInputFiles(CHOOSE, asFiles({ "p one.bin": noise(12 * MIB, 8), "p two.bin": noise(12 * MIB, 9) }));
  await openDrawer(page);
  for (const name of ["p one.bin", "p two.bin"]) {
    await page
      .locator("pl-uploads .row.sending", { hasText: name })
      .getByText(/^[1-9]\d?\s%/)
      .waitFor();
  }
  for (const name of ["p one.bin", "p two.bin"]) await page.getByRole("button", { name: `Pause ${name}` }).click();
  const paused = page.locator("pl-uploads .row.paused", { hasText: /Paused at [1-9]\d?\s%/ });
  await paused.nth(1).waitFor();
  await page.locator("pl-uploads .pill", { hasText: /Paused at [1-9]\d?\s%, 0 of 2 uploaded/ }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Pause all" }).count(), 0);
  await restore();
  await page.getByRole("button", { name: "Resume all" }).click();
  await allUploaded(page, 2);
  await context.close();
});

test("rows say the same as the button for all: paused together, one resumes alone", async () => {
  const { context, page } = await open(browser, music());
  const restore = await slowly(context, 500_000);
  await page.setInputFiles(CHOOSE, asFiles({ "q one.bin": noise(8 * MIB, 8), "q two.bin": noise(8 * MIB, 9) }));
  await openDrawer(page);
  await page.locator("pl-uploads .row.sending").nth(1).waitFor();
  await page.getByRole("button", { name: "Pause all" }).click();
  const buttons = (what) => page.locator("pl-uploads .row").getByRole("button", { name: new RegExp(`^${what} q`) });
  await buttons("Resume").nth(1).waitFor();
  assert.equal(await buttons("Pause").count(), 0);
  assert.equal(await page.locator("pl-uploads .row", { hasText: "Paused at" }).count(), 2);
  await page.getByRole("button", { name: "Resume q two.bin" }).click();
  await page.locator("pl-uploads .row.sending", { hasText: "q two.bin" }).waitFor();
  await page.getByRole("button", { name: "Pause q two.bin" }).waitFor();
  await page.getByRole("button", { name: "Resume q one.bin" }).waitFor();
  await page.getByRole("button", { name: "Pause all" }).click();
  await buttons("Resume").nth(1).waitFor();
  await restore();
  await page.getByRole("button", { name: "Resume all" }).click();
  await allUploaded(page, 2);
  await context.close();
});

test("a name that is taken: keep both, skip", async () => {
  const { context, page } = await open(browser, music());
  await page.setInputFiles(CHOOSE, asFiles({ "taken.txt": Buffer.from("first") }));
  await allUploaded(page, 1);
  await openOptions(page);
  await page.selectOption("#up-taken", "skip");
  await page.setInputFiles(CHOOSE, asFiles({ "taken.txt": Buffer.from("second one") }));
  await page.locator("pl-uploads .row.skipped", { hasText: "a file with this name already exists" }).waitFor();
  assertArrived("/music/2026/taken.txt", Buffer.from("first"));
  await openOptions(page);
  await page.selectOption("#up-taken", "keep");
  await page.setInputFiles(CHOOSE, asFiles({ "taken.txt": Buffer.from("the third one") }));
  await page.locator("pl-uploads .row.done").nth(1).waitFor();
  assertArrived("/music/2026/taken.txt", Buffer.from("first"));
  await context.close();
});

test("everything works by keyboard", async () => {
  const { context, page } = await open(browser, music());
  await page.setInputFiles(CHOOSE, asFiles({ "keys.txt": Buffer.from("keys") }));
  await allUploaded(page, 1);
  await page.locator("#tab-all").focus();
  await page.keyboard.press("ArrowLeft");
  assert.equal(await page.evaluate(() => document.activeElement.id), "tab-failed");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.id), "uploads-list");
  await page.locator("pl-uploads .pill").focus();
  await page.keyboard.press("Enter");
  assert.equal(await page.locator("pl-uploads .pill").getAttribute("aria-expanded"), "false");
  await context.close();
});

test("refused files show why and can be retried", {
  skip: real && "needs the mock's refusals",
}, async () => {
  const { context, page } = await open(browser, music());
  server.mock.refuse = (kind) =>
    kind === "handshake" ? [403, "<pre>you don't have write-access\r\nURL: x"] : undefined;
  await page.setInputFiles(CHOOSE, asFiles({ "no.txt": Buffer.from("no") }));
  await page.locator("pl-uploads .row.failed", { hasText: "You can't upload here" }).waitFor();
  server.mock.refuse = () => undefined;
  await page.getByRole("button", { name: "Retry failed" }).click();
  await allUploaded(page, 1);
  await context.close();
});

test("browsing elsewhere changes only where new files go", async () => {
  const { context, page, faults } = await open(browser, music());
  const restore = await slowly(context, 3_000_000);
  const content = noise(12 * MIB, 41);
  await page.setInputFiles(CHOOSE, asFiles({ "started here.bin": content }));
  await page.locator("pl-uploads .row.sending").waitFor();
  await page.locator(".crumbs a", { hasText: "music" }).click();
  await page.locator("#files a", { hasText: "none" }).click();
  await page.waitForURL(/\/music\/none\/$/);
  await page.setInputFiles(CHOOSE, asFiles({ "added there.txt": Buffer.from("there") }));
  await restore();
  await allUploaded(page, 2);
  assertArrived("/music/2026/started%20here.bin", content);
  assertArrived("/music/none/added%20there.txt", Buffer.from("there"));
  await page.locator("#files a", { hasText: "added there.txt" }).waitFor();
  assert.equal(await page.locator("#files a", { hasText: "started here" }).count(), 0);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a taken name is asked about with both files, and one answer holds for all", {
  skip: !real && "needs HEAD",
}, async () => {
  const { context, page, faults } = await open(browser, music());
  const first = {
    "ask a.txt": Buffer.from("old a"),
    "ask b.txt": Buffer.from("old b"),
    "ask c.txt": Buffer.from("old"),
  };
  await page.setInputFiles(CHOOSE, asFiles(first));
  await allUploaded(page, 3);
  await openOptions(page);
  await page.selectOption("#up-taken", "ask");
  await page.setInputFiles(CHOOSE, asFiles({ "ask c.txt": Buffer.from("the new one") }));
  const dialog = page.locator("dialog", { hasText: "ask c.txt exists already" });
  await dialog.waitFor();
  await dialog.locator("section", { hasText: "On the server" }).getByText("3 B").waitFor();
  await dialog.locator("section", { hasText: "Your file" }).getByText("11 B").waitFor();
  await assertAccessible(page, "a taken name");
  await dialog.getByRole("button", { name: "Skip" }).click();
  await page.locator("pl-uploads .row.skipped", { hasText: "ask c.txt" }).waitFor();
  assertArrived("/music/2026/ask%20c.txt", Buffer.from("old"));
  const next = { "ask a.txt": Buffer.from("the new a"), "ask b.txt": Buffer.from("the new b") };
  await page.setInputFiles(CHOOSE, asFiles(next));
  await page.locator("dialog input[type=checkbox]").check();
  await page.locator("dialog").getByRole("button", { name: "Replace", exact: true }).click();
  await page.locator("pl-uploads .pill", { hasText: "5 uploaded, 1 skipped" }).waitFor();
  for (const [name, content] of Object.entries(next)) assertArrived(`/music/2026/${encodeURIComponent(name)}`, content);
  assert.deepEqual(faults, []);
  await context.close();
});

test("the list shows each kind of file alone; speed and time left are said; the order and the number at once are chosen", {
  skip: !real && "needs the rule",
}, async () => {
  const small = await startServer("-v", ".:small:rw:c,sz=0-9m");
  try {
    const { context, page, faults } = await open(browser, "about:blank");
    await page.addInitScript(() => {
      [window.running, window.most] = [0, 0];
      const { send } = XMLHttpRequest.prototype;
      XMLHttpRequest.prototype.send = function (body) {
        window.most = Math.max(window.most, ++window.running);
        // Before the page hears of the end, and sends the next one.
        this.addEventListener("readystatechange", () => {
          if (this.readyState === XMLHttpRequest.DONE) window.running--;
        });
        send.call(this, body);
      };
    });
    await page.goto(`${small.url}/small/`);
    await openOptions(page);
    await page.selectOption("#up-order", "size");
    await page.locator("#up-parallel").fill("1");
    await page.locator("#up-parallel").press("Tab");
    const names = [];
    page.on("request", (request) => {
      const found = /"name":"([^"]+)","size"/.exec(request.postData() ?? "");
      if (found && !names.includes(found[1])) names.push(found[1]);
    });
    const fullSpeed = await slowly(context, 3 * MIB);
    const sizes = { "c.bin": 4, "a.bin": 8, "b.bin": 6, "too large.bin": 10 };
    const contents = Object.entries(sizes).map(([name, mib]) => [name, noise(mib * MIB, mib)]);
    await page.setInputFiles(CHOOSE, asFiles(Object.fromEntries(contents)));
    await openDrawer(page);
    const pill = page.locator("pl-uploads .pill");
    await pill
      .getByText(/MiB\/s/)
      .first()
      .waitFor();
    await pill
      .getByText(/\d\s(s|min)\sleft/)
      .first()
      .waitFor();
    const shows = async (tab, count) => {
      await page.locator(`#tab-${tab}`).click();
      await page.waitForFunction((n) => document.querySelectorAll("pl-uploads .row").length === n, count);
      assert.equal(await tabCount(page, tab), count, tab);
    };
    await shows("failed", 1);
    await page.locator("pl-uploads .row", { hasText: "too large.bin" }).waitFor();
    await shows("all", 4);
    await fullSpeed();
    await page.locator("pl-uploads .pill", { hasText: "3 files uploaded" }).waitFor();
    await shows("done", 3);
    await shows("active", 0);
    assert.deepEqual(names, ["c.bin", "b.bin", "a.bin"]);
    assert.equal(await page.evaluate(() => window.most), 1, "one request at a time");
    assert.deepEqual(faults, []);
    await context.close();
  } finally {
    await small.stop();
  }
});

test("a file is replaced by a newer one and kept beside an older one, where that is chosen", {
  skip: !real && "needs dates",
}, async () => {
  const { context, page, faults } = await open(browser, music());
  const [first] = asFiles({ "dated.txt": Buffer.from("the first one") });
  await page.setInputFiles(CHOOSE, first);
  await allUploaded(page, 1);
  await openOptions(page);
  await page.selectOption("#up-taken", "older");
  const [older] = asFiles({ "dated.txt": Buffer.from("an older one") });
  utimesSync(older, 1_600_000_000, 1_600_000_000);
  await page.setInputFiles(CHOOSE, older);
  await page.locator("pl-uploads .row.done", { hasText: "Saved as" }).waitFor();
  assertArrived("/music/2026/dated.txt", Buffer.from("the first one"));
  const [newer] = asFiles({ "dated.txt": Buffer.from("a newer one!") });
  utimesSync(newer, 1_750_000_000, 1_750_000_000);
  await page.setInputFiles(CHOOSE, newer);
  await allUploaded(page, 3);
  assertArrived("/music/2026/dated.txt", Buffer.from("a newer one!"));
  assert.deepEqual(faults, []);
  await context.close();
});

test("where files are deleted after a time, those that are uploaded may be deleted sooner", {
  skip: !real && "needs the rule",
}, async () => {
  const short = await startServer("-v", ".:short:rwd:c,lifetime=90000");
  try {
    const { context, page, faults } = await open(browser, `${short.url}/short/`);
    const asked = [];
    page.on("request", (request) => {
      const found = /"life":(\d+)/.exec(request.postData() ?? "");
      if (found) asked.push(Number(found[1]));
    });
    await openOptions(page);
    await page.getByText("Files in this folder are deleted after 25 hours.").waitFor();
    const choice = page.getByLabel("Delete my files after");
    assert.deepEqual(await choice.locator("option").allTextContents(), [
      "As this folder does",
      "10 minutes",
      "1 hour",
      "6 hours",
      "1 day",
    ]);
    await choice.selectOption("6 hours");
    await assertAccessible(page, "a lifetime");
    await assertFits(page, "a lifetime");
    await page.setInputFiles(CHOOSE, asFiles({ "gone soon.bin": noise(3 * MIB, 5) }));
    await allUploaded(page, 1);
    assert.ok(asked.length > 0 && asked.every((seconds) => seconds === 21_600), `${asked}`);
    await page.goto(`${short.url}/short/`);
    await openOptions(page);
    assert.equal(await choice.inputValue(), "21600");
    await choice.selectOption("As this folder does");
    asked.length = 0;
    await page.setInputFiles(CHOOSE, asFiles({ "gone later.bin": noise(3 * MIB, 6) }));
    await allUploaded(page, 1);
    assert.ok(asked.length > 0 && asked.every((seconds) => seconds === 0), `${asked}`);
    assert.deepEqual(faults, []);
    await context.close();
  } finally {
    await short.stop();
  }
});

test("does the server have this: places, dates, what is missing and then uploaded", {
  skip: !real && "needs the search",
}, async () => {
  const { context, page, faults } = await open(browser, music());
  await page.setInputFiles(CHOOSE, asFiles({ "here already.txt": Buffer.from("known content") }));
  await allUploaded(page, 1);
  await page.locator("#add").click();
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("menuitem", { name: "Does the server have this?" }).click();
  const files = asFiles({ "other name.txt": Buffer.from("known content"), "lost.txt": Buffer.from("unknown content") });
  await (await chooser).setFiles(files);
  const dialog = page.locator("dialog", { hasText: "1 of 2 are on the server" });
  await dialog.waitFor();
  await dialog.locator(".missing", { hasText: "lost.txt" }).waitFor();
  const link = dialog.locator(".found a");
  assert.match(await link.getAttribute("href"), /\/music\/2026\/here%20already\.txt$/);
  // Both have the date that `asFiles` gives.
  assert.equal(await dialog.getByText("another date").count(), 0);
  assert.equal(server.read("/music/2026/lost.txt"), undefined);
  await assertAccessible(page, "search by content");
  await dialog.getByRole("button", { name: "Upload the missing file" }).click();
  await allUploaded(page, 2);
  assertArrived("/music/2026/lost.txt", Buffer.from("unknown content"));
  assert.equal(server.read("/music/2026/other%20name.txt"), undefined);
  assert.deepEqual(faults, []);
  await context.close();
});

test("files dropped on the second zone are looked for, and not uploaded", {
  skip: !real && "needs the search",
}, async () => {
  const { context, page, faults } = await open(browser, music());
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File(["dropped to be found"], "zone.txt"));
    const send = (target, type) =>
      target.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
    send(document.querySelector("main"), "dragenter");
    const zone = document.querySelector(".drop-find");
    if (!document.querySelector(".drop-add").textContent.includes("2026")) throw new Error("the zone names the folder");
    send(zone, "dragover");
    send(zone, "drop");
  });
  await page.locator("dialog", { hasText: "0 of 1 are on the server" }).waitFor();
  assert.equal(await page.locator(".drop").count(), 0);
  assert.equal(server.read("/music/2026/zone.txt"), undefined);
  await page.locator("dialog .dialog-foot").getByRole("button", { name: "Close" }).click();
  assert.equal(await page.locator("pl-uploads .row").count(), 0);
  assert.deepEqual(faults, []);
  await context.close();
});

test("the fast check counts a file of the same name, size and date as uploaded, unread", {
  skip: !real && "needs HEAD",
}, async () => {
  const { context, page, faults } = await open(browser, music());
  await page.setInputFiles(CHOOSE, asFiles({ "quick.bin": noise(2 * MIB, 71) }));
  await allUploaded(page, 1);
  await page.reload();
  await openOptions(page);
  await page.locator("#up-quick").check();
  const handshakes = [];
  page.on("request", (request) => {
    if (request.method() === "POST" && /"hash"/.test(request.postData() ?? "")) handshakes.push(request.url());
  });
  await page.setInputFiles(CHOOSE, asFiles({ "quick.bin": noise(2 * MIB, 72) }));
  await page.locator("pl-uploads .row.done", { hasText: "Already on the server" }).waitFor();
  assert.deepEqual(handshakes, []);
  assertArrived("/music/2026/quick.bin", noise(2 * MIB, 71));
  assert.deepEqual(faults, []);
  await context.close();
});

test("random names, and a question before files are added", async () => {
  const { context, page, faults } = await open(browser, music());
  await openOptions(page);
  await page.locator("#up-random").check();
  await page.locator("#up-confirm").check();
  await page.setInputFiles(
    CHOOSE,
    asFiles({ "guessable.txt": Buffer.from("secret"), "other.txt": Buffer.from("more") }),
  );
  await page.locator("dialog", { hasText: "2 files, 10 B, into 2026" }).getByRole("button", { name: "Upload" }).click();
  await allUploaded(page, 2);
  if (real) {
    assert.equal(server.read("/music/2026/guessable.txt"), undefined);
    await page.locator("pl-uploads .row", { hasText: /guessable\.txt.*Saved as \S+\.txt/s }).waitFor();
  }
  await page.setInputFiles(CHOOSE, asFiles({ "not wanted.txt": Buffer.from("no") }));
  await page.locator("dialog").getByRole("button", { name: "Cancel" }).click();
  assert.equal(await page.locator("pl-uploads .row", { hasText: "not wanted" }).count(), 0);
  assert.deepEqual(faults, []);
  await context.close();
});

test("only one tab uploads at a time, and the next one goes on after it", async () => {
  const { context, page } = await open(browser, music());
  await openOptions(page);
  await page.locator("#up-oneTab").check();
  const restore = await slowly(context, 3_000_000);
  const other = await context.newPage();
  await other.goto(music());
  await page.setInputFiles(CHOOSE, asFiles({ "tab one.bin": noise(20 * MIB, 81) }));
  await page.locator("pl-uploads .row.sending").waitFor();
  await other.setInputFiles(CHOOSE, asFiles({ "tab two.txt": Buffer.from("two") }));
  await other.locator("pl-uploads .pill", { hasText: "Another tab uploads" }).waitFor();
  assert.equal(server.read("/music/2026/tab%20two.txt"), undefined);
  await restore();
  await allUploaded(page, 1);
  await allUploaded(other, 1);
  assertArrived("/music/2026/tab%20two.txt", Buffer.from("two"));
  await context.close();
});

test("the drawer closes by itself when all is well; title and icon show the progress", async () => {
  const { context, page } = await open(browser, music());
  const restore = await slowly(context, 2_000_000);
  const icon = () => page.locator('link[rel="icon"]').getAttribute("href");
  const own = await icon();
  await page.setInputFiles(CHOOSE, asFiles({ "calm.bin": noise(8 * MIB, 91) }));
  await page.locator("pl-uploads .row.sending").waitFor();
  await page.waitForFunction(() => /^[1-9]\d?\s% · 2026 - /.test(document.title));
  assert.match(await icon(), /^data:image\/png/);
  await restore();
  await allUploaded(page, 1);
  await page.waitForFunction(() => document.title.startsWith("2026 - "));
  assert.equal(new URL(await icon(), page.url()).pathname, new URL(own, page.url()).pathname);
  await page.locator('pl-uploads .pill[aria-expanded="false"]').waitFor();
  await context.close();
});

test("on a phone the tab shows the count and opens the list over the page", async () => {
  const phone = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true };
  for (const colorScheme of ["light", "dark"]) {
    const { context, page, faults } = await open(browser, music(), { ...phone, colorScheme });
    const restore = await slowly(context, 2_000_000);
    const name = `phone ${colorScheme}`;
    await page.setInputFiles(
      CHOOSE,
      asFiles({ [`${name} 1.jpg`]: noise(6 * MIB, 95), [`${name} 2.jpg`]: noise(6 * MIB, 96) }),
    );
    await page.locator("#tab-upload", { hasText: "Upload (2)" }).click();
    await page.locator("pl-uploads .row").nth(1).waitFor();
    await page.getByText("Keep this page open").waitFor();
    const box = await page.locator("pl-uploads .drawer").boundingBox();
    assert.ok(box.height > 560 && box.width === 320, `${box.width} x ${box.height}`);
    await assertFits(page, name);
    await assertAccessible(page, name);
    await shot(page, `phone-uploads-${colorScheme}`);
    await restore();
    await allUploaded(page, 2);
    assert.deepEqual(faults, []);
    await context.close();
  }
});

test("a file that is too large is refused with both figures, and without a useless retry", {
  skip: !real && "needs the rule",
}, async () => {
  const small = await startServer("-v", ".:small:rw:c,sz=0-1m");
  try {
    const { context, page } = await open(browser, `${small.url}/small/`);
    await page.setInputFiles(CHOOSE, asFiles({ "too large.bin": noise(2 * MIB, 99), "fits.txt": Buffer.from("fits") }));
    await page.locator("pl-uploads .row.failed", { hasText: /Too large: 2\.0\sMiB\. This folder takes/ }).waitFor();
    await page.locator("pl-uploads .pill", { hasText: "1 file uploaded" }).waitFor();
    assert.equal(await page.getByRole("button", { name: /^Retry/ }).count(), 0);
    // Nothing runs that could be cancelled.
    assert.equal(await page.getByRole("button", { name: /^Cancel/ }).count(), 0);
    await page.locator("pl-uploads .hint", { hasText: "A file may have up to 1.0 MiB here." }).waitFor();
    await page.getByRole("button", { name: "Remove failed" }).click();
    await page.locator("pl-uploads .row.failed").waitFor({ state: "detached" });
    assert.equal(await page.locator("pl-uploads .row").count(), 1);
    assert.equal(await page.locator("pl-uploads .cancelled").textContent(), "", "what is too large does not come back");
    await page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["x"], "x.txt"));
      document.body.dispatchEvent(new DragEvent("dragenter", { dataTransfer, bubbles: true }));
    });
    await page.locator(".drop-add", { hasText: "A file may have up to 1.0 MiB here." }).waitFor();
    await shot(page, "drop-limit");
    await context.close();
  } finally {
    await small.stop();
  }
});

test("hosted below a path, behind another server", {
  skip: !real && "the mock is always at the top",
}, async () => {
  const below = await startServer("--rp-loc", "/sub/path");
  try {
    const { context, page, faults } = await open(browser, `${below.url}/sub/path/music/2026/`);
    await page.setInputFiles(CHOOSE, asFiles({ "below.txt": Buffer.from("below") }));
    await allUploaded(page, 1);
    assert.ok(below.read("/music/2026/below.txt")?.equals(Buffer.from("below")));
    const link = page.locator("pl-uploads a.name");
    assert.equal(await link.getAttribute("href"), "/sub/path/music/2026/below.txt");
    assert.deepEqual(faults, []);
    await context.close();
  } finally {
    await below.stop();
  }
});

const LARGE = Number(process.env.POTLUCK_LARGE ?? 0);

test("a large file and a server killed in the middle", {
  skip: (LARGE === 0 || !real) && "set POTLUCK_LARGE to its MiB, and POTLUCK_SERVER",
  timeout: 1_800_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "potluck-large-"));
  const path = join(folder, "gigabytes.bin");
  const sum = createHash("sha512");
  const out = openSync(path, "w");
  for (let i = 0; i < LARGE; i++) {
    const block = noise(MIB, i + 1);
    sum.update(block);
    writeSync(out, block);
  }
  closeSync(out);
  const { context, page } = await open(browser, music());
  const start = Date.now();
  await page.setInputFiles(CHOOSE, path);
  await openDrawer(page);
  await page.locator("pl-uploads .row.sending .status", { hasText: /[2-9]\d\s%/ }).waitFor({ timeout: 900_000 });
  const hashed = Date.now();
  await server.kill();
  await page.locator("pl-uploads .pill", { hasText: "Connection lost" }).waitFor();
  await server.start();
  await allUploaded(page, 1, 900_000);
  const seconds = (Date.now() - start) / 1000;
  console.log(
    `${LARGE} MiB in ${seconds.toFixed(1)} s, the first part (hashing included) in ${((hashed - start) / 1000).toFixed(1)} s`,
  );
  const arrived = createHash("sha512");
  for await (const block of server.stream("/music/2026/gigabytes.bin")) arrived.update(block);
  assert.equal(arrived.digest("hex"), sum.digest("hex"));
  rmSync(folder, { recursive: true });
  await context.close();
});
