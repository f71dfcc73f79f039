// Shows what has arrived without leaving the page: takes the fresh list out of the same address.

/** A folder this large is cheaper to reload by hand than to fetch again and again. */
const MOST_ROWS = 5000;

/** Between two refreshes: this many times as long as the last one took, and at least so many milliseconds. */
const REST = 10;
const PAUSE = 5000;

let running: Promise<boolean> | undefined;
let next = 0;

/**
 * Replaces the file table and the summary by the server's current ones; leaves everything as it is when that fails.
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
  next = performance.now() + Math.max(PAUSE, (performance.now() - start) * REST);
  return done;
}

async function swap(): Promise<boolean> {
  const main = document.querySelector("main");
  if (!main || main.querySelectorAll("#files tr").length > MOST_ROWS) return false;
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!response.ok) return false;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const selector of ["#files", ".summary"]) {
      const [old, now] = [main.querySelector(selector), fresh.querySelector(`main ${selector}`)];
      if (old && now) old.replaceWith(document.adoptNode(now));
      else if (now) main.insertBefore(document.adoptNode(now), main.querySelector("#readme"));
    }
    return true;
  } catch {
    // The server is away; the next refresh or a reload will show it.
    return false;
  }
}
