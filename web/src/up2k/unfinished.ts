// Names of files that were on their way, so that after a reload the page can ask for them again. A browser gives no lasting
// handle on a file over plain http; the bytes already sent are safe on the server and a new handshake finds them.
import type { Source } from "./item.ts";

export interface Entry {
  folder: string;
  path: string;
  name: string;
  size: number;
}

/** The part of `Storage` that is used; tests bring their own. */
export interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const KEY = "potluck.unfinished";

/** Enough to be useful, little enough for every browser's storage. */
const MAX_ENTRIES = 2000;

const idOf = (entry: { folder: string; path: string }): string => `${entry.folder}\n${entry.path}`;

export class UnfinishedFiles {
  private readonly entries = new Map<string, Entry>();
  /** The server may rename a file under way: removal goes by what was remembered, not by what it is called now. */
  private readonly ids = new WeakMap<Blob, string>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `store` undefined: the browser allows none; then nothing is remembered. */
  constructor(private readonly store: Store | undefined) {
    for (const entry of this.read()) this.entries.set(idOf(entry), entry);
  }

  /** What earlier visits left unfinished and this one has not taken up again, below `folder`. */
  fromEarlierVisits(folder: string): Entry[] {
    return [...this.entries.values()].filter(
      (entry) => entry.folder.startsWith(folder) && !this.ofThisVisit.has(idOf(entry)),
    );
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

  /** "Forget them": drops what `fromEarlierVisits` lists. */
  dismiss(folder: string): void {
    for (const entry of this.fromEarlierVisits(folder)) this.entries.delete(idOf(entry));
    this.flush();
  }

  private read(): Entry[] {
    try {
      const list: unknown = JSON.parse(this.store?.getItem(KEY) ?? "[]");
      return Array.isArray(list) ? list.filter(isEntry) : [];
    } catch {
      // Storage switched off, or not our text: start with nothing.
      return [];
    }
  }

  private save(): void {
    this.timer ??= setTimeout(() => this.flush(), 300);
  }

  /** Writes at once; call when the page is left. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    try {
      this.store?.setItem(KEY, JSON.stringify([...this.entries.values()].slice(0, MAX_ENTRIES)));
    } catch {
      // Full or forbidden: remembering is a comfort, not a promise.
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
