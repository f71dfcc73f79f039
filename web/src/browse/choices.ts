// What the visitor has chosen under "More view options" for all folders; kept by this browser.
import type { Signal } from "@preact/signals-core";
import { type SizeStyle, writeSizes } from "../../kit/format.ts";
import { preference } from "./preferences.ts";

export const SIZE_STYLES: readonly SizeStyle[] = ["1024", "1000", "bytes"];

const onOff = (name: string): Signal<boolean> =>
  preference<boolean>(name, false, (value) => typeof value === "boolean");

export const sizeStyle = preference<SizeStyle>("sizes", "1024", (value) => SIZE_STYLES.includes(value as SizeStyle));
/** times in UTC instead of the time zone of this device */
export const utc = onOff("utc");
/** a click on a name selects it, and a double click opens it */
export const opensByDouble = onOff("doubleClick");
/** folders in which most files are pictures are shown as a grid */
export const autoGrid = onOff("autoGrid");
/** readmes are shown above and below the list */
export const readmes = preference<boolean>("readmes", true, (value) => typeof value === "boolean");
/** the tree shows the text files of the folder, too */
export const treeTexts = onOff("treeTexts");

writeSizes(() => sizeStyle.value);
