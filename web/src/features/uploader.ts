// Replaces the plain upload form by the uploader (drop, choose, paste); the drawer shows the progress.
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import { type Folder, makeFolders } from "../up2k/folders.ts";
import type { WhenTaken } from "../up2k/handshake.ts";
import { WorkerHasher } from "../up2k/hasher.ts";
import { Queue } from "../up2k/queue.ts";
import { keepaliveTransport, xhrTransport } from "../up2k/transport.ts";
import { UnfinishedFiles } from "../up2k/unfinished.ts";
import { UploadDrawer } from "./uploads/drawer.ts";
import {
  choices,
  clampParallel,
  inOrder,
  load,
  type Preferences,
  resolvePreferences,
  save,
  storage,
} from "./uploads/options.ts";
import { fromFiles, fromTransfer, type Selection } from "./uploads/selection.ts";

declare const WORKER_FILE: string;

const startWorker = (): Worker => new Worker(new URL(WORKER_FILE, import.meta.url));

/** Number of names shown of files that an earlier visit left unfinished. */
const MAX_NAMES = 5;

export class Uploader extends LitElement {
  /** URL of the folder, encoded, with a trailing slash */
  folder = "/";
  perms: readonly string[] = [];
  guest = false;
  base = "";
  limit: number | undefined;
  /** shows the changed folder; `last`: no more uploads follow. Resolves to whether it was shown */
  refreshFolder: (last: boolean) => Promise<boolean> = async () => false;
  /** the server's default preferences, as data attributes */
  serverDefaults: DOMStringMap = {};

