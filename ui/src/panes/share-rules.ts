// For people who know the command line: rights and flags of a share by hand, a line each.
import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { check } from "../fields.ts";
import { t } from "../words.ts";

export interface Rules {
  /** What is written; undefined: the words above count. */
  text: string | undefined;
  /** The words above as rules, to begin with. */
  begin: readonly string[];
  fault: string;
  change: (text: string | undefined) => void;
}

/** Rules as the server wants them. */
export function linesOf(text: string | undefined): string[] | null {
  return text === undefined ? null : text.split("\n");
}

export function rulesField({ text, begin, fault, change }: Rules): TemplateResult {
  return html`<details class="fold" ?open=${text !== undefined}>
    <summary>${t("rules.title")}</summary>
    ${check({
      id: "by_hand",
      label: t("rules.byHand"),
      hint: t("rules.byHand.hint"),
      checked: text !== undefined,
      change: (on) => change(on ? begin.join("\n") : undefined),
    })}
    ${text === undefined ? nothing : area(text, fault, change)}
  </details>`;
}

function area(text: string, fault: string, change: Rules["change"]): TemplateResult {
  return html`<div class="field ${fault === "" ? "" : "wrong"}">
    <label for="rules">${t("rules.lines")}</label>
    <textarea
      id="rules"
      class="mono"
      rows=${Math.min(12, text.split("\n").length + 2)}
      spellcheck="false"
      autocapitalize="off"
      dir="ltr"
      .value=${live(text)}
      aria-invalid=${fault === "" ? nothing : "true"}
      aria-describedby="rules-hint${fault === "" ? "" : " rules-fault"}"
      @input=${(event: Event) => change((event.target as HTMLTextAreaElement).value)}
    ></textarea>
    <p class="hint" id="rules-hint">${t("rules.lines.hint")}</p>
    ${fault === "" ? nothing : html`<p class="fault" id="rules-fault"><span class="i i-alert"></span>${fault}</p>`}
  </div>`;
}
