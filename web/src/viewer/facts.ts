// What is known of a file, as lines of a table.
import { size } from "../../kit/format.ts";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import type { FileProperties, TagInfo } from "../api/types.gen.ts";
import type { FileRow } from "../browse/rows.ts";
import { shownTime, tagText } from "../browse/texts.ts";

type Tags = Record<string, string | number | null>;

type Properties = Pick<FileProperties, "tags" | "wark" | "picture" | "uploaded">;

export interface Fact {
  label: string;
  value: string;
  href?: string;
}

/** Tags that have a line of their own, in this order. */
const KNOWN = { taken: "fact.taken", camera: "fact.camera", place: "fact.place", ".dur": "fact.length" } as const;
/** Tags that say nothing to people. */
const LEFT_OUT = new Set([".orientation", "res", "ff-md5"]);

/** Returns the facts of a file. `shownSize`: pixels of the shown picture or film; `labels`: the names of tags. */
export function factsOf(
  row: FileRow,
  labels: readonly TagInfo[],
  shownSize: { width: number; height: number } | undefined,
  properties: Properties | undefined,
): Fact[] {
  const tags: Tags = { ...row.tags, ...properties?.tags };
  const pixels = shownSize ?? properties?.picture ?? row.picture;
  const facts: Fact[] = [
    { label: t("list.name"), value: shownName(row.name) },
    { label: t("list.size"), value: t("fact.bytes", { size: size(row.size), n: row.size }) },
    { label: t("list.changed"), value: shownTime(row.modified_ms) },
  ];
  if (pixels && pixels.width > 0) facts.push({ label: t("fact.pixels"), value: pixelsText(pixels) });
  for (const [name, key] of Object.entries(KNOWN)) {
    const value = tagText(name, tags[name]);
    if (value !== "") facts.push({ label: t(key), value, ...(name === "place" ? placeLink(value) : {}) });
  }
  for (const [name, value] of Object.entries(tags)) {
    const text = tagText(name, value);
    if (name in KNOWN || LEFT_OUT.has(name) || text === "") continue;
    facts.push({ label: labels.find((tag) => tag.name === name)?.label ?? name.replace(/^\./, ""), value: text });
  }
  return [...facts, ...uploadFacts(properties)].filter(({ value }) => value !== "");
}

function uploadFacts(properties: Properties | undefined): Fact[] {
  const { uploaded, wark } = properties ?? {};
  return [
    { label: t("fact.uploaded"), value: shownTime(uploaded?.at_ms ?? 0) },
    { label: t("fact.uploader"), value: shownName(uploaded?.by ?? "") },
    { label: t("fact.wark"), value: wark ?? "" },
  ];
}

function pixelsText({ width, height }: { width: number; height: number }): string {
  const megapixels = (width * height) / 1e6;
  const values = { width: String(width), height: String(height), mega: megapixels.toFixed(megapixels < 10 ? 1 : 0) };
  return t(megapixels < 0.1 ? "fact.pixelsSmall" : "fact.pixelsValue", values);
}

/** A place opens in the program for maps that the device has; nothing is sent by the page itself. */
function placeLink(value: string): { href: string } | Record<string, never> {
  return /^-?\d+(\.\d+)?,-?\d+(\.\d+)?$/.test(value) ? { href: `geo:${value}` } : {};
}
