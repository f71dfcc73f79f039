// Writes a screenshot of every view into a folder, on a phone and in a wide window, in light and dark, and from right to left.
//   POTLUCK_SERVER=PROGRAM node screenshots.mjs FOLDER [VIEW...]
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { launch } from "./browser.mjs";
import { openView, startWithSamples, VIEWS } from "./views.mjs";

const [folder, ...only] = process.argv.slice(2);
if (!folder || !process.env.POTLUCK_SERVER) {
  console.error("Usage: POTLUCK_SERVER=PROGRAM node screenshots.mjs FOLDER [VIEW...]");
  process.exit(2);
}
const unknown = only.filter((name) => !(name in VIEWS));
if (unknown.length > 0) {
  console.error(`There is no view ${unknown.join(", ")}. Views: ${Object.keys(VIEWS).join(", ")}`);
  process.exit(2);
}

const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };
const WIDE = { viewport: { width: 1440, height: 900 } };
const LOOKS = {
  "phone-light": { ...PHONE, colorScheme: "light" },
  "phone-dark": { ...PHONE, colorScheme: "dark" },
  "wide-light": { ...WIDE, colorScheme: "light" },
  "wide-dark": { ...WIDE, colorScheme: "dark" },
};

mkdirSync(resolve(folder), { recursive: true });
const [browser, server] = await Promise.all([launch(), startWithSamples()]);
try {
  for (const view of only.length > 0 ? only : Object.keys(VIEWS)) {
    for (const [look, options] of Object.entries(LOOKS)) {
      const { context, page } = await openView(browser, server, view, options);
      // Pictures fade in, and drawers open.
      await page.waitForTimeout(400);
      await page.screenshot({ path: join(resolve(folder), `${view}-${look}.png`) });
      if (look.endsWith("light")) {
        await page.evaluate(() => {
          document.documentElement.dir = "rtl";
        });
        await page.waitForTimeout(200);
        await page.screenshot({ path: join(resolve(folder), `${view}-${look}-rtl.png`) });
      }
      await context.close();
    }
    console.log(view);
  }
} finally {
  await browser.close();
  await server.stop();
}
