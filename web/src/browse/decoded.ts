// Percent-encoded names for people.
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";

/** A byte order mark is a part of a name. */
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** Returns a percent-encoded name, or another part of an address, as text; as it is where it is not UTF-8. */
export function plainName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Returns a percent-encoded name for people. What is not UTF-8 is U+FFFD, as in the names of listings. */
export const decoded = (name: string): string =>
  shownName(
    name.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
      const bytes = Uint8Array.from(encoded.slice(1).split("%"), (byte) => Number.parseInt(byte, 16));
      return DECODER.decode(bytes);
    }),
  );

/** Returns the name of a folder for people. `path`: percent-encoded. */
export function folderName(path: string): string {
  const name = path.split("/").filter(Boolean).pop();
  return name === undefined ? t("crumbs.home") : decoded(name);
}
