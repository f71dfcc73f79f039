// An icon: a mask in the colour of the text (styles/icons.css). Decoration only; the control beside it has a word or a label.
import { html, type TemplateResult } from "lit";

export function icon(name: string): TemplateResult {
  return html`<span class="i i-${name}" aria-hidden="true"></span>`;
}
