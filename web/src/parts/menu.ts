// Menus that open at a button or at a point. On narrow screens they open at the bottom, within reach of a thumb.

import { html, nothing, render } from "lit";
import { isNarrow } from "./device.ts";
import { icon } from "./icon.ts";

export interface MenuItem {
  label: string;
  icon?: string;
  /** language of the label, where it is another one than that of the page */
  lang?: string;
  /** shown at the end: "Ctrl+C" */
  hint?: string;
  /** set: the item is a choice that is on or off */
  checked?: boolean;
  /** a link instead of `run` */
  href?: string;
  /** name under which the browser saves what `href` leads to; empty: its own */
  download?: string;
  /** separated by a line from what is before it */
  separated?: boolean;
  /** looks like something that deletes */
  bad?: boolean;
  run?: () => void;
}

/** Where a menu opens: at an element, or at a point of the window. */
export type Anchor = Element | { x: number; y: number };

let close: (() => void) | undefined;

/** Closes the open menu, if there is one. */
export function closeMenu(): void {
  close?.();
}

/** Opens a menu, and closes another one. The focus returns to where it was. */
export function openMenu(anchor: Anchor, label: string, items: readonly MenuItem[]): void {
  closeMenu();
  if (items.length === 0) return;
  const returnTo = document.activeElement;
  const menu = document.createElement("div");
  menu.className = "menu-pop";
  // Opened by pointer, it marks no entry until a key is pressed.
  menu.classList.toggle("pointed", !returnTo?.matches(":focus-visible"));
  menu.setAttribute("role", "menu");
  menu.setAttribute("aria-label", label);
  // In a landmark, where screen readers look; in an open dialog or viewer, because nothing else can have the focus.
  const dialog = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.querySelector("[role=dialog]");
  (dialog ?? document.querySelector("main") ?? document.body).append(menu);
  const stopPlacing = place(menu, anchor);
  const end = (): void => {
    if (close !== end) return;
    close = undefined;
    stopPlacing();
    document.removeEventListener("pointerdown", outside, true);
    const hadFocus = menu.contains(document.activeElement);
    menu.remove();
    if (anchor instanceof Element) anchor.setAttribute("aria-expanded", "false");
    if (hadFocus && returnTo instanceof HTMLElement) returnTo.focus({ preventScroll: true });
  };
  const outside = (event: Event): void => {
    if (menu.contains(event.target as Node)) return;
    // A click on the button that opened the menu closes it; it must not open it again.
    if (anchor instanceof Element && anchor.contains(event.target as Node)) {
      anchor.addEventListener("click", (click) => click.stopImmediatePropagation(), { capture: true, once: true });
    }
    end();
  };
  close = end;
  render(
    items.map((item) => entry(item, end)),
    menu,
  );
  if (anchor instanceof Element) anchor.setAttribute("aria-expanded", "true");
  document.addEventListener("pointerdown", outside, true);
  menu.addEventListener("keydown", (event) => keys(event, menu, end));
  menu.querySelector<HTMLElement>('[role^="menuitem"]')?.focus({ preventScroll: true });
}

function entry(item: MenuItem, end: () => void): unknown {
  const content = html`${item.checked === undefined ? icon(item.icon ?? "none") : icon(item.checked ? "check" : "none")}<span
      lang=${item.lang ?? nothing}
      dir="auto"
      >${item.label}</span
    >${item.hint ? html`<kbd>${item.hint}</kbd>` : nothing}`;
  const classes = `${item.separated ? "separated" : ""} ${item.bad ? "bad" : ""}`;
  const role = item.checked === undefined ? "menuitem" : "menuitemcheckbox";
  const checked = item.checked === undefined ? nothing : String(item.checked);
  if (item.href !== undefined) {
    // The link is followed after the menu is gone.
    const follow = (): unknown => setTimeout(end);
    return html`<a class=${classes} role=${role} tabindex="-1" href=${item.href} download=${item.download ?? nothing} @click=${follow}>${content}</a>`;
  }
  const press = (): void => {
    end();
    item.run?.();
  };
  return html`<button class=${classes} role=${role} aria-checked=${checked} tabindex="-1" type="button" @click=${press}>
    ${content}
  </button>`;
}

/** Opens below the anchor at once, and finds the best place as soon as what computes it is loaded. */
function place(menu: HTMLElement, anchor: Anchor): () => void {
  if (isNarrow()) {
    menu.classList.add("sheet");
    return () => {};
  }
  const point = (x: number, y: number): DOMRect => new DOMRect(x, y, 0, 0);
  const reference = anchor instanceof Element ? anchor : { getBoundingClientRect: () => point(anchor.x, anchor.y) };
  const { left, bottom } = reference.getBoundingClientRect();
  menu.style.left = `${left}px`;
  menu.style.top = `${bottom + 4}px`;
  let stop = (): void => {};
  let isOver = false;
  void import("./menu-place.ts").then(
    ({ keepPlaced }) => {
      if (!isOver) stop = keepPlaced(menu, reference);
    },
    // The first place is good enough.
    () => undefined,
  );
  return () => {
    isOver = true;
    stop();
  };
}

function keys(event: KeyboardEvent, menu: HTMLElement, end: () => void): void {
  menu.classList.remove("pointed");
  const items = [...menu.querySelectorAll<HTMLElement>('[role^="menuitem"]')];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const move = (to: number): void => items[(to + items.length) % items.length]?.focus();
  if (event.key === "ArrowDown") move(at + 1);
  else if (event.key === "ArrowUp") move(at < 0 ? items.length - 1 : at - 1);
  else if (event.key === "Home") move(0);
  else if (event.key === "End") move(items.length - 1);
  else if (event.key === "Escape" || event.key === "Tab") end();
  else if (event.key.length === 1 && event.key !== " ") {
    const letter = event.key.toLowerCase();
    const order = [...items.slice(at + 1), ...items.slice(0, at + 1)];
    order.find((item) => item.textContent?.trim().toLowerCase().startsWith(letter))?.focus();
  } else return;
  event.preventDefault();
  event.stopPropagation();
}