  private preferences!: Preferences;
  private readonly unfinished = new UnfinishedFiles(storage());
  private queue!: Queue;
  private drawer!: UploadDrawer;
  private dragging = 0;
  private notice = "";
  private announcement = "";
  private lost = false;
  /** counts of done and skipped files when the queue was last idle; undefined while idle */
  private batch: { done: number; skipped: number } | undefined;
  /** number of done files that the listing already shows */
  private shown = 0;
  private timer = 0;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.preferences = resolvePreferences(load(), this.serverDefaults, this.perms);
    this.queue = new Queue({
      hasher: new WorkerHasher(startWorker),
      post: xhrTransport,
      keepalive: keepaliveTransport,
      base: this.base,
      parallel: this.preferences.parallel,
      whenTaken: this.preferences.whenTaken,
      unfinished: this.unfinished,
      ...(this.limit === undefined ? {} : { limit: this.limit }),
    });
    this.queue.subscribe(() => {
      // Recorded immediately: a batch may start and end between two refreshes.
      if (this.queue.busy) this.batch ??= { ...this.queue.states };
      this.scheduleRefresh();
    });
    this.drawer = new UploadDrawer();
    this.drawer.queue = this.queue;
    this.drawer.linked = this.perms.includes("read");
    document.body.append(this.drawer);
    this.listen();
  }

  private listen(): void {
    document.addEventListener("dragenter", (event) => this.drag(event, 1));
    document.addEventListener("dragleave", (event) => this.drag(event, -1));
    document.addEventListener("dragover", (event) => {
      if (holdsFiles(event.dataTransfer)) event.preventDefault();
    });
    document.addEventListener("drop", (event) => this.drop(event));
    document.addEventListener("paste", (event) => this.paste(event));
    window.addEventListener("online", () => this.queue.connectivity.retryNow());
    window.addEventListener("pagehide", () => {
      this.unfinished.flush();
      this.queue.discardCancelled();
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.queue.busy) event.preventDefault();
    });
  }

  private drag(event: DragEvent, step: number): void {
    if (!holdsFiles(event.dataTransfer)) return;
    event.preventDefault();
    this.dragging = Math.max(0, this.dragging + step);
    this.requestUpdate();
  }

  private drop(event: DragEvent): void {
    this.dragging = 0;
    this.requestUpdate();
    if (!event.dataTransfer || !holdsFiles(event.dataTransfer)) return;
    event.preventDefault();
    void fromTransfer(event.dataTransfer, this.folder).then((selection) => this.addSelection(selection));
  }

  private paste(event: ClipboardEvent): void {
    const target = event.target as Element | null;
    if (!event.clipboardData || !holdsFiles(event.clipboardData) || target?.closest("input, textarea")) return;
    event.preventDefault();
    void fromTransfer(event.clipboardData, this.folder).then((selection) => this.addSelection(selection));
  }

  /** Uploads go to this folder from now on. `folder`: URL, encoded, with a slash at its end. */
  moveTo(folder: string, perms: readonly string[]): void {
    this.folder = folder;
    this.perms = perms;
    this.preferences = resolvePreferences(load(), this.serverDefaults, perms);
    this.queue.setWhenTaken(this.preferences.whenTaken);
    this.drawer.linked = perms.includes("read");
    this.requestUpdate();
  }

  /** Opens the browser's chooser. */
  choose(kind: "files" | "folder"): void {
    this.querySelectorAll<HTMLInputElement>('input[type="file"]')[kind === "files" ? 0 : 1]?.click();
  }

  private chosen(event: Event): void {
    const input = event.target as HTMLInputElement;
    const selection = fromFiles(input.files ?? [], this.folder);
    this.addSelection(selection);
    // Reset, so that choosing the same files again fires an event.
    input.value = "";
  }

  private addSelection({ sources, folders, unreadable }: Selection): void {
    this.notice = unreadable > 0 ? t("add.none", { n: unreadable }) : "";
    if (folders.length > 0) void this.makeFolders(folders);
    if (sources.length > 0) {
      this.queue.add(inOrder(sources, this.serverDefaults.order));
      this.announce(t("add.added", { n: sources.length }));
      if (!this.guest && matchMedia("(min-width: 641px)").matches) this.drawer.reveal();
    }
    this.requestUpdate();
  }

  private async makeFolders(folders: readonly Folder[]): Promise<void> {
    const failed = await makeFolders(xhrTransport, this.base, folders);
    const made = folders.length - failed;
    const results = [
      made > 0 ? t("add.folders", { n: made }) : "",
      failed > 0 ? t("add.folders.failed", { n: failed }) : "",
    ];
    this.notice = [this.notice, ...results].join(" ").trim();
    this.announce(this.notice);
    this.requestUpdate();
    if (made > 0 && !this.guest && this.perms.includes("read")) await this.refreshFolder(true);
  }

  private scheduleRefresh(): void {
    this.timer ||= setTimeout(() => {
      this.timer = 0;
      this.refresh();
    }, 250) as unknown as number;
  }

  /** Announces changes since the last call, and refreshes the listing when files are done. */
  private refresh(): void {
    const { queue } = this;
    const { busy } = queue;
    const { done } = queue.states;
    const lost = queue.connectivity.isLost;
    if (lost !== this.lost) this.announce(t(lost ? "say.lost" : "say.back"));
    this.lost = lost;
    if (!busy) this.announceResult();
    this.shown = Math.min(this.shown, done);
    if (!this.guest && this.perms.includes("read") && done > this.shown) {
      void this.refreshFolder(!busy).then((fresh) => {
        if (fresh) this.shown = done;
      });
    }
    this.requestUpdate();
  }

  /** Announces the result of the files added since the queue was last idle. */
  private announceResult(): void {
    if (!this.batch) return;
    const { states } = this.queue;
    const since = (state: "done" | "skipped"): number => states[state] - (this.batch?.[state] ?? 0);
    const [done, skipped, failed] = [since("done"), since("skipped"), states.failed];
    this.batch = undefined;
    const parts = [
      done > 0 ? t("say.done", { n: done }) : "",
      skipped > 0 ? t("say.skipped", { n: skipped }) : "",
      failed > 0 ? t("say.failed", { n: failed }) : "",
    ];
    this.announce(parts.join(" ").replace(/ +/g, " ").trim());
  }

  /** Sets the live region's text. Screen readers read it only when it changes: a repeated text gets a no-break space appended. */
  private announce(text: string): void {
    if (text !== "") this.announcement = text === this.announcement ? `${text}\u00a0` : text;
  }

  protected override render(): unknown {
    return html`
      ${this.earlierFiles()} ${this.guest ? this.large() : this.small()}
      ${this.notice ? html`<p class="note">${this.notice}</p>` : nothing}
      ${this.guest ? nothing : this.options()}
      <p class="sr" role="status">${this.announcement}</p>
      ${this.dragging > 0 ? this.overlay() : nothing}
    `;
  }

  private pick(label: string, kind: "files" | "folder" | "camera", primary: boolean): TemplateResult {
    // A real file input inside a label styled as a button: it works by keyboard, and phones open their own chooser.
    return html`<label class="btn pick ${primary ? "primary" : ""}">
      <input
        type="file"
        multiple
        ?webkitdirectory=${kind === "folder"}
        accept=${kind === "camera" ? "image/*" : nothing}
        capture=${kind === "camera" ? "environment" : nothing}
        @change=${this.chosen}
      />${label}</label
    >`;
  }

  private small(): TemplateResult {
    return html`<div class="zone">
      <p><span class="i i-upload"></span>${t("add.drop")}</p>
      <div class="picks">${this.pick(t("add.files"), "files", false)} ${this.pick(t("add.folder"), "folder", false)}</div>
    </div>`;
  }

  private large(): TemplateResult {
    const { counts, states, totals, busy } = this.queue;
    const { done, skipped } = states;
    return html`<div class="picks stacked">
        ${this.pick(t("add.files"), "files", true)} ${this.pick(t("add.photo"), "camera", false)}
      </div>
      ${
        totals.files === 0
          ? nothing
          : html`<div class="arrived ${busy || done === 0 ? "" : "complete"}">
            ${
              busy
                ? html`<p>${t("guest.going", { done, all: totals.files })}</p>
                  <progress max=${Math.max(1, totals.bytes)} .value=${totals.sent} aria-label=${t("drawer.total")}></progress>`
                : nothing
            }
            ${
              !busy && done > 0
                ? html`<p><span class="i i-check"></span>${t("guest.arrived", { n: done })}</p>
                  <p class="thanks">${t("guest.thanks")}</p>`
                : nothing
            }
            ${!busy && skipped > 0 ? html`<p>${t("guest.skipped", { n: skipped })}</p>` : nothing}
            ${!busy && counts.failed > 0 ? html`<p class="bad">${t("guest.failed", { n: counts.failed })}</p>` : nothing}
          </div>`
      }`;
  }

  private earlierFiles(): unknown {
    const entries = this.unfinished.fromEarlierVisits(this.folder);
    if (entries.length === 0) return nothing;
    const names = entries.slice(0, MAX_NAMES);
    const more = entries.length - names.length;
    return html`<div class="note left">
      <p><b>${t("left.title", { n: entries.length })}</b></p>
      <ul>
        ${names.map((entry) => html`<li>${shownName(entry.path)}</li>`)}
        ${more > 0 ? html`<li>${t("left.more", { n: more })}</li>` : nothing}
      </ul>
      <p>${t("left.why")}</p>
      <p><button class="tool" type="button" @click=${this.dismissEarlier}>${t("left.forget")}</button></p>
    </div>`;
  }

  private options(): TemplateResult {
    const { parallel, whenTaken } = this.preferences;
    return html`<details class="options">
      <summary>${t("options.title")}</summary>
      <p>
        <label for="up-taken">${t("options.taken")}</label>
        <select id="up-taken" @change=${this.setTaken}>
          ${choices(this.perms).map((one) => html`<option value=${one} ?selected=${one === whenTaken}>${t(`options.${one}`)}</option>`)}
        </select>
      </p>
      <p>
        <label for="up-parallel">${t("options.parallel")}</label>
        <input id="up-parallel" type="number" min="1" max="16" .value=${String(parallel)} @change=${this.setParallel} />
      </p>
    </details>`;
  }

  private overlay(): TemplateResult {
    const last = this.folder.split("/").filter(Boolean).pop() ?? "";
    return html`<div class="overlay"><p>${t("add.overlay", { folder: shownName(safeDecode(last)) || location.host })}</p></div>`;
  }

  private readonly dismissEarlier = (): void => {
    this.unfinished.dismiss(this.folder);
    this.requestUpdate();
  };

  private readonly setTaken = (event: Event): void => {
    this.preferences.whenTaken = (event.target as HTMLSelectElement).value as WhenTaken;
    this.queue.setWhenTaken(this.preferences.whenTaken);
    save({ whenTaken: this.preferences.whenTaken });
  };

  private readonly setParallel = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    this.preferences.parallel = clampParallel(input.valueAsNumber) ?? this.preferences.parallel;
    input.value = String(this.preferences.parallel);
    this.queue.setParallel(this.preferences.parallel);
    save({ parallel: this.preferences.parallel });
  };
}

customElements.define("pl-uploader", Uploader);

function holdsFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes("Files") ?? false;
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Replaces the form of a section by the element. `refreshFolder`: see `Uploader`. */
export function createUploader(section: HTMLElement, refreshFolder?: (last: boolean) => Promise<boolean>): Uploader {
  const { url, perms, maxRequest } = section.dataset;
  const uploader = new Uploader();
  uploader.folder = url ?? location.pathname;
  uploader.perms = (perms ?? "").split(" ");
  uploader.guest = "guest" in section.dataset;
  uploader.base = document.documentElement.dataset.base ?? "";
  const limit = Number(maxRequest);
  if (limit > 0) uploader.limit = limit;
  uploader.serverDefaults = section.dataset;
  if (refreshFolder) uploader.refreshFolder = refreshFolder;
  const form = section.querySelector("form");
  if (form) form.replaceWith(uploader);
  else section.append(uploader);
  return uploader;
}

/** Upgrades a section marked `data-enhance="uploader"`. */
export function enhance(section: HTMLElement): void {
  createUploader(section);
}
