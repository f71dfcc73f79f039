// From right to left, commands, code, addresses and names keep their own direction. In narrow windows and at 200 % nothing is cut and
// everything can be reached, in languages of long words, too.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { asFiles, assertFits, launch, open } from "./browser.mjs";
import { real, startServer } from "./servers.mjs";

const skip = !real && "needs the real server";
const root = mkdtempSync(join(tmpdir(), "potluck-layout-"));
const PHONE = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true };
const LONG = "a report that few people read to its end and that has to be kept for ten years (final 3)";
let browser;
let server;

function put(path, content) {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), content);
}

before(async () => {
  if (skip) return;
  put("docs/README.md", "# Notes (1)\n\nAn English text.\n\n- one\n\n```sh\nls -la /srv # (all)\n```\n");
  put("docs/arabic.md", "# الحديقة\n\nخطة السنة.\n\n- بند\n\nEnglish (2).\n\n```sh\nls -la /srv # (all)\n```\n");
  put("drop/x", "");
  put("docs/main.rs", "fn main() {}\n// end\n");
  put("docs/same.txt", "the same\n");
  put("docs/short/found.md", "x");
  put(`docs/below/${LONG}/found ${LONG}.txt`, "x");
  const volumes = ["-a", "ann:wark", "-v", `${root}:all:rwmd`, "-v", `${join(root, "drop")}:drop:w`, "-e2dsa"];
  [browser, server] = [await launch(), await startServer(...volumes)];
});
after(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(root, { recursive: true, force: true });
});

async function visit(path, options) {
  const opened = await open(browser, `${server.url}${path}`, options);
  if (await opened.page.locator("main[data-enhance=browse]").count())
    await opened.page.waitForSelector("html.taken-over");
  return opened;
}

/** Returns the window's x coordinate of the first letters `text` in an element. */
const placeOf = (locator, text) =>
  locator.first().evaluate((element, text) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const at = node.textContent.indexOf(text);
      if (at < 0) continue;
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + text.length);
      return range.getBoundingClientRect().left;
    }
    throw new Error(`${text} is not in ${element.textContent}`);
  }, text);

/** Fails unless the first text is left of the second one. */
async function assertLeftOf(locator, first, second) {
  const [left, right] = [await placeOf(locator, first), await placeOf(locator, second)];
  assert.ok(left < right, `"${first}" at ${left} is not left of "${second}" at ${right}`);
}

const ARABIC = { locale: "ar-EG" };
const directionOf = (locator) => locator.first().evaluate((one) => getComputedStyle(one).direction);

test("from right to left: addresses, commands, paths and keys run from left to right", { skip }, async () => {
  const { context, page, faults } = await visit("/all/docs/?hc", ARABIC);
  await assertLeftOf(page.locator(".address code"), "http", "docs/");
  for (const code of await page.locator("details .command code").all())
    assert.equal(await directionOf(code), "ltr", await code.textContent());

  await page.goto(`${server.url}/all/docs/`);
  const row = page.locator("pl-list .entry").filter({ hasText: "same.txt" });
  await row.locator("input").check();
  await page.keyboard.press("Alt+Enter");
  await assertLeftOf(page.locator("dialog[open] code"), "/", "same.txt");
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.locator("dialog[open] kbd").first().waitFor();
  await assertLeftOf(page.locator("dialog[open] kbd", { hasText: "Shift + A" }), "Shift", "A");
  assert.equal(await directionOf(page.locator("dialog[open] kbd")), "ltr");
  assert.deepEqual(faults, []);
  await context.close();
});

