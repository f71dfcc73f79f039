// The icon of a row, by its kind.
import type { TemplateResult } from "lit";
import { icon } from "../parts/icon.ts";
import { type Kind, kindOf, type Row } from "./rows.ts";

const ICONS: Record<Kind, string> = {
  folder: "folder",
  picture: "image",
  video: "film",
  audio: "music",
  markdown: "text",
  text: "text",
  pdf: "text",
  archive: "archive",
  playlist: "list-music",
  other: "file",
};

export function iconOf(row: Row): TemplateResult {
  return icon(ICONS[kindOf(row)]);
}
