// Folders by a part of their name: among those that the tree has loaded, and where there is an index all others.

import { signal } from "@preact/signals-core";
import { t } from "../../kit/words.ts";
import type { Api } from "../api/client.ts";
import { readListing } from "../api/listing-stream.ts";
import { decoded } from "../browse/decoded.ts";
import { keyOf } from "../browse/rows.ts";
import { childOf, type TreeFolders } from "../browse/tree-folders.ts";

/** Pause after typing, milliseconds. */
const PAUSE_MS = 200;
const FOUND_MAX = 200;

export class FolderSearch {
  readonly text = signal("");
  /** paths with a slash at their ends */
  readonly found = signal<readonly string[]>([]);
  private timer = 0;
  private asking: AbortController | undefined;
  /** undefined: not known yet */
  private hasIndex: boolean | undefined;

  constructor(
    private readonly api: Api,
    private readonly folders: TreeFolders,
  ) {}

  type(text: string): void {
    this.text.value = text.trim();
    this.found.value = this.loadedWith(text.trim().toLowerCase());
    this.asking?.abort();
    clearTimeout(this.timer);
    if (this.text.value !== "") this.timer = setTimeout(() => void this.ask(), PAUSE_MS) as unknown as number;
  }

  private loadedWith(text: string): string[] {
    const found: string[] = [];
    for (const [path, folders] of this.folders.loaded.peek()) {
      for (const folder of folders) if (folder.name.toLowerCase().includes(text)) found.push(childOf(path, folder));
    }
    return found.slice(0, FOUND_MAX);
  }

  private async ask(): Promise<void> {
    const asking = new AbortController();
    this.asking = asking;
    const found = new Set(this.found.peek());
    try {
      this.hasIndex ??= (await this.api.indexes()).some(({ state }) => state !== "off");
      if (!this.hasIndex) return;
      // Quotation marks have a meaning of their own in a search.
      const text = `"${this.text.peek().replaceAll('"', " ")}"`;
      const response = await this.api.searchLines({ text, everywhere: true, limit: 1 }, asking.signal);
      const { entries } = await readListing(response);
      for (const entry of entries) if (entry.kind === "folder") found.add(keyOf(entry));
    } catch {
      // Without an index there are the loaded ones.
    }
    if (!asking.signal.aborted) this.found.value = [...found].slice(0, FOUND_MAX);
  }
}

/** Returns a path for people: "Home / music / 2026". */
export function shownPath(path: string): string {
  return [t("crumbs.home"), ...path.split("/").filter(Boolean).map(decoded)].join(" / ");
}
