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

/** After a leap beyond the window this share of it is drawn in each frame: one frame for all of it would be a long one. */
const LEAP_SHARE = 1 / 3;

/** Follows the position of the window over an element whose lines have one height. */
export class WindowRange {
  private frame = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isFast = false;
  /** share of the window that is drawn; less than 1 in the frames after a leap */
  private share = 1;
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
    const distance = this.height > 0 ? Math.abs(top - this.last) : 0;
    this.isFast = distance > MARGIN * this.height || this.isPartial;
    this.share = distance > window.innerHeight ? LEAP_SHARE : Math.min(1, this.share + LEAP_SHARE);
    this.last = top;
    clearTimeout(this.timer);
    if (this.isPartial) this.changed();
    else if (this.isFast) this.timer = setTimeout(this.changed, SETTLE_MS);
    this.update();
  }

  /** Says that the lines at the present position are drawn, for another reason than a scroll: then there is no leap. */
  drawn(): void {
    this.last = window.scrollY;
  }

  /** Whether a part of the window is not drawn yet. */
  get isPartial(): boolean {
    return this.share < 1;
  }

  /** Returns the lines to draw. `box`: the element that holds all lines. */
  lines(box: Element | null, height: number, count: number): Lines {
    this.height = height;
    const margin = this.isPartial ? 0 : this.isFast ? FAST_MARGIN : MARGIN;
    return within(box, height, count, this.share, margin);
  }

  /** Returns the lines in the window. */
  seen(box: Element | null, height: number, count: number): Lines {
    return within(box, height, count, 1, 0);
  }
}

/** Returns the lines in a share of the window, and a margin. */
function within(box: Element | null, height: number, count: number, share: number, margin: number): Lines {
  const top = box ? -box.getBoundingClientRect().top : 0;
  const from = Math.max(0, top);
  return visibleRows(from, share * Math.max(0, top - from + window.innerHeight), height, count, margin);
}
