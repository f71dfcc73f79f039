// What a share link is for and how long it works, in words.
import { t } from "../../kit/words.ts";
import type { ShareLink } from "../api/types.gen.ts";
import { shownDate } from "../browse/texts.ts";

export function linkFacts(link: ShareLink): string {
  const parts = [
    t(`share.${link.kind}.short`),
    link.expires_ms === undefined ? t("share.endless") : t("share.until", { date: shownDate(link.expires_ms) }),
    link.max_uses === undefined
      ? t("share.used", { n: link.uses })
      : t("share.usedOf", { n: link.uses, max: link.max_uses }),
    link.has_pin ? t("share.withPin") : "",
    link.state === "works" ? "" : t(`share.state.${link.state}`),
  ];
  return parts.filter(Boolean).join(" · ");
}
