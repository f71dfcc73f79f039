// What covers the whole page, such as the viewer: nothing below can be reached until it is gone, and the focus stays in it.
import { closeMenu } from "../parts/menu.ts";
import type { App } from "./app.ts";
import { keyOf, type Row } from "./rows.ts";
import type { RowsPart } from "./rows-part.ts";

/** Stay reachable: they are above what covers the page. */
const ABOVE = "pl-notices, .menu-pop, dialog, script";

export class Cover {
  private readonly returnTo = document.activeElement;
  private hidden: Element[] = [];
  private isGone = false;

  constructor(
    private readonly app: App,
    private readonly element: HTMLElement,
  ) {}

  /** Puts the element over the page, once the script has taken that over. */
  async show(): Promise<void> {
    await takenOver();
    if (this.isGone) return;
    closeMenu();
    this.hidden = [...document.body.children].filter((one) => !one.matches(ABOVE) && !one.hasAttribute("inert"));
    for (const element of this.hidden) {
      element.setAttribute("inert", "");
      element.setAttribute("aria-hidden", "true");
    }
    document.documentElement.classList.add("viewing");
    document.body.append(this.element);
    this.element.focus({ preventScroll: true });
  }

  /** Removes the element. The focus returns to the row of a file, or to where it was. */
  remove(row: Row | undefined): void {
    this.isGone = true;
    closeMenu();
    for (const element of this.hidden) {
      element.removeAttribute("inert");
      element.removeAttribute("aria-hidden");
    }
    document.documentElement.classList.remove("viewing");
    this.element.remove();
    if (row) this.focusRow(row);
  }

  private focusRow(row: Row): void {
    const { selection, rows } = this.app;
    if (!rows.peek().some((one) => keyOf(one) === keyOf(row))) {
      if (this.returnTo instanceof HTMLElement) this.returnTo.focus({ preventScroll: true });
      return;
    }
    selection.moveTo(row);
    const focus = (): void => {
      // Something else covers the page by now.
      if (!document.documentElement.classList.contains("viewing"))
        document.querySelector<RowsPart>("pl-list, pl-grid")?.focusCursor();
    };
    // The way back restores the position of the list first, two frames later.
    const later = (frames: number): unknown =>
      frames === 0 ? focus() : requestAnimationFrame(() => later(frames - 1));
    setTimeout(() => later(3), 50);
  }
}

/** Resolves when the script has taken over the page: notices are seen from then on. */
export function takenOver(): Promise<void> {
  return new Promise((resolve) => {
    const look = (): unknown =>
      document.documentElement.classList.contains("taken-over") ? resolve() : requestAnimationFrame(look);
    look();
  });
}

/** Keeps the focus in an element when Tab is pressed, in browsers that do not know `inert`, too. `reached`: what Tab reaches. */
export function keepFocus(element: HTMLElement, event: KeyboardEvent, reached: string): void {
  if (event.key !== "Tab" || event.defaultPrevented) return;
  const found = [...element.querySelectorAll<HTMLElement>(reached)].filter(
    (one) => (one.tabIndex >= 0 || one.shadowRoot !== null) && one.getClientRects().length > 0,
  );
  const [first, last] = [found[0], found[found.length - 1]];
  const at = document.activeElement;
  if (event.shiftKey && (at === first || at === element)) last?.focus();
  else if (!event.shiftKey && at === last) first?.focus();
  else return;
  event.preventDefault();
}