test("from right to left: texts of people run as their letters do", { skip }, async () => {
  const { context, page, faults } = await visit("/all/docs/", ARABIC);
  const readme = page.locator("#readme .md");
  assert.equal(await directionOf(readme), "ltr");
  await assertLeftOf(readme.locator("pre"), "ls", ")");

  await page.goto(`${server.url}/all/docs/?show=arabic.md`);
  const shown = page.locator(".viewer-markdown .md");
  await shown.locator("pre").waitFor();
  assert.equal(await directionOf(shown), "rtl");
  await assertLeftOf(shown.locator("pre"), "ls", ")");
  // The full stop follows the English sentence.
  await assertLeftOf(shown.locator("p", { hasText: "English" }), "English", ".");

  await page.goto(`${server.url}/all/docs/?show=main.rs`);
  const line = page.locator(".viewer-pane .cm-line").first();
  await line.waitFor();
  const numbers = await page.locator(".viewer-pane .cm-gutters").evaluate((one) => one.getBoundingClientRect().right);
  assert.ok(numbers <= (await placeOf(line, "fn")), "the numbers of lines stand before the code");
  assert.deepEqual(faults, []);
  await context.close();
});

test("from right to left: the folder of a result stands after its name, and fields follow what is typed", {
  skip,
}, async () => {
  const { context, page, faults } = await visit("/all/docs/?q=found", ARABIC);
  const hit = page.locator("pl-list .hit", { hasText: "kept" });
  await hit.waitFor();
  const short = page.locator("pl-list .hit", { hasText: "found.md" }).locator("small");
  assert.ok(await short.evaluate((one) => one.scrollWidth <= one.clientWidth), "a short folder is shown whole");
  const [name, folder] = await hit.evaluate((one) => [...one.children].map((part) => part.getBoundingClientRect()));
  assert.ok(folder.right <= name.left, "the folder is left of the name");
  assert.ok(folder.width > 40, "the folder can be read");

  await page.goto(`${server.url}/all/docs/`);
  await page.waitForSelector("html.taken-over");
  for (const name of ["same.txt", "main.rs"])
    await page.locator("pl-list .entry").filter({ hasText: name }).locator("input").check();
  await page.keyboard.press("F2");
  const pattern = page.locator("#rename-pattern");
  await pattern.fill("Summer {n}");
  assert.equal(await pattern.evaluate((one) => getComputedStyle(one).unicodeBidi), "plaintext");
  await page.keyboard.press("Escape");

  await page.setInputFiles("#choose-find", asFiles({ "same.txt": "the same\n" }));
  const place = page.locator("dialog[open] .found p");
  await place.locator("a").waitFor();
  const link = await place.locator("a").evaluate((one) => one.getBoundingClientRect().left);
  const date = await place.locator("small").evaluate((one) => one.getBoundingClientRect().right);
  assert.ok(date <= link, "the date stands after the link, not around it");
  assert.deepEqual(faults, []);
  await context.close();
});

/** Fails if a notice covers any of `others`; shows it by the way of the page. */
async function assertNoticeClear(page, ...others) {
  await page.evaluate(() => {
    const over = document.querySelector("pl-viewer, pl-editor");
    const { app } = over.viewer ?? over.editor;
    app.notices.show({ text: "Something was done, and it takes some words to say what", action: { label: "Undo" } });
  });
  const notice = page.locator(".notice.shown");
  await notice.waitFor();
  const box = await notice.boundingBox();
  assert.ok(box.width > 200, `the notice is ${box.width} pixels wide`);
  for (const other of others) {
    const { x, y, width, height } = await page.locator(other).first().boundingBox();
    const isApart = box.y + box.height <= y || box.y >= y + height || box.x + box.width <= x || box.x >= x + width;
    assert.ok(isApart, `the notice covers ${other}`);
  }
}

for (const options of [{ viewport: { width: 1280, height: 800 } }, PHONE]) {
  test(`notices cover no status line, ${options.viewport.width} pixels`, { skip }, async () => {
    const { context, page, faults } = await visit("/all/docs/?show=main.rs", options);
    await page.locator(".viewer-pane .cm-line").first().waitFor();
    await assertNoticeClear(page, ".viewer-foot", ".viewer-top");
    await page.keyboard.press("e");
    await page.locator(".editor-foot").waitFor();
    await assertNoticeClear(page, ".editor-foot", ".editor-top");
    assert.deepEqual(faults, []);
    await context.close();
  });
}

