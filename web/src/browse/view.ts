// How the list is shown: list or grid, order, hidden columns, size of thumbnails. One view for all folders, or one kept for a folder.
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals-core";
import type { Order, SortLevel } from "./order.ts";
import { readStored, store } from "./preferences.ts";

export interface View {
  mode: "list" | "grid";
  levels: readonly SortLevel[];
  foldersFirst: boolean;
  /** hidden columns: "size", "ext", "date", "tag:artist" ... */
  hidden: readonly string[];
  /** shown columns that are hidden unless chosen */
  shown: readonly string[];
  /** size of thumbnails, 0 (small) to 4 */
  zoom: number;
  /** names that begin with a dot */
  dots: boolean;
  /** thumbnails instead of icons in the grid */
  thumbnails: boolean;
}

const DEFAULT: View = {
  mode: "list",
  levels: [],
  foldersFirst: true,
  hidden: [],
  shown: [],
  zoom: 2,
  dots: false,
  thumbnails: true,
};

const KEY = "potluck.view";

function stored(key: string): View | undefined {
  const kept = readStored<Partial<View>>(key);
  return kept && typeof kept === "object" ? { ...DEFAULT, ...kept } : undefined;
}

export class ViewStore {
  readonly value: Signal<View>;
  /** whether the shown folder has a view of its own */
  readonly isKept = signal(false);
  readonly order: ReadonlySignal<Order>;
  private path = "";

  constructor() {
    this.value = signal(stored(KEY) ?? DEFAULT);
    // Rows are put in order again only when the order changes, not with every other part of the view.
    const levels = computed(() => this.value.value.levels);
    const foldersFirst = computed(() => this.value.value.foldersFirst);
    this.order = computed(() => ({ levels: levels.value, foldersFirst: foldersFirst.value }));
  }

  /** Changes to the view of a folder: its own, or that of all others. */
  enter(path: string): void {
    const leavesKept = this.isKept.peek();
    const own = stored(`${KEY}:${path}`);
    this.path = path;
    this.isKept.value = own !== undefined;
    if (own) this.value.value = own;
    else if (leavesKept) this.value.value = stored(KEY) ?? DEFAULT;
  }

  /** Makes thumbnails larger or smaller by a number of steps. */
  zoom(steps: number): void {
    this.change({ zoom: Math.min(4, Math.max(0, this.value.peek().zoom + steps)) });
  }

  change(part: Partial<View>): void {
    this.value.value = { ...this.value.peek(), ...part };
    store(this.isKept.peek() ? `${KEY}:${this.path}` : KEY, this.value.peek());
  }

  /** Keeps the view for the shown folder alone, or goes back to that of all folders. */
  keep(kept: boolean): void {
    this.isKept.value = kept;
    store(`${KEY}:${this.path}`, kept ? this.value.peek() : undefined);
    if (!kept) this.value.value = stored(KEY) ?? DEFAULT;
  }
}
