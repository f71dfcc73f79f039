// Addresses under which a picture is shown: its thumbnail first, then itself, or a large thumbnail where the browser cannot show it.
import type { App } from "../browse/app.ts";
import { extensionOf, type FileRow, withParameter } from "../browse/rows.ts";

/** What every browser shows. Of other formats the server makes a picture. */
const SHOWN = new Set("jpg jpeg jfif png gif webp avif bmp svg ico".split(" "));

export function isShownByBrowsers(row: FileRow): boolean {
  return SHOWN.has(extensionOf(row.name));
}

/** Returns the address of the small thumbnail, the same as in the grid. */
export function thumbnailOf(app: App, row: FileRow): string {
  return sized(app, row, "w");
}

/** Returns the address of a thumbnail of the whole picture. */
export function wholeThumbnailOf(app: App, row: FileRow): string {
  return sized(app, row, "wf");
}

/** Returns the address of the largest thumbnail. */
export function largeThumbnailOf(app: App, row: FileRow): string {
  return sized(app, row, "wf3");
}

/** The time is part of the address, so that browsers may keep the thumbnail. */
function sized(app: App, row: FileRow, size: string): string {
  return `${withParameter(app.hrefOf(row), `th=${size}`)}&cache=i&t=${row.modified_ms}`;
}

/**
 * Returns the address of a large thumbnail of a picture that the browser cannot show, as a blob; undefined if the server cannot
 * show it either: it then sends an icon.
 */
export async function madePicture(app: App, row: FileRow, signal: AbortSignal): Promise<string | undefined> {
  const response = await fetch(largeThumbnailOf(app, row), { signal });
  const type = response.headers.get("Content-Type") ?? "";
  if (!response.ok || type.includes("svg")) return undefined;
  return URL.createObjectURL(await response.blob());
}