/** Signs in without the page; only accounts share. */
const signIn = (page) =>
  page.evaluate(async () => {
    const body = new FormData();
    for (const [name, value] of Object.entries({ act: "login", uname: "ann", cppwd: "wark" })) body.set(name, value);
    await fetch("/?h", { method: "POST", body });
  });

/** The narrowest window, in languages of long words. */
for (const locale of ["de-DE", "ru-RU"]) {
  test(`320 pixels, ${locale}: names can be read, and no button is cut`, { skip }, async () => {
    const { context, page, faults } = await visit("/all/docs/", { ...PHONE, locale });
    const fits = (selector) =>
      page
        .locator(selector)
        .evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent));
    await page.locator("pl-list .entry").first().waitFor();
    assert.deepEqual(await fits(".browse .crumbs"), [], "the name of the folder");

    // The trash: its buttons are below the names.
    put("docs/deleted (1).txt", "x");
    await signIn(page);
    await page.reload();
    await page.locator("pl-list .entry").filter({ hasText: "deleted (1).txt" }).locator("input").check();
    await page.keyboard.press("Delete");
    await page.locator(".notice.shown .tool").nth(1).click();
    const line = page.locator("dialog[open] pl-trash .line").first();
    await line.waitFor();
    assert.deepEqual(await fits("dialog[open]"), [], "the trash is as wide as the window");
    assert.ok((await line.locator(".what").boundingBox()).width > 150, "the name of what was deleted can be read");
    await page.keyboard.press("Escape");

    // A new link: the address beside its button.
    await page.locator("pl-list .entry").filter({ hasText: "main.rs" }).locator("input").check();
    await page
      .locator(".selection .tool")
      .filter({ has: page.locator(".i-share") })
      .click();
    await page.locator("dialog[open] .share-form .btn.primary").click();
    const address = await page.locator("#share-url").boundingBox();
    assert.ok(address.width > 150, `the address is ${address.width} pixels wide`);
    await page.keyboard.press("Escape");

    await page.goto(`${server.url}/all/docs/?show=main.rs`);
    await page.locator(".viewer-bottom .tool").first().waitFor();
    assert.deepEqual(await fits(".viewer-bottom .tool span:not(.i)"), [], "words of the viewer's buttons");
    assert.deepEqual(faults, []);
    await context.close();
  });
}

for (const locale of ["ja-JP", "uk-UA", "de-DE", "ru-RU"]) {
  test(`320 pixels, ${locale}: words of the bars at the bottom stay in one line`, { skip }, async () => {
    const { context, page } = await visit("/all/docs/", { ...PHONE, locale });
    const words = (bar) =>
      page.locator(`${bar} button`).evaluateAll((all) =>
        all.map((one) => {
          const word = one.querySelector("span:not(.i)");
          const right = one.getBoundingClientRect().right;
          const isLink = one.dataset.tool === "link";
          const lines = word.getBoundingClientRect().height / Number.parseFloat(getComputedStyle(word).fontSize);
          return {
            text: word.textContent,
            lines,
            isCut: word.scrollWidth > word.clientWidth + 1,
            isLink,
            width: one.offsetWidth,
            right,
          };
        }),
      );
    const tabs = await words(".phone-tabs");
    await page.goto(`${server.url}/all/docs/?show=main.rs`);
    await page.locator(".viewer-bottom .tool").nth(4).waitFor();
    const tools = await words(".viewer-bottom");
    assert.deepEqual([tabs.length, tools.length], [4, 5]);
    for (const { text, lines, width, right } of [...tabs, ...tools]) {
      assert.ok(lines < 2, `${text}: ${lines} lines`);
      assert.ok(width >= 44, `${text}: ${width} pixels wide`);
      assert.ok(right <= 320, `${text}: ends at ${right}`);
    }
    // The words for a link are the longest, and are cut first.
    const cut = [...tabs, ...tools].filter(({ isCut, isLink }) => isCut && !isLink);
    assert.deepEqual(cut, []);
    await context.close();
  });
}

