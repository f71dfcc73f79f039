// Describes the state of a file in one sentence: what happens, and what to do next.
import { duration, percent, rate, size } from "../../kit/format.ts";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import type { Item } from "../up2k/item.ts";

/** Returns why a file failed or waits; empty if there is no reason. */
export function reasonText(item: Item): string {
  if (!item.reason) return "";
  const { code, detail } = item.reason;
  switch (code) {
    case "denied":
      return t("reason.denied");
    case "refused":
      return t("reason.refused", { detail });
    case "size":
      return sizeText(item, detail);
    case "quota":
      return t(detail.includes("num.files") ? "reason.quota.files" : "reason.quota");
    case "taken":
      return t("reason.taken");
    case "exists":
      return detail.includes("file already exists") ? t("reason.twin") : t("reason.exists");
    case "changed":
      return t("reason.changed");
    case "unreadable":
      return t("reason.unreadable");
    case "lost":
      return t("reason.lost");
    case "again":
      return againText(detail);
    case "internal":
      return t("reason.internal", { detail });
  }
}

function sizeText({ plan, maxBytes, minBytes }: Item, detail: string): string {
  const bytes = size(plan.size);
  if (detail.startsWith("file too small")) {
    return minBytes === undefined
      ? t("reason.small.unknown", { size: bytes })
      : t("reason.small", { size: bytes, limit: size(minBytes) });
  }
  return maxBytes === undefined
    ? t("reason.large.unknown", { size: bytes })
    : t("reason.large", { size: bytes, limit: size(maxBytes) });
}

function againText(detail: string): string {
  // "server HDD is full; 300 MiB free, need 1.2 GiB"; beside others: "… free beside the uploads under way, need …"
  const [, free, needed] = /HDD is full; (.+?) free\b.*, need (.+?)\.?$/.exec(detail) ?? [];
  const whole = (text: string): string => text.replace(" ", "\u00a0");
  if (free && needed) return t("reason.full.figures", { free: whole(free), needed: whole(needed) });
  if (/HDD is full|no space/i.test(detail)) return t("reason.full");
  if (detail.startsWith("partial upload exists")) return t("reason.elsewhere");
  if (detail.startsWith("too many uploads from you")) return t("reason.many");
  return t("reason.again", { detail });
}

/** Returns the suffix of "Uploaded" with the name that the server chose, if it differs from the one sent. */
function savedAs({ name, path }: Item): string {
  const asked = path.slice(path.lastIndexOf("/") + 1);
  return name === asked ? "" : ` · ${t("state.savedAs", { name: shownName(name) })}`;
}

/** Returns one line for the row of `item`; `speed` in bytes per second; `allPaused`: the whole queue is paused. */
export function statusText(item: Item, speed: number, allPaused: boolean): string {
  if (item.reason) return reasonText(item);
  const { size } = item.plan;
  if (allPaused && item.state === "waiting") {
    return t("state.paused", { percent: percent(item.sent, size) });
  }
  switch (item.state) {
    case "waiting":
    case "asking":
      return t("state.waiting");
    case "hashing":
      return t("state.hashing", { percent: percent(item.hashed, size) });
    case "starting":
      return t("state.starting");
    case "resuming":
      return t("state.resuming");
    case "sending": {
      const parts = [t("state.sending", { percent: percent(item.sent, size) })];
      if (speed > 0) parts.push(rate(speed), t("drawer.left", { time: duration((size - item.sent) / speed) }));
      return parts.join(" · ");
    }
    case "checking":
      return t("state.checking");
    case "paused":
      return t("state.paused", { percent: percent(item.sent, size) });
    case "done":
      return t(item.known ? "state.known" : "state.done") + savedAs(item);
    case "skipped":
      return t("state.skipped");
    case "failed":
      return "";
  }
}
