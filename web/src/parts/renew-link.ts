// How long a share link lasts: the choices, and the question for one that exists.
import { t } from "../../kit/words.ts";
import type { Api } from "../api/client.ts";
import type { ShareLink } from "../api/types.gen.ts";
import { ask } from "./dialog.ts";

/** Days that a link may last; 0: without end. */
export const LIVES = [1, 7, 30, 365, 0] as const;

export const lifeText = (days: number): string => (days === 0 ? t("share.forever") : t("share.daysOf", { n: days }));

/** Asks how long a link is to last from now. Returns whether it was changed. */
export async function renewLink(api: Api, link: ShareLink, name: string): Promise<boolean> {
  const days = await ask<number>(t("share.extendTitle", { name }), "", [
    ...LIVES.map((value) => ({ label: lifeText(value), value })),
    { label: t("dialog.cancel"), value: -1 },
  ]);
  if (days === undefined || days < 0) return false;
  await api.renewLink(link.id, days);
  return true;
}
