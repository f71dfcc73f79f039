// Two files or folders that want the same name, side by side, so that one can tell them apart: picture, folder, size and date.
import { html, nothing, type TemplateResult } from "lit";
import { size } from "../../kit/format.ts";
import { t } from "../../kit/words.ts";
import { loadStyle } from "./style.ts";

/** One of the two. */
export interface Side {
  label: string;
  icon: TemplateResult;
  /** address of a picture of it; what cannot be loaded is left out */
  picture?: string | undefined;
  /** the folder it is in, for people; left out where it says nothing */
  folder?: string;
  /** undefined: not known */
  facts: SideFacts | undefined;
}

export interface SideFacts {
  /** undefined: a folder whose size is not known */
  bytes: number | undefined;
  /** milliseconds since 1970; NaN: not known */
  modified: number;
  /** that time for people */
  when: string;
  isFile: boolean;
}

/** Clocks and file systems round times; only a larger difference in milliseconds makes a file newer. */
const SAME_TIME_MS = 2000;

/** Loads the style. The dialog around the two has the class "conflict". */
export const loadBothFiles = (): Promise<void> => loadStyle("both-files.css");

export function bothFiles(first: Side, second: Side): TemplateResult {
  return html`<div class="sides">${card(first, second.facts)}${card(second, first.facts)}</div>`;
}

function card({ label, icon, picture, folder, facts }: Side, other: SideFacts | undefined): TemplateResult {
  const hide = (event: Event): void => (event.target as Element).remove();
  return html`<section class="side">
    <h3>${label}</h3>
    <div class="side-picture">${icon}${picture === undefined ? nothing : html`<img src=${picture} alt="" @error=${hide} />`}</div>
    ${folder === undefined ? nothing : html`<p class="side-folder"><bdi>${folder}</bdi></p>`}
    ${facts ? list(facts, other) : nothing}
  </section>`;
}

function list(own: SideFacts, other: SideFacts | undefined): TemplateResult {
  const mark = (isMarked: boolean, word: string): unknown => (isMarked ? html` <b class="mark">${word}</b>` : nothing);
  const { bytes } = own;
  const isLarger = bytes !== undefined && other?.bytes !== undefined && bytes > other.bytes;
  const isSame = own.isFile && bytes !== undefined && bytes === other?.bytes;
  const isNewer = other !== undefined && own.modified - other.modified > SAME_TIME_MS;
  return html`<dl class="side-facts">
    ${
      bytes === undefined
        ? nothing
        : html`<dt>${t("list.size")}</dt>
            <dd title=${t("list.bytes", { n: bytes })}>
              <bdi>${size(bytes)}</bdi>${isSame ? html` <b class="mark quiet">${t("conflict.sameSize")}</b>` : mark(isLarger, t("conflict.larger"))}
            </dd>`
    }
    ${
      Number.isFinite(own.modified)
        ? html`<dt>${t("list.changed")}</dt>
            <dd><bdi>${own.when}</bdi>${mark(isNewer, t("conflict.newer"))}</dd>`
        : nothing
    }
  </dl>`;
}
