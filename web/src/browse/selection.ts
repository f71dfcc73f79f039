// The selected rows of the list, and the row that the keyboard is at.
import { batch, computed, effect, type ReadonlySignal, signal, untracked } from "@preact/signals-core";
import { keyOf, type Row } from "./rows.ts";

export class Selection {
  /** keys of the selected rows; replaced as a whole by every change */
  readonly keys = signal<ReadonlySet<string>>(new Set());
  /** key of the row that the keyboard is at */
  readonly cursor = signal<string | undefined>(undefined);
  /** key of the row at which a range starts */
  private anchor: string | undefined;
  /** the value of `keys` that rows of the same place join as they arrive; undefined: none do */
  private readonly open = signal<ReadonlySet<string> | undefined>(undefined);
  /** the selected rows, in the order of the list */
  readonly rows: ReadonlySignal<readonly Row[]>;

  /** positions in the list by key; computed at the first use after the rows changed */
  private readonly positions: ReadonlySignal<ReadonlyMap<string, number>>;

  /**
   * `shown`: the rows of the list, in its order. `place`: says what they are the rows of; equal as long as it is the same.
   * `isComplete`: whether all rows of the place have arrived.
   */
  constructor(
    private readonly shown: ReadonlySignal<readonly Row[]>,
    place: () => string = () => "",
    private readonly isComplete: () => boolean = () => true,
  ) {
    this.positions = computed(() => new Map(this.shown.value.map((row, at) => [keyOf(row), at])));
    this.rows = computed(() => {
      const keys = this.keys.value;
      if (keys.size === 0) return [];
      const positions = this.positions.value;
      const rows = this.shown.value;
      const selected = [...keys].map((key) => positions.get(key)).filter((at) => at !== undefined);
      return selected.sort((a, b) => a - b).flatMap((at) => rows[at] ?? []);
    });
    let [before, at]: [readonly Row[], string | undefined] = [[], undefined];
    // Before the list is drawn: the elements of its lines, and the focus with them, go on to other rows.
    effect(() => {
      const [rows, now] = [shown.value, untracked(place)];
      if (now === at) this.follow(before, rows);
      untracked(() => this.join(now === at ? before : undefined, rows));
      [before, at] = [rows, now];
    });
  }

  /** Whether rows that have not arrived yet will be selected, too. */
  isGrowing(): boolean {
    return this.open.value !== undefined && this.open.value === this.keys.value;
  }

  /** Selects the rows that have arrived. `before`: the rows until now; undefined: those of another place. */
  private join(before: readonly Row[] | undefined, rows: readonly Row[]): void {
    if (!this.isGrowing() || !before) {
      this.open.value = undefined;
      return;
    }
    const known = new Set(before.map(keyOf));
    const arrived = rows.map(keyOf).filter((key) => !known.has(key));
    this.setOpen(new Set([...this.keys.peek(), ...arrived]), true);
  }

  /** Replaces the selection. `isOpen`: rows that have not arrived yet belong to it. */
  private setOpen(keys: ReadonlySet<string>, isOpen: boolean): void {
    batch(() => {
      this.keys.value = keys;
      this.open.value = isOpen && !this.isComplete() ? keys : undefined;
    });
  }

  /** Where the keyboard's row is gone, moves on to the one that has taken its place. */
  private follow(before: readonly Row[], rows: readonly Row[]): void {
    const key = this.cursor.peek();
    if (key === undefined || this.cursorIndex() >= 0) return;
    const was = before.findIndex((row) => keyOf(row) === key);
    if (was < 0) return;
    const isLeft = (row: Row): boolean => this.indexOf(keyOf(row)) >= 0;
    const next =
      before.slice(was).find(isLeft) ?? before.slice(0, was).reverse().find(isLeft) ?? rows[was] ?? rows.at(-1);
    this.cursor.value = next && keyOf(next);
    this.anchor = this.cursor.peek();
  }

  has(row: Row): boolean {
    return this.keys.value.has(keyOf(row));
  }

  clear(): void {
    this.open.value = undefined;
    if (this.keys.value.size > 0) this.keys.value = new Set();
  }

  set(rows: Iterable<Row>): void {
    this.keys.value = new Set([...rows].map(keyOf));
  }

  /** Selects one row and no other. */
  only(row: Row): void {
    batch(() => {
      this.set([row]);
      this.moveTo(row);
    });
  }

  toggle(row: Row): void {
    batch(() => {
      const isOpen = this.isGrowing();
      const keys = new Set(this.keys.value);
      const key = keyOf(row);
      if (!keys.delete(key)) keys.add(key);
      this.setOpen(keys, isOpen);
      this.moveTo(row);
    });
  }

  /** Selects the rows from the start of the range to `row`; `adding`: and keeps the others. */
  extendTo(row: Row, adding = false): void {
    const rows = this.shown.peek();
    const [from, to] = [this.indexOf(this.anchor), this.indexOf(keyOf(row))];
    if (to < 0) return;
    const start = from < 0 ? to : from;
    const range = rows.slice(Math.min(start, to), Math.max(start, to) + 1).map(keyOf);
    batch(() => {
      this.keys.value = new Set(adding ? [...this.keys.value, ...range] : range);
      this.cursor.value = keyOf(row);
    });
    this.anchor ??= keyOf(row);
  }

  /** Selects all rows of the place, also those that have not arrived yet. */
  all(): void {
    this.setOpen(new Set(this.shown.peek().map(keyOf)), true);
  }

  invert(): void {
    const isOpen = this.isGrowing();
    this.setOpen(new Set(this.shown.peek().flatMap((row) => (this.has(row) ? [] : keyOf(row)))), !isOpen);
  }

  /** Moves the keyboard's row, from which the next range starts, without selecting. */
  moveTo(row: Row): void {
    this.cursor.value = keyOf(row);
    this.anchor = keyOf(row);
  }

  /** Returns the position of the keyboard's row in the list; -1 if it has none. */
  cursorIndex(): number {
    return this.indexOf(this.cursor.peek());
  }

  /** Forgets rows that are not in the list any more. */
  prune(): void {
    const keys = this.keys.peek();
    if (keys.size === 0) return;
    const present = this.positions.peek();
    const left = [...keys].filter((key) => present.has(key));
    if (left.length < keys.size) this.keys.value = new Set(left);
  }

  private indexOf(key: string | undefined): number {
    return key === undefined ? -1 : (this.positions.peek().get(key) ?? -1);
  }
}
