// What went wrong, in words. Pure.
import { ConnectionLost, Failed, Refused } from "./api.ts";
import { t } from "./words.ts";

/** What went wrong, as a plain sentence. */
export function sentenceOf(reason: unknown): string {
  if (reason instanceof Refused || reason instanceof Failed) return reason.message;
  if (reason instanceof ConnectionLost) return t("lost.action");
  console.error(reason);
  return t("trouble.unknown");
}
