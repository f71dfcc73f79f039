// Filters past transfers. Pure.
import type { Outcome, PastTransfer } from "../../web/kit/types.gen.ts";

export type PastFilter = "all" | Outcome["is"];

/** Returns whether a transfer matches. `text` is searched in the path, the client and the text of a note. */
export function matches(one: PastTransfer, filter: PastFilter, text: string): boolean {
  if (filter !== "all" && one.outcome.is !== filter) return false;
  const wanted = text.trim().toLowerCase();
  const note = one.outcome.is === "message" ? one.outcome.text : "";
  return [one.path, one.who, one.account, one.address, note].some((field) => field.toLowerCase().includes(wanted));
}
