// Which files the viewer goes through: those of the list that belong together with the opened one.
import { canonicalName, type FileRow, type Kind, keyOf, kindOf, type Row } from "../browse/rows.ts";

/** Kinds that follow each other: pictures and films; what is read; sounds. Others stand alone. */
const GROUPS: readonly (readonly Kind[])[] = [["picture", "video"], ["markdown", "text", "pdf"], ["audio"]];

/** Whether pictures and films follow each other around a file of this kind. */
export function isMedia(kind: Kind): boolean {
  return GROUPS[0]?.includes(kind) ?? false;
}

/** Returns the files among `rows` that are shown one after the other with `row`, in order; `row` alone if it is of no group. */
export function sequenceOf(row: FileRow, rows: readonly Row[]): readonly FileRow[] {
  const group = GROUPS.find((kinds) => kinds.includes(kindOf(row)));
  if (!group) return [row];
  const found = rows.filter((one): one is FileRow => one.kind === "file" && group.includes(kindOf(one)));
  return found.some((one) => keyOf(one) === keyOf(row)) ? found : [row];
}

/** Returns the file that an address names; undefined if it is not among `rows`. */
export function findShown(name: string, rows: readonly Row[]): FileRow | undefined {
  const wanted = canonicalName(name);
  return rows.find((row): row is FileRow => row.kind === "file" && canonicalName(keyOf(row)) === wanted);
}

/** Position at which to go on after the file at `index` of `before` is gone: its next neighbour that is left, or the one before. */
export function indexAfterRemoval(index: number, before: readonly FileRow[], after: readonly FileRow[]): number {
  const positions = new Map(after.map((row, at) => [keyOf(row), at]));
  for (let at = index + 1; at < before.length; at++) {
    const found = positions.get(keyOf(before[at] as FileRow));
    if (found !== undefined) return found;
  }
  for (let at = index - 1; at >= 0; at--) {
    const found = positions.get(keyOf(before[at] as FileRow));
    if (found !== undefined) return found;
  }
  return -1;
}
