// The Connect pane, the start page: whether sharing is on, and the code for a device to connect.
import { html, nothing, type TemplateResult } from "lit";
import type { Address, CheckResult, May, Overview, Share, SharingRequest } from "../../../web/kit/types.gen.ts";
import "../elements/copy.ts";
import { modal } from "../elements/modal.ts";
import "../elements/qr.ts";
import { CHECK_ICONS } from "../check-icons.ts";
import { selectField } from "../fields.ts";
import { InvitationController, type InviteCall } from "../invitation.ts";
import { Pane } from "../pane.ts";
import { addressWords, mayWords, overviewWords, shareName, sharingWords } from "../sentences.ts";
import type { Topic } from "../store.ts";
import { t } from "../words.ts";
import { network } from "./network.ts";
import { problems } from "./problems.ts";

const MINUTES = [5, 15, 60];
const RIGHTS: readonly May[] = ["look", "add", "change", "drop_off"];

function closeByEscape(event: KeyboardEvent): void {
  const menu = event.currentTarget as HTMLDetailsElement;
  if (event.key !== "Escape" || !menu.open) return;
  menu.open = false;
  menu.querySelector("summary")?.focus();
}

export class ConnectPane extends Pane {
  protected override readonly topics: readonly Topic[] = ["overview", "lan", "self_check"];
  private mount = "";
  private may: May | undefined;
  private minutes = MINUTES[0] ?? 5;
  private address = "";
  private large = false;
  private invitations: InvitationController | undefined;

  override connectedCallback(): void {
    this.invitations ??= new InvitationController(this, this.store, () => this.wantedInvitation());
    super.connectedCallback();
  }

  private share(): Share | undefined {
    const offered = this.store.get("overview")?.shares.filter(({ on, is_there }) => on && is_there) ?? [];
    return offered.find(({ mount }) => mount === this.mount) ?? offered[0];
  }

  private right(share: Share): May {
    return this.may ?? (share.may === "custom" ? "look" : share.may);
  }

  private wantedInvitation(): InviteCall | undefined {
    const share = this.share();
    const isOn = this.store.get("overview")?.sharing.is === "on";
    if (!share || !isOn) return undefined;
    return { call: "invite", mount: share.mount, may: this.right(share), seconds: this.minutes * 60 };
  }

  protected override render(): unknown {
    const overview = this.store.get("overview");
    if (!overview) return nothing;
    const share = this.share();
    const isOn = overview.sharing.is === "on";
    return html`${this.state(overview)} ${network(this, this.store)}
      ${problems(overview, this.frame)}
      ${isOn && share ? this.invitation(overview, share) : isOn ? this.nothingShared() : nothing}
      ${this.sftp(overview)} ${this.checks()} ${this.neighbours()} ${this.large ? this.largeCode(overview) : nothing}`;
  }

  private state(overview: Overview): TemplateResult {
    const { sharing } = overview;
    const set = (request: SharingRequest) => () => void this.tryAsk({ call: "set_sharing", sharing: request });
    const on = html`<button class="btn primary" type="button" @click=${set({ is: "on" })}>${t("sharing.turnOn")}</button>`;
    const off = html`<button class="btn" type="button" @click=${set({ is: "off" })}>${t("sharing.turnOff")}</button>`;
    // While waiting, the question is shown below. Over the network the server refuses this call: it would disconnect this page.
    const actions = { on: [this.pauses(set), off], paused: [on, off], waiting: off, off: on };
    return html`<section class="sharing ${sharing.is}">
      <div>
        <h1>${sharingWords(sharing)}</h1>
        <p class="quiet">${sharing.is === "on" ? overviewWords(overview) : t(`sharing.${sharing.is}.why`)}</p>
      </div>
      <div class="actions">
        ${this.native ? actions[sharing.is] : nothing}
      </div>
    </section>`;
  }

  private pauses(set: (request: SharingRequest) => () => void): TemplateResult {
    const tomorrow = new Date();
    tomorrow.setHours(24 + 6, 0, 0, 0);
    const choices: [string, number][] = [
      [t("pause.half"), 1800],
      [t("pause.hour"), 3600],
      [t("pause.tomorrow"), Math.round((tomorrow.getTime() - Date.now()) / 1000)],
    ];
    return html`<details class="menu" @keydown=${closeByEscape}>
      <summary class="btn quiet">${t("pause")}</summary>
      <div class="items">
        ${choices.map(
          ([label, seconds]) => html`<button type="button" @click=${set({ is: "pause", seconds })}>${label}</button>`,
        )}
      </div>
    </details>`;
  }

  private nothingShared(): TemplateResult {
    return html`<div class="empty">
      <h2>${t("connect.empty")}</h2>
      <p>${t("connect.empty.text")}</p>
      <button class="btn primary" type="button" @click=${() => this.frame.go("shares", { folder: "" })}>
        ${t("shares.add")}
      </button>
    </div>`;
  }

  /** Returns the selected address, else the first. Unix sockets are excluded: phones cannot use them. */
  private chosen(overview: Overview): Address | undefined {
    const all = overview.addresses.filter(({ reach }) => reach !== "socket");
    return all.find(({ url }) => url === this.address) ?? all[0];
  }

  private url(overview: Overview): string {
    const urls = this.invitations?.now?.urls ?? [];
    const base = this.chosen(overview)?.url;
    const first = urls[0] ?? "";
    if (base === undefined || first === "") return first;
    // Addresses may have changed since the code was created; the code is valid at all of them.
    return urls.find((url) => url.startsWith(base)) ?? base.replace(/\/$/, "") + new URL(first).pathname;
  }

