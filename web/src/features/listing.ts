// Shows what has arrived without leaving the page: takes the fresh state of the folder out of the same address.

/** A folder this large is cheaper to reload by hand than to fetch again and again. */
const MAX_ROWS = 5000;

/** Between two refreshes: this many times as long as the last one took, and at least so many milliseconds. */
const PAUSE_FACTOR = 10;
const MIN_PAUSE_MS = 5000;

/**
 * What depends on the content of the folder: the heading with its counts and its buttons, the list, the texts around it, the
 * free space. Taken over as a whole, so that nothing is forgotten that an empty folder has not (list, downloads, README).
 * Pages without a list have no such parts: there the uploader stands in the main part, and must stay.
 */
const CONTENT = "#content";
const PARTS = [CONTENT, ".foot"];

let running: Promise<boolean> | undefined;
let next = 0;

/**
 * Replaces what shows the content of the folder by the server's current state; leaves everything as it is when that fails.
 *
 * `last`: nothing more will arrive, so do it even if the last refresh was a moment ago. Answers whether it was done.
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
    // The server is away; the next refresh or a reload will show it.
    return false;
  }
}

/** The keyboard stays on the link that it was on. */
function replace(old: Element, now: Element): void {
  const focused = document.activeElement;
  const href = focused && old.contains(focused) ? focused.getAttribute("href") : null;
  old.replaceChildren(...[...now.childNodes].map((node) => document.adoptNode(node)));
  if (href === null) return;
  const same = [...old.querySelectorAll<HTMLElement>("a[href]")].find((link) => link.getAttribute("href") === href);
  same?.focus({ preventScroll: true });
}
