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

/** Returns the files and folders of `picked`; files of an input for folders carry their relative path. `folder`: the target's URL. */
export async function selectionOf(picked: Picked, folder: string): Promise<Selection> {
  const selection: Selection = { sources: [], folders: [], unreadable: 0 };
  for (const file of picked.files) {
    const parts = (file.webkitRelativePath ?? "").split("/").slice(0, -1);
    selection.sources.push(source(file, parts, folder));
  }
  for (const entry of picked.entries) await walk(entry, [], folder, selection);
  return selection;
}

async function walk(entry: FileSystemEntry, parts: string[], folder: string, selection: Selection): Promise<void> {
  try {
    if (entry.isFile) {
      const file = await new Promise<File>((ok, no) => (entry as FileSystemFileEntry).file(ok, no));
      selection.sources.push(source(file, parts, folder));
    } else if (entry.isDirectory) {
      const reader = (entry as FileSystemDirectoryEntry).createReader();
      for (let first = true; ; first = false) {
        // `readEntries` returns about a hundred entries at a time; an empty array is the end.
        const batch = await new Promise<FileSystemEntry[]>((ok, no) => reader.readEntries(ok, no));
        if (batch.length === 0) {
          if (first) selection.folders.push({ above: below(folder, parts), name: entry.name });
          return;
        }
        for (const child of batch) await walk(child, [...parts, entry.name], folder, selection);
      }
    }
  } catch {
    selection.unreadable++;
  }
}
