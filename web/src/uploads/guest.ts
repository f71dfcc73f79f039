// The uploader of guests' pages, in place of the plain form: one large button, one display of progress, and what failed. No drawer.
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import { icon } from "../parts/icon.ts";
import { loadStyle } from "../parts/style.ts";
import { makeFolders } from "../up2k/folders.ts";
import { canRetry } from "../up2k/item.ts";
import { xhrTransport } from "../up2k/transport.ts";
import { isHandheld } from "./choosers.ts";
import { DropZones } from "./drop-zones.ts";
import { earlierNote } from "./earlier-note.ts";
import { limitsText } from "./limits.ts";
import type { Picked } from "./picked.ts";
import { rulesOf } from "./rules.ts";
import { statusText } from "./sentences.ts";
import { UploadSession } from "./session.ts";
import { progressLine } from "./summary.ts";
import type { Target } from "./target.ts";

/** Failed files that are named; more are counted. */
const MAX_FAILED = 20;

const DRAW_INTERVAL_MS = 200;

export class GuestUploads extends LitElement {
  session!: UploadSession;
  target!: Target;
  base = "";
  /** files that this guest has sent before, as the page says */
  sentBefore = 0;
  private note = "";
  private drawing = 0;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.session.queue.subscribe(() => this.scheduleDraw());
    this.session.announcer.text.subscribe(() => this.requestUpdate());
    new DropZones({
      folder: () => this.target.name,
      limits: () => limitsText(this.target.rules),
      add: (picked) => void this.add(picked),
      refused: () => {},
    });
  }

  private scheduleDraw(): void {
    this.drawing ||= setTimeout(() => {
      this.drawing = 0;
      this.requestUpdate();
    }, DRAW_INTERVAL_MS) as unknown as number;
  }

  private async add(picked: Picked): Promise<void> {
    const { target, session } = this;
    let files = 0;
    let missed = 0;
    for await (const { sources, folders, unreadable } of session.selections(picked, target)) {
      missed += unreadable;
      this.note = missed > 0 ? t("add.none", { n: missed }) : "";
      if (folders.length > 0) void makeFolders(xhrTransport, this.base, folders);
      if (sources.length > 0) session.add(sources, target);
      files += sources.length;
    }
    if (files > 0) session.announcer.say(t("add.added", { n: files }));
    this.requestUpdate();
  }

  private readonly chosen = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    const files = [...(input.files ?? [])];
    // Reset, so that choosing the same files again fires an event.
    input.value = "";
    void this.add({ entries: [], files });
  };

  protected override render(): unknown {
    const { session, target } = this;
    return html`${earlierNote(session.unfinished, { base: this.base, changed: () => this.requestUpdate() }, target.folder)}
      ${this.progress()} ${this.failures()}
      ${this.note === "" ? nothing : html`<p class="note">${this.note}</p>`}
      ${this.picks()}
      <p class="sr" role="status">${session.announcer.text.value}</p>`;
  }

  private picks(): TemplateResult {
    const handheld = isHandheld();
    // The area looks as if it could be clicked: it does what the button below it does, which the keyboard reaches.
    const choose = (): void => this.querySelector<HTMLInputElement>(".primary input")?.click();
    return html`<div class="picks">
      ${handheld ? nothing : html`<p class="zone" @click=${choose}>${icon("upload")}${t("add.drop")}</p>`}
      ${this.pick(t("add.files"), "files", "primary")}
      ${handheld ? this.pick(t("add.photo"), "camera", "") : this.pick(t("add.folder"), "folder", "")}
    </div>`;
  }

  private pick(label: string, kind: "files" | "folder" | "camera", look: string): TemplateResult {
    // A real file input inside a label styled as a button: it works by keyboard, and phones open their own chooser.
    return html`<label class="btn pick ${look}">
      <input
        type="file"
        multiple
        ?webkitdirectory=${kind === "folder"}
        accept=${kind === "camera" ? "image/*" : nothing}
        capture=${kind === "camera" ? "environment" : nothing}
        @change=${this.chosen}
      />${kind === "camera" ? icon("camera") : nothing}${label}</label
    >`;
  }

  private progress(): unknown {
    const { queue } = this.session;
    const { totals, states, busy, paused } = queue;
    if (totals.files === 0 && this.sentBefore === 0) return nothing;
    if (!busy) return this.result(states.done, states.skipped);
    return html`<div class="arrived">
      <p class="going">${progressLine(queue, () => this.scheduleDraw())}</p>
      <progress max=${Math.max(1, totals.bytes)} .value=${totals.sent} aria-label=${t("drawer.total")}></progress>
      ${isHandheld() ? html`<p class="hint">${t("drawer.stay")}</p>` : nothing}
      <p class="actions">
        <button class="tool" type="button" @click=${() => (paused ? queue.resumeAll() : queue.pauseAll())}>
          ${t(paused ? "drawer.resumeAll" : "drawer.pauseAll")}
        </button>
        <button class="tool" type="button" @click=${() => queue.cancelAll()}>${t("drawer.cancelAll")}</button>
      </p>
    </div>`;
  }

  private result(done: number, skipped: number): TemplateResult {
    // The server has counted files of an earlier visit that are sent again.
    const again = this.sentBefore > 0 ? this.session.queue.items.filter(({ known }) => known).length : 0;
    const arrived = this.sentBefore + done - again;
    return html`<div class="arrived ${arrived > 0 ? "complete" : ""}">
      ${
        arrived > 0
          ? html`<p>${icon("check")}${t("guest.arrived", { n: arrived })}</p>
            <p class="thanks">${t("guest.thanks")}</p>`
          : nothing
      }
      ${skipped > 0 ? html`<p>${t("guest.skipped", { n: skipped })}</p>` : nothing}
    </div>`;
  }

  private failures(): unknown {
    const { queue } = this.session;
    const failed = queue.items.filter(({ state }) => state === "failed");
    if (failed.length === 0) return nothing;
    const more = failed.length - MAX_FAILED;
    return html`<div class="note bad">
      <p><b>${t("guest.failed", { n: failed.length })}</b></p>
      <ul>
        ${failed.slice(0, MAX_FAILED).map((item) => html`<li><b><bdi>${shownName(item.path)}</bdi></b> ${statusText(item, 0, false)}</li>`)}
        ${more > 0 ? html`<li>${t("left.more", { n: more })}</li>` : nothing}
      </ul>
      <p class="actions">
        ${failed.some(canRetry) ? html`<button class="btn" type="button" @click=${() => queue.retryFailed()}>${t("drawer.retryAll")}</button>` : nothing}
        <button class="tool" type="button" @click=${() => this.removeFailed()}>${t("guest.remove")}</button>
      </p>
    </div>`;
  }

  private removeFailed(): void {
    const { queue } = this.session;
    for (const item of queue.items.filter(({ state }) => state === "failed")) queue.cancel(item);
    queue.discardCancelled();
  }
}

customElements.define("pl-guest-uploads", GuestUploads);

/** Replaces the form of a section marked `data-enhance="uploader"`. */
export async function startGuestUploads(section: HTMLElement): Promise<void> {
  await loadStyle("uploads.css");
  const { dataset } = section;
  const rules = rulesOf(dataset);
  const base = document.documentElement.dataset.base ?? "";
  const perms = (dataset.perms ?? "").split(" ");
  const uploads = new GuestUploads();
  uploads.base = base;
  uploads.session = new UploadSession(base, rules, perms);
  // The server's count becomes part of the one display.
  const received = document.querySelector("main > .arrived");
  uploads.sentBefore = Number(received?.textContent?.replace(/\D/g, "") ?? 0);
  received?.remove();
  const name = document.querySelector("h1")?.textContent?.trim() ?? "";
  uploads.target = { folder: dataset.url ?? location.pathname, name, perms, rules };
  section.querySelector("form")?.replaceWith(uploads);
}
