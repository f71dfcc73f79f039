// Turns what was picked into sources for the queue. Files of a folder are uploaded to the folder of the same name below the target;
// the server creates it.
import type { Folder } from "../up2k/folders.ts";
import type { Source } from "../up2k/item.ts";
import { below } from "../up2k/urls.ts";
import type { Picked } from "./picked.ts";

export interface Selection {
  sources: Source[];
  /** empty folders, which no upload creates */
  folders: Folder[];
  /** number of entries that could not be read */
  unreadable: number;
}

function source(file: File, parts: readonly string[], folder: string): Source {
  return {
    file,
    name: file.name,
    modified: file.lastModified,
    folder: below(folder, parts),
    path: [...parts, file.name].join("/"),
  };
}

/**
 * Most files of a part. A browser asks another process for the size and the date of each file, which takes Chromium 0.3 ms: the
 * page answers people, and hashes the first files, meanwhile.
 */
const PART = 64;

const none = (): Selection => ({ sources: [], folders: [], unreadable: 0 });

function append(selection: Selection, { sources = [], folders = [], unreadable = 0 }: Partial<Selection>): void {
  selection.sources.push(...sources);
  selection.folders.push(...folders);
  selection.unreadable += unreadable;
}

/**
 * Yields the files and folders of `picked` in parts, in their order; files of an input for folders carry their relative path.
 * `folder`: the target's URL.
 */
export async function* selectionParts(picked: Picked, folder: string): AsyncGenerator<Selection> {
  let part = none();
  for await (const found of entriesOf(picked, folder)) {
    append(part, found);
    if (part.sources.length < PART) continue;
    yield part;
    part = none();
    await new Promise((go) => setTimeout(go));
  }
  yield part;
}

/** Returns all parts as one. */
export async function selectionOf(picked: Picked, folder: string): Promise<Selection> {
  const whole = none();
  for await (const part of selectionParts(picked, folder)) append(whole, part);
  return whole;
}

async function* entriesOf(picked: Picked, folder: string): AsyncGenerator<Partial<Selection>> {
  for (const file of picked.files) {
    const parts = (file.webkitRelativePath ?? "").split("/").slice(0, -1);
    yield { sources: [source(file, parts, folder)] };
  }
  for (const entry of picked.entries) yield* walk(entry, [], folder);
}

async function* walk(entry: FileSystemEntry, parts: string[], folder: string): AsyncGenerator<Partial<Selection>> {
  try {
    if (entry.isFile) {
      const file = await new Promise<File>((ok, no) => (entry as FileSystemFileEntry).file(ok, no));
      yield { sources: [source(file, parts, folder)] };
    } else if (entry.isDirectory) {
      const reader = (entry as FileSystemDirectoryEntry).createReader();
      for (let first = true; ; first = false) {
        // `readEntries` returns about a hundred entries at a time; an empty array is the end.
        const batch = await new Promise<FileSystemEntry[]>((ok, no) => reader.readEntries(ok, no));
        if (batch.length === 0) {
          if (first) yield { folders: [{ above: below(folder, parts), name: entry.name }] };
          return;
        }
        for (const child of batch) yield* walk(child, [...parts, entry.name], folder);
      }
    }
  } catch {
    yield { unreadable: 1 };
  }
}
