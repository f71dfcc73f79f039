// A QR code of a text, drawn by the server.
import { html, LitElement } from "lit";
import type { Store } from "../store.ts";
import { t } from "../words.ts";

/** Milliseconds before a failed picture is requested again. */
const AGAIN = 3000;

export class QrCode extends LitElement {
  static override properties = { text: {}, store: { attribute: false } };
  declare text: string;
  declare store: Store;
  private picture = "";
  private drawn = "";

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override willUpdate(): void {
    if (this.text !== this.drawn) void this.draw(this.text);
  }

  private async draw(text: string): Promise<void> {
    this.drawn = text;
    this.picture = text === "" ? "" : await this.store.ask({ call: "qr", text }).catch(() => "");
    if (text !== this.text) return;
    this.requestUpdate();
    if (text !== "" && this.picture === "") setTimeout(() => this.isConnected && void this.draw(this.text), AGAIN);
  }

  protected override render(): unknown {
    if (this.picture === "") return html`<span class="qr"></span>`;
    const address = `data:image/svg+xml,${encodeURIComponent(this.picture)}`;
    return html`<img class="qr" src=${address} alt=${t("qr.alt")} />`;
  }
}

customElements.define("pl-qr", QrCode);
