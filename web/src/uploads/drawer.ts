// The drawer at the bottom of the page: a summary (the pill) that opens to options, tabs and the list of all uploads. On phones it
// fills the screen. It opens by itself when files are added, and closes by itself when all is well.

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import { isNarrow } from "../parts/device.ts";
import { icon } from "../parts/icon.ts";
import { canRetry } from "../up2k/item.ts";
import { isHandheld } from "./choosers.ts";
import { earlierNote } from "./earlier-note.ts";
import { limitsText } from "./limits.ts";
import { optionsPanel } from "./options-panel.ts";
import type { UploadSession } from "./session.ts";
import { progressLine, resultLine, totals } from "./summary.ts";
import type { Host } from "./target.ts";
import { UploadList } from "./upload-list.ts";

/** Milliseconds between two drawings: smooth progress, and little work with thousands of files. */
const DRAW_INTERVAL_MS = 200;
/** The same for slow devices. */
const LIGHT_INTERVAL_MS = 1000;

/** Milliseconds for which the result stays open, when nothing failed. */
const RESULT_SHOWN_MS = 4000;

export class UploadDrawer extends LitElement {
  session!: UploadSession;
  host!: Host;
  /** a sentence about what was added */
  note = "";
  /** the next chosen files are those that an earlier visit left unfinished */
  choosesAgain = false;
  private open = false;
  private showsOptions = false;
  /** totals instead of the list, for slow devices */
  private isLight = false;
  /** the visitor has opened the drawer, or uses it: it does not close by itself */
  private kept = false;
  private hadFocus = false;
  private drawing = 0;
  private closing = 0;
  private readonly list = new UploadList();
  private readonly stops: (() => void)[] = [];

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const { session } = this;
    this.list.queue = session.queue;
    const keep = (): void => {
      this.kept = true;
    };
    for (const event of ["pointerdown", "keydown", "wheel"]) this.addEventListener(event, keep, { passive: true });
    this.stops.push(
      session.queue.subscribe(() => this.scheduleDraw()),
      session.announcer.text.subscribe(() => this.requestUpdate()),
    );
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.stops.splice(0)) stop();
    clearTimeout(this.drawing);
  }

  /** Shows that files were added: opens on wide screens; on narrow ones the pill is enough. */
  reveal(): void {
    clearTimeout(this.closing);
    this.closing = 0;
    this.showsOptions = false;
    if (!isNarrow()) this.setOpen(true);
    this.requestUpdate();
  }

  openByHand(what: "list" | "options"): void {
    this.showsOptions = what === "options";
    this.kept = true;
    this.setOpen(true);
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(".pill")?.focus({ preventScroll: true }));
  }

  private setOpen(open: boolean): void {
    if (!open) this.kept = false;
    this.open = open;
    this.requestUpdate();
  }

  private scheduleDraw(): void {
    if (this.drawing) return;
    this.drawing = setTimeout(
      () => {
        this.drawing = 0;
        this.requestUpdate();
      },
      this.isLight ? LIGHT_INTERVAL_MS : DRAW_INTERVAL_MS,
    ) as unknown as number;
  }

  protected override updated(): void {
    // When what had the focus is gone, the keyboard does not restart at the top of the page.
    if (!this.hadFocus || this.contains(document.activeElement)) return;
    this.querySelector<HTMLElement>(".cancelled button, .pill")?.focus({ preventScroll: true });
  }

  protected override willUpdate(): void {
    this.hadFocus = this.contains(document.activeElement);
    const { queue } = this.session;
    const isWell = !queue.busy && queue.counts.failed === 0 && queue.items.length > 0;
    if (!isWell || !this.open || this.kept) {
      clearTimeout(this.closing);
      this.closing = 0;
    } else if (!this.closing) {
      this.closing = setTimeout(() => {
        this.closing = 0;
        if (!this.kept && !this.matches(":hover, :focus-within")) this.setOpen(false);
      }, RESULT_SHOWN_MS) as unknown as number;
    }
  }

  protected override render(): unknown {
    const { session, open } = this;
    const { queue, unfinished } = session;
    this.isLight = session.preferencesFor(this.host.target()).light;
    const some = queue.items.length > 0 || unfinished.fromEarlierVisits().length > 0;
    const shown = some || open || this.note !== "" || queue.cancelled.length > 0;
    document.documentElement.classList.toggle("has-drawer", shown);
    document.documentElement.classList.toggle("drawer-open", shown && open);
    return html`<p class="sr" role="status">${session.announcer.text.value}</p>
      ${
        shown
          ? html`<section class="drawer ${open ? "open" : ""}" aria-label=${t("drawer.label")}>
              ${this.head()} ${this.cancelled()} ${open ? this.body() : nothing}
            </section>`
          : nothing
      }`;
  }

  private body(): unknown {
    const { session } = this;
    const { queue } = session;
    const { perms, rules } = this.host.target();
    this.list.linked = perms.includes("read");
    if (!this.isLight) this.list.requestUpdate();
    if (this.showsOptions) {
      return [this.tools(), optionsPanel(session, this.host.target(), () => this.requestUpdate())];
    }
    const [limits, mayAdd] = [limitsText(rules), perms.includes("write")];
    return html`${this.tools()}
      ${this.note === "" ? nothing : html`<p class="note">${this.note}</p>`}
      ${limits === "" || !mayAdd ? nothing : html`<p class="hint">${limits}</p>`}
      ${this.earlier()}
      ${queue.busy && isHandheld() ? html`<p class="hint">${t("drawer.stay")}</p>` : nothing}
      ${queue.items.length === 0 ? nothing : this.isLight ? totals(queue) : this.list}`;
  }

  private earlier(): unknown {
    const { queue, unfinished } = this.session;
    return earlierNote(unfinished, {
      base: this.host.base,
      choose: () => {
        this.choosesAgain = true;
        this.host.choose("files");
      },
      changed: () => {
        if (queue.items.length === 0) this.setOpen(false);
        this.requestUpdate();
      },
    });
  }

  private head(): TemplateResult {
    const { open } = this;
    const { queue } = this.session;
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
        ${queue.items.length > 0 ? this.total() : nothing}
      </div>`;
  }

  private summary(): unknown {
    const { queue, unfinished } = this.session;
    if (queue.busy) return progressLine(queue, () => this.scheduleDraw());
    if (queue.items.length > 0) return resultLine(queue);
    const earlier = unfinished.fromEarlierVisits().length;
    if (earlier > 0) return html`<b class="warning">${t("left.pill", { n: earlier })}</b>`;
    return html`<b>${t("drawer.label")}</b>`;
  }

  /** The message with "Undo" after a cancel. */
  private cancelled(): TemplateResult {
    const { queue } = this.session;
    const { cancelled } = queue;
    const [first] = cancelled;
    const message =
      cancelled.length === 1 && first
        ? t("cancelled.one", { name: shownName(first.path) })
        : t("cancelled.many", { n: cancelled.length });
    const undo = (): void => queue.undoCancel();
    return html`<div class="cancelled" role="status">${
      first
        ? html`<span title=${message}>${message}</span><button class="tool" type="button" @click=${undo}>${t("cancelled.undo")}</button>`
        : nothing
    }</div>`;
  }

  private total(): TemplateResult {
    const { totals, busy, counts, states } = this.session.queue;
    const whole = Math.max(1, totals.bytes);
    return html`<progress
      class=${busy || counts.failed > 0 ? "" : states.done > 0 ? "complete" : "reading"}
      max=${whole}
      .value=${busy ? totals.sent : whole}
      aria-label=${t("drawer.total")}
    ></progress>`;
  }

  private tools(): TemplateResult {
    const { queue } = this.session;
    const { counts, paused, busy, items } = queue;
    const tool = (label: string, press: () => void, expanded?: boolean): TemplateResult =>
      html`<button class="tool" type="button" aria-expanded=${expanded === undefined ? nothing : String(expanded)} @click=${press}>${label}</button>`;
    const canRetrySome = counts.failed > 0 && items.some((item) => item.state === "failed" && canRetry(item));
    const add = (): void => this.host.choose("files");
    return html`<div class="tools">
      ${isNarrow() && this.host.target().perms.includes("write") ? html`<button class="btn primary" type="button" @click=${add}>${icon("upload")}${t("add.files")}</button>` : nothing}
      ${busy ? (paused ? tool(t("drawer.resumeAll"), () => queue.resumeAll()) : tool(t("drawer.pauseAll"), () => queue.pauseAll())) : nothing}
      ${canRetrySome ? tool(t("drawer.retryAll"), () => queue.retryFailed()) : nothing}
      ${counts.done > 0 && !busy ? tool(t("drawer.clear"), () => this.clear()) : nothing}
      ${counts.failed > 0 && !busy ? tool(t("drawer.removeFailed"), () => this.removeFailed()) : nothing}
      ${busy ? tool(t("drawer.cancelAll"), () => queue.cancelAll()) : nothing}
      ${tool(t("options.title"), () => this.toggleOptions(), this.showsOptions)}
    </div>`;
  }

  private clear(): void {
    this.note = "";
    this.session.queue.clearDone();
    this.closeIfEmpty();
  }

  private removeFailed(): void {
    this.session.queue.removeFailed();
    this.closeIfEmpty();
  }

  private closeIfEmpty(): void {
    if (this.session.queue.items.length === 0) this.setOpen(false);
  }

  private toggleOptions(): void {
    this.showsOptions = !this.showsOptions;
    this.requestUpdate();
  }

  private readonly toggle = (): void => {
    const open = !this.open;
    this.setOpen(open);
    this.kept = open;
    if (!open) this.note = "";
  };
}

customElements.define("pl-uploads", UploadDrawer);
