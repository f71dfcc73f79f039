// How the list is shown: list or grid, order, hidden columns, size of thumbnails. One view for all folders, or one kept for a folder.
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals-core";
import type { FolderView } from "../api/types.gen.ts";
import type { Order, SortLevel } from "./order.ts";
import { readStored, store } from "./preferences.ts";
import { kindOf, type Row } from "./rows.ts";

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
  /** thumbnails show the whole picture, and not as much of it as fills a tile */
  whole: boolean;
  /** thumbnails are three times as fine */
  fine: boolean;
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
  whole: false,
  fine: false,
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
  /** what the address names: for this visit only */
  private asked: Partial<View> = {};
  /** what the visitor has chosen instead, while what the address names is shown */
  private unasked: Partial<View> = {};
  /** whether the visitor has chosen something, now or earlier */
  private isChosen = stored(KEY) !== undefined;
  /** the mode before a folder of pictures was shown as a grid; undefined: it was not */
  private modeBefore: View["mode"] | undefined;
  /** whether that was decided for the shown folder */
  private isSuited = false;

  constructor() {
    this.value = signal(stored(KEY) ?? DEFAULT);
    // Rows are put in order again only when the order changes, not with every other part of the view.
    const levels = computed(() => this.value.value.levels);
    const foldersFirst = computed(() => this.value.value.foldersFirst);
    this.order = computed(() => ({ levels: levels.value, foldersFirst: foldersFirst.value }));
  }

  /** Changes to the view of a folder: its own, or that of all others. */
  enter(path: string): void {
    // What is shown stays as it is until `suit` knows the new folder.
    this.isSuited = false;
    const leavesKept = this.isKept.peek();
    const own = stored(`${KEY}:${path}`);
    if (own || leavesKept) [this.modeBefore, this.unasked] = [undefined, {}];
    const isFirst = this.path === "";
    this.path = path;
    this.isKept.value = own !== undefined;
    if (own) this.value.value = own;
    else if (leavesKept) this.value.value = stored(KEY) ?? DEFAULT;
    if (!isFirst) return;
    const { levels, dots } = this.value.peek();
    if (this.asked.levels) this.unasked.levels = levels;
    if (this.asked.dots) this.unasked.dots = dots;
    this.value.value = { ...this.value.peek(), ...this.asked };
  }

  /** Takes the order and the names with a dot that the address names, for this visit only: from the first folder on. */
  ask(levels: readonly SortLevel[] | undefined, dots: boolean): void {
    this.asked = { ...(levels && { levels }), ...(dots && { dots }) };
  }

  /** Takes what a folder's volume proposes, as long as the visitor has chosen nothing. */
  propose({ grid, sort }: Pick<FolderView, "grid" | "sort"> = { grid: false, sort: [] }): void {
    if (this.isKept.peek() || this.isChosen) return;
    const { mode, levels } = this.value.peek();
    const own = grid ? "grid" : DEFAULT.mode;
    const proposed = { mode: this.modeBefore === undefined ? own : mode, levels: this.asked.levels ?? sort };
    const isSame = mode === proposed.mode && JSON.stringify(levels) === JSON.stringify(proposed.levels);
    if (!isSame) this.value.value = { ...this.value.peek(), ...proposed };
  }

  /**
   * Shows a folder as a grid if most of its files are pictures: until it is left, or the visitor chooses a mode. `rows`: those that
   * are known, all of them if `complete`; the first ones with files decide, so that the list does not change while more arrive.
   */
  suit(rows: readonly Row[], complete: boolean): void {
    const files = rows.filter(({ kind }) => kind === "file");
    if (this.isSuited || this.isKept.peek() || (files.length === 0 && !complete)) return;
    this.isSuited = true;
    const { mode } = this.value.peek();
    const pictures = files.filter((row) => kindOf(row) === "picture").length;
    if (pictures * 2 <= files.length) this.restoreMode();
    else if (mode !== "grid") {
      this.modeBefore = mode;
      this.value.value = { ...this.value.peek(), mode: "grid" };
    }
  }

  /** Shows the folder as all others again. */
  unsuit(): void {
    this.isSuited = false;
    this.restoreMode();
  }

  private restoreMode(): void {
    if (this.modeBefore === undefined) return;
    this.value.value = { ...this.value.peek(), mode: this.modeBefore };
    this.modeBefore = undefined;
  }

  /** Makes thumbnails larger or smaller by a number of steps. */
  zoom(steps: number): void {
    this.change({ zoom: Math.min(4, Math.max(0, this.value.peek().zoom + steps)) });
  }

  change(part: Partial<View>): void {
    this.isChosen = true;
    if (part.mode !== undefined) this.modeBefore = undefined;
    this.value.value = { ...this.value.peek(), ...part };
    const { mode } = this.value.peek();
    // What was not chosen is not kept.
    for (const name of Object.keys(part)) delete this.unasked[name as keyof View];
    const kept = { ...this.value.peek(), mode: this.modeBefore ?? mode, ...this.unasked };
    store(this.isKept.peek() ? `${KEY}:${this.path}` : KEY, kept);
  }

  /** Keeps the view for the shown folder alone, or goes back to that of all folders. */
  keep(kept: boolean): void {
    this.isKept.value = kept;
    [this.modeBefore, this.unasked] = [undefined, {}];
    store(`${KEY}:${this.path}`, kept ? this.value.peek() : undefined);
    if (!kept) this.value.value = stored(KEY) ?? DEFAULT;
  }
}
