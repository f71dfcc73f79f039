// What list and grid have in common: which lines are drawn, keyboard, focus, menus.
import { t } from "../../kit/words.ts";
import { openMenu } from "../parts/menu.ts";
import { Part } from "../parts/part.ts";
import type { App } from "./app.ts";
import { PointerSelection } from "./pointer.ts";
import { rowMenu } from "./row-menu.ts";
import { keyOf, type Row, rowOf } from "./rows.ts";
import { type Lines, WindowRange } from "./window-range.ts";

/** At least as many as lines are ever drawn. */
const SLOTS = 256;

/**
 * Returns the key under which Lit keeps the elements of a line: those of lines that leave the window show others that come into
 * it. Making new ones takes several times longer than changing their texts.
 */
export const slot = (line: number): number => line % SLOTS;

/** What can have the focus in a row. */
const CONTROLS = ["a", "input", "button"];

export abstract class RowsPart extends Part {
  app!: App;
  protected drawn: Lines = { from: 0, to: 0 };
  private readonly range = new WindowRange(() => this.drawIfMoved());
  /** whether the row of the keyboard takes the focus once it is drawn */
  private wantsFocus = false;
  /** which of `CONTROLS` had the focus before the drawing */
  private focused: string | undefined;
  private hasListeners = false;
  /** width at the last drawing: it decides how many columns or tiles there are */
  private drawnWidth = 0;
  private readonly resized = new ResizeObserver(() => {
    if (this.clientWidth !== this.drawnWidth) this.requestUpdate();
  });

