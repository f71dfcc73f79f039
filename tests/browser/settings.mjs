// Common functions of the tests that run the settings window with a fake server.
import { serve } from "../../ui/dev/serve.mjs";
import { assertAccessible, assertFits, launch, open, shot } from "./browser.mjs";
import { HOST } from "./servers.mjs";

let browser;
let window;

/** Must be called before the first test. */
export async function start() {
  [browser, window] = [await launch(), await serve()];
}

/** Must be called after the last test. */
export async function stop() {
  await browser?.close();
  await window?.stop();
}

export const PANES = ["connect", "shares", "people", "links", "activity", "settings", "help"];
export const SCHEMES = ["light", "dark"];
/** Size of the window in the desktop program. */
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

/** Returns the calls with this name that the window sent to the fake server. */
export const asked = (page, call) =>
  page.evaluate((wanted) => window.potluckFake.calls.filter((one) => one.call === wanted), call);

export async function check(page, name) {
  await assertFits(page, name);
  await assertAccessible(page, name);
  await shot(page, `settings-${name}`);
}

/** Presses the button with exactly this name. */
export const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
