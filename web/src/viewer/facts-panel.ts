// The panel with what is known of the shown file.
import { effect, signal } from "@preact/signals-core";
import { html, nothing } from "lit";
import { t } from "../../kit/words.ts";
import { readLines } from "../api/listing-stream.ts";
import type { FileRow } from "../browse/rows.ts";
import { icon } from "../parts/icon.ts";
import { Part } from "../parts/part.ts";
import { factsOf, type Properties } from "./facts.ts";
import type { Viewer } from "./viewer.ts";

/** Whether the server has the function: an older one has not, and is not asked again. */
let isKnown = true;

class FactsPanel extends Part {
  viewer!: Viewer;
  private readonly properties = signal<Properties | undefined>(undefined);
  private stopLoading = (): void => {};

  override connectedCallback(): void {
    super.connectedCallback();
    this.stopLoading = effect(() => {
      const row = this.viewer.row.value;
      const abort = new AbortController();
      this.properties.value = undefined;
      // Not for files that are only passed by.
      const timer = row ? setTimeout(() => void this.load(row, abort.signal), 150) : 0;
      return () => {
        clearTimeout(timer);
        abort.abort();
      };
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stopLoading();
  }

  /** The rows of the list know the most important facts; the server may know more. */
  private async load(row: FileRow, signal: AbortSignal): Promise<void> {
    const { app } = this.viewer;
    if (!isKnown) return;
    try {
      const response = await fetch(app.api.url("properties"), {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ paths: [app.pathOf(row)] }),
        signal,
      });
      isKnown = response.status !== 404 && response.status !== 405;
      if (!response.ok) return;
      await readLines<{ kind: string } & Properties>(response, (lines) => {
        const file = lines.find(({ kind }) => kind === "file");
        if (file && !signal.aborted) this.properties.value = file;
      });
    } catch {
      // The connection is lost, or another file is shown: what the list knows is enough.
    }
  }

  protected override render(): unknown {
    const { viewer } = this;
    const row = viewer.row.value;
    if (!row) return nothing;
    const pixels = viewer.view.value?.pixels?.value;
    const facts = factsOf(row, viewer.app.head.value?.tags ?? [], pixels, this.properties.value);
    const close = (): void => {
      viewer.infoShown.value = false;
    };
    return html`<section class="viewer-facts scrolls" aria-label=${t("viewer.info")} tabindex="0">
      <div class="viewer-facts-head">
        <h3>${t("viewer.info")}</h3>
        <button class="icon" type="button" aria-label=${t("viewer.infoClose")} title=${t("viewer.infoClose")} @click=${close}>${icon("x")}</button>
      </div>
      <dl>
        ${facts.map(
          ({ label, value, href }) =>
            html`<div><dt>${label}</dt><dd dir="auto">${href ? html`<a href=${href}>${value}</a>` : value}</dd></div>`,
        )}
      </dl>
    </section>`;
  }
}

customElements.define("pl-viewer-facts", FactsPanel);
