// The address of the page: follows links to folders in place, and restores list, position and selection on the way back and forward.
import { signal } from "@preact/signals-core";
import { closeLayers } from "../parts/dialog.ts";
import { closeMenu } from "../parts/menu.ts";
import { type Place, placeOf, urlOf } from "./place.ts";

/** What an entry of the history restores. */
export interface Remembered {
  scroll: number;
  cursor: string | undefined;
  /** keys of selected rows; more than these are not kept */
  selected: readonly string[];
}

export interface RouterHost {
  /** Shows a place; `remembered` is given on the way back and forward. */
  show: (place: Place, remembered: Remembered | undefined) => void;
  remember: () => Remembered;
}

const SELECTED_MAX = 500;

export class Router {
  readonly place;
  private timer = 0;
  /** whether the page itself goes back, from what `push` has shown */
  private isLeaving = false;
  /** whether the last entry is that of a layer over what is shown */
  private hasLayer = false;
  /** whether the page goes forward again, to what "back" has closed a dialog of */
  private isReturning = false;

  constructor(
    private readonly base: string,
    start: Place,
    private readonly host: RouterHost,
  ) {
    this.place = signal(start);
    // An address of copyparty's search becomes one of this page, which can be passed on.
    if (location.hash.startsWith("#q=")) this.replace({});
    // The browser would restore the position before the rows are there.
    history.scrollRestoration = "manual";
    window.addEventListener("popstate", (event) => this.pop(event));
    document.addEventListener("click", (event) => this.click(event));
    window.addEventListener("scroll", () => this.scheduleRemember(), { passive: true });
    window.addEventListener("pagehide", () => this.remember());
  }

  /** Returns what was remembered of the entry at which the page starts: after a reload, or on the way back to it. */
  startsAt(): Remembered | undefined {
    return rememberedOf(history.state);
  }

  /** Goes to a place, as a link does. */
  go(place: Place): void {
    this.closeOpen();
    this.remember();
    const url = urlOf(place, this.base);
    if (this.hasLayer) history.replaceState({}, "", url);
    else history.pushState({}, "", url);
    this.hasLayer = false;
    this.place.value = place;
    this.host.show(place, undefined);
  }

  /** Changes the address without showing anything new, as when a song starts. */
  replace(part: Partial<Place>): void {
    this.place.value = { ...this.place.peek(), ...part };
    history.replaceState(history.state, "", urlOf(this.place.peek(), this.base));
  }

  /** Adds an entry that "back" returns from, without loading anything: the page shows it already. */
  push(part: Partial<Place>): void {
    this.remember();
    this.place.value = { ...this.place.peek(), ...part };
    history.pushState({ isOver: true }, "", urlOf(this.place.peek(), this.base));
  }

  /** Adds an entry of a layer: "back" closes it, and nothing else. */
  pushLayer(): void {
    this.push({});
    this.hasLayer = true;
  }

  /** Removes the entry of a layer that is closed, if it is still there. */
  leaveLayer(): void {
    if (this.hasLayer) this.leave({});
  }

  /** Leaves what `push` has shown: goes back where there is its entry, else only changes the address. */
  leave(part: Partial<Place>): void {
    if ((history.state as { isOver?: boolean } | null)?.isOver) {
      this.isLeaving = true;
      history.back();
    } else this.replace(part);
  }

  /** Dialogs and menus are about what is shown, and must not stay over something else. */
  private closeOpen(): void {
    closeMenu();
    closeLayers();
  }

  /** Keeps position and selection in the current entry of the history. */
  remember(): void {
    clearTimeout(this.timer);
    this.timer = 0;
    const now = this.host.remember();
    const potluck = { ...now, selected: now.selected.slice(0, SELECTED_MAX) };
    history.replaceState({ ...(history.state as object | null), potluck }, "");
  }

  private scheduleRemember(): void {
    // Browsers limit how often a page may change the history.
    this.timer ||= setTimeout(() => this.remember(), 400) as unknown as number;
  }

  private pop(event: PopStateEvent): void {
    clearTimeout(this.timer);
    this.timer = 0;
    if (this.isReturning) {
      this.isReturning = false;
      return;
    }
    // When the page itself has gone back, what is open was opened since then.
    const wasOpen = !this.isLeaving && !this.hasLayer && document.querySelector("dialog[open], .menu-pop") !== null;
    if (!this.isLeaving) this.closeOpen();
    this.isLeaving = false;
    const place = placeOf(new URL(location.href), this.base);
    if (!place) {
      location.reload();
      return;
    }
    const shown = this.place.peek();
    if (wasOpen && isOver(shown) && !isOver(place) && place.path === shown.path) {
      this.isReturning = true;
      history.forward();
      return;
    }
    const isSame = urlOf({ ...place, fragment: shown.fragment }, this.base) === urlOf(shown, this.base);
    const wasLayer = this.hasLayer;
    this.hasLayer = false;
    if (wasLayer && isSame) {
      // The address keeps the song that has started meanwhile.
      this.replace({});
      return;
    }
    this.place.value = place;
    this.host.show(place, rememberedOf(event.state));
  }

  private click(event: MouseEvent): void {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.ctrlKey ||
      event.metaKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[href]") : null;
    if (link === null || link.target !== "" || link.hasAttribute("download")) return;
    if (link.matches('[href^="#"]')) {
      // The browser goes to another place of this page: the way back leads to where it was.
      this.remember();
      return;
    }
    const place = placeOf(new URL(link.href), this.base);
    if (!place) return;
    event.preventDefault();
    this.go(place);
  }
}

/** Whether a place is a file that covers its folder. "Back" closes a dialog over it alone. */
const isOver = ({ shown, edited }: Place): boolean => shown !== undefined || edited !== undefined;

function rememberedOf(state: unknown): Remembered | undefined {
  return (state as { potluck?: Remembered } | null)?.potluck;
}
