// Every view on a phone, a tablet and a wide window, in light and dark, with forced colours, from right to left, at 200 % and with
// reduced motion: axe finds nothing, nothing is wider than the window, no text is cut, the console stays silent.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, assertFits, launch } from "./browser.mjs";
import { missing } from "./samples.mjs";
import { real } from "./servers.mjs";
import { skipped } from "./skips.mjs";
import { openView, startWithSamples, VIEWS } from "./views.mjs";

const TITLE = "every view in all looks";
const skip = (!real && "needs the real server") || (missing && skipped(TITLE, missing));
const PHONE = { width: 320, height: 640 };
const TABLET = { width: 768, height: 1024 };
const WIDE = { width: 1440, height: 900 };
/** What a wide window shows at 200 %. */
const ZOOMED = { width: 720, height: 450 };

let browser;
let server;

before(async () => {
  if (skip) return;
  [browser, server] = await Promise.all([launch(), startWithSamples()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/**
 * Each view is opened twice, as a phone and as a wide window show it, and then looked at in several ways. axe reads roles and
 * colours and takes the most time: it reads each view in light in one opening and in dark in the other (`axe`: 0 for every second
 * view, 1 for the others). The rest is layout.
 */
const OPENINGS = [
  {
    options: { viewport: PHONE, hasTouch: true, isMobile: true, reducedMotion: "reduce" },
    looks: [
      { name: "320 light", axe: 0 },
      { name: "320 dark", colorScheme: "dark", axe: 1 },
      { name: "320 right to left", isRtl: true },
      { name: "320 forced colours", forcedColors: "active" },
    ],
  },
  {
    options: { viewport: WIDE },
    looks: [
      { name: "1440 dark", colorScheme: "dark", axe: 0 },
      { name: "1440 light", axe: 1 },
      { name: "1440 right to left", isRtl: true },
      { name: "1440 forced colours", forcedColors: "active", reducedMotion: "reduce" },
      { name: "768 dark", viewport: TABLET, colorScheme: "dark" },
      { name: "200 %", viewport: ZOOMED },
    ],
  },
];

async function take(page, { viewport, colorScheme = "light", forcedColors = "none", reducedMotion, isRtl = false }) {
  if (viewport) await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme, forcedColors, ...(reducedMotion ? { reducedMotion } : {}) });
  await page.evaluate(
    async (dir) => {
      document.documentElement.dir = dir;
      // The list draws its rows again after the change of size.
      for (let n = 0; n < 3; n++) await new Promise(requestAnimationFrame);
      const ending = document.getAnimations().filter((one) => Number.isFinite(one.effect?.getComputedTiming().endTime));
      await Promise.all(ending.map((one) => one.finished.catch(() => {})));
    },
    isRtl ? "rtl" : "ltr",
  );
}

/**
 * Returns texts of which a part cannot be read: cut by a box around them that does not scroll, or outside the window. Names of files
 * may be shortened with an ellipsis.
 */
function cutTexts() {
  const cut = [];
  const describe = (element) => `${element.tagName.toLowerCase()}.${element.className}`;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  const isShortened = (style) => style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none";
  texts: for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.textContent.trim();
    const own = node.parentElement;
    if (text === "" || own.closest(".sr, .skip, [hidden], [inert], script, style, template, .cm-editor, option, svg"))
      continue;
    if (!own.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    const top = document.querySelector("dialog[open], pl-viewer, .menu-pop");
    if (top && !top.contains(own)) continue;
    range.selectNodeContents(node);
    const rects = [...range.getClientRects()].filter(({ width, height }) => width > 0 && height > 0);
    const box = {
      left: Math.min(...rects.map((one) => one.left)),
      right: Math.max(...rects.map((one) => one.right)),
      top: Math.min(...rects.map((one) => one.top)),
      bottom: Math.max(...rects.map((one) => one.bottom)),
    };
    let [scrollsX, scrollsY] = [false, false];
    for (let element = own; element && rects.length > 0; element = element.parentElement) {
      const style = getComputedStyle(element);
      // For screen readers only.
      if (style.position === "absolute" && style.clipPath !== "none") continue texts;
      if (isShortened(style)) continue texts;
      const around = element.getBoundingClientRect();
      if (/auto|scroll/.test(style.overflowX)) scrollsX = true;
      if (/auto|scroll/.test(style.overflowY)) scrollsY = true;
      const hidesX = /hidden|clip/.test(style.overflowX) && !scrollsX && element !== document.body;
      const hidesY = /hidden|clip/.test(style.overflowY) && !scrollsY && element !== document.body;
      if (hidesX && (box.left < around.left - 1 || box.right > around.right + 1))
        cut.push(`"${text.slice(0, 40)}" is cut at its side by ${describe(element)}`);
      // Boxes of lines are a little higher than the letters in them.
      if (hidesY && (box.top < around.top - 4 || box.bottom > around.bottom + 4))
        cut.push(`"${text.slice(0, 40)}" is cut below or above by ${describe(element)}`);
      if (style.position === "fixed") break;
    }
    if (rects.length > 0 && !scrollsX && (box.left < -1 || box.right > innerWidth + 1))
      cut.push(`"${text.slice(0, 40)}" is outside the window`);
  }
  return [...new Set(cut)].slice(0, 8);
}

async function look({ page, said }, view, one, turn) {
  const what = `${view}, ${one.name}`;
  await take(page, one);
  await assertFits(page, what);
  assert.deepEqual(await page.evaluate(cutTexts), [], what);
  if (one.axe !== turn) return;
  const before = said.length;
  await assertAccessible(page, what);
  // What axe does is no fault of the page.
  said.length = before;
}

const only = process.env.POTLUCK_VIEWS?.split(",");

test(TITLE, { skip, concurrency: 2 }, async (t) => {
  const views = Object.keys(VIEWS).filter((name) => !only || only.includes(name));
  await Promise.all(
    views.map((view, at) =>
      t.test(view, { timeout: 120_000 }, async () => {
        for (const { options, looks } of OPENINGS) {
          const opened = await openView(browser, server, view, options);
          const faults = [];
          for (const one of looks) await look(opened, view, one, at % 2).catch((error) => faults.push(error.message));
          await opened.context.close();
          assert.deepEqual(faults, [], view);
          assert.deepEqual(opened.said, [], `${view}: console`);
        }
      }),
    ),
  );
});
