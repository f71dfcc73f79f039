// Returns to a position of the page.

/** Frames in which the page may still grow until the position is reached. */
const FRAMES_MAX = 60;
const OWN_MOVES = ["wheel", "touchmove", "keydown", "pointerdown"] as const;

/**
 * Scrolls to `top` pixels once the page is drawn. What is drawn later makes the page longer, so it goes on until the position is
 * reached, or the visitor moves. `arrived` is called where it is reached.
 */
export function scrollBack(top: number, arrived: () => void = () => {}): void {
  let left = FRAMES_MAX;
  const stop = (): void => {
    left = 0;
  };
  for (const name of OWN_MOVES) addEventListener(name, stop, { once: true, passive: true });
  const step = (): void => {
    const isStopped = left <= 0;
    if (!isStopped) window.scrollTo(0, top);
    left -= 1;
    const isThere = Math.abs(window.scrollY - top) <= 1;
    if (left > 0 && !isThere) return void requestAnimationFrame(step);
    for (const name of OWN_MOVES) removeEventListener(name, stop);
    if (isThere && !isStopped) arrived();
  };
  requestAnimationFrame(() => requestAnimationFrame(step));
}
