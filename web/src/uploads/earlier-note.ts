// Names the files that an earlier visit left unfinished, and how to go on with them.

import { html, nothing } from "lit";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import { decoded } from "../browse/decoded.ts";
import type { UnfinishedFiles } from "../up2k/unfinished.ts";

/** Number of names that are shown. */
const MAX_NAMES = 5;

interface Handlers {
  /** path the server is hosted under */
  base: string;
  /** opens the chooser; undefined: the page has a button for that */
  choose?: () => void;
  /** the files were dismissed */
  changed: () => void;
}

/** Returns the note; nothing if there are no such files. `below`: URL of the folder whose files are named; default: all. */
export function earlierNote(unfinished: UnfinishedFiles, { base, choose, changed }: Handlers, below = ""): unknown {
  const entries = unfinished.fromEarlierVisits(below);
  if (entries.length === 0) return nothing;
  const names = entries.slice(0, MAX_NAMES);
  const more = entries.length - names.length;
  const dismiss = (): void => {
    unfinished.dismiss(below);
    changed();
  };
  return html`<div class="note left">
    <p><b>${t("left.title", { n: entries.length })}</b></p>
    <ul>
      ${names.map(
        ({ path, folder }) =>
          html`<li><bdi>${shownName(path)}</bdi>${below === "" ? html` <small><bdi>${folderName(folder, base)}</bdi></small>` : nothing}</li>`,
      )}
      ${more > 0 ? html`<li>${t("left.more", { n: more })}</li>` : nothing}
    </ul>
    <p>${t("left.why")}</p>
    <p class="actions">
      ${choose ? html`<button class="btn" type="button" @click=${choose}>${t("left.choose")}</button>` : nothing}
      <button class="tool" type="button" @click=${dismiss}>${t("left.forget")}</button>
    </p>
  </div>`;
}

function folderName(folder: string, base: string): string {
  const path = folder.startsWith(base) ? folder.slice(base.length) : folder;
  return decoded(path);
}
