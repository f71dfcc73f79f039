// What a list of earlier versions says of each.
import { t } from "../../kit/words.ts";
import type { VersionInfo } from "../api/types.gen.ts";
import { distinctTimes } from "../browse/texts.ts";

export interface VersionTexts {
  /** when it was saved, different for each of the versions */
  time: (version: VersionInfo) => string;
  /** how it was replaced */
  how: (version: VersionInfo) => string;
}

export function versionTexts(versions: readonly VersionInfo[]): VersionTexts {
  const saved = distinctTimes(versions.map((version) => version.modified_ms));
  const removed = distinctTimes(versions.flatMap((version) => version.removed_ms ?? []));
  return {
    time: ({ modified_ms }) => saved(modified_ms),
    // Of texts that the editor has replaced, it is not known when.
    how: ({ removed_ms: at }) => (at === undefined ? t("versions.edited") : t("versions.until", { time: removed(at) })),
  };
}
