// Refreshes the listing in place: fetches the current page again and replaces the parts that depend on the folder's content.

/** Larger folders are not refreshed automatically: fetching them repeatedly costs too much. */
const MAX_ROWS = 5000;

/** Pause between two refreshes: a multiple of the duration of the last one, and a minimum in milliseconds. */
const PAUSE_FACTOR = 10;
const MIN_PAUSE_MS = 5000;

/**
 * Selects what depends on the folder's content: the heading with its counts and buttons, the list, the texts around it, the
 * free space. Replaced as a whole, because an empty folder has no list, downloads or README. Pages without a list have no
 * `#content`: there the main part holds the uploader, which must stay.
 */
const CONTENT = "#content";
const PARTS = [CONTENT, ".foot"];

let running: Promise<boolean> | undefined;
let next = 0;

/**
 * Replaces the folder's content on the page by the server's current state. Changes nothing when the request fails.
 *
 * `last`: no more uploads follow, so the minimum pause is ignored. Resolves to whether the page was refreshed.
 */
export async function refreshListing(last: boolean): Promise<boolean> {
  if (!last && (running || performance.now() < next)) return false;
  await running;
  const start = performance.now();
  running = swap();
  const done = await running;
  running = undefined;
  next = performance.now() + Math.max(MIN_PAUSE_MS, (performance.now() - start) * PAUSE_FACTOR);
  return done;
}

async function swap(): Promise<boolean> {
  const main = document.querySelector(CONTENT);
  if (!main || main.querySelectorAll("#files tr").length > MAX_ROWS) return false;
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!response.ok) return false;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const selector of PARTS) {
      const [old, now] = [document.querySelector(selector), fresh.querySelector(selector)];
      if (old && now) replace(old, now);
    }
    return true;
  } catch {
    // The server is unreachable; the next refresh or a reload shows the state.
    return false;
  }
}

/** Replaces the content of `old` and restores the focus to the link that had it. */
function replace(old: Element, now: Element): void {
  const focused = document.activeElement;
  const href = focused && old.contains(focused) ? focused.getAttribute("href") : null;
  old.replaceChildren(...[...now.childNodes].map((node) => document.adoptNode(node)));
  if (href === null) return;
  const same = [...old.querySelectorAll<HTMLElement>("a[href]")].find((link) => link.getAttribute("href") === href);
  same?.focus({ preventScroll: true });
}
