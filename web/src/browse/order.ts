// The order of rows: several columns, each in either direction. The rows of one folder arrive with its folders first and then its
// files, each sorted by name as the server sorts it.
import { LOCALE } from "../../kit/locale.ts";
import { inNaturalOrder } from "../../kit/natural.ts";
import { extensionOf, type Row } from "./rows.ts";

/** `column`: "name", "size", "ext", "date" or "tag:" and the name of a tag. */
export interface SortLevel {
  column: string;
  descending: boolean;
}

export interface Order {
  /** the most important level first; empty: by name */
  levels: readonly SortLevel[];
  foldersFirst: boolean;
}

type Value = number | string | undefined;

const collator = new Intl.Collator(LOCALE, { numeric: true, sensitivity: "base" });

function columnValue(row: Row, column: string): Value {
  switch (column) {
    case "size":
      return row.size;
    case "date":
      return row.modified_ms;
    case "ext":
      return row.kind === "folder" ? "" : extensionOf(row.name);
    default:
      return row.kind === "file" ? (row.tags?.[column.slice("tag:".length)] ?? undefined) : undefined;
  }
}

function compareValues(a: Value, b: Value): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return collator.compare(String(a), String(b));
}

/**
 * Returns the position of each row in the order of names. Among rows of one kind and folder that is the position of arrival; names
 * of others are compared, which takes longer.
 */
function nameRanks(rows: readonly Row[], foldersFirst: boolean): readonly number[] {
  const [first] = rows;
  const isSorted = rows.every((row) => row.folder === first?.folder && (foldersFirst || row.kind === first?.kind));
  const ranks = rows.map((_, at) => at);
  if (isSorted) return ranks;
  inNaturalOrder(ranks.slice(), (at) => rows[at]?.name ?? "").forEach((at, rank) => {
    ranks[at] = rank;
  });
  return ranks;
}

/** Returns the rows in the order; equal ones by name. Rows without a value come last in either direction. */
export function inOrder(rows: readonly Row[], { levels, foldersFirst }: Order): readonly Row[] {
  const used = levels.slice(0, 1 + levels.findIndex(({ column }) => column === "name") || levels.length);
  const firstOf = (row: Row): number => (row.kind === "folder" ? 0 : 1);
  const isFlat = rows.some((row) => row.folder !== rows[0]?.folder);
  if (used.length === 0 && foldersFirst && !isFlat) return rows;
  const ranks = nameRanks(rows, foldersFirst);
  const keyed = rows.map((row, at) => ({
    row,
    at: ranks[at] ?? at,
    values: used.map(({ column }) => (column === "name" ? ranks[at] : columnValue(row, column))),
  }));
  keyed.sort((a, b) => {
    const kinds = firstOf(a.row) - firstOf(b.row);
    if (foldersFirst && kinds !== 0) return kinds;
    for (let level = 0; level < used.length; level++) {
      const [x, y] = [a.values[level], b.values[level]];
      if (x === undefined || y === undefined) {
        if (x !== y) return x === undefined ? 1 : -1;
        continue;
      }
      const order = compareValues(x, y);
      if (order !== 0) return used[level]?.descending ? -order : order;
    }
    return a.at - b.at;
  });
  return keyed.map(({ row }) => row);
}

/** Returns the levels after a click on a column: it becomes the first level, or turns around if it is that already. */
export function afterClick(levels: readonly SortLevel[], column: string): SortLevel[] {
  const [first] = levels;
  const current = first ?? { column: "name", descending: false };
  const descending = current.column === column ? !current.descending : column === "date" || column === "size";
  const others = levels.filter((level) => level.column !== column);
  return [{ column, descending }, ...others].slice(0, 4);
}

/** Parses `?sort=`: a column, with a minus in front for the reverse order. */
export function fromParameter(text: string | null): SortLevel[] | undefined {
  const match = /^(-?)(name|size|ext|date)$/.exec(text ?? "");
  return match ? [{ column: match[2] ?? "name", descending: match[1] === "-" }] : undefined;
}

/** Returns the first level for `?sort=`; undefined where it is that of a new visitor, or one that addresses cannot name. */
export function toParameter([first]: readonly SortLevel[]): string | undefined {
  if (!first || !["name", "size", "ext", "date"].includes(first.column)) return undefined;
  return first.column === "name" && !first.descending ? undefined : `${first.descending ? "-" : ""}${first.column}`;
}