test("320 pixels: each part of the summary has a line of its own, without a dot before or after it", {
  skip,
}, async () => {
  for (const locale of ["en-US", "de-DE", "ru-RU"]) {
    const { context, page } = await visit("/all/docs/", { ...PHONE, locale });
    const parts = await page.locator("pl-bar .summary bdi").evaluateAll((all) =>
      all.map((one) => {
        const range = document.createRange();
        range.selectNodeContents(one);
        const { left, top } = one.getBoundingClientRect();
        return { left, top, lines: new Set([...range.getClientRects()].map((line) => line.top)).size };
      }),
    );
    assert.equal(parts.length, 2, locale);
    assert.ok(parts[1].top > parts[0].top && parts[0].left === parts[1].left, `${locale}: one below the other`);
    assert.equal(parts[1].lines, 1, `${locale}: figure and unit`);
    const dots = await page.locator("pl-bar .summary").evaluate((one) => {
      const range = document.createRange();
      return [...one.childNodes]
        .filter((node) => node.nodeType === Node.TEXT_NODE)
        .map((node) => {
          range.selectNodeContents(node);
          return range.getBoundingClientRect().width;
        });
    });
    assert.ok(
      dots.every((width) => width === 0),
      `${locale}: ${dots}`,
    );
    await context.close();
  }
});

/** What a window of 1280 by 600 pixels shows at 200 %. */
const ZOOMED = { viewport: { width: 640, height: 300 } };

test("at 200 %, both versions of a text can be compared, and the buttons keep their words whole", {
  skip,
}, async () => {
  const { context, page, faults } = await visit("/all/docs/", { ...ZOOMED, locale: "de-DE" });
  put("docs/both.txt", "one\ntwo\n");
  await page.goto(`${server.url}/all/docs/?show=both.txt`);
  await page.locator(".viewer-pane .cm-line").first().waitFor();
  await page.keyboard.press("e");
  await page.locator("pl-editor .cm-content").click();
  await page.keyboard.type("mine ");
  put("docs/both.txt", "one\ntwo, but longer\n");
  await page.keyboard.press("Control+s");
  const room = page.locator("pl-editor-conflict");
  await room.locator(".actions .btn").first().waitFor();
  for (const button of await room.locator(".actions .btn").all())
    assert.ok((await button.boundingBox()).height < 50, `${await button.textContent()} is broken into lines`);
  const compared = room.locator(".editor-compare");
  await compared.evaluate((one) => one.scrollIntoView({ block: "end" }));
  const { y, height } = await compared.boundingBox();
  assert.ok(height > 150 && y + height <= ZOOMED.viewport.height + 1, `${height} pixels at ${y}`);
  assert.deepEqual(
    faults.filter((fault) => !fault.includes("409")),
    [],
  );
  await context.close();
});

test("with large texts, lines of lists are as high as what is in them", { skip }, async () => {
  const { context, page, faults } = await visit("/all/docs/");
  await page.evaluate(() => {
    document.documentElement.style.fontSize = "200%";
  });
  for (const name of ["same.txt", "main.rs"])
    await page.locator("pl-list .entry").filter({ hasText: name }).locator("input").check();
  await page.keyboard.press("F2");
  await page.fill("#rename-pattern", "Summer {n}");
  await page.locator("dialog[open] .new", { hasText: "Summer" }).first().waitFor();
  const cut = await page
    .locator("pl-rename .line > span")
    .evaluateAll((all) => all.filter((one) => one.scrollHeight > one.clientHeight + 1).map((one) => one.textContent));
  assert.deepEqual(cut, []);
  assert.deepEqual(faults, []);
  await context.close();
});

/** Returns the top of the first line of each element, in window pixels, rounded to lines of the page. */
const middles = (locator) =>
  locator.evaluateAll((all) =>
    all.map((one) => one.getBoundingClientRect()).map(({ top, height }) => Math.round(top + height / 2)),
  );

