// Reads a listing line by line as it arrives (application/x-ndjson), in batches, so that the first rows can be shown before the last.

import type { FileEntry, FolderEntry, FolderHead, FolderLine } from "./types.gen.ts";

/** The answer ended before its last line. */
export class IncompleteAnswer extends Error {}

/**
 * Calls `take` with the lines of each piece that arrives. Rejects if the connection breaks; the caller knows from the last line
 * whether the answer was complete.
 */
export async function readLines<T>(response: Response, take: (lines: T[]) => void): Promise<void> {
  const reader = response.body?.getReader();
  if (!reader) return;
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    const text = rest + decoder.decode(value, { stream: !done });
    const end = done ? text.length : text.lastIndexOf("\n");
    rest = end < 0 ? text : text.slice(end + 1);
    // One call of the parser for all lines of a piece is several times faster than one for each.
    const whole = end < 0 ? "" : text.slice(0, end).trimEnd();
    if (whole !== "") take(JSON.parse(`[${whole.replaceAll("\n", ",")}]`) as T[]);
    if (done) return;
  }
}

export type EntryLine = ({ kind: "folder" } & FolderEntry) | ({ kind: "file" } & FileEntry);

export interface WholeListing {
  head: FolderHead;
  entries: EntryLine[];
}

/**
 * Reads a folder. `first` is called with the entries of the first piece that has any, unless that is the whole folder.
 *
 * Rejects with `IncompleteAnswer` if the last line is missing or does not count all entries.
 */
export async function readListing(response: Response, first: (listing: WholeListing) => void): Promise<WholeListing> {
  let head: FolderHead | undefined;
  const entries: EntryLine[] = [];
  let isShown = false;
  let complete = false;
  await readLines<FolderLine>(response, (lines) => {
    for (const line of lines) {
      if (line.kind === "listing") head = line;
      else if (line.kind === "end") complete = line.rows === entries.length;
      else entries.push(line);
    }
    if (isShown || complete || !head || entries.length === 0) return;
    isShown = true;
    first({ head, entries: entries.slice() });
  });
  if (!head || !complete) throw new IncompleteAnswer();
  return { head, entries };
}

/** Yields the lines one by one, as they arrive. The request ends when the caller stops reading. */
export async function* eachLine<T>(response: Response): AsyncGenerator<T> {
  const reader = response.body?.getReader();
  if (!reader) return;
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const lines = (rest + decoder.decode(value, { stream: !done })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") yield JSON.parse(line) as T;
      if (done) return;
    }
  } finally {
    // An error of a request that nothing waits for is of no interest.
    reader.cancel().catch(() => undefined);
  }
}
