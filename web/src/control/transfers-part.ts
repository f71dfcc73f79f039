// Uploads and downloads that are under way.
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { duration, percent, rate, size } from "../../kit/format.ts";
import { t } from "../../kit/words.ts";
import type { TransferInfo } from "../api/types.gen.ts";
import { icon } from "../parts/icon.ts";
import { Part } from "../parts/part.ts";
import type { Figures } from "./figures.ts";
import { folderPathOf, joined, nameOf, whoOf } from "./texts.ts";

export class TransfersPart extends Part {
  figures!: Figures;

  protected override render(): unknown {
    const transfers = this.figures.transfers.value;
    if (!transfers) return nothing;
    if (transfers.length === 0) return html`<p class="none">${t("control.none.transfers")}</p>`;
    return html`<ul class="items">
      ${repeat(transfers, keyOf, (transfer) => this.row(transfer))}
    </ul>`;
  }

  private row(transfer: TransferInfo): TemplateResult {
    const { upload, path, bytes_done: done, bytes_total: total } = transfer;
    const name = nameOf(transfer.name);
    const what = t(upload ? "control.uploading" : "control.downloading");
    return html`<li>
      ${icon(upload ? "upload" : "download")}
      <div class="what">
        <span><span class="sr">${what}: </span><a class="name" href=${this.figures.api.href(folderPathOf(path))}>${name}</a></span>
        <small>${facts(transfer)}</small>
        ${total ? html`<progress max=${total} .value=${Math.min(done, total)} aria-label=${t("control.transferOf", { what, name })}></progress>` : nothing}
      </div>
    </li>`;
  }
}

const keyOf = (transfer: TransferInfo): string =>
  [transfer.path, transfer.begun_ms, transfer.upload, transfer.address ?? ""].join(" ");

function facts(transfer: TransferInfo): string {
  const { bytes_done: done, bytes_total: total, eta_secs: eta } = transfer;
  return joined([
    total ? percent(done, total) : undefined,
    whoOf(transfer.own, transfer.who, transfer.own ? undefined : transfer.address),
    total === undefined ? size(done) : t("control.amount", { done: size(done), total: size(total) }),
    transfer.rate > 0 ? rate(transfer.rate) : undefined,
    eta === undefined ? undefined : t("control.left", { time: duration(eta) }),
  ]);
}

customElements.define("pl-transfers", TransfersPart);
