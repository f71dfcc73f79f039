// How the list is shown: list or grid, order, hidden columns, size of thumbnails. One view for all folders, or one kept for a folder.
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals-core";
import type { FolderView } from "../api/types.gen.ts";
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
  /** the order that the address names: for this visit only */
  private asked: readonly SortLevel[] | undefined;
  /** whether the visitor has chosen something, now or earlier */
  private isChosen = stored(KEY) !== undefined;

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

  /** Takes the order that the address names, for this visit only. */
  ask(levels: readonly SortLevel[]): void {
    this.asked = levels;
    this.value.value = { ...this.value.peek(), levels };
  }

  /** Takes what a folder's volume proposes, as long as the visitor has chosen nothing. */
  propose({ grid, sort }: Pick<FolderView, "grid" | "sort"> = { grid: false, sort: [] }): void {
    if (this.isKept.peek() || this.isChosen) return;
    const { mode, levels } = this.value.peek();
    const proposed = { mode: grid ? ("grid" as const) : DEFAULT.mode, levels: this.asked ?? sort };
    const isSame = mode === proposed.mode && JSON.stringify(levels) === JSON.stringify(proposed.levels);
    if (!isSame) this.value.value = { ...this.value.peek(), ...proposed };
  }

  /** Makes thumbnails larger or smaller by a number of steps. */
  zoom(steps: number): void {
    this.change({ zoom: Math.min(4, Math.max(0, this.value.peek().zoom + steps)) });
  }

  change(part: Partial<View>): void {
    this.isChosen = true;
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
