// Turns dropped, chosen or pasted files into sources for the queue. Files of a folder are uploaded to the folder of the same name
// below the current one; the server creates it.
import type { Folder } from "../../up2k/folders.ts";
import type { Source } from "../../up2k/item.ts";
import { below } from "../../up2k/urls.ts";

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

/** Returns the files of an input; with `webkitdirectory` they carry their relative path. */
export function fromFiles(files: Iterable<File>, folder: string): Selection {
  const sources: Source[] = [];
  for (const file of files) {
    const parts = (file.webkitRelativePath ?? "").split("/").slice(0, -1);
    sources.push(source(file, parts, folder));
  }
  return { sources, folders: [], unreadable: 0 };
}

/**
 * Returns the files and folders of a drop or a paste. The browser empties `items` after the event, so all entries are read from
 * it before the first await.
 */
export async function fromTransfer(transfer: DataTransfer, folder: string): Promise<Selection> {
  const entries: FileSystemEntry[] = [];
  const loose: File[] = [];
  for (const item of transfer.items) {
    if (item.kind !== "file") continue;
    const entry = item.webkitGetAsEntry?.();
    const file = entry ? null : item.getAsFile();
    if (entry) entries.push(entry);
    else if (file) loose.push(file);
  }
  const selection = fromFiles(loose, folder);
  for (const entry of entries) await walk(entry, [], folder, selection);
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
