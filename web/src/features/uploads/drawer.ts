// The drawer at the bottom of the page: a summary that opens to tabs and the list of all uploads.
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { duration, percent, rate } from "../../../kit/format.ts";
import { shownName } from "../../../kit/names.ts";
import { visibleRows } from "../../../kit/visible-rows.ts";
import { t } from "../../../kit/words.ts";
import { type Item, type Tab, tabOf } from "../../up2k/item.ts";
import type { Queue } from "../../up2k/queue.ts";
import { row } from "./row.ts";

type Shown = Tab | "all";

const TABS: readonly Shown[] = ["all", "active", "waiting", "done", "failed"];

/** Milliseconds between two redraws: smooth progress, and little work with thousands of files. */
const DRAW_INTERVAL_MS = 200;

export class UploadDrawer extends LitElement {
  queue!: Queue;
  /** whether finished files are links: the visitor may read them */
  linked = false;
  private open = false;
  private tab: Shown = "all";
  private drawing = 0;
  /** keeps the first active file in view until the visitor scrolls */
  private follow = true;
  private focused = false;
  private unsubscribe = (): void => {};
  /** redraws when the size of the list changes: other rows are visible, and rows may have another height */
  private readonly resized = new ResizeObserver(() => this.requestUpdate());
  private observed: Element | null = null;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.unsubscribe = this.queue.subscribe(() => this.scheduleDraw());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.unsubscribe();
    this.resized.disconnect();
    this.observed = null;
    clearTimeout(this.drawing);
  }

  /** Opens the list, as when files were added. */
  reveal(): void {
    this.open = true;
    this.follow = true;
    this.requestUpdate();
  }

  private scheduleDraw(): void {
    if (this.drawing) return;
    this.drawing = setTimeout(() => {
      this.drawing = 0;
      this.requestUpdate();
    }, DRAW_INTERVAL_MS) as unknown as number;
  }

  private count(tab: Shown): number {
    return tab === "all" ? this.queue.items.length : this.queue.counts[tab];
  }

  private items(): Item[] {
    const { tab, queue } = this;
    return tab === "all" ? queue.items : queue.items.filter((item) => tabOf(item.state) === tab);
  }

  protected override render(): unknown {
    const { queue, open } = this;
    const some = queue.items.length > 0;
    const shown = some || queue.cancelled.length > 0;
    document.documentElement.classList.toggle("has-drawer", shown);
    if (!shown) return nothing;
    return html`<section class="drawer ${open ? "open" : ""}" aria-label=${t("drawer.label")}>
      ${some ? this.head() : nothing} ${this.cancelled()}
      ${some && open ? [this.tools(), this.tabs(), this.list()] : nothing}
    </section>`;
  }

  private head(): TemplateResult {
    const { open } = this;
    return html`<div class="head">
        <button
          class="pill"
          type="button"
          aria-expanded=${open ? "true" : "false"}
          title=${t(open ? "drawer.hide" : "drawer.show")}
          @click=${this.toggle}
        >
          ${this.summary()}<span class="i ${open ? "i-down" : "i-up"}"></span>
        </button>
        ${this.total()}
      </div>`;
  }

  /** The message with "Undo" after a cancel. */
  private cancelled(): TemplateResult {
    const { cancelled } = this.queue;
    const [first] = cancelled;
    const message =
      cancelled.length === 1 && first
        ? t("cancelled.one", { name: shownName(first.path) })
        : t("cancelled.many", { n: cancelled.length });
    const undo = (): void => this.queue.undoCancel();
    return html`<div class="cancelled" role="status">${
      first
        ? html`<span title=${message}>${message}</span><button class="tool" type="button" @click=${undo}>${t("cancelled.undo")}</button>`
        : nothing
    }</div>`;
  }

  private summary(): TemplateResult {
    const { queue } = this;
    const { counts, states, totals, connectivity } = queue;
    const failed =
      counts.failed > 0 ? html`<span class="bad">${t("drawer.failed", { n: counts.failed })}</span>` : nothing;
    if (!queue.busy) {
      // The tick means that everything was sent and verified; a skipped file was not sent.
      const icon = states.skipped > 0 ? "i-minus" : "i-check";
      return html`${counts.failed > 0 ? nothing : html`<span class="i ${icon}"></span>`}${this.finished()}${failed}`;
    }
    const values = { done: states.done, all: totals.files, percent: percent(totals.sent, totals.bytes) };
    if (queue.paused) return html`<b>${t("drawer.paused", values)}</b>${failed}`;
    if (connectivity.isLost) {
      const wait = Math.ceil(connectivity.msUntilRetry() / 1000);
      // No other change redraws the countdown while all requests wait.
      this.scheduleDraw();
      return html`<b class="bad">${wait > 0 ? t("drawer.lost", { n: wait }) : t("drawer.trying")}</b>`;
    }
    const left = queue.timeLeft();
    const detail = [queue.resuming ? t("state.resuming") : values.percent];
    const speed = queue.rate();
    if (speed > 0) detail.push(rate(speed));
    if (left !== undefined) detail.push(t("drawer.left", { time: duration(left) }));
    if (states.skipped > 0) detail.push(t("drawer.skipped", { n: states.skipped }));
    return html`<b>${t("drawer.going", values)}</b><span>${detail.join(" · ")}</span>${failed}`;
  }

  /** "3 files uploaded", "14 uploaded, 1 skipped", "1 skipped". */
  private finished(): unknown {
    const { done, skipped } = this.queue.states;
    if (done + skipped === 0) return nothing;
    if (skipped === 0) return html`<b>${t("drawer.done", { n: done })}</b>`;
    return html`<b>${done > 0 ? t("drawer.mixed", { done, skipped }) : t("drawer.skipped", { n: skipped })}</b>`;
  }

  private total(): TemplateResult {
    const { totals, busy, counts, states } = this.queue;
    const whole = Math.max(1, totals.bytes);
    return html`<progress
      class=${busy || counts.failed > 0 ? "" : states.done > 0 ? "complete" : "reading"}
      max=${whole}
      .value=${busy ? totals.sent : whole}
      aria-label=${t("drawer.total")}
    ></progress>`;
  }

  private tools(): TemplateResult {
    const { queue } = this;
    const { counts, paused, busy } = queue;
    const tool = (label: string, press: () => void): TemplateResult =>
      html`<button class="tool" type="button" @click=${press}>${label}</button>`;
    return html`<div class="tools">
      ${busy ? (paused ? tool(t("drawer.resumeAll"), () => queue.resumeAll()) : tool(t("drawer.pauseAll"), () => queue.pauseAll())) : nothing}
      ${counts.failed > 0 ? tool(t("drawer.retryAll"), () => queue.retryFailed()) : nothing}
      ${counts.done > 0 && !busy ? tool(t("drawer.clear"), () => queue.clearDone()) : nothing}
      ${busy || counts.failed > 0 ? tool(t("drawer.cancelAll"), () => queue.cancelAll()) : nothing}
    </div>`;
  }

  private tabs(): TemplateResult {
    return html`<div class="tabs" role="tablist" aria-label=${t("drawer.tabs")} @keydown=${this.arrow}>
      ${TABS.map((tab) => {
        const on = tab === this.tab;
        const count = this.count(tab);
        return html`<button
          type="button"
          role="tab"
          id="tab-${tab}"
          aria-controls="uploads-list"
          aria-selected=${on ? "true" : "false"}
          tabindex=${on ? 0 : -1}
          @click=${() => this.select(tab)}
        >
          ${t(`tab.${tab}`)} <span class="count">${count > 0 ? count.toLocaleString("en") : ""}</span>
        </button>`;
      })}
    </div>`;
  }

  private list(): TemplateResult {
    const items = this.items();
    const box = this.querySelector<HTMLElement>(".rows");
    const height = this.rowHeight();
    const shown = visibleRows(box?.scrollTop ?? 0, box?.clientHeight || 400, height, items.length);
    const context = { queue: this.queue, linked: this.linked, count: items.length };
    return html`<div
      class="rows"
      id="uploads-list"
      role="tabpanel"
      aria-labelledby="tab-${this.tab}"
      tabindex="0"
      @scroll=${() => this.requestUpdate()}
      @wheel=${this.unfollow}
      @touchmove=${this.unfollow}
      @keydown=${this.unfollow}
    >
      ${
        items.length === 0
          ? html`<p class="empty">${t("drawer.empty")}</p>`
          : html`<div class="all" role="list" .style=${`--rows:${items.length}`}>
            ${repeat(
              items.slice(shown.from, shown.to),
              (item) => item.id,
              (item, i) => row(item, { ...context, position: shown.from + i + 1 }),
            )}
          </div>`
      }
    </div>`;
  }

  protected override willUpdate(): void {
    this.focused = this.contains(document.activeElement);
  }

  protected override updated(): void {
    // When the focused row was removed, focus the list, so that the keyboard does not restart at the top of the page.
    if (this.focused && !this.contains(document.activeElement)) {
      this.querySelector<HTMLElement>(".rows, .cancelled button")?.focus({ preventScroll: true });
    }
    this.observe();
    if (!this.open || !this.follow || this.tab !== "all" || !this.queue.busy) return;
    const box = this.querySelector<HTMLElement>(".rows");
    const first = this.queue.items.findIndex((item) => tabOf(item.state) === "active");
    if (!box || first < 0) return;
    const top = Math.max(0, first - 1) * this.rowHeight();
    if (Math.abs(box.scrollTop - top) > 1) box.scrollTop = top;
  }

  private observe(): void {
    const box = this.querySelector(".rows");
    if (box === this.observed) return;
    this.resized.disconnect();
    this.observed = box;
    if (box) this.resized.observe(box);
  }

  /** Height of a row in pixels, from the style sheet; larger on touch screens. */
  private rowHeight(): number {
    return Number.parseFloat(getComputedStyle(this).getPropertyValue("--upload-row")) || 60;
  }

  private readonly unfollow = (): void => {
    this.follow = false;
  };

  private readonly toggle = (): void => {
    this.open = !this.open;
    this.requestUpdate();
  };

  private select(tab: Shown): void {
    this.tab = tab;
    const box = this.querySelector<HTMLElement>(".rows");
    if (box) box.scrollTop = 0;
    this.requestUpdate();
  }

  private readonly arrow = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = TABS[(TABS.indexOf(this.tab) + step + TABS.length) % TABS.length] ?? "all";
    this.select(next);
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(`#tab-${next}`)?.focus());
  };
}

customElements.define("pl-uploads", UploadDrawer);
