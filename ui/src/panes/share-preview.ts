// Preview of what a person would see, computed by the server, and warnings for the owner.
import { html, nothing, type TemplateResult } from "lit";
import type { Preview, PreviewRow, Viewer } from "../../../web/kit/types.gen.ts";
import "../elements/copy.ts";
import type { Native } from "../api.ts";
import { errorNote, selectField } from "../fields.ts";
import { t } from "../words.ts";

export interface PreviewView {
  preview: Preview | undefined;
  /** Why the preview failed; empty: no error. */
  error: string;
  /** Retries. */
  again: () => void;
  /** The preview belongs to an older draft. */
  isOld: boolean;
  /** The person whose view is shown. */
  viewer: Viewer;
  people: readonly string[];
  choose: (viewer: Viewer) => void;
  native: Native | null;
}

const WORDS: Record<string, string> = {
  look: t("sees.look"),
  add: t("sees.add"),
  change: t("sees.change"),
  delete: t("sees.delete"),
  get: t("sees.get"),
};

/** Encodes a viewer as the value of an option. */
function keyOf(viewer: Viewer): string {
  return viewer.is === "person" ? `person:${viewer.name}` : viewer.is;
}

function viewerOf(key: string): Viewer {
  if (key.startsWith("person:")) return { is: "person", name: key.slice("person:".length) };
  return { is: key === "invited" ? "invited" : "guest" };
}

export function sharePreview(shown: PreviewView): TemplateResult {
  const { preview, viewer, people, choose } = shown;
  const all: Viewer[] = [{ is: "guest" }, { is: "invited" }, ...people.map((name): Viewer => ({ is: "person", name }))];
  return html`<section class="preview" aria-labelledby="preview-title" aria-busy=${shown.isOld ? "true" : "false"}>
    <h2 id="preview-title">${t("sees.title")}</h2>
    ${selectField({
      id: "see-as",
      label: t("sees.as"),
      value: keyOf(viewer),
      options: all.map((one) => ({
        value: keyOf(one),
        label: one.is === "person" ? one.name : t(`sees.${one.is}`),
      })),
      change: (key) => choose(viewerOf(key)),
    })}
    ${shown.error !== "" ? failed(shown) : preview ? tree(preview) : html`<p class="quiet">${t("waiting")}</p>`}
  </section>`;
}

/** Renders the error, so that a missing preview is not mistaken for an empty one. */
function failed({ error, again }: PreviewView): TemplateResult {
  return html`${errorNote(error)}<button class="btn" type="button" @click=${again}>${t("again")}</button>`;
}

function tree({ rows, is_cut }: Preview): TemplateResult {
  if (rows.length === 0) return html`<p class="nothing"><span class="i i-lock"></span>${t("sees.nothing")}</p>`;
  return html`<ul class="tree" aria-label=${t("sees.tree")} tabindex="0">
    ${rows.map(leaf)} ${is_cut ? html`<li class="quiet">${t("sees.cut")}</li>` : nothing}
  </ul>`;
}

function leaf(row: PreviewRow): TemplateResult {
  const words = row.words.map((word) => WORDS[word] ?? word);
  return html`<li class="depth${Math.min(row.depth, 2)} ${row.is_here ? "here" : ""}">
    <span class="i ${row.is_folder ? "i-folder" : "i-file"}"></span>
    <bdi>${row.name}</bdi>
    <span class="badges" title=${row.rights}>
      ${row.is_hidden ? html`<span class="badge due">${t("sees.hidden")}</span>` : nothing}
      ${words.length === 0 ? html`<span class="badge">${t("sees.through")}</span>` : words.map((word) => html`<span class="badge">${word}</span>`)}
    </span>
  </li>`;
}

/** Renders the warnings, serious ones first. */
export function warnings(preview: Preview | undefined): unknown {
  const all = preview?.warnings ?? [];
  const sorted = [...all.filter(({ is_serious }) => is_serious), ...all.filter(({ is_serious }) => !is_serious)];
  return html`<div class="warnings" role="status">${sorted.map(
    ({ is_serious, sentence }) => html`<p class="note ${is_serious ? "bad" : "warn"}">
      <span class="i ${is_serious ? "i-alert" : "i-info"}"></span>${sentence}
    </p>`,
  )}</div>`;
}

export function commandLine(preview: Preview | undefined, native: Native | null): TemplateResult {
  const line = preview?.command_line;
  return html`<details class="fold">
    <summary>${t("command.show")}</summary>
    ${
      line
        ? html`<pre class="source" dir="ltr" tabindex="0" aria-label=${t("command.label")}>${line}</pre>
            <pl-copy .text=${line} .what=${t("command.copy")} .native=${native}></pl-copy>`
        : html`<p class="quiet">${t("command.none")}</p>`
    }
  </details>`;
}
