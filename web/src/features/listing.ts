// Shows what has arrived without leaving the page: takes the fresh list out of the same address.

/** A folder this large is cheaper to reload by hand than to fetch again and again. */
const MOST_ROWS = 5000;

let running = false;

/** Replaces the file table and the summary by the server's current ones. Leaves everything as it is when that fails. */
export async function refreshListing(): Promise<void> {
  const main = document.querySelector("main");
  if (!main || running || main.querySelectorAll("#files tr").length > MOST_ROWS) return;
  running = true;
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!response.ok) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const selector of ["#files", ".summary"]) {
      const [old, now] = [main.querySelector(selector), fresh.querySelector(`main ${selector}`)];
      if (old && now) old.replaceWith(document.adoptNode(now));
      else if (now) main.append(document.adoptNode(now));
    }
  } catch {
    // The server is away; the next refresh or a reload will show it.
  } finally {
    running = false;
  }
}
