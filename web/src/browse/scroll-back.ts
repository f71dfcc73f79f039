// Scrolls the page to a place in it: to a position on the way back, or to a heading of the folder's readme that the address names.
import { plainName } from "./decoded.ts";

/** Frames in which the page may still grow until the place is reached. */
const FRAMES_MAX = 60;
const OWN_MOVES = ["wheel", "touchmove", "keydown", "pointerdown"] as const;

/** A heading of a readme, as the server names it (spec/browser-ui.md 7.2). */
const HEADING = /^#(md-.+)/;

/**
 * Scrolls to `top` pixels once the page is drawn. What is drawn later makes the page longer, so it goes on until the position is
 * reached, or the visitor moves. `arrived` is called where it is reached.
 */
export function scrollBack(top: number, arrived: () => void = () => {}): void {
  scrollWhenDrawn(() => top, arrived);
}

/** Scrolls to the heading that a fragment names, once it is drawn. Returns false if the fragment names none. */
export function scrollToHeading(fragment: string): boolean {
  const id = HEADING.exec(fragment)?.[1];
  if (id === undefined) return false;
  const ids = [id, plainName(id)];
  scrollWhenDrawn(() => {
    const heading = ids.map((one) => document.getElementById(one)).find((one) => one !== null);
    if (!heading) return undefined;
    const covered = Number.parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0;
    const top = heading.getBoundingClientRect().top + window.scrollY - covered;
    return Math.min(top, document.documentElement.scrollHeight - window.innerHeight);
  });
  return true;
}

/** `topOf`: returns the position; undefined while it is not known. */
function scrollWhenDrawn(topOf: () => number | undefined, arrived: () => void = () => {}): void {
  let left = FRAMES_MAX;
  const stop = (): void => {
    left = 0;
  };
  for (const name of OWN_MOVES) addEventListener(name, stop, { once: true, passive: true });
  const step = (): void => {
    const isStopped = left <= 0;
    const top = topOf();
    if (!isStopped && top !== undefined) window.scrollTo(0, top);
    left -= 1;
    const isThere = top !== undefined && Math.abs(window.scrollY - top) <= 1;
    if (left > 0 && !isThere) return void requestAnimationFrame(step);
    for (const name of OWN_MOVES) removeEventListener(name, stop);
    if (isThere && !isStopped) arrived();
  };
  requestAnimationFrame(() => requestAnimationFrame(step));
}
