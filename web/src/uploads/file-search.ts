// "Does the server have this?": files are hashed and looked for by content. Nothing is uploaded, unless the visitor then asks for it.

import { html, nothing, type TemplateResult } from "lit";
import { percent, size } from "../../kit/format.ts";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import { decoded } from "../browse/decoded.ts";
import { apart, shownTime } from "../browse/texts.ts";
import { type Dialog, openDialog } from "../parts/dialog.ts";
import { icon } from "../parts/icon.ts";
import type { Hasher } from "../up2k/hasher.ts";
import type { Source } from "../up2k/item.ts";
import { isSameTime } from "../up2k/peek.ts";
import type { Hit } from "../up2k/search.ts";
import { FileSearch, type Found } from "./search-run.ts";
import type { Selection } from "./selection.ts";

export interface Search {
  selection: Selection;
  /** path the server is hosted under */
  base: string;
  hasher: Hasher;
  /** uploads files that the server does not have; undefined: the visitor may not */
  upload: ((sources: Source[]) => void) | undefined;
}

/** Files that are shown; more are only counted, so that a folder of any size can be looked for. */
const MAX_ROWS = 300;
/** Places of one file that are shown. */
const MAX_HITS = 3;
const DRAW_INTERVAL_MS = 200;

/** Opens the dialog and searches. Resolves when the dialog is closed. */
export async function openFileSearch({ selection, base, hasher, upload }: Search): Promise<void> {
  const dialog = openDialog<"upload">(t("find.title"), true);
  const stop = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const draw = (): void => dialog.draw(content(search, dialog, base, upload !== undefined));
  const search = new FileSearch(selection.sources, { base, hasher }, stop.signal, () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      draw();
    }, DRAW_INTERVAL_MS);
  });
  draw();
  void search.run().then(draw);
  const answer = await dialog.result;
  stop.abort(new DOMException("closed", "AbortError"));
  clearTimeout(timer);
  if (answer === "upload") upload?.(search.missing);
}

function content(search: FileSearch, dialog: Dialog<"upload">, base: string, mayUpload: boolean): TemplateResult {
  const { results, total, busy, missing } = search;
  const found = results.filter(({ hits }) => hits && hits.length > 0).length;
  const failed = results.filter(({ hits }) => hits === undefined).length;
  // What is missing comes first: it is what people act on.
  const rows = [...results].sort((a, b) => (a.hits?.length ?? -1) - (b.hits?.length ?? -1)).slice(0, MAX_ROWS);
  return html`<div class="dialog-body find">
      <p role="status">
        <b>${busy ? t("find.going", { percent: percent(search.hashed, search.bytes) }) : t("find.result", { found, all: total })}</b>
        ${failed > 0 ? html`<span class="bad">${t("find.failed", { n: failed })}</span>` : nothing}
      </p>
      ${busy ? html`<progress max=${Math.max(1, search.bytes)} .value=${search.hashed} aria-label=${t("find.progress")}></progress>` : nothing}
      <ul class="find-list">${rows.map((one) => result(one, base))}</ul>
      ${results.length > MAX_ROWS ? html`<p>${t("left.more", { n: results.length - MAX_ROWS })}</p>` : nothing}
    </div>
    <div class="dialog-foot">
      ${
        !busy && mayUpload && missing.length > 0
          ? html`<button class="btn primary" type="button" @click=${() => dialog.close("upload")}>${t("find.upload", { n: missing.length })}</button>`
          : nothing
      }
      <button class="btn" type="button" @click=${() => dialog.close()}>${t(busy ? "dialog.cancel" : "dialog.close")}</button>
    </div>`;
}

function result({ source, hits, detail }: Found, base: string): TemplateResult {
  const name = shownName(source.path);
  if (!hits)
    return html`<li class="failed">${icon("x")}<div><b><bdi>${name}</bdi></b><p class="bad">${detail}</p></div></li>`;
  if (hits.length === 0) {
    return html`<li class="missing">${icon("minus")}<div><b><bdi>${name}</bdi></b> <small>${size(source.file.size)}</small><p>${t("find.missing")}</p></div></li>`;
  }
  const more = hits.length - MAX_HITS;
  return html`<li class="found">
    ${icon("check")}
    <div>
      <b><bdi>${name}</bdi></b> <small>${t("find.yours", { date: shownTime(source.modified) })}</small>
      ${hits.slice(0, MAX_HITS).map((hit) => place(hit, source, base))}
      ${more > 0 ? html`<p>${t("left.more", { n: more })}</p>` : nothing}
    </div>
  </li>`;
}

function place(hit: Hit, source: Source, base: string): TemplateResult {
  const [path = ""] = hit.path.split("?");
  const differs = !isSameTime(hit.modified, source.modified);
  return html`<p>
    <a href=${`${base}/${hit.path}`} target="_blank" rel="noopener"><bdi>${decoded(path)}</bdi></a>
    <small class=${differs ? "warning" : ""}>${apart([shownTime(hit.modified), ...(differs ? [t("find.otherDate")] : [])])}</small>
  </p>`;
}
