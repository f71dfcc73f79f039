// The Settings pane: security level, desktop preferences, all options, and the settings file.
import { html, nothing, type TemplateResult } from "lit";
import { namedLanguages } from "../../../web/kit/locale.ts";
import type { FaultAt, OptionInfo, SafetyLevel, SettingsForm } from "../../../web/kit/types.gen.ts";
import { type Desktop, Refused } from "../api.ts";
import { faultAt, faultsElsewhere } from "../drafts.ts";
import { confirmDialog } from "../elements/confirm.ts";
import "../elements/copy.ts";
import { sentenceOf } from "../errors.ts";
import { check, errorNote, radios, selectField, textField } from "../fields.ts";
import { chapters, differs, groupLabel, isFound, optionField } from "../form.ts";
import { chooseLanguage, ownLanguage } from "../language.ts";
import { Pane } from "../pane.ts";
import type { Topic } from "../store.ts";
import { t } from "../words.ts";
import { problemsOf } from "./problems.ts";

const LEVELS = ["home", "careful", "public"] as const;

const SWITCHES = ["start_at_login", "start_hidden", "close_to_tray", "notify"] as const;

export class SettingsPane extends Pane {
  protected override readonly topics: readonly Topic[] = ["settings", "lan", "overview"];
  private search = "";
  private desktop: Desktop | undefined;
  /** Options changed here that take effect after a restart. */
  private readonly waiting = new Set<string>();
  /** Errors of refused changes, by option name. */
  private readonly refused = new Map<string, readonly FaultAt[]>();
  private readonly errors = new Map<string, string>();
  /** The user is asked to confirm quitting. */
  private asksToQuit = false;
  private unconfirmed: { name: string; value: string } | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.callNative((native) => native.desktop()).then((desktop) => {
      this.desktop = desktop;
      this.requestUpdate();
    });
  }

  protected override render(): unknown {
    const form = this.store.get("settings");
    if (!form) return this.pending("settings");
    const found =
      this.search.trim() === "" ? undefined : form.options.filter((one) => isFound(one, this.search.trim()));
    return html`<div class="head">
        <h1>${t("pane.settings")}</h1>
        <div class="search" role="search">${textField({
          id: "settings-search",
          label: t("settings.search"),
          placeholder: t("settings.search"),
          type: "search",
          value: this.search,
          input: (text) => {
            this.search = text;
            this.requestUpdate();
          },
        })}</div>
      </div>
      ${problemsOf("settings", this.store.get("overview"), this.frame)}
      ${this.waiting.size > 0 ? html`<p class="note warn" role="status"><span class="i i-info"></span>${t("settings.restart")}</p>` : nothing}
      ${found ? this.found(found) : [this.desktopCard(), this.languageCard(), this.safety(form), this.networkCard(), this.allOptions(form), this.file(form)]}
      ${this.confirmation()}`;
  }

  private found(options: readonly OptionInfo[]): TemplateResult {
    return html`<p class="quiet" role="status">${t("settings.found", { n: options.length })}</p>
      <div class="options">${options.map((option) => this.option(option))}</div>`;
  }

  private desktopCard(): unknown {
    const { desktop } = this;
    if (!desktop) return nothing;
    const set = (change: Partial<Desktop>): void => {
      const now = { ...desktop, ...change };
      this.desktop = now;
      this.requestUpdate();
      void this.callNative((native) => native.setDesktop(now).then(() => true)).then((done) => {
        if (done) return;
        this.desktop = desktop;
        this.requestUpdate();
      });
    };
    return html`<section class="card" aria-labelledby="desktop">
      <h2 id="desktop">${t("desktop")}</h2>
      ${SWITCHES.filter((name) => desktop.has_tray || (name !== "close_to_tray" && name !== "start_hidden")).map(
        (name) =>
          check({
            id: `desktop-${name}`,
            label: t(`desktop.${name}`),
            isSwitch: true,
            checked: desktop[name],
            change: (on) => set({ [name]: on }),
          }),
      )}
      ${desktop.has_tray ? nothing : html`<p class="quiet">${t("desktop.noTray")}</p>`}
      <button class="btn" type="button" @click=${this.quit}>${t("quit")}</button>
    </section>`;
  }

  private languageCard(): TemplateResult {
    const named = namedLanguages().map(({ tag, name }) => ({ value: tag as string, label: name }));
    return html`<section class="card">
      ${selectField({
        id: "language",
        label: t("language"),
        value: ownLanguage() ?? "",
        options: [{ value: "", label: t("language.system") }, ...named],
        change: (language) => void this.setLanguage(language),
      })}
    </section>`;
  }

  /** The tray is told first: with the reload of the window its requests end. */
  private async setLanguage(language: string): Promise<void> {
    const { desktop } = this;
    if (desktop) await this.callNative((native) => native.setDesktop({ ...desktop, language }).then(() => true));
    chooseLanguage(language);
    location.reload();
  }

  /** Asks for confirmation only while transfers run. */
  private readonly quit = (): void => {
    this.asksToQuit = (this.store.get("overview")?.transfers ?? 0) > 0;
    if (!this.asksToQuit) void this.callNative((native) => native.quit());
    this.requestUpdate();
  };

  private safety(form: SettingsForm): TemplateResult {
    return html`<section class="card">
      ${radios<SafetyLevel>({
        id: "safety",
        label: t("safety"),
        value: form.safety,
        fault: this.errors.get("safety") ?? "",
        choices: LEVELS.map((level) => ({
          value: level,
          label: t(`safety.${level}`),
          hint: t(`safety.${level}.hint`),
        })),
        change: (level) => void this.setSafety(level),
      })}
      ${form.safety === "custom" ? html`<p class="quiet">${t("safety.custom")}</p>` : nothing}
    </section>`;
  }

  private async setSafety(level: SafetyLevel): Promise<void> {
    try {
      await this.store.ask({ call: "set_safety", level });
      this.errors.delete("safety");
    } catch (reason) {
      this.errors.set("safety", sentenceOf(reason));
      this.requestUpdate();
    }
  }

  private networkCard(): unknown {
    const lan = this.store.get("lan");
    if (!lan?.network) return nothing;
    const { id, name, trust } = lan.network;
    const isTrusted = trust === "trusted";
    const turn = (): void => void this.tryAsk({ call: "trust_network", id, trusted: !isTrusted });
    return html`<section class="card" aria-labelledby="here">
      <h2 id="here">${t("network.here")}</h2>
      <p>${t(isTrusted ? "network.trusted" : "network.untrusted", { name })}</p>
      ${lan.is_announced ? html`<p class="quiet">${t("network.announced", { name: lan.name })}</p>` : nothing}
      ${isTrusted ? nothing : html`<p class="note warn"><span class="i i-alert"></span>${t("network.plain")}</p>`}
      <button class="btn" type="button" @click=${turn}>${t(isTrusted ? "network.stop" : "network.yes")}</button>
    </section>`;
  }

  private allOptions(form: SettingsForm): TemplateResult {
    return html`<section aria-labelledby="options">
      <h2 class="section" id="options">${t("settings.all")}</h2>
      ${chapters(form.options).map(([group, options]) => {
        const changed = options.filter(differs).length;
        return html`<details class="fold">
          <summary>
            ${groupLabel(group)} ${changed > 0 ? html`<span class="badge">${t("settings.changed", { n: changed })}</span>` : nothing}
          </summary>
          <div class="options">${options.map((option) => this.option(option))}</div>
        </details>`;
      })}
    </section>`;
  }

  private option(option: OptionInfo): TemplateResult {
    const { name } = option;
    const faults = this.refused.get(name) ?? [];
    const whole = this.errors.get(name) ?? "";
    const own = faultAt(faults, name);
    return html`${optionField(option, {
      // Errors of other fields are shown here as well: this is the field that was changed.
      fault: own || [whole, ...faultsElsewhere(faults, [])].filter(Boolean).join(" "),
      waits: this.waiting.has(name),
      change: (value) => this.requestChange(option, value),
    })}`;
  }

  private requestChange(option: OptionInfo, value: string | null): void {
    const isTrusted = this.store.get("lan")?.network?.trust === "trusted";
    if (option.name === "http-only" && value === "yes" && !isTrusted) {
      this.unconfirmed = { name: option.name, value };
      this.requestUpdate();
      return;
    }
    void this.set(option, value);
  }

  private async set(
    { name, needs_restart }: Pick<OptionInfo, "name" | "needs_restart">,
    value: string | null,
  ): Promise<void> {
    this.refused.delete(name);
    this.errors.delete(name);
    try {
      await this.store.ask({ call: "change_settings", values: { [name]: value } });
      if (needs_restart) this.waiting.add(name);
    } catch (reason) {
      if (reason instanceof Refused) this.refused.set(name, reason.faults);
      this.errors.set(name, sentenceOf(reason));
    }
    this.requestUpdate();
  }

  private confirmation(): unknown {
    const { unconfirmed } = this;
    if (this.asksToQuit) {
      return confirmDialog({
        title: t("quit.ask"),
        text: t("quit.text", { n: this.store.get("overview")?.transfers ?? 0 }),
        yes: t("quit"),
        act: () => void this.callNative((native) => native.quit()),
        close: () => {
          this.asksToQuit = false;
          this.requestUpdate();
        },
      });
    }
    if (!unconfirmed) return nothing;
    return confirmDialog({
      title: t("plain.ask"),
      text: t("network.plain"),
      yes: t("plain.yes"),
      act: () => void this.set({ name: unconfirmed.name, needs_restart: false }, unconfirmed.value),
      close: () => {
        this.unconfirmed = undefined;
        this.requestUpdate();
      },
    });
  }

  private file({ file, toml, command_line }: SettingsForm): TemplateResult {
    const { native } = this;
    return html`<section aria-labelledby="file">
      <h2 class="section" id="file">${t("file")}</h2>
      <p class="quiet">
        ${file === null ? t("file.none") : html`${t("file.where")} <bdi class="mono">${file}</bdi>`}
        ${
          native && file !== null
            ? html`<button class="btn quiet" type="button" @click=${() => this.callNative((native) => native.showInFolder(file))}>${t("past.show")}</button>`
            : nothing
        }
      </p>
      <details class="fold">
        <summary>${t("file.toml")}</summary>
        <pre class="source" dir="ltr" tabindex="0" aria-label=${t("file.toml")}>${toml}</pre>
        <pl-copy .text=${toml} .what=${t("file.copy")} .native=${native}></pl-copy>
      </details>
      <details class="fold">
        <summary>${t("command.show")}</summary>
        ${
          command_line === null
            ? html`<p class="quiet">${t("command.none")}</p>`
            : html`<pre class="source" dir="ltr" tabindex="0" aria-label=${t("command.label")}>${command_line}</pre>
                <pl-copy .text=${command_line} .what=${t("command.copy")} .native=${native}></pl-copy>`
        }
      </details>
      ${errorNote(this.error)}
    </section>`;
  }
}

customElements.define("pl-settings", SettingsPane);