test("what can be done with a selection stands in one line beside it, in languages of long words, too", {
  skip,
}, async () => {
  for (const [width, locale] of [
    [768, "en-US"],
    [768, "de-DE"],
    [1280, "de-DE"],
  ]) {
    const options = { viewport: { width, height: 700 }, locale };
    const { context, page, faults } = await visit("/all/docs/", options);
    await page.locator("pl-list [data-index] input").first().check();
    const bar = page.locator(".selection");
    await bar.waitFor();
    assert.equal(new Set(await middles(bar.locator("> *"))).size, 1, `${locale}, ${width}`);
    assert.ok((await bar.locator(".tool").count()) >= 3, `${locale}, ${width}: there is room for more than the menu`);
    assert.deepEqual(faults, []);
    await context.close();
  }
});

test("on phones the bar of the selection has one height, and its buttons one line, whatever is selected", {
  skip,
}, async () => {
  for (const locale of ["en", "de", "ru", "fr", "uk", "id"]) {
    const phone = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true, locale };
    const { context, page, faults } = await visit("/all/docs/", phone);
    const heights = [];
    const boxes = page.locator("pl-list [data-index] input[type=checkbox]");
    for (const at of [0, 2, 3]) {
      await boxes.nth(at).check();
      const bar = await page.locator(".selection").boundingBox();
      assert.ok(bar.x + bar.width <= 320, `${locale}: ${bar.width} pixels wide`);
      heights.push(bar.height);
      const tools = await page
        .locator(".selection .tool")
        .evaluateAll((all) => all.map((one) => one.getBoundingClientRect()));
      assert.ok(
        tools.every(({ top, right }) => top === tools[0].top && right <= 320),
        `${locale}: buttons`,
      );
    }
    assert.equal(new Set(heights).size, 1, `${locale}: ${heights}`);
    assert.deepEqual(faults, []);
    await context.close();
  }
});

test("in the narrowest window no word of the summary is broken, and the results have two lines above the list", {
  skip,
}, async () => {
  for (let at = 0; at < 25; at++) put(`count/File ${at}.txt`, "x");
  for (const locale of ["de", "ru", "fr", "uk"]) {
    const { context, page } = await visit("/all/count/", { ...PHONE, locale });
    const broken = await page.locator("pl-bar .summary bdi").evaluateAll((all) =>
      all.flatMap((one) => {
        const text = one.firstChild;
        return [...text.textContent.matchAll(/\p{L}+/gu)].flatMap(({ 0: word, index }) => {
          const range = document.createRange();
          range.setStart(text, index);
          range.setEnd(text, index + word.length);
          return range.getClientRects().length > 1 ? word : [];
        });
      }),
    );
    assert.deepEqual(broken, [], locale);
    await assertFits(page, locale);
    await page.goto(`${server.url}/all/count/?q=file`);
    const close = page.locator(".results > .tool").last();
    await close.waitFor();
    const [scope, x] = await middles(page.locator(".results > .segmented, .results > .tool:last-child"));
    assert.ok(Math.abs(scope - x) < 4, `${locale}: the scope at ${scope}, the way back at ${x}`);
    await assertFits(page, locale);
    await context.close();
  }
});

test("focus rings of rows and of the tree are whole, and a menu opened by mouse marks no entry before a key", {
  skip,
}, async () => {
  const { context, page } = await visit("/all/docs/");
  await page.keyboard.press("Tab");
  for (const selector of [".files .more .icon", ".folders a"]) {
    await page.locator(selector).first().focus();
    const offset = await page
      .locator(selector)
      .first()
      .evaluate((one) => getComputedStyle(one).outlineOffset);
    assert.equal(offset, "-2px", selector);
  }
  await page.locator(".files .more .icon").first().click();
  const first = page.getByRole("menuitem").first();
  const look = () =>
    first.evaluate((one) => [getComputedStyle(one).backgroundColor, getComputedStyle(one).outlineStyle].join(" "));
  await page.mouse.move(5, 5);
  await first.waitFor();
  assert.equal(await look(), "rgba(0, 0, 0, 0) none");
  await page.keyboard.press("Home");
  assert.match(await look(), / solid$/);
  await page.keyboard.press("Escape");
  await page.locator(".files .more .icon").first().focus();
  await page.keyboard.press("Enter");
  assert.match(await look(), / solid$/);
  await context.close();
});

