// What a share link is for and how long it works, in words.
import type { TemplateResult } from "lit";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import type { ShareLink } from "../api/types.gen.ts";
import { apart, shownDate } from "../browse/texts.ts";

/** `note`: for the one who opens the link; shown after the others. */
export function linkFacts(link: ShareLink, note = ""): TemplateResult {
  const parts = [
    t(`share.${link.kind}.short`),
    link.expires_ms === undefined ? t("share.endless") : t("share.until", { date: shownDate(link.expires_ms) }),
    link.max_uses === undefined
      ? t("share.used", { n: link.uses })
      : t("share.usedOf", { n: link.uses, max: link.max_uses }),
    link.has_pin ? t("share.withPin") : "",
    link.state === "works" ? "" : t(`share.state.${link.state}`),
    shownName(note),
  ];
  return apart(parts.filter(Boolean));
}
