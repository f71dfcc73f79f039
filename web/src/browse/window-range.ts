// Which rows of a long list are drawn: those in the window and a margin around them. The page itself scrolls, so that browsers on
// phones hide their bars and "back" finds the position.
import { visibleRows } from "../../kit/visible-rows.ts";

/** Lines drawn above and below the window: a fast scroll shows rows, not blanks. */
const MARGIN = 12;

export interface Lines {
  /** lines `from..to`, `to` exclusive */
  from: number;
  to: number;
}

/** The margin while the page moves on by more than `MARGIN` lines each frame: no line of a margin would be seen. */
const FAST_MARGIN = 2;

/** Milliseconds after a fast move until the whole margin is drawn, if the page stands still. */
const SETTLE_MS = 80;

/** Follows the position of the window over an element whose lines have one height. */
export class WindowRange {
  private frame = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isFast = false;
  /** position of the page at the last frame, and the height of a line, in pixels */
  private last = 0;
  private height = 0;
  private readonly changed = (): void => {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.move();
    });
  };

  /** `update`: draws again, if `lines` returns others than were drawn. */
  constructor(private readonly update: () => void) {}

  connect(): void {
    this.last = window.scrollY;
    window.addEventListener("scroll", this.changed, { passive: true });
    window.addEventListener("resize", this.changed, { passive: true });
  }

  disconnect(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    clearTimeout(this.timer);
    this.isFast = false;
    window.removeEventListener("scroll", this.changed);
    window.removeEventListener("resize", this.changed);
  }

  private move(): void {
    const top = window.scrollY;
    this.isFast = this.height > 0 && Math.abs(top - this.last) > MARGIN * this.height;
    this.last = top;
    clearTimeout(this.timer);
    if (this.isFast) this.timer = setTimeout(this.changed, SETTLE_MS);
    this.update();
  }

  /** `box`: the element that holds all lines. */
  lines(box: Element | null, height: number, count: number): Lines {
    this.height = height;
    const top = box ? -box.getBoundingClientRect().top : 0;
    const from = Math.max(0, top);
    const margin = this.isFast ? FAST_MARGIN : MARGIN;
    return visibleRows(from, Math.max(0, top - from + window.innerHeight), height, count, margin);
  }
}
