// Words that several parts of the control page use.
import type { TemplateResult } from "lit";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import { decoded } from "../browse/decoded.ts";
import { apart } from "../browse/texts.ts";

/** Returns the folder of a path for people: "music/2026". `path`: percent-encoded. */
export function folderOf(path: string): string {
  const folder = path.split("/").filter(Boolean).slice(0, -1).map(decoded).join("/");
  return folder === "" ? t("crumbs.home") : folder;
}

/** Returns the URL path of the folder of an entry, with a slash at its end. */
export const folderPathOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);

/** Returns a name for people; that of the root folder for an empty one. */
export const nameOf = (name: string): string => shownName(name) || t("crumbs.home");

/** Returns who it was: "you", a name, a visitor; with the address, where that is known. */
export function whoOf(own: boolean, name: string | undefined, address: string | undefined): string {
  if (own) return t("control.you");
  const shown = name === undefined ? t("control.visitor") : shownName(name);
  return address === undefined ? shown : `${shown} · ${address}`;
}

/** Returns what the section of a part says when there is nothing: the server has written it. */
export const noneOf = (part: HTMLElement): string => part.closest<HTMLElement>(".live")?.dataset.none ?? "";

export const joined = (parts: readonly (string | undefined)[]): TemplateResult =>
  apart(parts.filter((part): part is string => Boolean(part)));