  private invitation(overview: Overview, share: Share): TemplateResult {
    const url = this.url(overview);
    const { now: invitation, joined = "", fault = "" } = this.invitations ?? {};
    const minutes = Math.ceil((this.invitations?.secondsLeft() ?? 0) / 60);
    return html`<section class="invite" aria-label=${t("connect.invite")}>
      <div class="code">
        <pl-qr .store=${this.store} .text=${url}></pl-qr>
        <p class="quiet">${invitation ? t("connect.valid", { n: minutes }) : t("waiting")}</p>
        <button class="btn quiet" type="button" @click=${() => this.enlarge(true)}>${t("connect.large")}</button>
      </div>
      <div class="how">
        <p class="joined" role="status">${
          joined === "" ? nothing : html`<span class="i i-ok"></span>${t("connect.joined", { name: joined })}`
        }</p>
        ${fault === "" ? nothing : html`<p class="fault" role="alert">${fault}</p>`}
        <h2>${t("connect.scan")}</h2>
        <p class="address"><code dir="ltr">${url}</code></p>
        <pl-copy .text=${url} .what=${t("connect.copy")} .native=${this.native}></pl-copy>
        ${
          invitation && invitation.digits !== ""
            ? html`<p>${t("connect.digits", { address: this.chosen(overview)?.url ?? "" })} <b class="digits">${invitation.digits}</b></p>`
            : nothing
        }
        ${this.addresses(overview)}
      </div>
      ${this.terms(overview, share)}
    </section>`;
  }

  private addresses(overview: Overview): unknown {
    const all = overview.addresses.filter(({ reach }) => reach !== "socket");
    if (all.length < 2) return nothing;
    const usual = all.some(({ reach }) => reach === "lan");
    return selectField({
      id: "address",
      label: t("connect.address"),
      value: this.chosen(overview)?.url ?? "",
      options: all.map(({ url, reach, interface: adapter }) => ({
        value: url,
        label: addressWords(url, reach, adapter),
        ...(usual ? { group: t(reach === "lan" ? "connect.usual" : "connect.more") } : {}),
      })),
      change: (url) => {
        this.address = url;
        this.requestUpdate();
      },
    });
  }

  private terms(overview: Overview, share: Share): TemplateResult {
    const offered = overview.shares.filter(({ on, is_there }) => on && is_there);
    return html`<div class="terms">
      ${selectField({
        id: "invite-share",
        label: t("connect.share"),
        value: share.mount,
        options: offered.map(({ mount }) => ({ value: mount, label: shareName(mount) })),
        change: (mount) => {
          this.mount = mount;
          this.may = undefined;
          this.requestUpdate();
        },
      })}
      ${selectField({
        id: "invite-may",
        label: t("connect.may"),
        value: this.right(share),
        options: RIGHTS.map((may) => ({ value: may, label: mayWords(may) })),
        change: (may) => {
          this.may = RIGHTS.find((one) => one === may);
          this.requestUpdate();
        },
      })}
      ${selectField({
        id: "invite-minutes",
        label: t("connect.minutes"),
        value: String(this.minutes),
        options: MINUTES.map((n) => ({ value: String(n), label: t("minutes", { n }) })),
        change: (minutes) => {
          this.minutes = Number(minutes);
          this.requestUpdate();
        },
      })}
    </div>`;
  }

  private enlarge(large: boolean): void {
    this.large = large;
    this.requestUpdate();
  }

  private largeCode(overview: Overview): TemplateResult {
    const close = (): void => this.enlarge(false);
    const url = this.url(overview);
    return html`<dialog class="large" aria-label=${t("connect.scan")} ${modal(close)}>
      <pl-qr .store=${this.store} .text=${url}></pl-qr>
      <p><code dir="ltr">${url}</code></p>
      <button class="btn" type="button" @click=${close}>${t("close")}</button>
    </dialog>`;
  }

  private neighbours(): unknown {
    const all = this.store.get("lan")?.neighbours ?? [];
    if (all.length === 0) return nothing;
    const follow = (url: string) => (event: Event) => {
      if (!this.native) return;
      event.preventDefault();
      void this.callNative((native) => native.openUrl(url));
    };
    return html`<details class="fold">
      <summary>${t("neighbours", { n: all.length })}</summary>
      <ul class="plain">
        ${all.map(
          ({ name, kind, url }) => html`<li>
            <a href=${url} target="_blank" rel="noopener noreferrer" @click=${follow(url)}>${name}</a>
            <span class="badge">${t(`neighbour.${kind}`)}</span>
          </li>`,
        )}
      </ul>
    </details>`;
  }

  /** The key that programs for SFTP show when they connect for the first time, to be compared. */
  private sftp({ sftp_fingerprint: fingerprint }: Overview): unknown {
    if (!fingerprint) return nothing;
    return html`<section class="card" aria-label=${t("sftp.label")}>
      <h2>${t("sftp.label")}</h2>
      <p class="quiet">${t("sftp.text")}</p>
      <p><code>${fingerprint}</code> <pl-copy .text=${fingerprint} .what=${t("sftp.copy")} .native=${this.native}></pl-copy></p>
    </section>`;
  }

  private checks(): unknown {
    const checks = this.store.get("self_check");
    if (!checks) return nothing;
    return html`<section class="checks" aria-label=${t("checks.label")}>
      <ul>
        ${checks.map(
          ({ title, state, sentence }: CheckResult) => html`<li class=${state}>
            <span class="i ${CHECK_ICONS[state]}"></span>
            <span><b>${title}</b> <span class=${state === "good" ? "sr" : "quiet"}>${sentence}</span></span>
          </li>`,
        )}
      </ul>
      <a href="#help">${t("checks.more")}</a>
    </section>`;
  }
}

customElements.define("pl-connect", ConnectPane);
