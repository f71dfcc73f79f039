// The settings window: navigation on the left (at the bottom on small screens), the open pane, and short messages.
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import type { Answers } from "../../web/kit/types.gen.ts";
import { virtualPath } from "./drafts.ts";
import { sentenceOf } from "./errors.ts";
import { errorNote, loading } from "./fields.ts";
import type { Frame } from "./pane.ts";
import { sharingWords } from "./sentences.ts";
import { type Change, type Store, Watch } from "./store.ts";
import { t } from "./words.ts";
import "./panes/activity.ts";
import "./panes/connect.ts";
import "./panes/help.ts";
import "./panes/links.ts";
import "./panes/people.ts";
import "./panes/settings.ts";
import "./panes/shares.ts";
import "./panes/welcome.ts";

const PANES = ["connect", "shares", "people", "links", "activity", "settings", "help"] as const;
type PaneName = (typeof PANES)[number];

/** Panes in the "More" menu on small screens. */
const IN_MORE_MENU: readonly PaneName[] = ["people", "settings", "help"];

/** The page with the files, from the address of the window. */
const FILES = "../../";

/** Milliseconds for which a message is shown. */
const TOAST_MS = 12_000;

export type SharingState = Answers["overview"]["sharing"]["is"];

/** Shape first, colour second. */
export const STATE_ICONS: Record<SharingState, string> = {
  on: "i-ok",
  paused: "i-pause",
  waiting: "i-alert",
  off: "i-off",
};

interface Toast {
  sentence: string;
  undo: { label: string; press: () => void } | undefined;
}

export class SettingsWindow extends LitElement {
  private known: Store | undefined;
  private pane: PaneName = "connect";
  /** Detail for the next pane to open, and that of the open one. */
  private nextDetail: unknown = undefined;
  private detail: unknown = undefined;
  /** Incremented whenever a pane is opened, so that an open pane is created anew. */
  private generation = 0;
  private toast: Toast | undefined;
  private toastTimer: ReturnType<typeof setTimeout> | undefined;
  private menu = false;

  /** Must be set once; nothing is rendered before. */
  set store(store: Store) {
    this.known = store;
    new Watch(this, store, ["overview"]);
    store.subscribe((change) => this.handleChange(change));
    store.api.native?.onRequest({
      show: (pane) => this.frame.go(pane),
      share: (paths) => void this.sharePaths(paths),
    });
    this.requestUpdate();
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("hashchange", this.followHash);
    window.addEventListener("keydown", this.keys);
    window.addEventListener("unhandledrejection", this.unhandled);
    this.followHash();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("hashchange", this.followHash);
    window.removeEventListener("keydown", this.keys);
    window.removeEventListener("unhandledrejection", this.unhandled);
  }

  private readonly frame: Frame = {
    notify: (sentence, undo) => {
      this.toast = { sentence, undo };
      clearTimeout(this.toastTimer);
      this.toastTimer = setTimeout(() => this.dismissToast(), TOAST_MS);
      this.requestUpdate();
    },
    go: (pane, detail) => {
      this.nextDetail = detail;
      if (location.hash === `#${pane}`) this.open(pane);
      else location.hash = pane;
    },
  };

  /** Shows errors that no pane has handled: no action may fail silently. */
  private readonly unhandled = (event: PromiseRejectionEvent): void => {
    event.preventDefault();
    this.frame.notify(sentenceOf(event.reason));
  };

  private dismissToast(): void {
    this.toast = undefined;
    this.requestUpdate();
  }

  private readonly followHash = (): void => this.open(location.hash.slice(1));

  private open(name: string): void {
    // The tray's menu names some panes by their purpose.
    const wanted = { "": "connect", request: "links" }[name] ?? name;
    const pane = PANES.find((one) => one === wanted);
    if (!pane) return;
    this.detail = name === "request" ? { request: "" } : this.nextDetail;
    this.nextDetail = undefined;
    const moved = this.generation > 0;
    // Scroll to the top of the new pane.
    if (moved) window.scrollTo(0, 0);
    this.pane = pane;
    document.title = t("title", { pane: t(`pane.${pane}`) });
    this.generation++;
    this.menu = false;
    this.requestUpdate();
    // Move the focus to the top of the new pane, for screen readers and the keyboard.
    if (moved) void this.updateComplete.then(() => this.querySelector<HTMLElement>("main")?.focus());
  }

  private readonly keys = (event: KeyboardEvent): void => {
    if (event.key === "," && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.frame.go("settings");
    }
    if (event.key === "Escape" && this.menu) {
      this.menu = false;
      this.requestUpdate();
      this.querySelector<HTMLElement>(".rail .more button")?.focus();
    }
  };

  private handleChange(change: Change): void {
    if ("notice" in change && change.notice.kind === "problem") this.frame.notify(change.notice.sentence);
  }

  /**
   * Shares paths that were dropped on the window, chosen in the tray's menu, or passed to a second start of the program: a single
   * path inside a share gets a link; a single folder outside becomes a share; anything else gets one link to all of it.
   */
  private async sharePaths(paths: string[]): Promise<void> {
    if (paths.length === 0) return;
    try {
      const [files, shares] = await Promise.all([
        this.store.ask({ call: "stat_files", paths }),
        this.store.ask({ call: "shares" }),
      ]);
      const [only] = files;
      const target = only && files.length === 1 ? virtualPath(only.path, shares) : undefined;
      if (target !== undefined) this.frame.go("links", { show: target });
      else if (only?.is_folder && files.length === 1) this.frame.go("shares", { folder: only.path });
      else this.frame.go("links", { files });
    } catch (reason) {
      this.frame.notify(sentenceOf(reason));
    }
  }

