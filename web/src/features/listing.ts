// Refreshes the listing in place: asks the page API for the folder and draws the parts of the page that depend on its content.
import { Api } from "../api/client.ts";
import { drawContent, drawSpace, type View } from "./listing-content.ts";

/** Larger folders are not refreshed automatically: fetching them repeatedly costs too much. */
const MAX_ROWS = 5000;

/** Pause between two refreshes: a multiple of the duration of the last one, and a minimum in milliseconds. */
const PAUSE_FACTOR = 10;
const MIN_PAUSE_MS = 5000;

/** Holds what depends on the folder's content. Pages without a list have none: there the main part holds the uploader. */
const CONTENT = "#content";

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
  running = refresh();
  const done = await running;
  running = undefined;
  next = performance.now() + Math.max(MIN_PAUSE_MS, (performance.now() - start) * PAUSE_FACTOR);
  return done;
}

async function refresh(): Promise<boolean> {
  const main = document.querySelector<HTMLElement>(CONTENT);
  if (!main || main.querySelectorAll("#files tr").length > MAX_ROWS) return false;
  const api = new Api(document.documentElement.dataset.base ?? "");
  const view = viewOf(location);
  try {
    const listing = await api.folder(api.pathOf(location.href), view);
    keepingFocus(main, () => drawContent(main, listing, view));
    drawSpace(document.querySelector(".foot"), listing.head);
    return true;
  } catch {
    // The server is unreachable or refuses; the next refresh or a reload shows the state.
    return false;
  }
}

/** Returns how the page shows the folder, from its address. */
function viewOf({ pathname, search }: Location): View {
  const query = new URLSearchParams(search);
  const sort = query.get("sort") ?? "";
  return {
    sort: /^-?(name|size|ext|date)$/.test(sort) ? sort : "name",
    dots: query.has("dots"),
    // Without a slash at the end of the address, links are relative to the folder above.
    fromAbove: !pathname.endsWith("/"),
  };
}

/** Draws, and restores the focus to the link that had it. */
function keepingFocus(main: HTMLElement, draw: () => void): void {
  const focused = document.activeElement;
  const href = focused && main.contains(focused) ? focused.getAttribute("href") : null;
  draw();
  if (href === null) return;
  const same = [...main.querySelectorAll<HTMLElement>("a[href]")].find((link) => link.getAttribute("href") === href);
  same?.focus({ preventScroll: true });
}
