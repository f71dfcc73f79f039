// Error messages. Pure.
import { ConnectionLost, Failed, Refused } from "./api.ts";
import { t } from "./words.ts";

/** Returns a plain sentence for an error. */
export function sentenceOf(reason: unknown): string {
  if (reason instanceof Refused || reason instanceof Failed) return reason.message;
  if (reason instanceof ConnectionLost) return t("lost.action");
  console.error(reason);
  return t("error.unknown");
}
