// Uploads and downloads that are under way.
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { duration, percent, rate, size } from "../../kit/format.ts";
import { t } from "../../kit/words.ts";
import type { TransferInfo } from "../api/types.gen.ts";
import { icon } from "../parts/icon.ts";
import { Part } from "../parts/part.ts";
import type { Figures } from "./figures.ts";
import { folderPathOf, joined, nameOf, noneOf, whoOf } from "./texts.ts";

export class TransfersPart extends Part {
  figures!: Figures;

  protected override render(): unknown {
    const transfers = this.figures.transfers.value;
    if (!transfers) return nothing;
    if (transfers.length === 0) return html`<p class="none">${noneOf(this)}</p>`;
    return html`<ul class="items">
      ${repeat(transfers, keyOf, (transfer) => this.row(transfer))}
    </ul>`;
  }

  private row(transfer: TransferInfo): TemplateResult {
    const { upload, path, bytes_done: done, bytes_total: total } = transfer;
    const name = nameOf(transfer.name);
    const what = t(upload ? "list.upload" : "list.download");
    return html`<li>
      ${icon(upload ? "upload" : "download")}
      <div class="what">
        <span><span class="sr">${what}: </span><a class="name" dir="auto" href=${this.figures.api.href(folderPathOf(path))}>${name}</a></span>
        <small>${pace(transfer)}</small>
        <small>${facts(transfer)}</small>
        ${total ? html`<progress max=${total} .value=${Math.min(done, total)} aria-label=${name}></progress>` : nothing}
      </div>
    </li>`;
  }
}

const keyOf = (transfer: TransferInfo): string =>
  [transfer.path, transfer.begun_ms, transfer.upload, transfer.address ?? ""].join(" ");

/** How far it is, how long it takes, how fast it is. */
function pace({ bytes_done: done, bytes_total: total, eta_secs: eta, rate: now }: TransferInfo): TemplateResult {
  return joined([
    total ? percent(done, total) : undefined,
    eta === undefined ? undefined : t("drawer.left", { time: duration(eta) }),
    now > 0 ? rate(now) : undefined,
  ]);
}

function facts(transfer: TransferInfo): TemplateResult {
  const { bytes_done: done, bytes_total: total } = transfer;
  return joined([
    whoOf(transfer.own, transfer.who, transfer.own ? undefined : transfer.address),
    total === undefined ? size(done) : t("trash.working", { done: size(done), all: size(total) }),
  ]);
}

customElements.define("pl-transfers", TransfersPart);
