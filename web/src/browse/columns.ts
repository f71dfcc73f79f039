// The columns of the list.
import { size } from "../../kit/format.ts";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import type { TagInfo } from "../api/types.gen.ts";
import { inNotation, notation } from "./key-notation.ts";
import { extensionOf, type Row } from "./rows.ts";
import { shownDate, shownTime, tagText } from "./texts.ts";
import type { View } from "./view.ts";

export interface Column {
  /** "name", "size", "ext", "date", or "tag:" and the name of a tag */
  id: string;
  label: string;
  text: (row: Row) => string;
  /** more than `text`, shown by a pointer that rests on it */
  title?: (row: Row) => string;
  isNumber: boolean;
  /** left out unless the visitor wants it */
  hidden: boolean;
}

function builtIn(): Column[] {
  return [
    {
      id: "size",
      label: t("list.size"),
      text: (row) => (row.size === undefined ? "" : size(row.size)),
      title: (row) => (row.size === undefined ? "" : t("list.bytes", { n: row.size })),
      isNumber: true,
      hidden: false,
    },
    {
      id: "ext",
      label: t("list.type"),
      text: (row) => (row.kind === "folder" ? "" : shownName(extensionOf(row.name).slice(0, 16))),
      isNumber: false,
      hidden: false,
    },
    {
      id: "date",
      label: t("list.changed"),
      text: (row) => shownDate(row.modified_ms),
      title: (row) => shownTime(row.modified_ms),
      isNumber: false,
      hidden: false,
    },
  ];
}

function tagColumn({ name, label, hidden }: TagInfo): Column {
  return {
    id: `tag:${name}`,
    label,
    text: (row) => {
      const text = tagText(name, row.kind === "file" ? row.tags?.[name] : undefined);
      return name === "key" ? inNotation(text, notation.value) : text;
    },
    isNumber: name.startsWith("."),
    hidden,
  };
}

/** Files of a folder that decide which tags are usual there: the first ones, so that columns stay while more arrive. */
const DECIDING = 200;

/** Returns the tags with those hidden that fewer than half of the files have. `rows`: as the server sends them, not as they are sorted. */
export function withUsual(tags: readonly TagInfo[], rows: readonly Row[]): readonly TagInfo[] {
  if (tags.length === 0) return tags;
  const files: Row[] = [];
  for (const row of rows) if (row.kind === "file" && files.push(row) === DECIDING) break;
  const isUsual = (name: string): boolean =>
    2 * files.filter((row) => row.kind === "file" && (row.tags?.[name] ?? undefined) !== undefined).length >=
    files.length;
  return tags.map((tag) => (tag.hidden || isUsual(tag.name) ? tag : { ...tag, hidden: true }));
}

/** Returns all columns beside the name: tags first, in the server's order. */
export function columnsOf(tags: readonly TagInfo[] | undefined): Column[] {
  return [...(tags ?? []).map(tagColumn), ...builtIn()];
}

const isTag = ({ id }: Column): boolean => id.startsWith("tag:");

/** Returns the columns in the order of menus: those of all files first. */
export function inMenu(columns: readonly Column[]): Column[] {
  return [...columns.filter((column) => !isTag(column)), ...columns.filter(isTag)];
}

/** Returns whether a column is shown in a view. */
export function isShown(column: Column, view: View): boolean {
  if (view.hidden.includes(column.id)) return false;
  return !column.hidden || view.shown.includes(column.id);
}

/** Pixels that tags may take: the width of the list without what all rows have, and enough for a name. */
const OTHERS_WIDTH = 40 + 104 + 88 + 136 + 48;
const NAME_WIDTH = 216;

/** What people know a song by; these come first where there is no room for all tags. */
const FIRST = ["tag:title", "tag:artist", "tag:.dur", "tag:album"];

/** Returns the columns that are shown in a list of this width: all that are no tags, and of the tags as many as fit. */
export function fitting(columns: readonly Column[], view: View, width: number): Column[] {
  const shown = columns.filter((column) => isShown(column, view));
  const rank = ({ id }: Column): number => {
    if (view.shown.includes(id)) return -1;
    const at = FIRST.indexOf(id);
    return at < 0 ? FIRST.length : at;
  };
  const tags = shown.filter(isTag).sort((a, b) => rank(a) - rank(b));
  let room = width - OTHERS_WIDTH - NAME_WIDTH;
  // None takes the room that a more important one lacks: it would go again in a wider window.
  const end = tags.findIndex(({ isNumber }) => {
    room -= isNumber ? 80 : 144;
    return room < 0;
  });
  const fits = new Set(end < 0 ? tags : tags.slice(0, end));
  return shown.filter((column) => !isTag(column) || fits.has(column));
}

/** Returns the part of a view that shows a column, or hides it: in all folders, whatever is usual there. */
export function toggled(column: Column, view: View): Partial<View> {
  const others = (ids: readonly string[]): string[] => ids.filter((id) => id !== column.id);
  const [hidden, shown] = [others(view.hidden), others(view.shown)];
  return isShown(column, view) ? { hidden: [...hidden, column.id], shown } : { hidden, shown: [...shown, column.id] };
}
