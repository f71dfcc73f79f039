// The first start: four screens that can be skipped. Creates one upload-only inbox; nothing can be read until the user chooses a
// folder to share.
import { html, nothing, type TemplateResult } from "lit";
import type { SafetyLevel, ShareDraft } from "../../../web/kit/types.gen.ts";
import type { Desktop } from "../api.ts";
import { faultAt, faultsElsewhere, newShare } from "../drafts.ts";
import { check, errorNote, radios, textField } from "../fields.ts";
import { INBOX, inboxShare } from "../inbox.ts";
import { InvitationController, type InviteCall } from "../invitation.ts";
import { Pane } from "../pane.ts";
import type { Topic } from "../store.ts";
import { t } from "../words.ts";
import "../elements/qr.ts";
import { network } from "./network.ts";
import { problems } from "./problems.ts";

const LAST = 4;

type Reach = "code" | "everyone";

export class WelcomePane extends Pane {
  protected override readonly topics: readonly Topic[] = ["overview", "settings", "lan"];
  private step = 1;
  private inbox: string | undefined;
  private shown = "";
  private reach: Reach = "code";
  private level: SafetyLevel = "home";
  private desktop: Desktop | undefined;
  private invitations: InvitationController | undefined;

  override connectedCallback(): void {
    this.invitations ??= new InvitationController(this, this.store, () => this.wantedInvitation());
    super.connectedCallback();
    void this.callNative((native) => native.desktop()).then((desktop) => {
      this.desktop = desktop;
      this.requestUpdate();
    });
  }

  protected override render(): TemplateResult {
    const screens: Record<number, () => TemplateResult> = {
      1: () => this.what(),
      2: () => this.folders(),
      3: () => this.who(),
      4: () => this.ready(),
    };
    return html`<main class="welcome" id="main" tabindex="-1">
      <p class="quiet">${t("welcome.step", { n: this.step, all: LAST })}</p>
      ${screens[this.step]?.()}
      ${errorNote(this.error, faultsElsewhere(this.faults, ["inbox", "shown"]))}
      <div class="bar sticks">
        <button class="btn primary" type="button" ?disabled=${this.busy} @click=${this.next}>
          ${t(this.step === 3 ? "welcome.start" : this.step === LAST ? "welcome.finish" : "welcome.next")}
        </button>
        ${
          this.step > 1 && this.step < LAST
            ? html`<button class="btn" type="button" @click=${() => this.go(this.step - 1)}>${t("welcome.back")}</button>`
            : nothing
        }
        ${
          this.step < LAST
            ? html`<button class="btn quiet end" type="button" ?disabled=${this.busy} @click=${this.end}>${t("welcome.skip")}</button>`
            : nothing
        }
      </div>
    </main>`;
  }

  private go(step: number): void {
    this.step = step;
    this.error = "";
    this.faults = [];
    this.requestUpdate();
    void this.updateComplete.then(() => this.querySelector<HTMLElement>("h1")?.focus());
  }

  private readonly next = async (): Promise<void> => {
    if (this.step === 3) await this.begin();
    else if (this.step === LAST) await this.end();
    else this.go(this.step + 1);
  };

  private readonly end = async (): Promise<void> => {
    await this.attempt(() => this.store.ask({ call: "welcomed" }));
  };

  private folder(): string {
    return this.inbox ?? this.store.get("overview")?.suggested_inbox ?? "";
  }

  /** Applies the answers of the screens; if a step fails, shares created before are removed. */
  private async begin(): Promise<void> {
    const made: string[] = [];
    let field = "";
    const done = await this.attempt(async () => {
      try {
        for (const share of this.drafts()) {
          field = share.mount === INBOX ? "inbox" : "shown";
          await this.store.ask({ call: "save_share", was: null, share });
          made.push(share.mount);
        }
        await this.store.ask({ call: "set_safety", level: this.level });
        await this.store.ask({ call: "set_sharing", sharing: { is: "on" } });
        return true;
      } catch (reason) {
        for (const mount of made) await this.store.ask({ call: "remove_share", mount }).catch(() => {});
        throw reason;
      }
    });
    if (done) this.go(LAST);
    else if (faultAt(this.faults, "folder") !== "") {
      const { faults, error: sentence } = this;
      this.go(2);
      this.faults = faults.map((fault) => (fault.at === "folder" ? { ...fault, at: field } : fault));
      this.error = sentence;
    }
  }

  private drafts(): ShareDraft[] {
    const drafts: ShareDraft[] = [];
    const folder = this.folder();
    // The page says that the inbox is created. The folder to share must exist: otherwise its name has a typo.
    if (folder !== "")
      drafts.push({ ...inboxShare(folder, this.reach === "everyone", this.native !== null), make_folder: true });
    if (this.shown !== "") {
      const share = newShare(this.shown, [INBOX], this.native !== null);
      drafts.push({ ...share, who: { is: this.reach === "everyone" ? "everyone" : "only_me" } });
    }
    return drafts;
  }

