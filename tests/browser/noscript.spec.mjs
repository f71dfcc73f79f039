// Without JavaScript the page still lists, uploads, creates folders, takes notes and signs in.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { asFiles, assertFits, launch, open, shot } from "./browser.mjs";
import { real, startServer } from "./servers.mjs";

let browser;
let server;
const plain = { javaScriptEnabled: false };

before(async () => {
  [browser, server] = [await launch(), await startServer()];
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

test("upload through the form, and back to the list", async () => {
  const { context, page } = await open(browser, `${server.url}/music/2026/`, plain);
  await page.setInputFiles(
    "#up-f",
    asFiles({ "plain one.txt": Buffer.from("one"), "plain two.txt": Buffer.from("two") }),
  );
  await page.locator("#upload button").click();
  await page.locator("h1", { hasText: "2 files uploaded" }).waitFor();
  assert.ok(server.read("/music/2026/plain%20one.txt")?.equals(Buffer.from("one")));
  assert.ok(server.read("/music/2026/plain%20two.txt")?.equals(Buffer.from("two")));
  await page.locator(".actions a").first().click();
  await page.locator("#files a", { hasText: "plain one.txt" }).waitFor();
  await context.close();
});

test("a guest uploads through the form", async () => {
  const { context, page } = await open(browser, `${server.url}/inbox/anna/`, plain);
  await page.setInputFiles("#up-f", asFiles({ "guest.txt": Buffer.from("guest") }));
  await page.locator("#upload button").click();
  await page.locator("h1", { hasText: "1 file uploaded" }).waitFor();
  assert.ok(server.read("/inbox/anna/guest.txt")?.equals(Buffer.from("guest")));
  await context.close();
});

test("sort, make a folder, make a text file, send a message", {
  skip: !real && "the mock has no such forms",
}, async () => {
  const { context, page } = await open(browser, `${server.url}/music/2026/`, plain);
  await page.locator("#files th a", { hasText: "Size" }).click();
  await page.locator('#files th[aria-sort] a:text("Size")').waitFor();
  for (const [input, name] of [
    ["#mk-n", "made by form"],
    ["#md-n", "made.md"],
  ]) {
    await page.goto(`${server.url}/music/2026/`);
    await page.locator("#new summary").click();
    const form = page.locator("#new form", { has: page.locator(input) });
    await page.fill(input, name);
    await form.locator("button").click();
    await page.goto(`${server.url}/music/2026/`);
    await page.locator("#files a", { hasText: name }).waitFor();
  }
  await page.locator("#new summary").click();
  await page.fill("#ms-t", "hello there");
  await page
    .locator("#new form", { has: page.locator("#ms-t") })
    .locator("button")
    .click();
  await page.locator("h1").waitFor();
  await context.close();
});

test("a text is edited in the form, which shows the way to it; what cannot be saved comes back", {
  skip: !real && "needs the real server",
}, async () => {
  const { context, page } = await open(browser, `${server.url}/music/2026/notes.md?edit`, plain);
  await page.locator(".crumbs a", { hasText: "2026" }).waitFor();
  // The title does not touch the line below the header.
  const [line, title] = await page.evaluate(() => [
    document.querySelector(".top").getBoundingClientRect().bottom,
    document.querySelector("h1").getBoundingClientRect().top,
  ]);
  assert.ok(title - line >= 16, `${title - line} pixels`);
  await assertFits(page, "the form");
  await shot(page, "noscript-edit");
  await page.locator("#ed-t").fill("my words");
  server.remove("/music/2026/notes.md");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("This file was deleted or renamed since you opened it").waitFor();
  assert.equal(await page.locator("#ed-t").inputValue(), "my words");
  await shot(page, "noscript-edit-gone");
  await page.getByRole("button", { name: "Save" }).click();
  await page.locator("h1", { hasText: "Saved." }).waitFor();
  assert.equal(String(server.read("/music/2026/notes.md")), "my words");
  await context.close();
});

test("the language is chosen on the control page", { skip: !real && "needs the real server" }, async () => {
  const { context, page } = await open(browser, `${server.url}/music/2026/`, plain);
  await page.locator("#account summary").click();
  await page.getByRole("link", { name: "Language" }).click();
  await page.locator("#la-s").selectOption("العربية");
  await page.getByRole("button", { name: "Use this language" }).click();
  await page.locator("html[lang=ar][dir=rtl]").waitFor();
  for (const width of [1280, 320]) {
    await page.setViewportSize({ width, height: 800 });
    await assertFits(page, "the control page");
    await shot(page, `noscript-control-ar-${width}`);
  }
  await page.locator("#la-s").selectOption({ index: 0 });
  await page.locator("form.language button").click();
  await page.locator("html[lang=en]").waitFor();
  await context.close();
});

test("of several files the refused one is named, and the others arrive", {
  skip: !real && "needs the rule",
}, async () => {
  const small = await startServer("-v", ".:small:rw:c,sz=0-1k");
  try {
    const { context, page } = await open(browser, `${small.url}/small/`, plain);
    const files = { "large.bin": Buffer.alloc(3000), "one.txt": Buffer.from("1"), "two.txt": Buffer.from("2") };
    await page.setInputFiles("#up-f", asFiles(files));
    await page.locator("#upload button").click();
    await page.locator("h1", { hasText: "2 files uploaded" }).waitFor();
    await page.locator(".note.bad li", { hasText: "large.bin" }).waitFor();
    await page.locator(".result li", { hasText: "one.txt: uploaded, 1 B" }).waitFor();
    assert.doesNotMatch(await page.locator("main").textContent(), /ERROR|sha512|MiB\/s/);
    await shot(page, "noscript-refused");
    await context.close();
  } finally {
    await small.stop();
  }
});

test("a row leads to what may be changed: a file is edited, renamed and deleted, and that is undone", {
  skip: !real && "the mock has no such pages",
}, async () => {
  const own = await startServer("-v", ".:own:rwmd");
  const { context, page } = await open(browser, `${own.url}/own/`, plain);
  await page.setInputFiles("#up-f", asFiles({ "before.txt": Buffer.from("text") }));
  await page.locator("#upload button").click();
  await page.locator(".actions a").first().click();
  await page.getByText("Changed (UTC)").waitFor();
  await page.getByRole("link", { name: "Change before.txt" }).click();
  await assertFits(page, "the page of an entry");
  await page.locator("#mv-t").fill("/own/after.txt");
  await page.getByRole("button", { name: "Rename or move…" }).click();
  await page.getByRole("button", { name: "Rename", exact: true }).click();
  await page.getByRole("link", { name: "Open the folder" }).click();
  await page.getByRole("link", { name: "Change after.txt" }).click();
  await page.getByRole("link", { name: "Edit" }).click();
  await page.locator("textarea").fill("other");
  await page.getByRole("button", { name: "Save" }).click();
  assert.equal(own.read("/after.txt")?.toString().trim(), "other");
  await page.goto(`${own.url}/own/after.txt?change`);
  await page.getByRole("link", { name: "Delete…" }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.goto(`${own.url}/own/`);
  await page.getByRole("link", { name: "Change after.txt" }).waitFor();
  await context.close();
  await own.stop();
});

test("links for browsers without script are not seen with it", {
  skip: !real && "the mock has no such links",
}, async () => {
  const { context, page } = await open(browser, `${server.url}/music/2026/`);
  await page.locator("html.taken-over").waitFor();
  assert.equal(await page.locator(".change").count(), 0);
  await context.close();
});

test("the page says who serves it and how much room is left, and leads to the overview", {
  skip: !real && "needs a disk",
}, async () => {
  const { context, page } = await open(browser, `${server.url}/music/2026/`, plain);
  assert.match(await page.locator(".top .brand").textContent(), /\w/);
  await page.getByText(/\d [GMT]iB free of [\d.]+ [GMT]iB/).waitFor();
  await page.goto(`${server.url}/music/2026/?b`);
  await page.locator("table a", { hasText: "notes.md" }).waitFor();
  assert.equal(await page.locator("form").count(), 0);
  await page.getByRole("link", { name: "parent folder" }).click();
  await page.waitForURL(/\/music\/\?b$/);
  await page.goto(`${server.url}/music/2026/?b=u`);
  await page.locator("input[type=file]").setInputFiles(asFiles({ "old browser.txt": Buffer.from("old") }));
  await page.locator("input[type=submit]").first().click();
  await page.locator("h1", { hasText: "1 file uploaded" }).waitFor();
  assert.ok(server.read("/music/2026/old%20browser.txt")?.equals(Buffer.from("old")));
  await page.goto(`${server.url}/music/2026/`);
  await page.locator("#account summary").click();
  await page.getByRole("link", { name: "Overview" }).first().click();
  await page.waitForURL(/\?h$/);
  await context.close();
});
