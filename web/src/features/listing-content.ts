// Draws the content of a folder from the page API as the server's page has it (web/templates/listing.html describes the
// elements), so that a refreshed page and a reloaded one are the same.
import { size } from "../../kit/format.ts";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import type { Listing } from "../api/client.ts";
import type { FileEntry, FolderEntry, FolderHead, TagInfo } from "../api/types.gen.ts";
import { encodeName } from "../up2k/urls.ts";

/** How the page shows a folder. */
export interface View {
  sort: string;
  dots: boolean;
  /** links start with the folder's name */
  fromAbove: boolean;
}

const COLUMNS = [
  ["name", "list.name"],
  ["size", "list.size"],
  ["ext", "list.type"],
  ["date", "list.changed"],
] as const;

type Child = Node | string;

function element(tag: string, attributes: Record<string, string>, ...children: readonly Child[]): HTMLElement {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Replaces everything in `main` that depends on the folder's content: counts, buttons, texts and rows. */
export function drawContent(main: HTMLElement, listing: Listing, view: View): void {
  const { head } = listing;
  const bar = main.querySelector(".bar");
  bar?.querySelector(".summary")?.replaceChildren(summary(head));
  bar?.querySelector(".actions")?.replaceChildren(...actions(head));
  while (bar && main.lastChild && main.lastChild !== bar) main.lastChild.remove();
  main.append(
    "\n",
    ...text("shown", t("list.banner"), head.banner),
    ...text("prologue", undefined, head.prologue),
    ...(isEmpty(head) ? [] : ["\n", table(listing, view), "\n"]),
    ...text("readme", "README.md", head.readme),
    ...text("epilogue", undefined, head.epilogue),
  );
}

/** Replaces the free space in the foot of the page, where the server shows it. */
export function drawSpace(foot: Element | null, { space }: FolderHead): void {
  const shown = foot?.querySelector("p:not(.page-link)");
  if (shown && space) shown.textContent = t("list.space", { free: size(space.free), total: size(space.total) });
}

const isEmpty = ({ folders, files }: FolderHead): boolean => folders + files === 0;

function summary(head: FolderHead): string {
  if (isEmpty(head)) return t("list.empty");
  // As strings, numbers are not grouped.
  const folders = head.folders > 0 ? [t("list.folders", { n: String(head.folders) })] : [];
  const files = head.files > 0 ? [t("list.files", { n: String(head.files) })] : [];
  return [...folders, ...files, ...(head.bytes > 0 ? [size(head.bytes)] : [])].join(", ");
}

function actions(head: FolderHead): Child[] {
  const { upload, archive } = head.may;
  const link = (kind: string, href: string, text: string, rel: Record<string, string> = {}): Child[] => [
    element("a", { class: `btn${kind}`, href, ...rel }, text),
    "\n",
  ];
  const nofollow = { rel: "nofollow" };
  return [
    "\n",
    ...(upload ? link(" primary", "#upload", t("list.upload")) : []),
    ...(archive && !isEmpty(head)
      ? [
          ...link(upload ? "" : " primary", "?zip", t("list.zip"), nofollow),
          ...link("", "?tar", t("list.tar"), nofollow),
        ]
      : []),
    ...link(" quiet", "?folders", t("list.tree")),
  ];
}

/** A text of a user: always as text, never as HTML. */
function text(id: string, title: string | undefined, content: string | undefined): Child[] {
  if (content === undefined || content.trim() === "") return [];
  // As a parser of HTML reads it: one kind of line end, and none right after the tag.
  const lines = content.replace(/\r\n?/g, "\n").replace(/^\n/, "");
  const heading = title === undefined ? [] : [element("h2", {}, title)];
  return ["\n", element("section", { class: "doc", id }, ...heading, element("pre", {}, lines)), "\n"];
}

/** The tags that have a column. */
const tagColumns = ({ tags }: FolderHead): TagInfo[] => (tags ?? []).filter((tag) => !tag.hidden);

function table({ head, folders, files }: Listing, view: View): HTMLElement {
  const tags = tagColumns(head);
  const prefix = view.fromAbove ? `${head.path.split("/").pop()}/` : "";
  const rows = [
    ...folders.map((folder) => folderRow(prefix, folder, tags)),
    ...files.map((file) => fileRow(prefix, file, tags)),
  ];
  return element(
    "table",
    { class: "list", id: "files" },
    "\n",
    element("thead", {}, headRow(view, tags)),
    "\n",
    element("tbody", {}, "\n", ...rows.flatMap((row) => [row, "\n"])),
    "\n",
  );
}

function headRow({ sort, dots }: View, tags: TagInfo[]): HTMLElement {
  const cells: Child[] = [element("th", { scope: "col" }, element("span", { class: "sr" }, t("list.download"))), "\n"];
  for (const [column, words] of COLUMNS) {
    const isUp = sort === column;
    const order: Record<string, string> =
      isUp || sort === `-${column}` ? { "aria-sort": isUp ? "ascending" : "descending" } : {};
    const href = `?${dots ? "dots&" : ""}sort=${isUp ? "-" : ""}${column}`;
    cells.push(element("th", { scope: "col", ...order }, element("a", { href }, t(words))), "\n");
    if (column !== "size") continue;
    for (const { label } of tags) cells.push(element("th", { class: "tag", scope: "col" }, label), "\n");
  }
  cells.pop();
  return element("tr", {}, ...cells);
}

function folderRow(prefix: string, folder: FolderEntry, tags: TagInfo[]): HTMLElement {
  const href = `${prefix}${folder.encoded ?? encodeName(folder.name)}/`;
  const zip = element("a", { href: `${href}?zip`, rel: "nofollow" }, "zip");
  const bytes = folder.size === undefined ? "-" : size(folder.size);
  return row(
    folder.archive ? zip : "-",
    href,
    folder.name,
    bytes,
    tags.map(() => ""),
    "-",
    folder.modified_ms,
  );
}

function fileRow(prefix: string, file: FileEntry, tags: TagInfo[]): HTMLElement {
  const key = file.key === undefined ? "" : `?k=${encodeName(file.key)}`;
  const href = `${prefix}${file.encoded ?? encodeName(file.name)}${key}`;
  const values = tags.map(({ name }) => tagText(name, file.tags?.[name]));
  return row("-", href, file.name, size(file.size), values, extension(file.name), file.modified_ms);
}

/** The value of a tag: `.dur`, whole seconds, as "m:ss" or "h:mm:ss"; line breaks and tabs in a text as blanks. */
function tagText(name: string, value: string | number | null | undefined): string {
  if (name !== ".dur" || typeof value !== "number" || value < 0 || !Number.isInteger(value)) {
    const lines = String(value ?? "").split(/[\r\n\t]/);
    return shownName(lines.filter((line) => line !== "").join(" "));
  }
  const two = (number: number): string => String(number).padStart(2, "0");
  const [hours, minutes, seconds] = [Math.floor(value / 3600), Math.floor(value / 60) % 60, value % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

function row(
  lead: Child,
  href: string,
  name: string,
  bytes: string,
  tags: string[],
  type: string,
  modified: number,
): HTMLElement {
  const cell = (child: Child): HTMLElement => element("td", {}, child);
  const link = element("a", { href }, shownName(name));
  return element(
    "tr",
    {},
    cell(lead),
    cell(link),
    cell(bytes),
    ...tags.map(cell),
    "\n",
    cell(shownName(type)),
    cell(date(modified)),
  );
}

/** Longest extension that is shown, in bytes. */
const EXTENSION_MAX = 16;

function extension(name: string): string {
  const dot = name.lastIndexOf(".");
  const end = dot > 0 ? name.slice(dot + 1) : "";
  return end !== "" && new TextEncoder().encode(end).length <= EXTENSION_MAX ? end : "-";
}

/** "2026-11-02 18:20", UTC; "-" for a folder that only leads to volumes. */
function date(modified: number): string {
  if (modified === 0) return "-";
  const [first, last] = [-62_167_219_200_000, 253_402_300_799_000];
  return new Date(Math.min(Math.max(modified, first), last)).toISOString().slice(0, 16).replace("T", " ");
}
