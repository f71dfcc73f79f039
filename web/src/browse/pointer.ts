// Selecting with mouse and finger: clicks with Ctrl and Shift, a rectangle drawn by the mouse, a long press.
import type { App } from "./app.ts";
import { opensByDouble } from "./choices.ts";
import { keyOf, type Row } from "./rows.ts";

/** Milliseconds after which a touch is a long press. */
const LONG_PRESS_MS = 500;
/** Pixels that the pointer moves before it draws a rectangle. */
const MIN_MOVE = 6;
/** What has a meaning of its own when it is clicked. */
const CONTROLS = "a, button, input, label, select, summary, th";

export interface RowsBox {
  /** the element whose children stand for rows */
  box: HTMLElement;
  rowAt: (element: Element) => Row | undefined;
  /** rows that a rectangle of the page touches; coordinates relative to the box */
  rowsIn: (rectangle: DOMRect) => Row[];
  showMenu: (row: Row, at: { x: number; y: number }) => void;
}

export class PointerSelection {
  private pressed = 0;
  private wasLong = false;

  constructor(
    private readonly app: App,
    private readonly host: RowsBox,
  ) {
    const { box } = host;
    box.addEventListener("click", (event) => this.click(event));
    box.addEventListener("dblclick", (event) => this.doubleClick(event));
    box.addEventListener("contextmenu", (event) => this.menu(event));
    box.addEventListener("pointerdown", (event) => this.down(event));
    for (const end of ["pointerup", "pointercancel", "pointermove"] as const) {
      box.addEventListener(end, (event) => {
        if (end !== "pointermove" || Math.abs(event.movementX) + Math.abs(event.movementY) > MIN_MOVE) this.release();
      });
    }
  }

  private click(event: MouseEvent): void {
    const target = event.target as Element;
    const row = this.host.rowAt(target);
    if (!row) return;
    const { selection } = this.app;
    if (this.wasLong) {
      // The end of a long press is no click.
      this.wasLong = false;
      event.preventDefault();
      return;
    }
    const control = target.closest(CONTROLS);
    if (control instanceof HTMLAnchorElement) {
      this.clickLink(event, row);
      return;
    }
    if (control && !control.matches("input[type=checkbox]")) return;
    if (event.shiftKey) selection.extendTo(row, event.ctrlKey || event.metaKey);
    else if (control || event.ctrlKey || event.metaKey || isTouch(event)) selection.toggle(row);
    else selection.only(row);
  }

  private clickLink(event: MouseEvent, row: Row): void {
    const { app } = this;
    // Ctrl opens another tab, as everywhere; while rows are selected, a tap selects more of them.
    if (event.ctrlKey || event.metaKey || event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.shiftKey) app.selection.extendTo(row);
    // Keyboards and screen readers click without a count, and open.
    else if (opensByDouble.peek() && event.detail === 1 && !isTouch(event)) app.selection.only(row);
    else if (isTouch(event) && app.selection.keys.peek().size > 0) app.selection.toggle(row);
    else {
      app.selection.moveTo(row);
      app.open(row);
    }
  }

  private doubleClick(event: MouseEvent): void {
    const target = event.target as Element;
    const row = this.host.rowAt(target);
    if (row && !target.closest(CONTROLS)) this.app.open(row);
  }

  private menu(event: MouseEvent): void {
    const row = this.host.rowAt(event.target as Element);
    // With Shift, the browser's own menu.
    if (!row || event.shiftKey) return;
    event.preventDefault();
    const { selection } = this.app;
    if (isTouch(event)) return;
    if (!selection.has(row)) selection.only(row);
    this.host.showMenu(row, { x: event.clientX, y: event.clientY });
  }

  private down(event: PointerEvent): void {
    this.wasLong = false;
    const target = event.target as Element;
    const row = this.host.rowAt(target);
    if (event.pointerType !== "mouse") {
      if (!row) return;
      this.pressed = setTimeout(() => {
        this.wasLong = true;
        this.app.selection.toggle(row);
        navigator.vibrate?.(10);
      }, LONG_PRESS_MS) as unknown as number;
    } else if (event.button === 0 && !target.closest(CONTROLS)) this.startRectangle(event);
  }

  private release(): void {
    clearTimeout(this.pressed);
  }

  private startRectangle(event: PointerEvent): void {
    const { app, host } = this;
    const adding = event.ctrlKey || event.metaKey || event.shiftKey;
    const before = adding ? new Set(app.selection.keys.peek()) : new Set<string>();
    const [startX, startY] = [event.pageX, event.pageY];
    let shape: HTMLElement | undefined;
    const move = (at: PointerEvent): void => {
      if (!shape && Math.hypot(at.pageX - startX, at.pageY - startY) < MIN_MOVE) return;
      if (!shape) {
        shape = document.createElement("div");
        shape.className = "rubber";
        document.body.append(shape);
      }
      at.preventDefault();
      getSelection()?.removeAllRanges();
      const [left, top] = [Math.min(startX, at.pageX), Math.min(startY, at.pageY)];
      const [width, height] = [Math.abs(at.pageX - startX), Math.abs(at.pageY - startY)];
      Object.assign(shape.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
      const box = host.box.getBoundingClientRect();
      const area = new DOMRect(left - box.left - window.scrollX, top - box.top - window.scrollY, width, height);
      app.selection.keys.value = new Set([...before, ...host.rowsIn(area).map(keyOf)]);
      scrollAtEdge(at.clientY);
    };
    const end = (): void => {
      document.removeEventListener("pointermove", move);
      document.removeEventListener("pointerup", end);
      document.removeEventListener("pointercancel", end);
      if (!shape) return;
      shape.remove();
      // The click that follows must not select one row instead.
      document.addEventListener("click", (click) => click.stopPropagation(), { capture: true, once: true });
      setTimeout(() => document.body.click());
    };
    document.addEventListener("pointermove", move);
    document.addEventListener("pointerup", end);
    document.addEventListener("pointercancel", end);
  }
}

function scrollAtEdge(y: number): void {
  const [top, bottom] = [80 - y, y - (window.innerHeight - 80)];
  if (top > 0) window.scrollBy(0, -top / 4);
  else if (bottom > 0) window.scrollBy(0, bottom / 4);
}

function isTouch(event: MouseEvent): boolean {
  const { pointerType } = event as PointerEvent;
  return pointerType === "touch" || pointerType === "pen";
}
