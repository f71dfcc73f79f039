// The list of uploads with its tabs. Only visible rows are drawn: a queue may hold thousands of files.
import { html, LitElement, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { visibleRows } from "../../kit/visible-rows.ts";
import { t } from "../../kit/words.ts";
import { forwardKey } from "../parts/device.ts";
import { lengthOf } from "../parts/text-size.ts";
import { type Item, type Tab, tabOf } from "../up2k/item.ts";
import type { Queue } from "../up2k/queue.ts";
import { row } from "./row.ts";

type Shown = Tab | "all";

const TABS: readonly Shown[] = ["all", "active", "waiting", "done", "failed"];

export class UploadList extends LitElement {
  queue!: Queue;
  /** whether finished files are links: the visitor may read them */
  linked = false;
  private tab: Shown = "all";
  /** keeps the first active file in view until the visitor scrolls */
  private follow = true;
  private focused = false;
  /** draws again when the size of the list changes: other rows are visible, and rows may have another height */
  private readonly resized = new ResizeObserver(() => this.requestUpdate());
  private observed: Element | null = null;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resized.disconnect();
    this.observed = null;
  }

  private count(tab: Shown): number {
    return tab === "all" ? this.queue.items.length : this.queue.counts[tab];
  }

  private items(): Item[] {
    const { tab, queue } = this;
    return tab === "all" ? queue.items : queue.items.filter((item) => tabOf(item.state) === tab);
  }

  protected override render(): unknown {
    return [this.tabs(), this.list()];
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
          ${t(`tab.${tab}`)} <span class="count">${count > 0 ? t("tab.count", { n: count }) : ""}</span>
        </button>`;
      })}
    </div>`;
  }

  private list(): TemplateResult {
    const items = this.items();
    const box = this.querySelector<HTMLElement>(".rows");
    const shown = visibleRows(box?.scrollTop ?? 0, box?.clientHeight || 400, this.rowHeight(), items.length);
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
      this.querySelector<HTMLElement>(".rows")?.focus({ preventScroll: true });
    }
    this.observe();
    if (!this.follow || this.tab !== "all" || !this.queue.busy) return;
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
    return lengthOf(this, "--upload-row", 60);
  }

  private readonly unfollow = (): void => {
    this.follow = false;
  };

  private select(tab: Shown): void {
    this.tab = tab;
    const box = this.querySelector<HTMLElement>(".rows");
    if (box) box.scrollTop = 0;
    this.requestUpdate();
  }

  private readonly arrow = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[forwardKey(event)];
    if (step === undefined) return;
    event.preventDefault();
    const next = TABS[(TABS.indexOf(this.tab) + step + TABS.length) % TABS.length] ?? "all";
    this.select(next);
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(`#tab-${next}`)?.focus());
  };
}

customElements.define("pl-upload-list", UploadList);
