// Percent-encoded names for people.
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";

/** Returns a percent-encoded name, or another part of an address, as text; as it is where it is not UTF-8. */
export function plainName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Returns a percent-encoded name for people. */
export const decoded = (name: string): string => shownName(plainName(name));

/** Returns the name of a folder for people. `path`: percent-encoded. */
export function folderName(path: string): string {
  const name = path.split("/").filter(Boolean).pop();
  return name === undefined ? t("crumbs.home") : decoded(name);
}
