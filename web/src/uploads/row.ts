// One row of the upload list.
import { html, nothing, type TemplateResult } from "lit";
import { size } from "../../kit/format.ts";
import { shownName } from "../../kit/names.ts";
import { type Key, t } from "../../kit/words.ts";
import { canRetry, type Item, tabOf } from "../up2k/item.ts";
import type { Queue } from "../up2k/queue.ts";
import { reasonText, statusText } from "./sentences.ts";

export interface RowContext {
  queue: Queue;
  /** whether finished files are links: the visitor may read them */
  linked: boolean;
  /** position in the list, from 1; the style sheet sets the height of a row */
  position: number;
  count: number;
}

function button(icon: string, key: Key, item: Item, press: () => void): TemplateResult {
  const label = t(key, { name: shownName(item.path) });
  return html`<button class="icon" type="button" aria-label=${label} title=${label} @click=${press}>
    <span class="i ${icon}"></span>
  </button>`;
}

/** The buttons of a file, besides the one that cancels or removes it. */
function first(item: Item, queue: Queue): unknown {
  if (queue.isPaused(item)) return button("i-play", "row.resume", item, () => queue.resumeAlone(item));
  const waits = item.state === "waiting" && item.reason;
  if (item.state === "failed" ? canRetry(item) : waits) {
    return button("i-retry", "row.retry", item, () => queue.resumeAlone(item));
  }
  if (item.state === "failed" || item.state === "asking") return nothing;
  return button("i-pause", "row.pause", item, () => queue.pause(item));
}

function actions(item: Item, queue: Queue): unknown {
  const [isDone, isFailed] = [tabOf(item.state) === "done", item.state === "failed"];
  const end = button("i-x", isDone || isFailed ? "row.remove" : "row.cancel", item, () => queue.cancel(item));
  return isDone || (isFailed && !canRetry(item)) ? end : [first(item, queue), end];
}

function bar(item: Item): unknown {
  if (tabOf(item.state) === "done" || item.state === "failed") return nothing;
  const hashing = item.state === "hashing";
  const whole = Math.max(1, item.plan.size);
  return html`<progress
    class=${hashing ? "reading" : ""}
    max=${whole}
    .value=${hashing ? item.hashed : item.sent}
    aria-label=${t("row.progress", { name: shownName(item.path) })}
  ></progress>`;
}

export function row(item: Item, context: RowContext): TemplateResult {
  const { queue, linked } = context;
  const path = shownName(item.path);
  const name =
    linked && item.link && item.state === "done"
      ? html`<a class="name" dir="auto" href=${item.link} title=${path}>${path}</a>`
      : html`<span class="name" dir="auto" title=${path}>${path}</span>`;
  const mark = { done: "i-check", skipped: "i-minus" }[item.state as string];
  return html`<div
    class="row ${item.state} ${item.reason ? "held" : ""}"
    role="listitem"
    aria-posinset=${context.position}
    aria-setsize=${context.count}
    .style=${`--at:${context.position - 1}`}
  >
    <div class="row-text">
      ${name}<span class="size"><bdi>${size(item.plan.size)}</bdi></span>
      <p class="status" title=${reasonText(item) || nothing}>
        ${mark ? html`<span class="i ${mark}"></span>` : nothing}<span>${statusText(item, queue.rateOf(item), queue.paused)}</span>
      </p>
      ${bar(item)}
    </div>
    <div class="row-actions">${actions(item, queue)}</div>
  </div>`;
}
