// A finger that moves down a bar closes the viewer; one that moves sideways over a text goes to the next.

/** Pixels of a movement that counts. */
const MIN_MOVE = 70;

/** Calls `run` after a swipe down that begins in what `selector` matches. */
export class SwipeDown {
  constructor(box: HTMLElement, selector: string, run: () => void) {
    onSwipe(box, (event) => (event.target as Element).closest(selector) !== null, {
      ended: (x, y) => {
        if (y > MIN_MOVE && y > Math.abs(x) * 1.5) run();
      },
    });
  }
}

/** Calls `run` with the direction of a swipe sideways: 1 to the right. Not where something can be scrolled sideways. */
export function onSwipeSideways(box: HTMLElement, run: (direction: number) => void): void {
  onSwipe(box, (event) => !scrollsSideways(event, box), {
    ended: (x, y) => {
      if (Math.abs(x) > MIN_MOVE && Math.abs(x) > Math.abs(y) * 2) run(Math.sign(x));
    },
  });
}

function scrollsSideways(event: Event, box: HTMLElement): boolean {
  return event.composedPath().some((one) => {
    if (!(one instanceof HTMLElement) || !box.contains(one.getRootNode() instanceof ShadowRoot ? box : one))
      return false;
    return one.matches("input, .own-gestures") || one.scrollWidth > one.clientWidth + 1;
  });
}

interface Swipe {
  ended: (x: number, y: number) => void;
}

function onSwipe(box: HTMLElement, begins: (event: TouchEvent) => boolean, swipe: Swipe): void {
  let start: Touch | undefined;
  box.addEventListener(
    "touchstart",
    (event) => {
      start = event.touches.length === 1 && begins(event) ? event.touches[0] : undefined;
    },
    { passive: true },
  );
  box.addEventListener(
    "touchend",
    (event) => {
      const end = event.changedTouches[0];
      if (start && end) swipe.ended(end.clientX - start.clientX, end.clientY - start.clientY);
      start = undefined;
    },
    { passive: true },
  );
  box.addEventListener("touchcancel", () => {
    start = undefined;
  });
}
