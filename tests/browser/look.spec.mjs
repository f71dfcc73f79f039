// Every page is accessible, fits from 320 to 1280 pixels in light and dark, and breaks no content security policy.
// Screenshots are saved in shots/.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
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
  shot,
  slowly,
} from "./browser.mjs";
import { real, startServer } from "./servers.mjs";

let browser;
let server;

before(async () => {
  [browser, server] = [await launch(), await startServer("-a", "ann:wark", "-v", `${secret}:secret:r,ann`)];
});
after(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(secret, { recursive: true, force: true });
});

const SIZES = [
  { width: 1280, height: 800 },
  { width: 320, height: 640 },
];

const LOOKS = SIZES.flatMap((viewport) => ["light", "dark"].map((colorScheme) => ({ viewport, colorScheme })));

async function check(page, name) {
  await assertFits(page, name);
  await assertAccessible(page, name);
  await shot(page, name);
}

const secret = mkdtempSync(join(tmpdir(), "potluck-secret-"));

const PAGES = {
  listing: "/music/2026/",
  guest: "/inbox/anna/",
  error: real ? "/music/nothing/here.txt" : "/nothing.txt",
  ...(real
    ? {
        control: "/?h",
        connect: "/music/2026/?hc",
        top: "/",
        tree: "/music/2026/?folders",
        empty: "/music/none/",
        "sign-in-open": "/music/2026/?login",
        "own-uploads": "/?ups",
        join: "/.potluck/join",
        "join-by-link": "/.potluck/join/Abcdefgh12345678",
        "link-ended": "/.potluck/l/Abcdefgh12345678",
        denied: "/secret/",
        basic: "/music/2026/?b",
        "basic-upload": "/music/2026/?b=u",
        "basic-empty": "/music/none/?b=u",
      }
    : {}),
};

for (const [name, path] of Object.entries(PAGES)) {
  for (const javaScriptEnabled of [true, false]) {
    test(`${name}, ${javaScriptEnabled ? "with" : "without"} script`, async () => {
      for (const look of LOOKS) {
        const title = `${name}-${look.viewport.width}-${look.colorScheme}${javaScriptEnabled ? "" : "-plain"}`;
        const { context, page, faults } = await open(browser, server.url + path, { ...look, javaScriptEnabled });
        // axe needs script: without script only the layout is checked.
        if (javaScriptEnabled) await check(page, title);
        else await shot(page, title);
        assert.deepEqual(faults, [], title);
        await context.close();
      }
    });
  }
}

const plainForm = (action, fields) => ({ action, fields });

/** Answers of forms, successful and failed ones. */
const ANSWERS = {
  "folder-made": plainForm("/music/2026/", { act: "mkdir", name: "A new folder" }),
  "folder-taken": plainForm("/music/2026/", { act: "mkdir", name: "A new folder" }),
  "folder-bad-name": plainForm("/music/2026/", { act: "mkdir", name: "x".repeat(300) }),
  "form-nonsense": plainForm("/music/2026/", { act: "nonsense" }),
  "password-too-long": plainForm("/music/2026/", { act: "login", uname: "ann", cppwd: "x".repeat(100) }),
  "not-allowed": plainForm("/music/2026/notes.md?move=/inbox/notes.md", {}),
};

test("answers of forms", { skip: !real && "needs the real server's forms" }, async () => {
  for (const look of LOOKS) {
    for (const [name, { action, fields }] of Object.entries(ANSWERS)) {
      const title = `${name}-${look.viewport.width}-${look.colorScheme}`;
      const { context, page, faults } = await open(browser, `${server.url}/?h`, look);
      await page.evaluate(
        ([action, fields]) => {
          const form = document.createElement("form");
          Object.assign(form, { method: "post", action, enctype: "multipart/form-data" });
          for (const [name, value] of Object.entries(fields)) {
            form.append(Object.assign(document.createElement("input"), { name, value }));
          }
          document.body.append(form);
          form.submit();
        },
        [action, fields],
      );
      await page.waitForURL((url) => !url.search.startsWith("?h"));
      await page.locator("h1").waitFor();
      await check(page, title);
      assert.deepEqual(faults, [], title);
      await context.close();
    }
  }
});

test("dialogs that add something", { skip: !real && "needs the real server's forms" }, async () => {
  for (const look of LOOKS) {
    const title = `add-${look.viewport.width}-${look.colorScheme}`;
    const { context, page, faults } = await open(browser, `${server.url}/music/2026/`, look);
    await page.locator("pl-list .entry").first().waitFor();
    const isNarrow = look.viewport.width < 641;
    await page.locator(isNarrow ? ".phone-tabs button:nth-child(2)" : "#new").click();
    await check(page, `${title}-menu`);
    await page.getByRole("menuitem", { name: "New text file" }).click();
    await page.fill("dialog input", "notes.md");
    await page.keyboard.press("Enter");
    await page.locator("dialog .answer", { hasText: "There is already a file" }).waitFor();
    await check(page, title);
    // The browser reports the refused request itself.
    assert.deepEqual(
      faults.filter((fault) => !fault.includes("409")),
      [],
      title,
    );
    await context.close();
  }
});

test("the drawer, done, failed and paused", async () => {
  for (const look of LOOKS) {
    const title = `drawer-${look.viewport.width}-${look.colorScheme}`;
    const { context, page, faults } = await open(browser, `${server.url}/music/2026/`, look);
    const files = Array.from({ length: 12 }, (_, i) => [`${title} photo ${i}.jpg`, noise(3000 + i, i)]);
    if (server.mock)
      server.mock.refuse = (_kind, _headers, body) => (/photo 3\./.test(body) ? [403, "<pre>no"] : undefined);
    await page.setInputFiles(CHOOSE, asFiles(Object.fromEntries(files)));
    if (server.mock) await page.locator("pl-uploads .pill", { hasText: "1 failed" }).waitFor();
    await allUploaded(page, server.mock ? 11 : 12);
    await openDrawer(page);
    await check(page, title);
    await page.locator("#tab-waiting").click();
    await check(page, `${title}-empty`);
    assert.deepEqual(faults, []);
    await context.close();
  }
});

test("the drawer while it sends, and after a cancel", async () => {
  for (const look of LOOKS) {
    const title = `sending-${look.viewport.width}-${look.colorScheme}`;
    const { context, page, faults } = await open(browser, `${server.url}/music/2026/`, look);
    await slowly(context, 500_000);
    const files = Array.from({ length: 3 }, (_, i) => [`${title} ${i}.bin`, noise(3_000_000, i + title.length)]);
    await page.setInputFiles(CHOOSE, asFiles(Object.fromEntries(files)));
    await openDrawer(page);
    await page.locator("pl-uploads .row.sending").first().waitFor();
    await check(page, title);
    await page.getByRole("button", { name: `Cancel ${title} 1.bin` }).click();
    await page.getByRole("button", { name: "Undo" }).waitFor();
    await check(page, `${title}-cancelled`);
    await page.getByRole("button", { name: "Cancel all" }).click();
    await page.locator("pl-uploads .cancelled", { hasText: "Cancelled 3 files" }).waitFor();
    await check(page, `${title}-nothing-left`);
    assert.deepEqual(faults, []);
    await context.close();
  }
});

test("200 % text on a small screen", async () => {
  const { context, page } = await open(browser, `${server.url}/music/2026/`, { viewport: { width: 640, height: 800 } });
  await page.evaluate(() => {
    document.documentElement.style.fontSize = "200%";
  });
  await assertFits(page, "200 %");
  await shot(page, "zoomed");
  await context.close();
});
