// Rights and flags of a share in command line syntax, one per line.
import { html, nothing, type TemplateResult } from "lit";
import { check, textArea } from "../fields.ts";
import { t } from "../words.ts";

export interface Rules {
  /** The text; undefined: the form's choices are used. */
  text: string | undefined;
  /** The form's choices as rules, the initial text. */
  begin: readonly string[];
  fault: string;
  change: (text: string | undefined) => void;
}

/** Splits the text into lines for the server. */
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
    ${
      text === undefined
        ? nothing
        : textArea({
            id: "rules",
            label: t("rules.lines"),
            hint: t("rules.lines.hint"),
            value: text,
            fault,
            input: change,
          })
    }
  </details>`;
}