  get store(): Store {
    if (!this.known) throw new Error("the window has no store yet");
    return this.known;
  }

  protected override render(): unknown {
    if (!this.known) return nothing;
    const overview = this.store.get("overview");
    if (overview?.is_new) {
      return html`${this.lostBanner()}<pl-welcome .store=${this.store} .frame=${this.frame}></pl-welcome>${this.toastBar()}`;
    }
    return html`<a class="skip" href="#main" @click=${this.skip}>${t("skip")}</a>
      ${this.rail(overview)}
      <main id="main" tabindex="-1">${this.lostBanner()} ${overview ? keyed(this.generation, this.content()) : this.unavailable()}</main>
      ${this.toastBar()}`;
  }

  /** Renders the refusal of the overview, or a placeholder while it is loading. */
  private unavailable(): unknown {
    const refusal = this.store.refusal("overview");
    return refusal === undefined ? loading() : errorNote(refusal);
  }

  /** Focuses the main part without changing the URL's hash, which names the pane. */
  private readonly skip = (event: Event): void => {
    event.preventDefault();
    this.querySelector<HTMLElement>("main")?.focus();
  };

  private rail(overview: Answers["overview"] | undefined): TemplateResult {
    const sharing = overview?.sharing;
    return html`<header class="rail">
      ${this.brand(overview?.name ?? "")}
      <nav aria-label=${t("rail.label")} class=${this.menu ? "open" : ""}>
        <ul>
          ${PANES.map((name) => {
            const here = name === this.pane;
            return html`<li class=${IN_MORE_MENU.includes(name) ? "in-menu" : ""}>
              <a href="#${name}" aria-current=${here ? "page" : nothing} @click=${() => this.press(name)}>
                <span class="i i-${name}"></span><span>${t(`pane.${name}`)}</span>
              </a>
            </li>`;
          })}
          ${
            this.isInBrowser
              ? html`<li class="in-menu">
                  <a href=${FILES}><span class="i i-home"></span><span>${t("rail.files")}</span></a>
                </li>`
              : nothing
          }
          <li class="more">
            <button type="button" aria-expanded=${this.menu ? "true" : "false"} @click=${this.toggleMenu}>
              <span class="i i-more"></span><span>${t("rail.more")}</span>
            </button>
          </li>
        </ul>
      </nav>
      ${
        sharing
          ? html`<p class="state ${sharing.is}"><span class="i ${STATE_ICONS[sharing.is]}"></span>${sharingWords(sharing)}</p>`
          : nothing
      }
    </header>`;
  }

  /** Whether the page with the files is beside the window. The desktop program opens a browser for it. */
  private get isInBrowser(): boolean {
    return this.store.api.native === null;
  }

  private brand(server: string): TemplateResult {
    const names = html`<span>Potluck</span><small>${server}</small>`;
    return this.isInBrowser
      ? html`<a class="brand" href=${FILES} title=${t("rail.files")}>${names}</a>`
      : html`<p class="brand">${names}</p>`;
  }

  /** Reopens the pane that is already open; its link would not change the hash. */
  private press(name: PaneName): void {
    if (location.hash === `#${name}` || (location.hash === "" && name === "connect")) this.open(name);
  }

  private readonly toggleMenu = (): void => {
    this.menu = !this.menu;
    this.requestUpdate();
  };

  private lostBanner(): unknown {
    return html`<div class="lost" role="status">${
      this.store.lost ? html`<p><span class="i i-retry"></span>${t("lost")}</p>` : nothing
    }</div>`;
  }

  private toastBar(): TemplateResult {
    const { toast } = this;
    const undo = (): void => {
      const press = toast?.undo?.press;
      this.dismissToast();
      press?.();
    };
    return html`<div class="toast" role="status">${
      toast
        ? html`<p>${toast.sentence}</p>
          ${toast.undo ? html`<button class="btn" type="button" @click=${undo}>${toast.undo.label}</button>` : nothing}
          <button class="icon" type="button" aria-label=${t("close")} title=${t("close")} @click=${() => this.dismissToast()}>
            <span class="i i-x"></span>
          </button>`
        : nothing
    }</div>`;
  }

  private content(): TemplateResult {
    const { store, frame, detail } = this;
    switch (this.pane) {
      case "connect":
        return html`<pl-connect .store=${store} .frame=${frame}></pl-connect>`;
      case "shares":
        return html`<pl-shares .store=${store} .frame=${frame} .detail=${detail}></pl-shares>`;
      case "people":
        return html`<pl-people .store=${store} .frame=${frame}></pl-people>`;
      case "links":
        return html`<pl-links .store=${store} .frame=${frame} .detail=${detail}></pl-links>`;
      case "activity":
        return html`<pl-activity .store=${store} .frame=${frame}></pl-activity>`;
      case "settings":
        return html`<pl-settings .store=${store} .frame=${frame}></pl-settings>`;
      case "help":
        return html`<pl-help .store=${store} .frame=${frame}></pl-help>`;
    }
  }
}

customElements.define("pl-window", SettingsWindow);

declare global {
  interface HTMLElementTagNameMap {
    "pl-window": SettingsWindow;
  }
}
