// Without JavaScript the page still lists, uploads, creates folders, takes notes and signs in.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { asFiles, launch, open } from "./browser.mjs";
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
