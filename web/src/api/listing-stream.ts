// Reads a listing line by line as it arrives (application/x-ndjson), in batches, so that the first rows can be shown before the last.

import type { BelowLine, FileEntry, FolderEntry, FolderLine, May, SearchLine } from "./types.gen.ts";

/** The answer ended before its last line. */
export class IncompleteAnswer extends Error {}

/**
 * Yields the lines of each piece that arrives; the request ends when the caller stops reading. Rejects if the connection breaks, and
 * with `IncompleteAnswer` if a line is cut off; the caller knows from the last line whether the answer was complete.
 */
async function* pieces<T>(response: Response): AsyncGenerator<T[]> {
  if (!response.body) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const text = rest + decoder.decode(value, { stream: !done });
      const end = done ? text.length : text.lastIndexOf("\n") + 1;
      rest = text.slice(end);
      const whole = text.slice(0, end).trimEnd();
      if (whole !== "") yield parsed<T>(whole);
      if (done) return;
    }
  } finally {
    // Ends the request if lines are left; an error of it is of no interest any more.
    reader.cancel().catch(() => undefined);
  }
}

/** One call of the parser for all lines of a piece is several times faster than one for each. */
function parsed<T>(lines: string): T[] {
  try {
    return JSON.parse(`[${lines.replaceAll("\n", ",")}]`) as T[];
  } catch {
    throw new IncompleteAnswer();
  }
}

type Found = { folder?: string; place?: number; may?: May };

/**
 * A folder or file of a listing. In results of a search and in what is below a folder, `folder` is the path of its folder, with a
 * slash at its end, and `may` what may be done there.
 */
export type EntryLine = ({ kind: "folder" } & FolderEntry & Found) | ({ kind: "file" } & FileEntry & Found);

type AnyLine = FolderLine | BelowLine | SearchLine;
type EndLine = Extract<AnyLine, { kind: "end" }>;

export interface WholeListing<Head> {
  head: Head;
  entries: EntryLine[];
  /** the last line; undefined while others follow */
  end?: EndLine;
}

/**
 * Reads a folder, what is below one, or the results of a search; `head` is the first line. `first` is called with the entries of
 * the first piece that has any, unless that is all of it. The first rows of a large folder may come before the listing.
 *
 * Rejects with `IncompleteAnswer` if the last line is missing or does not count all entries.
 */
export async function readListing<Head extends { kind: string }>(
  response: Response,
  first: (listing: WholeListing<Head>) => void = () => {},
): Promise<Required<WholeListing<Head>>> {
  let head: Head | undefined;
  let end: EndLine | undefined;
  let entries: EntryLine[] = [];
  const places: May[] = [];
  let isShown = false;
  for await (const lines of pieces<AnyLine>(response)) {
    for (const line of lines) {
      if (line.kind === "folder" || line.kind === "file") entries.push(placed(line, places));
      else if (line.kind === "place") places[line.place] = line.may;
      else if (line.kind === "end") end = line;
      else if (line.kind === "first") head = { ...line, kind: "listing" } as unknown as Head;
      else {
        head = line as unknown as Head;
        entries = [];
      }
    }
    if (isShown || end || !head || entries.length === 0) continue;
    isShown = true;
    first({ head, entries: entries.slice() });
  }
  if (!head || !end || end.rows !== entries.length) throw new IncompleteAnswer();
  return { head, entries, end };
}

function placed(line: EntryLine, places: readonly May[]): EntryLine {
  const may = line.place === undefined ? undefined : places[line.place];
  if (may) line.may = may;
  if (line.folder !== undefined && !line.folder.endsWith("/")) line.folder += "/";
  return line;
}

/** Yields the lines as they arrive; rejects with `IncompleteAnswer` if the last one is none of `ends` (`end`). */
export async function* wholeAnswer<T extends { kind: string }>(
  response: Response,
  ...ends: string[]
): AsyncGenerator<T> {
  let last: T | undefined;
  for await (const lines of pieces<T>(response)) {
    last = lines.at(-1);
    yield* lines;
  }
  if (!last || !(ends.length ? ends : ["end"]).includes(last.kind)) throw new IncompleteAnswer();
}
