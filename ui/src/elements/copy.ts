// A button that copies a text and confirms it.
import { html, LitElement, type TemplateResult } from "lit";
import type { Native } from "../api.ts";
import { t } from "../words.ts";

/** Milliseconds for which the confirmation is shown. */
const CONFIRMATION_MS = 2000;

export class CopyButton extends LitElement {
  static override properties = { text: {}, what: {}, native: { attribute: false } };
  declare text: string;
  /** Label for screen readers: "Copy address". */
  declare what: string;
  declare native: Native | null;
  private confirmation = "";

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult {
    return html`<button class="btn" type="button" aria-label=${this.confirmation === "" ? this.what : this.confirmation} @click=${this.copy}>
        <span class="i ${this.confirmation === "" ? "i-copy" : "i-check"}"></span>${this.confirmation || t("copy")}</button
      ><span class="sr" role="status">${this.confirmation}</span>`;
  }

  private readonly copy = async (): Promise<void> => {
    const done = await copyText(this.text, this.native);
    this.confirmation = t(done ? "copy.done" : "copy.failed");
    this.requestUpdate();
    setTimeout(() => {
      this.confirmation = "";
      this.requestUpdate();
    }, CONFIRMATION_MS);
  };
}

async function copyText(text: string, native: Native | null): Promise<boolean> {
  try {
    if (native) await native.copyText(text);
    // `navigator.clipboard` is absent outside secure contexts (plain http).
    else if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else return copyBySelection(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const before = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.readOnly = true;
  area.className = "sr";
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return done;
}

customElements.define("pl-copy", CopyButton);