test("the header fits where the tree begins to", { skip }, async () => {
  for (const locale of ["en-US", "de-DE"]) {
    const { context, page } = await visit("/all/docs/", { viewport: { width: 641, height: 700 }, locale });
    const right = await page.locator("#account").evaluate((one) => one.getBoundingClientRect().right);
    assert.ok(right <= 641, `${locale}: the menu ends at ${right}`);
    await assertFits(page, locale);
    await context.close();
  }
});

test("on a phone the menu of a page for guests stands beside the name of the server", { skip }, async () => {
  for (const javaScriptEnabled of [true, false]) {
    const { context, page } = await open(browser, `${server.url}/drop/`, { ...PHONE, javaScriptEnabled });
    const [brand, menu] = await middles(page.locator(".top > .brand, #account > summary"));
    assert.ok(Math.abs(brand - menu) < 8, `the name at ${brand}, the menu at ${menu}`);
    await assertFits(page, "guest");
    await context.close();
  }
});

test("on a phone the name of the server and the links to sign in stand in one line", { skip }, async () => {
  const { context, page } = await open(browser, `${server.url}/all/docs/README.md?v`, PHONE);
  const [brand, code, signIn] = await middles(page.locator(".top > .brand, .top > .account > a"));
  assert.ok(Math.abs(brand - code) < 4 && code === signIn, `${brand}, ${code}, ${signIn}`);
  await context.close();
});

test("the header of every page is as wide as the window, and begins and ends at the same places", {
  skip,
}, async () => {
  for (const [width, edge] of [
    [768, 24],
    [1280, 24],
    [1920, 24],
  ]) {
    for (const path of ["/drop/", "/all/docs/", "/?h", "/.potluck/join"]) {
      const { context, page } = await open(browser, `${server.url}${path}`, { viewport: { width, height: 700 } });
      const box = (selector) => page.locator(selector).last().boundingBox();
      const [top, brand] = [await box(".top"), await box(".top > .brand")];
      assert.deepEqual([top.x, top.width, brand.x], [0, width, edge], `${path}, ${width}`);
      const menu = page.locator("#account > summary");
      if (await menu.count()) {
        const { x, width: own } = await menu.boundingBox();
        assert.equal(Math.round(x + own), width - edge, `${path}, ${width}: the menu`);
      }
      const main = await box("main");
      if (path !== "/all/docs/")
        assert.ok(
          Math.abs(main.x - (width - main.x - main.width)) <= 1,
          `${path}, ${width}: the column is in the middle`,
        );
      await assertFits(page, `${path}, ${width}`);
      await context.close();
    }
  }
});

test("on a phone the buttons of a Markdown page have one width, and the search without script a frame", {
  skip,
}, async () => {
  const { context, page } = await open(browser, `${server.url}/all/docs/README.md?v`, {
    ...PHONE,
    javaScriptEnabled: false,
  });
  const widths = await page
    .locator(".bar .actions .btn:not(.quiet)")
    .evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().width)));
  assert.ok(widths.length >= 3 && new Set(widths).size === 1, String(widths));
  await page.goto(`${server.url}/all/docs/`);
  for (const menu of ["#new", "#download", "#account"]) {
    await page.locator(`${menu} > summary`).click();
    const { x, y, width } = await page.locator(`${menu} > .pop`).boundingBox();
    const button = await page.locator(`${menu} > summary`).boundingBox();
    assert.ok(x >= 0 && x + width <= 320, `${menu}: from ${x}, ${width} wide`);
    assert.ok(y >= button.y + button.height, `${menu}: over its button`);
    await page.locator(`${menu} > summary`).click();
  }
  const field = page.locator(".find-plain [type=search]");
  const [height, radius, edge] = await field.evaluate((one) => {
    const { borderTopLeftRadius, borderTopStyle } = getComputedStyle(one);
    return [one.getBoundingClientRect().height, borderTopLeftRadius, borderTopStyle];
  });
  const gap = await page.evaluate(() => {
    const [list, form] = ["#files", "#upload"].map((at) => document.querySelector(at).getBoundingClientRect());
    return form.top - list.bottom;
  });
  assert.ok(gap >= 12, `${gap} pixels between the list and the form below it`);
  assert.ok(height >= 44 && radius !== "0px" && edge === "solid", `${height} ${radius} ${edge}`);
  await context.close();
});

