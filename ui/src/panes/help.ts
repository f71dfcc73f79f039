// The Help pane: connection test with advice, short guides, version and licences.
import { html, nothing, type TemplateResult } from "lit";
import { CHECK_ICONS } from "../check-icons.ts";
import { Pane } from "../pane.ts";
import type { Topic } from "../store.ts";
import { t } from "../words.ts";

const GUIDES = ["phone", "windows", "mac", "linux", "outside", "stop"] as const;

export class HelpPane extends Pane {
  protected override readonly topics: readonly Topic[] = ["self_check", "overview"];

  private licences = "";

  protected override render(): unknown {
    return html`<div class="head"><h1>${t("pane.help")}</h1></div>
      ${this.selfCheck()} ${this.guides()} ${this.about()}`;
  }

  private selfCheck(): TemplateResult {
    const checks = this.store.get("self_check");
    const again = (): void => void this.attempt(() => this.store.ask({ call: "self_check" }));
    return html`<section class="card" aria-labelledby="self-check">
      <h2 id="self-check">${t("selfCheck")}</h2>
      <div role="status">
        ${
          checks
            ? html`<ul class="rows test">
                ${checks.map(
                  ({ title, state, sentence, advice }) => html`<li class="row ${state}">
                    <span class="i ${CHECK_ICONS[state]}"></span>
                    <div class="row-text">
                      <h3>${title} <span class="sr">${t(`check.${state}`)}</span></h3>
                      <p>${sentence}</p>
                      ${advice === "" ? nothing : html`<p class="advice">${advice}</p>`}
                    </div>
                  </li>`,
                )}
              </ul>`
            : html`<p class="quiet">${t("waiting")}</p>`
        }
      </div>
      ${this.error === "" ? nothing : html`<p class="fault" role="alert">${this.error}</p>`}
      <button class="btn" type="button" ?disabled=${this.busy} @click=${again}>
        <span class="i i-retry"></span>${t(this.busy ? "waiting" : "selfCheck.again")}
      </button>
    </section>`;
  }

  private guides(): TemplateResult {
    const url = this.store.get("overview")?.addresses[0]?.url ?? "http://…/";
    return html`<section aria-labelledby="guides">
      <h2 class="section" id="guides">${t("guides")}</h2>
      ${GUIDES.map(
        (name) => html`<details class="fold">
          <summary>${t(`guide.${name}`)}</summary>
          <p>${t(`guide.${name}.text`, { url })}</p>
        </details>`,
      )}
    </section>`;
  }

  private readonly readLicences = async (): Promise<void> => {
    if (this.licences !== "") return;
    const text = await this.attempt(() => fetch("licences.txt").then((answer) => answer.text()));
    this.licences = text ?? "";
    this.requestUpdate();
  };

  private about(): TemplateResult {
    const version = this.store.get("overview")?.version ?? "";
    return html`<section aria-labelledby="about">
      <h2 class="section" id="about">${t("about")}</h2>
      <p>${t("about.text", { version })}</p>
      <details class="fold" @toggle=${this.readLicences}>
        <summary>${t("about.licences")}</summary>
        <pre class="source" dir="ltr" tabindex="0" aria-label=${t("about.licences")}>${this.licences}</pre>
      </details>
    </section>`;
  }
}

customElements.define("pl-help", HelpPane);
