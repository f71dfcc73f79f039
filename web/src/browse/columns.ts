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

/** Returns all columns beside the name: tags first, in the server's order. */
export function columnsOf(tags: readonly TagInfo[] | undefined): Column[] {
  return [...(tags ?? []).map(tagColumn), ...builtIn()];
}

/** Returns the columns in the order of menus: those of all files first. */
export function inMenu(columns: readonly Column[]): Column[] {
  const isTag = ({ id }: Column): boolean => id.startsWith("tag:");
  return [...columns.filter((column) => !isTag(column)), ...columns.filter(isTag)];
}

/** Returns whether a column is shown in a view. */
export function isShown(column: Column, view: View): boolean {
  return column.hidden ? view.shown.includes(column.id) : !view.hidden.includes(column.id);
}

/** Pixels that tags may take: the width of the list without what all rows have, and enough for a name. */
const OTHERS_WIDTH = 40 + 104 + 88 + 136 + 48;
const NAME_WIDTH = 260;

/** Returns the columns that are shown in a list of this width: as many tags as fit, the first ones. */
export function fitting(columns: readonly Column[], view: View, width: number): Column[] {
  let room = width - OTHERS_WIDTH - NAME_WIDTH;
  return columns.filter((column) => {
    if (!isShown(column, view)) return false;
    if (!column.id.startsWith("tag:")) return true;
    room -= column.isNumber ? 80 : 144;
    return room >= 0;
  });
}

/** Returns the part of a view that shows a column, or hides it. */
export function toggled(column: Column, view: View): Partial<View> {
  const kind = column.hidden ? "shown" : "hidden";
  const ids = view[kind];
  return { [kind]: ids.includes(column.id) ? ids.filter((id) => id !== column.id) : [...ids, column.id] };
}