test("with forced colours order, view and the shown picture are marked", { skip }, async () => {
  const { context, page } = await visit("/all/docs/", { forcedColors: "active" });
  const arrow = await page.locator("th[aria-sort] button").evaluate((button) => {
    const style = getComputedStyle(button, "::after");
    return [style.borderBottomColor, style.borderTopColor];
  });
  assert.notEqual(arrow[0], arrow[1], "a triangle, and no square");
  const outline = (one) => getComputedStyle(one).outlineStyle;
  assert.equal(await page.locator(".segmented [aria-pressed=true]").first().evaluate(outline), "solid");
  assert.equal(await page.locator(".segmented [aria-pressed=false]").first().evaluate(outline), "none");
  await context.close();
});

test("the header of a folder for uploads is one line, in languages of long words, with a long name and without script, too", {
  skip,
}, async () => {
  const named = await startServer(
    "-a",
    "ann:wark",
    "-v",
    `${join(root, "drop")}:drop:w`,
    "--name",
    "Files of the whole family",
  );
  try {
    for (const [url, locale, javaScriptEnabled] of [
      ...["en", "de", "es", "fr", "pl", "ru", "hi", "ja", "ar"].map((locale) => [server.url, locale, true]),
      [server.url, "en", false],
      [named.url, "es", true],
    ]) {
      const { context, page } = await open(browser, `${url}/drop/`, { ...PHONE, locale, javaScriptEnabled });
      await page.locator(".sign-in a").last().waitFor();
      const middles = await page
        .locator(".top > *")
        .evaluateAll((all) => all.map((one) => one.getBoundingClientRect()).map(({ top, height }) => top + height / 2));
      assert.equal(middles.length, 3);
      assert.ok(Math.max(...middles) - Math.min(...middles) <= 2, `${locale}: ${middles}`);
      assert.ok(await page.locator(".sign-in a").last().isVisible(), "the way to sign in");
      await assertFits(page, locale);
      await page.locator("details#account summary").click();
      assert.ok(await page.locator("details#account a").first().isVisible(), "the menu opens");
      await context.close();
    }
  } finally {
    await named.stop();
  }
});

test("the filter of own uploads looks as other fields do", { skip }, async () => {
  for (const colorScheme of ["light", "dark"]) {
    const { context, page } = await open(browser, `${server.url}/all/docs/`, { ...PHONE, colorScheme });
    await page.evaluate(async () => {
      for (let at = 0; at < 9; at++)
        await fetch(`/all/own ${at} ${Math.random()}.txt`, { method: "PUT", body: `${at}` });
    });
    const looks = (field) =>
      page.locator(field).evaluate((one) => {
        const { borderTopWidth, borderTopColor, borderRadius, backgroundColor, paddingLeft, height } =
          getComputedStyle(one);
        const { width } = one.getBoundingClientRect();
        return { borderTopWidth, borderTopColor, borderRadius, backgroundColor, paddingLeft, height, width };
      });
    await page.goto(`${server.url}/?ups`);
    const filter = await looks("#ups-f");
    await assertFits(page, "own uploads");
    await page.goto(`${server.url}/?h`);
    const { width: other, ...field } = await looks("#li-u");
    const { width, ...own } = filter;
    assert.deepEqual(own, field);
    assert.ok(Math.abs(width - other) <= 2, `${width} and ${other} pixels wide`);
    await context.close();
  }
});
