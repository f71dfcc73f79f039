// The banner: a text shown for some minutes to everyone who can view a folder; entered here or sent from the clipboard.
import { html, type TemplateResult } from "lit";
import type { Overview } from "../../../web/kit/types.gen.ts";
import { textField } from "../fields.ts";
import { moment } from "../sentences.ts";
import { t } from "../words.ts";

/** Seconds for which a text is shown. */
const SHOWN = 600;

export interface ShownText {
  overview: Overview | undefined;
  text: string;
  write: (text: string) => void;
  /** Shows the text; null removes it. */
  show: (text: string | null, seconds: number) => void;
}

export function shownText({ overview, text, write, show }: ShownText): TemplateResult {
  const shown = overview?.banner;
  return html`<section aria-labelledby="shown-title">
    <h2 class="section" id="shown-title">${t("shown.title")}</h2>
    ${
      shown
        ? html`<div class="rows"><div class="row">
            <div class="row-text">
              <p><bdi>${shown.text}</bdi></p>
              <p class="quiet">${t("shown.until", { when: moment(shown.until_ms) })}</p>
            </div>
            <div class="row-actions">
              <button class="btn" type="button" @click=${() => show(null, 0)}>${t("shown.back")}</button>
            </div>
          </div></div>`
        : textField({
            id: "shown",
            label: t("shown.label"),
            hint: t("shown.hint"),
            value: text,
            input: write,
            beside: html`<button class="btn" type="button" @click=${() => show(text, SHOWN)}>${t("shown.show")}</button>`,
          })
    }
  </section>`;
}
