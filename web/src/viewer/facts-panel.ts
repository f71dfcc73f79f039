// The panel with what is known of the shown file.
import { effect, signal } from "@preact/signals-core";
import { html, nothing } from "lit";
import { t } from "../../kit/words.ts";
import type { FileProperties } from "../api/types.gen.ts";
import type { FileRow } from "../browse/rows.ts";
import { icon } from "../parts/icon.ts";
import { Part } from "../parts/part.ts";
import { factsOf } from "./facts.ts";
import type { Viewer } from "./viewer.ts";

class FactsPanel extends Part {
  viewer!: Viewer;
  private readonly properties = signal<FileProperties | undefined>(undefined);
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
    try {
      for await (const line of app.api.properties([app.pathOf(row)], signal)) {
        if (line.kind === "file" && !signal.aborted) this.properties.value = line;
      }
    } catch {
      // The connection is lost, or another file is shown: what the list knows is enough.
    }
  }

  protected override render(): unknown {
    const { viewer } = this;
    const row = viewer.row.value;
    if (!row) return nothing;
    const pixels = viewer.view.value?.pixels?.value;
    const facts = factsOf(row, viewer.app.tags.value, pixels, this.properties.value);
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
            html`<div><dt>${label}</dt><dd><bdi>${href ? html`<a href=${href}>${value}</a>` : value}</bdi></dd></div>`,
        )}
      </dl>
    </section>`;
  }
}

customElements.define("pl-viewer-facts", FactsPanel);