  /** Number of rows beside each other. */
  protected abstract perLine(): number;
  /** Height of a line in pixels. */
  protected abstract lineHeight(): number;
  /** The element that holds all lines, once it is drawn. */
  protected abstract box(): HTMLElement | null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.range.connect();
    this.resized.observe(this);
    if (!this.hasListeners) {
      this.hasListeners = true;
      this.addEventListener("keydown", (event) => this.key(event));
      this.addEventListener("focusin", (event) => this.focusMoved(event));
      new PointerSelection(this.app, {
        box: this,
        rowAt: (element) => this.rowAt(element),
        rowsIn: (area) => this.rowsIn(area),
        showMenu: (row, at) => this.showMenu(row, at),
      });
    }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.range.disconnect();
    this.resized.disconnect();
  }

  /** Returns the lines to draw. Called once for each drawing. */
  protected lines(count: number): Lines {
    this.drawnWidth = this.clientWidth;
    this.drawn = this.range.lines(this.box(), this.lineHeight(), Math.ceil(count / this.perLine()));
    this.range.drawn();
    return this.drawn;
  }

  /** Returns the lines in the window. */
  protected seen(): Lines {
    const count = this.app.rows.peek().length;
    return this.range.seen(this.box(), this.lineHeight(), Math.ceil(count / this.perLine()));
  }

  private drawIfMoved(): void {
    const { from, to } = this.drawn;
    const count = Math.ceil(this.app.rows.peek().length / this.perLine());
    const [box, height] = [this.box(), this.lineHeight()];
    const now = this.range.lines(box, height, count);
    const seen = this.range.seen(box, height, count);
    const isCovered = from <= seen.from && seen.to <= to;
    // Lines of the margin may be missing for a moment; the drawn ones must cover the window.
    const isNear = Math.abs(now.from - from) <= 4 && Math.abs(now.to - to) <= 4 && now.to < count && now.from > 0;
    if (!(isCovered && isNear) && (now.from !== from || now.to !== to)) this.requestUpdate();
  }

  /** The row whose link or button gets the focus is the one that the keyboard is at. Where a range starts does not change. */
  private focusMoved(event: FocusEvent): void {
    const row = event.target instanceof Element ? this.rowAt(event.target) : undefined;
    if (row) this.app.selection.cursor.value = keyOf(row);
  }

  protected rowAt(element: Element): Row | undefined {
    return rowOf(element, this.app.rows.peek());
  }

  protected rowsIn(area: DOMRect): Row[] {
    const box = this.box();
    if (!box) return [];
    const rows = this.app.rows.peek();
    const [own, outer] = [box.getBoundingClientRect(), this.getBoundingClientRect()];
    const [left, top] = [area.left - (own.left - outer.left), area.top - (own.top - outer.top)];
    const height = this.lineHeight();
    const perLine = this.perLine();
    const width = own.width / perLine;
    const found: Row[] = [];
    const last = Math.min(Math.ceil(rows.length / perLine) - 1, Math.floor((top + area.height) / height));
    for (let line = Math.max(0, Math.floor(top / height)); line <= last; line++) {
      for (let at = 0; at < perLine; at++) {
        const row = rows[line * perLine + at];
        const isIn = perLine === 1 || (left < (at + 1) * width && left + area.width > at * width);
        if (row && isIn) found.push(row);
      }
    }
    return found;
  }

  protected showMenu(row: Row, anchor: Element | { x: number; y: number }): void {
    const { selection } = this.app;
    const rows = selection.has(row) ? selection.rows.peek() : [row];
    openMenu(anchor, t("row.actions", { name: row.name }), rowMenu(this.app, rows));
  }

  /** Moves the keyboard's row by a number of rows. */
  private key(event: KeyboardEvent): void {
    if (
      event.altKey ||
      (event.target instanceof HTMLInputElement === true && event.key !== " " && !event.key.startsWith("Arrow"))
    )
      return;
    const steps = this.steps(event);
    const { selection, rows } = this.app;
    const all = rows.peek();
    // Before the keyboard was used, the row that has the focus is the one that it is at.
    const focused = event.target instanceof Element ? this.rowAt(event.target) : undefined;
    const at = selection.cursorIndex() >= 0 || !focused ? selection.cursorIndex() : all.indexOf(focused);
    const current = all[at];
    if (steps !== undefined && all.length > 0) {
      const isFirst = at < 0 && event.key !== "End";
      const to = all[isFirst ? 0 : Math.min(Math.max(at + steps, 0), all.length - 1)];
      this.wantsFocus = true;
      if (!to) return;
      if (event.shiftKey) selection.extendTo(to, event.ctrlKey || event.metaKey);
      else selection.moveTo(to);
      this.revealCursor();
    } else if (event.key === " " && current) selection.toggle(current);
    else if (event.key === "Enter" && current && !isControl(event.target)) this.app.open(current);
    else if ((event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) && current) {
      const element = this.querySelector(".cursor");
      if (element) this.showMenu(current, element);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private steps(event: KeyboardEvent): number | undefined {
    const perLine = this.perLine();
    const page = Math.max(1, Math.floor((window.innerHeight - 160) / this.lineHeight())) * perLine;
    const forward = getComputedStyle(this).direction === "rtl" ? -1 : 1;
    const count = this.app.rows.peek().length;
    const steps: Record<string, number> = {
      ArrowDown: perLine,
      ArrowUp: -perLine,
      PageDown: page,
      PageUp: -page,
      Home: -count,
      End: count,
      ...(perLine > 1 ? { ArrowRight: forward, ArrowLeft: -forward } : {}),
    };
    return steps[event.key];
  }

  /** Scrolls the keyboard's row into view and gives it the focus once it is drawn. */
  focusCursor(): void {
    this.wantsFocus = true;
    this.revealCursor();
  }

  /** Gives the focus to the keyboard's row once it is drawn, if it is in the window. The page does not scroll. */
  focusSeenCursor(): void {
    const index = this.app.selection.cursorIndex();
    const line = Math.floor(index / this.perLine());
    const { from, to } = this.seen();
    if (index < 0 || line < from || line >= to) return;
    this.wantsFocus = true;
    this.requestUpdate();
  }

  /** Scrolls the keyboard's row into view. */
  revealCursor(): void {
    const index = this.app.selection.cursorIndex();
    if (index >= 0) this.reveal(index);
  }

  /** Scrolls a row into view. `index`: among the rows of the list. */
  reveal(index: number): void {
    const box = this.box();
    if (!box) return;
    const height = this.lineHeight();
    const top = box.getBoundingClientRect().top + Math.floor(index / this.perLine()) * height;
    const [first, last] = [this.headHeight(), window.innerHeight - this.footHeight() - height];
    if (top < first) window.scrollBy(0, top - first);
    else if (top > last) window.scrollBy(0, top - last);
    this.requestUpdate();
  }

  /** Pixels that the bars at the top of the window cover. */
  private headHeight(): number {
    return Number.parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0;
  }

  private footHeight(): number {
    return Number.parseFloat(getComputedStyle(document.documentElement).scrollPaddingBottom) || 0;
  }

  protected override willUpdate(): void {
    const { activeElement } = document;
    const line = this.contains(activeElement) && activeElement?.closest("[data-index]");
    this.focused = line ? CONTROLS.find((control) => activeElement?.matches(control)) : undefined;
  }

  /** The elements of a line show another row when rows come or go: the focus stays at its row, and not at its line. */
  protected override updated(): void {
    const control = this.wantsFocus ? "a" : this.focused;
    const element = control && this.querySelector<HTMLElement>(`.cursor ${control}`);
    if (!element) return;
    this.wantsFocus = false;
    if (element !== document.activeElement) element.focus({ preventScroll: true });
  }

  /** Whether a row can be reached by Tab: one of them is, and the arrow keys move from there. */
  protected isTabStop(key: string, index: number): boolean {
    const { selection } = this.app;
    const cursor = selection.cursor.value;
    return cursor === undefined || selection.cursorIndex() < 0 ? index === 0 : key === cursor;
  }
}

function isControl(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("button, input") !== null;
}
