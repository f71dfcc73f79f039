// The sizes that a folder takes, in words.
import { size } from "../../kit/format.ts";
import { sentences } from "../../kit/locale.ts";
import { t } from "../../kit/words.ts";
import type { UploadRules } from "./rules.ts";

/** Returns the limits of a file as sentences; empty if there are none. */
export function limitsText({ min_file_bytes: least, max_file_bytes: most }: UploadRules): string {
  const texts = [
    least === undefined ? "" : t("options.least", { size: size(least) }),
    most === undefined ? "" : t("options.limit", { size: size(most) }),
  ];
  return sentences(texts.filter(Boolean));
}
