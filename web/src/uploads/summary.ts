// The whole queue in one line: what the drawer's pill and the guests' page say.
import { html, nothing, type TemplateResult } from "lit";
import { duration, percent, rate, size } from "../../kit/format.ts";
import { t } from "../../kit/words.ts";
import type { Queue } from "../up2k/queue.ts";

/** Returns the line for a queue that works. `again` is called when the line changes by itself, as a countdown does. */
export function progressLine(queue: Queue, again: () => void): TemplateResult {
  const { counts, states, totals, connectivity } = queue;
  const share = percent(totals.sent, totals.bytes);
  const values = { done: states.done, all: totals.files, percent: share };
  const failed = failedPart(queue);
  if (queue.paused) return html`<b>${t("drawer.paused", values)}</b>${failed}`;
  if (connectivity.isLost) {
    const wait = Math.ceil(connectivity.msUntilRetry() / 1000);
    // No other change draws the countdown while all requests wait.
    again();
    return html`<b class="bad">${wait > 0 ? t("drawer.lost", { n: wait }) : t("drawer.trying")}</b>`;
  }
  if (queue.isHeld) return html`<b>${t("drawer.held")}</b>`;
  if (states.asking > 0 && states.asking === counts.active + counts.waiting) return html`<b>${t("drawer.asking")}</b>`;
  const detail: string[] = [];
  const speed = queue.rate();
  const left = queue.timeLeft();
  if (left !== undefined) detail.push(t("drawer.left", { time: duration(left) }));
  if (states.skipped > 0) detail.push(t("drawer.skipped", { n: states.skipped }));
  return html`<b>${queue.resuming ? t("state.resuming") : share}</b><span
      >${t("drawer.going", values)}${speed > 0 ? html`<span class="speed"> · ${rate(speed)}</span>` : nothing}${detail.map((text) => ` · ${text}`)}</span
    >${failed}`;
}

/** Returns the line for a queue that has ended: "3 files uploaded", "14 uploaded, 1 skipped", "1 skipped". */
export function resultLine(queue: Queue): TemplateResult {
  const { states, counts } = queue;
  const { done, skipped } = states;
  const text = (): string => {
    if (skipped === 0) return t("drawer.done", { n: done });
    return done > 0 ? t("drawer.mixed", { done, skipped }) : t("drawer.skipped", { n: skipped });
  };
  // The tick means that everything was sent and verified; a skipped file was not sent.
  const mark = counts.failed > 0 ? nothing : html`<span class="i ${skipped > 0 ? "i-minus" : "i-check"}"></span>`;
  return html`${mark}${done + skipped > 0 ? html`<b>${text()}</b>` : nothing}${failedPart(queue)}`;
}

/** Returns how many files are in each state, and how much of their bytes has arrived: what there is instead of the list. */
export function totals({ counts, totals: { sent, bytes } }: Queue): TemplateResult {
  const states = ["active", "waiting", "done", "failed"] as const;
  return html`<dl class="totals">
    ${states.map((state) => html`<div><dt>${t(`tab.${state}`)}</dt><dd>${t("tab.count", { n: counts[state] })}</dd></div>`)}
    <div><dt>${t("list.size")}</dt><dd>${t("trash.working", { done: size(sent), all: size(bytes) })}</dd></div>
  </dl>`;
}

function failedPart({ counts }: Queue): unknown {
  return counts.failed > 0 ? html`<span class="bad">${t("drawer.failed", { n: counts.failed })}</span>` : nothing;
}
