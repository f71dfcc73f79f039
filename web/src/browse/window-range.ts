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

/** Follows the position of the window over an element whose lines have one height. */
export class WindowRange {
  private frame = 0;
  private readonly changed = (): void => {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.update();
    });
  };

  /** `update`: draws again, if `lines` returns others than were drawn. */
  constructor(private readonly update: () => void) {}

  connect(): void {
    window.addEventListener("scroll", this.changed, { passive: true });
    window.addEventListener("resize", this.changed, { passive: true });
  }

  disconnect(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    window.removeEventListener("scroll", this.changed);
    window.removeEventListener("resize", this.changed);
  }

  /** `box`: the element that holds all lines. */
  lines(box: Element | null, height: number, count: number): Lines {
    const top = box ? -box.getBoundingClientRect().top : 0;
    const from = Math.max(0, top);
    return visibleRows(from, Math.max(0, top - from + window.innerHeight), height, count, MARGIN);
  }
}
