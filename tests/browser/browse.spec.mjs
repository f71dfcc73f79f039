// Browsing: order, columns, list and grid, everything below, the tree, finding a name, the search, languages, the way back; and what
// another app shares with the installed page.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, open } from "./browser.mjs";
import { real, startServer } from "./servers.mjs";

const skip = !real && "needs the real server";
const root = mkdtempSync(join(tmpdir(), "potluck-browse-"));
let browser;
let server;

function put(path, content, day = 1) {
  const at = join(root, path);
  mkdirSync(join(at, ".."), { recursive: true });
  writeFileSync(at, content);
  utimesSync(at, 1_790_000_000 + day * 86_400, 1_790_000_000 + day * 86_400);
}

before(async () => {
  put("docs/file 2.txt", "two", 1);
  put("docs/file 10.txt", "ten ten ten", 3);
  put("docs/Élan.md", "# Élan", 2);
  put("docs/sub/deep/report.txt", "a report", 4);
  for (let at = 0; at < 3000; at++) put(`many/n ${at}.txt`, "x");
  for (let at = 0; at < 260; at++) mkdirSync(join(root, `wide/folder ${at}`), { recursive: true });
  put("docs/sub/deep/.hidden", "x", 4);
  for (const name of ["a.mp4", "b.jpg"]) put(`media/${name}`, "x");
  const volumes = ["-v", `${root}:all:rwmda`, "-v", `${root}/docs/sub/deep:dotted:r.`, "-e2dsa"];
  [browser, server] = [await launch(), await startServer(...volumes)];
});
after(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(root, { recursive: true, force: true });
});

const visit = async (path, options) => {
  const opened = await open(browser, `${server.url}${path}`, options);
  await opened.page.waitForSelector("html.taken-over");
  return opened;
};
const names = (page) => page.locator("pl-list td.name .text").allTextContents();
const until = (page, expected) =>
  page.waitForFunction(
    (expected) =>
      [...document.querySelectorAll("pl-list td.name .text")].map((one) => one.textContent.trim()).join("|") ===
      expected,
    expected,
  );

test("the order: by name as people count, by size and date, turned around; kept for the way back", {
  skip,
}, async () => {
  const { context, page, faults } = await visit("/all/docs/");
  assert.deepEqual(await names(page), ["sub", "file 2.txt", "file 10.txt", "Élan.md"]);
  await page.locator("th.size button").click();
  await until(page, "sub|file 10.txt|Élan.md|file 2.txt");
  await page.locator("th.size button").click();
  await until(page, "sub|file 2.txt|Élan.md|file 10.txt");
  await page.getByRole("link", { name: "sub" }).first().click();
  await page.locator("pl-list").getByRole("link", { name: "deep" }).waitFor();
  await page.goBack();
  await until(page, "sub|file 2.txt|Élan.md|file 10.txt");
  assert.deepEqual(faults, []);
  await context.close();
});

/** Returns the colours of some points of a picture of the screen, as [red, green, blue]. */
const coloursAt = (page, png, points) =>
  page.evaluate(
    async ([data, points]) => {
      const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
      const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
      const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
      context.drawImage(picture, 0, 0);
      return points.map(([x, y]) => [...context.getImageData(Math.round(x), Math.round(y), 1, 1).data.slice(0, 3)]);
    },
    [png.toString("base64"), points],
  );

test("the frame of the focus is seen on all four sides of a tile, over a picture, too, and is not the colour of errors", {
  skip,
}, async () => {
  for (const [colorScheme, frame] of [
    ["light", [31, 29, 26]],
    ["dark", [236, 232, 225]],
  ]) {
    const { context, page, faults } = await visit("/all/media/", { colorScheme });
    await page.evaluate(() => {
      const canvas = Object.assign(document.createElement("canvas"), { width: 300, height: 200 });
      Object.assign(canvas.getContext("2d"), { fillStyle: "#888888" }).fillRect(0, 0, 300, 200);
      window.drawn = canvas.toDataURL("image/png").split(",")[1];
    });
    put("media/grey.png", Buffer.from(await page.evaluate(() => window.drawn), "base64"));
    await page.reload();
    await page.locator("pl-bar .segmented button").nth(1).click();
    const tile = page.locator(".tile", { hasText: "grey.png" });
    await page.waitForFunction(() => [...document.querySelectorAll(".tile img")].some((one) => one.naturalWidth > 100));
    const { width, height } = await tile.boundingBox();
    await page.keyboard.press("Tab");
    await tile.locator("a").focus();
    const sides = [
      [width / 2, 2],
      [width / 2, height - 2.5],
      [2, height / 3],
      [width - 2.5, height / 3],
    ];
    assert.deepEqual(
      await coloursAt(page, await tile.screenshot(), sides),
      sides.map(() => frame),
      colorScheme,
    );
    assert.deepEqual(faults, []);
    await context.close();
  }
});

