// Remembers the names of unfinished files in local storage, so that after a reload the page can ask for them again. Over plain
// http a browser gives no persistent handle to a file; the bytes already sent stay on the server, and a new handshake finds them.
import type { Source } from "./item.ts";
import { UNFINISHED_KEY } from "./unfinished-key.ts";

export interface Entry {
  folder: string;
  path: string;
  name: string;
  size: number;
}

/** The part of `Storage` that is used; tests replace it. */
export interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** Maximum number of entries: fits into the storage of every browser. */
const MAX_ENTRIES = 2000;

const idOf = (entry: { folder: string; path: string }): string => `${entry.folder}\n${entry.path}`;

export class UnfinishedFiles {
  private readonly entries = new Map<string, Entry>();
  /** Id under which each file was stored. The server may rename a file during its upload: removal must not use the new name. */
  private readonly ids = new WeakMap<Blob, string>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `store` undefined: the browser allows no storage, and nothing is remembered. */
  constructor(private readonly store: Store | undefined) {
    for (const entry of this.read()) this.entries.set(idOf(entry), entry);
  }

  /** Returns the files that earlier visits left unfinished and this visit has not added again. `below`: those in that folder only. */
  fromEarlierVisits(below = ""): Entry[] {
    return [...this.entries.values()].filter(
      (entry) => entry.folder.startsWith(below) && !this.ofThisVisit.has(idOf(entry)),
    );
  }

  /** Returns the source with the folder of the unfinished file that it is, by name and size; else unchanged. */
  withFolder(source: Source): Source {
    const same = this.fromEarlierVisits().find(
      (entry) => entry.name === source.name && entry.size === source.file.size,
    );
    return same ? { ...source, folder: same.folder, path: same.path } : source;
  }

  private readonly ofThisVisit = new Set<string>();

  add(source: Source): void {
    const entry = { folder: source.folder, path: source.path, name: source.name, size: source.file.size };
    const id = idOf(entry);
    this.ofThisVisit.add(id);
    this.ids.set(source.file, id);
    this.entries.set(id, entry);
    this.save();
  }

  remove(source: Pick<Source, "file">): void {
    const id = this.ids.get(source.file);
    if (id === undefined || !this.entries.delete(id)) return;
    this.save();
  }

  /** "Dismiss": removes the entries that `fromEarlierVisits` returns. */
  dismiss(below = ""): void {
    for (const entry of this.fromEarlierVisits(below)) this.entries.delete(idOf(entry));
    this.flush();
  }

  /** Forgets everything without writing, when another tab has signed out. */
  forget(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.entries.clear();
  }

  private read(): Entry[] {
    try {
      const list: unknown = JSON.parse(this.store?.getItem(UNFINISHED_KEY) ?? "[]");
      return Array.isArray(list) ? list.filter(isEntry) : [];
    } catch {
      // Storage is disabled or holds something else: start empty.
      return [];
    }
  }

  private save(): void {
    this.timer ??= setTimeout(() => this.flush(), 300);
  }

  /** Writes immediately; called when the page is left. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    try {
      this.store?.setItem(UNFINISHED_KEY, JSON.stringify([...this.entries.values()].slice(0, MAX_ENTRIES)));
    } catch {
      // Storage is full or forbidden: remembering is best effort.
    }
  }
}

function isEntry(value: unknown): value is Entry {
  const entry = value as Entry | null;
  return (
    typeof entry === "object" &&
    entry !== null &&
    typeof entry.folder === "string" &&
    typeof entry.path === "string" &&
    typeof entry.name === "string" &&
    typeof entry.size === "number"
  );
}
