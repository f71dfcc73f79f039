// What the operations on files share: the changes, the clipboard, what can be undone, and where the account may do what.

import { signal } from "@preact/signals-core";
import type { May, VolumeInfo } from "../api/types.gen.ts";
import type { App } from "../browse/app.ts";
import { withoutSlash } from "../browse/place.ts";
import { type Row, rowOf } from "../browse/rows.ts";
import type { FolderTree } from "../browse/tree.ts";
import { FileClipboard } from "./clipboard.ts";

/** A change that Ctrl+Z undoes. */
export interface Undoable {
  tokens: readonly string[];
  /** whether folders changed, which the tree shows */
  folders: boolean;
}

/** Changes that are kept for undoing in this tab. */
const UNDOABLE_MAX = 50;

export class Operations {
  readonly clipboard: FileClipboard;
  /** the newest last */
  private readonly undoable: Undoable[];
  /** where the account can start; empty until it is known */
  readonly volumes = signal<readonly VolumeInfo[]>([]);

  constructor(
    readonly app: App,
    readonly tree: FolderTree,
  ) {
    this.clipboard = new FileClipboard(app.base);
    this.undoable = keptUndoable(app.base);
  }

  async loadVolumes(): Promise<void> {
    try {
      this.volumes.value = await this.app.api.volumes();
    } catch {
      // What needs it is not offered; the list says what is wrong.
    }
  }

  /** Whether rows can be taken away: not the places where other folders of the server begin. */
  private areOwn(rows: readonly Row[]): boolean {
    return rows.every((row) => row.kind === "file" || row.rights === undefined);
  }

  may(right: keyof May, rows: readonly Row[]): boolean {
    const here = this.app.may.peek();
    return rows.every((row) => (row.may ?? here)[right]) && this.areOwn(rows);
  }

  /** Whether there is a folder that files can be copied to. */
  get canAddSomewhere(): boolean {
    return this.app.may.value.upload || this.volumes.value.some(({ may }) => may.upload);
  }

  /** Whether the account may add files to a folder; its path is with or without a slash at its end. */
  mayAddTo(path: string): boolean {
    if (path === this.app.path.value) return this.app.may.value.upload;
    return this.volumeOf(withoutSlash(path))?.may.upload === true;
  }

  /** Returns the volume that a path is in. */
  volumeOf(path: string): VolumeInfo | undefined {
    let found: VolumeInfo | undefined;
    for (const volume of this.volumes.value) {
      const isIn = volume.path === "/" || path === volume.path || path.startsWith(`${volume.path}/`);
      if (isIn && volume.path.length >= (found?.path.length ?? 0)) found = volume;
    }
    return found;
  }

  /** Whether the account may make links to what is at `path`. */
  mayShare(path: string): boolean {
    return this.app.session.value?.account.kind === "account" && this.volumeOf(path)?.links === true;
  }

  /** The selected rows, or the row that has the focus: keys must not change what cannot be seen to be meant. */
  get current(): readonly Row[] {
    const { selection, rows, isStale } = this.app;
    if (isStale.peek()) return [];
    const selected = selection.rows.peek();
    const row = rowOf(document.activeElement, rows.peek());
    return selected.length > 0 || !row ? selected : [row];
  }

  pathsOf(rows: readonly Row[]): string[] {
    return rows.map((row) => this.app.pathOf(row));
  }

  /** Remembers how the last change is undone, also when the page is loaded again. */
  remember(tokens: readonly string[], folders: boolean): void {
    if (tokens.length === 0) return;
    this.undoable.push({ tokens, folders });
    if (this.undoable.length > UNDOABLE_MAX) this.undoable.shift();
    keepUndoable(this.app.base, this.undoable);
  }

  get canUndo(): boolean {
    return this.undoable.length > 0;
  }

  /** Returns the last change, and forgets it. */
  takeUndoable(): Undoable | undefined {
    const last = this.undoable.pop();
    keepUndoable(this.app.base, this.undoable);
    return last;
  }

  /** Loads again what a change has made wrong. `folders`: whether folders changed. `gone`: paths that are not there any more. */
  async refresh(folders: boolean, gone: ReadonlySet<string> = new Set()): Promise<void> {
    const { app } = this;
    const results = app.search.results.peek();
    if (results) {
      app.search.results.value = { ...results, rows: results.rows.filter((row) => !gone.has(app.pathOf(row))) };
    }
    if (folders) this.tree.refresh();
    await app.refresh();
  }
}

/** Storage of this tab. */
const keyOf = (base: string): string => `potluck.undo:${base}`;

function keptUndoable(base: string): Undoable[] {
  try {
    const kept = JSON.parse(sessionStorage.getItem(keyOf(base)) ?? "[]") as Undoable[];
    return kept.filter(({ tokens }) => Array.isArray(tokens));
  } catch {
    return [];
  }
}

function keepUndoable(base: string, undoable: readonly Undoable[]): void {
  try {
    sessionStorage.setItem(keyOf(base), JSON.stringify(undoable));
  } catch {
    // Storage is full or forbidden: undoing ends with the page.
  }
}