  private wantedInvitation(): InviteCall | undefined {
    const isOn = this.store.get("overview")?.sharing.is === "on";
    const [share] = this.drafts();
    if (this.step !== LAST || !isOn || !share) return undefined;
    return { call: "invite", mount: share.mount, may: share.may, seconds: 900 };
  }

  private what(): TemplateResult {
    return html`<h1 tabindex="-1">${t("welcome.title")}</h1>
      <div class="picture" aria-hidden="true">
        <span class="i i-device"></span><span class="i i-back flip"></span><span class="i i-folder"></span>
      </div>
      <p class="lead">${t("welcome.text")}</p>
      <ul class="points">
        <li>${t("welcome.point.local")}</li>
        <li>${t("welcome.point.app")}</li>
        <li>${t("welcome.point.nothing")}</li>
      </ul>`;
  }

  private folders(): TemplateResult {
    const choose = (take: (folder: string) => void): unknown =>
      this.native
        ? html`<button
            class="btn"
            type="button"
            @click=${async () => {
              const folder = await this.callNative((native) => native.pickFolder(t("editor.pick")));
              if (folder) take(folder);
            }}
          >
            ${t("choose")}
          </button>`
        : nothing;
    const setInbox = (folder: string): void => {
      this.inbox = folder;
      this.requestUpdate();
    };
    const setShown = (folder: string): void => {
      this.shown = folder;
      this.requestUpdate();
    };
    return html`<h1 tabindex="-1">${t("welcome.folders")}</h1>
      ${textField({
        id: "welcome-inbox",
        label: t("welcome.inbox"),
        hint: t("welcome.inbox.hint"),
        mono: true,
        value: this.folder(),
        fault: faultAt(this.faults, "inbox"),
        input: setInbox,
        beside: choose(setInbox),
      })}
      ${textField({
        id: "welcome-shown",
        label: t("welcome.shown"),
        hint: t("welcome.shown.hint"),
        mono: true,
        value: this.shown,
        fault: faultAt(this.faults, "shown"),
        input: setShown,
        beside: choose(setShown),
      })}`;
  }

  private who(): TemplateResult {
    return html`<h1 tabindex="-1">${t("welcome.who")}</h1>
      ${radios<Reach>({
        id: "welcome-reach",
        label: t("welcome.reach"),
        value: this.reach,
        choices: (["code", "everyone"] as const).map((reach) => ({
          value: reach,
          label: t(`welcome.reach.${reach}`),
          hint: t(`welcome.reach.${reach}.hint`),
        })),
        change: (reach) => {
          this.reach = reach;
          this.requestUpdate();
        },
      })}
      ${radios<SafetyLevel>({
        id: "welcome-safety",
        label: t("safety"),
        value: this.level,
        choices: (["home", "careful", "public"] as const).map((level) => ({
          value: level,
          label: t(`safety.${level}`),
          hint: t(`safety.${level}.hint`),
        })),
        change: (level) => {
          this.level = level;
          this.requestUpdate();
        },
      })}
      <p class="note"><span class="i i-info"></span>${t("welcome.system")}</p>`;
  }

  private ready(): TemplateResult {
    const { now: invitation, joined = "", fault = "" } = this.invitations ?? {};
    const url = invitation?.urls[0] ?? "";
    const waits = this.store.get("overview")?.sharing.is === "waiting";
    return html`<h1 tabindex="-1">${t(waits ? "welcome.network" : "welcome.ready")}</h1>
      ${waits ? network(this, this.store) : problems(this.store.get("overview"), this.frame, false)}
      ${fault === "" ? nothing : html`<p class="fault" role="alert">${fault}</p>`}
      ${
        waits
          ? nothing
          : url === ""
            ? html`<p class="lead">${t("welcome.later")}</p>`
            : html`<div class="code"><pl-qr .store=${this.store} .text=${url}></pl-qr></div>
                <p class="lead">${t("welcome.scan")}</p>
                <p class="address"><code dir="ltr">${url}</code></p>`
      }
      <p class="joined" role="status">${
        joined === "" ? nothing : html`<span class="i i-ok"></span>${t("connect.joined", { name: joined })}`
      }</p>
      ${this.startAtLogin()}`;
  }

  private startAtLogin(): unknown {
    const { desktop } = this;
    if (!desktop) return nothing;
    return check({
      id: "welcome-login",
      label: t("desktop.start_at_login"),
      isSwitch: true,
      checked: desktop.start_at_login,
      change: (on) => {
        this.desktop = { ...desktop, start_at_login: on };
        const changed = { ...desktop, start_at_login: on };
        void this.callNative((native) => native.setDesktop(changed).then(() => true)).then((done) => {
          if (done) return;
          this.desktop = desktop;
          this.requestUpdate();
        });
        this.requestUpdate();
      },
    });
  }
}

customElements.define("pl-welcome", WelcomePane);
