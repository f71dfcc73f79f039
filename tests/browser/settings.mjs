// The settings window with a fake server behind it, and what its tests have in common.
import { serve } from "../../ui/dev/serve.mjs";
import { assertAccessible, assertFits, launch, open, shot } from "./browser.mjs";
import { HOST } from "./servers.mjs";

let browser;
let window;

/** To be called before the first test. */
export async function start() {
  [browser, window] = [await launch(), await serve()];
}

/** To be called after the last test. */
export async function stop() {
  await browser?.close();
  await window?.stop();
}

export const PANES = ["connect", "shares", "people", "links", "activity", "settings", "help"];
export const SCHEMES = ["light", "dark"];
/** As the desktop program opens it. */
export const WINDOW = { width: 760, height: 560 };

/** Opens a pane on a name that is not localhost, as an administrator does over plain http. */
export async function openPane(pane, { scene = "", desktop = true, ...look } = {}) {
  const query = `?fake=${scene}${desktop ? "&desktop" : ""}#${pane}`;
  const url = new URL(query, window.url);
  url.hostname = HOST;
  const opened = await open(browser, url.href, { viewport: WINDOW, ...look });
  await opened.page.locator(scene === "new" || scene === "port" ? "pl-welcome h1" : "main h1").waitFor();
  return opened;
}

/** What the window asked of the server, by name of the call. */
export const asked = (page, call) =>
  page.evaluate((wanted) => window.potluckFake.calls.filter((one) => one.call === wanted), call);

export async function check(page, name) {
  await assertFits(page, name);
  await assertAccessible(page, name);
  await shot(page, `settings-${name}`);
}

/** Presses the button that says so. */
export const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
