// Percent-encoded names for people.
import { shownName } from "../../kit/names.ts";

/** Returns a percent-encoded name for people. */
export function decoded(name: string): string {
  try {
    return shownName(decodeURIComponent(name));
  } catch {
    // Not UTF-8: what can be read of it.
    return shownName(name);
  }
}