test("the menu of a film offers no seconds per picture", { skip }, async () => {
  for (const [shown, isOffered] of [
    ["a.mp4", false],
    ["b.jpg", true],
  ]) {
    const { context, page } = await visit(`/all/media/?show=${shown}`);
    await page.getByRole("dialog").getByRole("button", { name: "More" }).click();
    await page.getByRole("menuitemcheckbox", { name: "Slide show" }).waitFor();
    assert.equal((await page.getByText("seconds per picture").count()) > 0, isOffered, shown);
    await context.close();
  }
});

test("an address that names files with a dot shows them, until others are chosen", { skip }, async () => {
  const { context, page, faults } = await visit("/dotted/?dots");
  await until(page, ".hidden|report.txt");
  await page.getByRole("button", { name: "View" }).click();
  const dots = page.getByRole("menuitemcheckbox", { name: "Show hidden files" });
  assert.equal(await dots.getAttribute("aria-checked"), "true");
  await dots.click();
  await until(page, "report.txt");
  await page.goto(`${server.url}/dotted/`);
  await until(page, "report.txt");
  assert.deepEqual(faults, []);
  await context.close();
});

test("what may be added follows the folder that is shown", { skip }, async () => {
  const { context, page, faults } = await visit("/all/docs/");
  await page.locator("#add").waitFor();
  await page.getByRole("treeitem", { name: "dotted" }).click();
  await page.waitForURL(/\/dotted\/$/);
  await until(page, "report.txt");
  await page.locator("#add, #new").first().waitFor({ state: "detached" });
  await page.goBack();
  await page.locator("#add").waitFor();
  await page.locator("#new").waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("everything below a folder is one list, and says where each file is", { skip }, async () => {
  const { context, page } = await visit("/all/docs/?below");
  await page.locator("pl-list").getByText("report.txt").waitFor();
  assert.match(await page.locator("pl-list tr", { hasText: "report.txt" }).textContent(), /sub.*deep/s);
  await context.close();
});

test("a name is found while it is typed, without case and accents; Enter opens it", { skip }, async () => {
  const { context, page, faults } = await visit("/all/docs/");
  await page.keyboard.press("Quote");
  const field = page.getByRole("searchbox", { name: "Go to a name in this list" });
  await field.waitFor();
  await page.keyboard.type("elan");
  assert.equal(await page.locator("pl-list tr.cursor .text").textContent(), "Élan.md");
  const said = page.locator(".jump [role=status]");
  const outline = () => page.locator("pl-list tr.cursor").evaluate((row) => getComputedStyle(row).outlineStyle);
  assert.equal(await outline(), "solid", "the row that was found is marked");
  assert.equal(await said.textContent(), "Élan.md");
  await field.fill("file");
  assert.match(await page.locator("pl-list tr.cursor .text").textContent(), /^file/);
  await field.fill("nothing like that");
  assert.equal(await field.getAttribute("aria-invalid"), "true");
  assert.equal(await said.textContent(), "No name contains “nothing like that”.");
  assert.ok(await said.isVisible());
  assert.equal(await outline(), "none");
  await field.fill("sub");
  await page.keyboard.press("Enter");
  await page.locator("pl-list").getByRole("link", { name: "deep" }).waitFor();
  assert.equal(await field.count(), 0);
  await page.keyboard.press("?");
  const keys = await page.locator("dialog[open] kbd").allTextContents();
  assert.ok(keys.includes("'") && keys.includes("/"), keys.join(" "));
  assert.ok(!keys.some((key) => /Quote|Bracket|Digit|Arrow/.test(key)), keys.join(" "));
  assert.deepEqual(faults, []);
  await context.close();
});

test("three thousand rows: few are drawn, the last is reached by a key, the way back shows the same place", {
  skip,
}, async () => {
  const { context, page } = await visit("/all/many/");
  await page.locator("pl-bar .summary", { hasText: "3,000 files" }).waitFor();
  assert.ok((await page.locator("pl-list tbody tr").count()) < 200);
  await page.locator("pl-list td.name a").first().focus();
  await page.keyboard.press("End");
  await page.locator("pl-list").getByText("n 2999.txt").waitFor();
  await page.waitForTimeout(300);
  const before = await page.evaluate(() => scrollY);
  assert.ok(before > 50_000, String(before));
  // By key: a click would scroll to what is clicked.
  await page.keyboard.press("KeyM");
  await page.locator("pl-list").getByRole("link", { name: "docs" }).waitFor();
  await page.goBack();
  await page.locator("pl-list").getByText("n 2999.txt").waitFor();
  const after = await page.evaluate(() => scrollY);
  assert.ok(Math.abs(after - before) < 2, `${after} instead of ${before}`);
  await context.close();
});

const focused = (page, text) =>
  page.waitForFunction((text) => document.activeElement.textContent.trim() === text, text);

test("without a row that has the focus, End goes to the last row at once, and Home to the first", {
  skip,
}, async () => {
  const { context, page } = await visit("/all/many/");
  await page.locator("pl-bar .summary", { hasText: "3,000 files" }).waitFor();
  await page.keyboard.press("End");
  await focused(page, "n 2999.txt");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("Home");
  await focused(page, "n 0.txt");
  await context.close();
});

test("the way back gives the focus to the folder that was opened, also where its row is not among the first", {
  skip,
}, async () => {
  const { context, page } = await visit("/all/wide/");
  for (const isReloaded of [false, true]) {
    await page.keyboard.press("End");
    await focused(page, "folder 259");
    await page.waitForTimeout(500);
    const top = await page.evaluate(() => scrollY);
    assert.ok(top > 5000, String(top));
    await page.keyboard.press("Enter");
    await page.locator(".empty-folder").waitFor();
    // Then the rows are not kept, and come in two parts.
    if (isReloaded) {
      await page.reload();
      await page.waitForSelector("html.taken-over");
    }
    await page.goBack();
    await focused(page, "folder 259");
    assert.ok(Math.abs((await page.evaluate(() => scrollY)) - top) < 2);
  }
  await context.close();
});

test("the way back shows the folder again, also from one that has not come yet, and from one that is gone", {
  skip,
}, async () => {
  put("leave/slow/x.txt", "x");
  put("leave/gone/x.txt", "x");
  const { context, page } = await visit("/all/leave/");
  const shown = "gone|slow";
  await until(page, shown);
  let release;
  const held = new Promise((go) => {
    release = go;
  });
  await page.route("**/*", async (route) => {
    const request = route.request();
    const isSlow = /slow/.test(request.url() + (request.postData() ?? ""));
    if (isSlow && request.resourceType() === "fetch") await held;
    await route.continue().catch(() => {});
  });
  await page.locator("pl-list").getByRole("link", { name: "slow" }).click();
  await page.waitForURL("**/slow/");
  await page.goBack();
  release();
  await page.waitForTimeout(500);
  await until(page, shown);
  rmSync(join(root, "leave/gone"), { recursive: true });
  await page.locator("pl-list").getByRole("link", { name: "gone" }).click();
  await page.locator(".failed-folder").waitFor();
  await page.goBack();
  await page.locator("pl-list").getByRole("link", { name: "slow" }).waitFor();
  await context.close();
});

test("until the script has started, rows are as high as without what is changed in pages; without script it is beside the name", {
  skip,
}, async () => {
  for (const width of [1280, 320]) {
    for (const javaScriptEnabled of [true, false]) {
      const viewport = { width, height: 700 };
      const { context, page } = await open(browser, "about:blank", { viewport, javaScriptEnabled });
      await page.route(/\/app[^/]*\.js/, () => {});
      await page.goto(`${server.url}/all/docs/`, { waitUntil: "commit" });
      const row = page.locator("#files tbody tr", { hasText: "file 2.txt" });
      await row.waitFor();
      const [name, change] = [row.locator("td:nth-child(2) a").first(), row.locator(".change")];
      assert.equal(await change.count(), 1);
      if (javaScriptEnabled) assert.ok(!(await change.isVisible()), `${width}: not shown`);
      else {
        const [one, other] = [await name.boundingBox(), await change.boundingBox()];
        const middle = other.y + other.height / 2;
        assert.ok(one.y < middle && middle < one.y + one.height, `${width}: in the line of the name`);
      }
      await context.close();
    }
  }
});

test("after Enter the first result has the focus, after Escape and at the end of a search the list", {
  skip,
}, async () => {
  const { context, page, faults } = await visit("/all/docs/");
  const box = page.getByRole("combobox", { name: /search/i });
  await box.focus();
  await box.press("Escape");
  await focused(page, "sub");
  for (let tries = 0; ; tries++) {
    await box.fill(`report${" ".repeat(tries % 2)}`);
    await box.press("Enter");
    await page.locator(".results [role=status]", { hasText: /\d|Nothing|No / }).waitFor();
    if (await page.locator("pl-list").getByText("report.txt").count()) break;
    assert.ok(tries < 40, "the index has the files within twenty seconds");
    await page.waitForTimeout(500);
  }
  const result = () =>
    page.waitForFunction(() => document.activeElement.matches("pl-list .cursor a[href$='report.txt']"));
  await result();
  // What was found while it was typed, too.
  await box.fill("repor");
  await page.waitForURL(/q=repor$/);
  await box.press("Enter");
  await result();
  await box.focus();
  await box.press("Escape");
  await focused(page, "sub");
  await box.fill("no file has this name");
  await box.press("Enter");
  await page.locator(".empty-folder:focus").waitFor();
  await page.locator(".results .tool").click();
  await focused(page, "sub");
  assert.deepEqual(faults, []);
  await context.close();
});

test("a phone is offered no columns, which it does not show", { skip }, async () => {
  for (const width of [1280, 320]) {
    const { context, page } = await visit("/all/docs/", { viewport: { width, height: 700 } });
    await page.getByRole("button", { name: "View", exact: true }).click();
    await page.getByRole("menu").waitFor();
    const items = await page.getByRole("menu").locator("[role^=menuitem]").allTextContents();
    assert.equal(items.filter((item) => /Column/.test(item)).length, width === 320 ? 0 : 3, items.join("|"));
    await context.close();
  }
});

test("that a folder is empty is written as large as what can be done about it", { skip }, async () => {
  const { context, page } = await visit("/all/wide/folder%201/");
  const sizes = await page
    .locator(".empty-folder p")
    .evaluateAll((all) => all.map((one) => getComputedStyle(one).fontSize));
  assert.equal(sizes.length, 2);
  assert.equal(sizes[0], sizes[1]);
  await context.close();
});

test("the search finds names, opens folders of what it found, and its address can be shared", { skip }, async () => {
  const { context, page } = await visit("/all/docs/");
  const box = page.getByRole("combobox", { name: /search/i });
  for (let tries = 0; ; tries++) {
    await box.fill(`report size>1${" ".repeat(tries % 2)}`);
    await box.press("Enter");
    await page.locator(".results [role=status]", { hasText: /\d|Nothing|No / }).waitFor();
    if (await page.locator("pl-list").getByText("report.txt").count()) break;
    assert.ok(tries < 40, "the index has the files within twenty seconds");
    await page.waitForTimeout(500);
  }
  assert.match(page.url(), /q=report/);
  const shared = await visit(new URL(page.url()).pathname + new URL(page.url()).search);
  await shared.page.locator("pl-list").getByText("report.txt").waitFor();
  await shared.context.close();
  await page.getByRole("button", { name: "Close" }).or(page.locator(".results .tool")).last().click();
  await page.locator("pl-list").getByText("file 2.txt").waitFor();
  await context.close();
});

test("the form of the search: each field by its name; what it makes is searched for, and its errors are told", {
  skip,
}, async () => {
  put("form/spring report.txt", "x".repeat(3000), 40);
  put("form/spring report.md", "x".repeat(3000), 40);
  put("form/small report.txt", "x", 40);
  put("form/old report.txt", "x".repeat(3000), -400);
  const { context, page, faults } = await visit("/all/form/");
  const fill = async (fields) => {
    await page.getByRole("combobox", { name: /search/i }).focus();
    await page.locator("pl-search").getByRole("button", { name: "Filters" }).click();
    const dialog = page.getByRole("dialog");
    for (const [name, value] of Object.entries(fields)) await dialog.locator(`#find-${name}`).fill(value);
    const shown = await dialog.locator("code").textContent();
    await dialog.getByRole("button", { name: "Search" }).click();
    await page.locator(".results [role=status]", { hasText: /\d|Nothing|No / }).waitFor();
    return shown;
  };
  const today = new Date().toISOString().slice(0, 10);
  const fields = {
    name: "report",
    path: "form",
    type: "txt",
    sizeFrom: "2k",
    sizeTo: "1",
    dateFrom: "2026-01-01",
    dateTo: "2027-12-31",
    uploadedTo: today,
  };
  const words = await fill({ ...fields, uploadedTo: "" });
  assert.equal(words, "name:report path:form type:txt size:2k..1M date:2026-01-01..2027-12-31");
  for (let tries = 0; (await names(page)).join() !== "spring report.txt"; tries++) {
    assert.ok(tries < 40, (await names(page)).join());
    await page.waitForTimeout(500);
    await page.reload();
    await page.locator(".results [role=status]", { hasText: /\d|Nothing|No / }).waitFor();
  }
  assert.equal(new URL(page.url()).searchParams.get("q"), words);
  // The box has the words, and they can be edited there.
  assert.equal(await page.getByRole("combobox", { name: /search/i }).inputValue(), words);
  assert.match(await fill(fields), / uploaded<=\d{4}-\d\d-\d\d$/);
  const box = page.getByRole("combobox", { name: /search/i });
  await box.fill("size>much");
  await box.press("Enter");
  await page.locator(".empty-folder[role=alert]", { hasText: "much" }).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("of many results the first are shown, and the others on request", { skip }, async () => {
  const { context, page, faults } = await visit("/all/many/?q=type%3Atxt");
  const said = page.locator(".results [role=status]");
  for (let tries = 0; ; tries++) {
    await said.getByText(/\d|Nothing|No /).waitFor();
    if (/1,000 results; there may be more/.test(await said.textContent())) break;
    assert.ok(tries < 40, await said.textContent());
    await page.waitForTimeout(500);
    await page.reload();
  }
  await page.getByRole("button", { name: "Show more" }).click();
  await said.getByText("3,000 results", { exact: true }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Show more" }).count(), 0);
  await page.locator("pl-list td.name a").first().focus();
  await page.keyboard.press("End");
  await page.locator('pl-list tr[data-index="2999"]').waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("addresses of copyparty open a search and a panel", { skip }, async () => {
  const searched = await visit(`/all/docs/#q=${encodeURIComponent("name like *report* and size <= 3")}`);
  await searched.page
    .getByRole("link", { name: /report\.txt/ })
    .first()
    .waitFor();
  assert.match(searched.page.url(), /\?q=name%3Areport%20size%3C%3D3M$/);
  assert.deepEqual(searched.faults, []);
  await searched.context.close();
  const { context, page, faults } = await visit("/all/docs/#v=up2k");
  await page.locator("pl-uploads .drawer, pl-uploads [role=tablist]").first().waitFor();
  await page.goto(`${server.url}/all/docs/`);
  await page.goto(`${server.url}/all/docs/#v=mkdir`);
  await page.reload();
  await page.getByRole("dialog").waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("a folder is downloaded in the formats that old programs need", { skip }, async () => {
  const { context, page, faults } = await visit("/all/docs/");
  await page.locator("#download").click();
  const links = page.getByRole("menuitem").filter({ hasText: /zip|tar/ });
  const formats = await links.evaluateAll((all) => all.map((one) => new URL(one.href).search));
  assert.deepEqual(formats, ["?zip", "?tar", "?tar=gz", "?zip=dos", "?zip=crc"]);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a part of the page that is gone says so, and a reload is offered", { skip }, async () => {
  const { context, page } = await visit("/all/docs/");
  await page.route(/\/jump-[^/]*\.js/, (route) => route.fulfill({ status: 404, body: "" }));
  await page.keyboard.press("'");
  await page.getByText("This part of the page could not be loaded").waitFor();
  await page.unroute(/\/jump-[^/]*\.js/);
  await page.getByRole("button", { name: "Reload the page" }).click();
  await page.waitForSelector("html.taken-over");
  await context.close();
});

test("list and grid, and the choice for one folder", { skip }, async () => {
  const { context, page } = await visit("/all/docs/");
  await page.keyboard.press("KeyG");
  await page.locator("pl-grid").waitFor();
  await page.reload();
  await page.locator("pl-grid").waitFor();
  await page.keyboard.press("KeyG");
  await page.locator("pl-list").waitFor();
  await context.close();
});

test("fourteen levels down, the path shows the folder itself, and the tree its name", { skip }, async () => {
  const names = Array.from({ length: 14 }, (_, at) => `a folder ${at}`);
  put(`down/${names.join("/")}/x.txt`, "x");
  for (const locale of ["en", "ar"]) {
    const { context, page } = await visit(`/all/down/${names.map(encodeURIComponent).join("/")}/`, { locale });
    const shown = page.locator("pl-crumbs b");
    const isInside = await shown.evaluate((one) => {
      const [own, box] = [one, one.closest(".crumbs")].map((element) => element.getBoundingClientRect());
      return own.left >= box.left - 1 && own.right <= box.right + 1;
    });
    assert.ok(isInside, locale);
    const name = page.locator("pl-tree a[aria-current] .text");
    await name.waitFor();
    assert.ok((await name.boundingBox()).width > 60, locale);
    await context.close();
  }
});

test("a folder of the tree below the pointer does not look like the shown one", { skip }, async () => {
  const { context, page } = await visit("/all/docs/");
  const item = (name) => page.getByRole("treeitem", { name, exact: true });
  await item("many").hover();
  const [pointed, shown] = await Promise.all(
    ["many", "docs"].map((name) => item(name).evaluate((one) => getComputedStyle(one).backgroundColor)),
  );
  assert.notEqual(pointed, shown);
  await context.close();
});

test("the tree opens folder by folder, by keys, too", { skip }, async () => {
  const { context, page } = await visit("/all/docs/");
  const docs = page.getByRole("treeitem", { name: "docs" });
  await docs.waitFor();
  await docs.focus();
  await page.keyboard.press("ArrowRight");
  await page.getByRole("treeitem", { name: "sub" }).waitFor();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  const deep = page.getByRole("treeitem", { name: "deep" });
  await deep.waitFor();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.locator("pl-list").getByText("report.txt").waitFor();
  await context.close();
});

test("an arrow that was pressed at a folder without folders is gone, and the keys of the tree do nothing there", {
  skip,
}, async () => {
  for (const folder of ["a/sub", "b/sub", "c"]) put(`leaves/${folder}/a.txt`, "a");
  const { context, page, faults } = await visit("/all/leaves/");
  const item = (name) => page.locator(`pl-tree [data-path="/all/leaves/${name}"]`);
  await item("").focus();
  await page.keyboard.press("ArrowRight");
  // The server knows which folders have none at the time; these lose theirs unseen.
  await page.waitForSelector('pl-tree [data-path="/all/leaves/a/"][aria-expanded]');
  for (const folder of ["a/sub", "b/sub"]) rmSync(join(root, "leaves", folder), { recursive: true });
  await item("a/").locator(".twist").click();
  await page.waitForSelector('pl-tree [data-path="/all/leaves/a/"]:not([aria-expanded])');
  assert.equal(await item("a/").locator(".twist .i").count(), 0);
  await item("b/").focus();
  await page.keyboard.press("ArrowRight");
  await page.waitForSelector('pl-tree [data-path="/all/leaves/b/"]:not([aria-expanded])');
  const focused = () => page.evaluate(() => document.activeElement.dataset.path);
  await page.keyboard.press("ArrowRight");
  assert.equal(await focused(), "/all/leaves/b/", "it is not a way to the next folder");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await focused(), "/all/leaves/", "the folder above");
  assert.deepEqual(faults, []);
  await context.close();
});

test("a folder without folders gets its arrow when one comes by an upload, from others, or by a command", {
  skip,
}, async () => {
  for (const folder of ["uploaded", "others", "made", "deep/in"]) put(`arrows/${folder}/a.txt`, "a");
  const { context, page, faults } = await visit("/all/arrows/uploaded/");
  const item = (name) => page.getByRole("treeitem", { name, exact: true });
  const hasNone = (name) => page.waitForSelector(`[role=treeitem][data-path$="/${name}/"]:not([aria-expanded])`);
  const has = (name) => page.waitForSelector(`[role=treeitem][data-path$="/${name}/"][aria-expanded]`);
  // Each has been looked into, so that the tree knows it to be without folders.
  for (const name of ["others", "made", "deep", "in", "uploaded"]) {
    await item(name).click();
    await page.waitForURL(new RegExp(`/${name}/$`));
    if (name === "deep") await page.keyboard.press("ArrowRight");
    else await hasNone(name);
  }
  const tree = mkdtempSync(join(tmpdir(), "potluck-arrows-"));
  mkdirSync(join(tree, "box/inner"), { recursive: true });
  writeFileSync(join(tree, "box/inner/b.txt"), "b");
  await page.setInputFiles("#choose-folder", join(tree, "box"));
  await has("uploaded");
  await item("uploaded").focus();
  await page.keyboard.press("ArrowRight");
  await item("box").waitFor();
  // Where files come to while another folder is shown.
  await page.route("**/*", async (route) => {
    if (route.request().method() === "POST") await new Promise((go) => setTimeout(go, 500));
    await route.continue();
  });
  await item("in").click();
  await page.waitForURL(/\/in\/$/);
  await page.locator("pl-list").getByText("a.txt").waitFor();
  await page.setInputFiles("#choose-folder", join(tree, "box"));
  await item("others").click();
  await page.waitForURL(/\/others\/$/);
  await has("in");
  put("arrows/others/new/c.txt", "c");
  await page.keyboard.press("F4");
  await has("others");
  await item("made").click();
  await page.waitForURL(/\/made\/$/);
  await page.getByRole("button", { name: "New", exact: true }).click();
  await page.getByRole("menuitem", { name: /folder/i }).click();
  await page.keyboard.type("sub");
  await page.keyboard.press("Enter");
  await has("made");
  // What was open stays open.
  assert.ok(await item("box").isVisible());
  rmSync(tree, { recursive: true });
  assert.deepEqual(faults, []);
  await context.close();
});

for (const [locale, upload, dir] of [
  ["de-AT", "Hochladen", "ltr"],
  ["ar-EG", "رفع", "rtl"],
  ["zh-TW", "上傳", "ltr"],
  ["pt-BR", "Enviar", "ltr"],
  ["tlh", "Upload", "ltr"],
]) {
  test(`the language of the browser: ${locale}`, { skip }, async () => {
    const { context, page, faults } = await visit("/all/docs/", { locale });
    await page.getByRole("button", { name: upload, exact: true }).first().waitFor();
    assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).direction), dir);
    assert.deepEqual(faults, []);
    await context.close();
  });
}

test("another language is chosen in the account menu, and holds without script, too", { skip }, async () => {
  const { context, page } = await visit("/all/docs/");
  await page.locator("details#account summary").click();
  await page.getByRole("menuitem", { name: "Language: English" }).click();
  await page.getByRole("menuitemcheckbox", { name: "Polski" }).click();
  await page.getByRole("button", { name: "Prześlij", exact: true }).first().waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "pl");
  assert.match(await page.evaluate(async () => (await fetch("?b")).text()), /lang="pl"/);
  await context.close();
});

test("what another app shares with the installed page is uploaded to the folder that is chosen", { skip }, async () => {
  // A page of this computer may have a service worker, as over https; the manifest is offered as for a visitor over https.
  const base = server.url.replace(/\/\/[^:]+/, "//127.0.0.1");
  const context = await browser.newContext();
  const page = await context.newPage();
  const asOverHttps = async (route) => {
    const headers = { ...route.request().headers(), "x-forwarded-proto": "https", "x-forwarded-for": "127.0.0.1" };
    await route.fulfill({ response: await route.fetch({ headers }) });
  };
  await page.route((url) => url.pathname === "/" || url.pathname === "/all/", asOverHttps);
  await page.goto(`${base}/all/`);
  await page.waitForSelector("html.taken-over");
  assert.ok(await page.locator('link[rel="manifest"]').count(), "the page can be installed");
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  // As the system sends it: a form with files.
  await page.evaluate(() => {
    const form = Object.assign(document.createElement("form"), {
      method: "post",
      action: "/.potluck/share",
      enctype: "multipart/form-data",
    });
    const input = Object.assign(document.createElement("input"), { type: "file", name: "files", multiple: true });
    const files = new DataTransfer();
    files.items.add(new File(["one"], "photo 1.jpg", { lastModified: 1_700_000_000_000 }));
    files.items.add(new File(["two"], "Ünïcode.jpg"));
    input.files = files.files;
    form.append(input);
    document.body.append(form);
    form.submit();
  });
  const dialog = page.getByRole("dialog", { name: "Upload 2 shared files to" });
  await dialog.waitFor();
  await dialog.getByRole("searchbox").fill("docs");
  await dialog.getByRole("option", { name: /docs/ }).first().click();
  await dialog.getByRole("button", { name: "Upload here" }).click();
  await page.waitForFunction(() => /2 files uploaded/.test(document.querySelector("pl-uploads")?.textContent ?? ""));
  assert.equal(readFileSync(join(root, "docs/photo 1.jpg"), "utf8"), "one");
  assert.equal(readFileSync(join(root, "docs/Ünïcode.jpg"), "utf8"), "two");
  assert.equal(await page.evaluate(async () => (await (await caches.open("potluck-shared")).keys()).length), 0);
  await context.close();
});

test("results of a search follow a rename, its undo, and the undo of a delete", { skip }, async () => {
  put("found/quill one.txt", "1");
  put("found/quill two.txt", "2");
  const { context, page, faults } = await visit("/all/found/");
  for (let tries = 0; ; tries++) {
    await page.goto(`${server.url}/all/found/?q=quill`);
    await page.locator(".results [role=status]", { hasText: /\d|Nothing|No / }).waitFor();
    if ((await names(page)).length === 2) break;
    assert.ok(tries < 40, "the index has the files within twenty seconds");
    await page.waitForTimeout(500);
  }
  const are = (...wanted) =>
    page.waitForFunction((wanted) => {
      const shown = [...document.querySelectorAll("pl-list td.name .text")].map((one) => one.textContent.trim());
      return shown.sort().join("|") === wanted;
    }, wanted.join("|"));
  const menu = async (name, action) => {
    await page.getByLabel(`Actions for ${name}`).click();
    await page.getByRole("menuitem", { name: action }).click();
  };
  await menu("quill one.txt", /Rename/);
  await page.locator("dialog[open] input").fill("quill renamed.txt");
  await page.keyboard.press("Enter");
  await are("quill renamed.txt", "quill two.txt");
  await page.getByRole("button", { name: "Undo" }).click();
  await are("quill one.txt", "quill two.txt");
  await menu("quill two.txt", /Delete/);
  await are("quill one.txt");
  await page.getByRole("button", { name: "Undo" }).click();
  await are("quill one.txt", "quill two.txt");
  assert.deepEqual(faults, []);
  await context.close();
});

test("a folder and results that could not be loaded come by themselves when the connection is back", {
  skip,
}, async () => {
  const { context, page } = await visit("/all/docs/");
  await context.setOffline(true);
  await page.locator("nav a:visible", { hasText: /^many$/ }).click();
  await page.locator(".failed-folder").waitFor();
  await context.setOffline(false);
  await page.locator("pl-list").getByText("n 0.txt", { exact: true }).waitFor({ timeout: 6000 });
  // The server was away, and not the network.
  await page.route(/api\/v1\/folder\?/, (route) => route.abort());
  await page.locator("nav a:visible", { hasText: /^docs$/ }).click();
  await page.locator("pl-list").getByText("file 2.txt").waitFor();
  await page.locator("nav a:visible", { hasText: /^wide$/ }).click();
  await page.locator(".failed-folder").waitFor();
  await page.unroute(/api\/v1\/folder\?/);
  await page.locator("pl-list").getByText("folder 1", { exact: true }).waitFor({ timeout: 8000 });
  await context.setOffline(true);
  const box = page.getByRole("combobox", { name: /search/i });
  await box.fill("report");
  await box.press("Enter");
  await page.locator(".empty-folder[role=alert]").waitFor();
  await context.setOffline(false);
  await page.locator(".empty-folder[role=alert]").waitFor({ state: "detached", timeout: 6000 });
  await context.close();
});
