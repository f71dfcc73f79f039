// The state of the search index of one folder.
import { html, nothing, type TemplateResult } from "lit";
import { size } from "../../kit/format.ts";
import { t } from "../../kit/words.ts";
import { ApiRefusal } from "../api/client.ts";
import type { IndexInfo } from "../api/types.gen.ts";
import type { Notices } from "../parts/notices.ts";
import { Part } from "../parts/part.ts";
import type { Figures } from "./figures.ts";

export class IndexPart extends Part {
  figures!: Figures;
  notices!: Notices;
  /** path of the volume, percent-encoded */
  path = "/";
  name = "";

  protected override render(): unknown {
    const index = this.figures.indexes.value.get(this.path);
    if (!index || index.state === "off") return nothing;
    const isBad = index.state === "failed";
    return html`<small class=${isBad ? "bad" : ""}>${words(index)}</small>${this.progress(index)}
      ${
        index.may_rescan
          ? html`<button class="btn small" type="button" aria-label=${t("control.rescanOf", { name: this.name })} @click=${this.rescan}>${t("control.rescan")}</button>`
          : nothing
      }`;
  }

  private progress(index: IndexInfo): TemplateResult | typeof nothing {
    const [done, total] =
      index.state === "hashing" ? [index.bytes, index.bytes_total] : [index.files, index.files_expected];
    const isWorking = index.state === "hashing" || index.state === "scanning";
    if (!isWorking || total === 0) return nothing;
    return html`<progress max=${total} .value=${Math.min(done, total)} aria-label=${t("control.indexOf", { name: this.name })}></progress>`;
  }

  private readonly rescan = async (): Promise<void> => {
    const { api } = this.figures;
    try {
      await api.rescan(this.path);
      this.notices.show({ text: t("control.rescanning") });
      await this.figures.askForIndexes();
      this.figures.again();
    } catch (error) {
      const text = error instanceof ApiRefusal ? error.message : "";
      this.notices.show({ text: text || t("ops.lost"), bad: true });
    }
  };
}

function words(index: IndexInfo): string {
  // Nothing is left to be read.
  const state = index.state === "hashing" && index.bytes_total === 0 ? "up_to_date" : index.state;
  switch (state) {
    case "failed":
      // For administrators: why, a sentence of the server.
      return `${t("control.index.failed")} ${index.problem ?? ""}`.trim();
    case "scanning":
      return t("control.index.scanning", { n: index.files });
    case "hashing":
      return t("control.index.hashing", { done: size(index.bytes), total: size(index.bytes_total) });
    case "up_to_date":
      return index.files > 0 ? t("control.index.up_to_date", { n: index.files }) : t("control.index.done");
    case "paused":
      return t("control.index.paused");
    case "waiting_for_disk":
      return t("control.index.waiting_for_disk");
    default:
      return "";
  }
}

customElements.define("pl-index", IndexPart);
