// Which of the past transfers somebody looks for. Pure.
import type { Outcome, PastTransfer } from "../../web/kit/types.gen.ts";

export type PastFilter = "all" | Outcome["is"];

/** `text` is looked for in the path, the other end, and what a message says. */
export function matches(one: PastTransfer, filter: PastFilter, text: string): boolean {
  if (filter !== "all" && one.outcome.is !== filter) return false;
  const wanted = text.trim().toLowerCase();
  const said = one.outcome.is === "message" ? one.outcome.text : "";
  return [one.path, one.who, one.account, one.address, said].some((field) => field.toLowerCase().includes(wanted));
}
