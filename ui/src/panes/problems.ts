// What needs a person, with the way to the pane where it can be mended.
import { html, nothing } from "lit";
import type { Overview, ProblemCode } from "../../../web/kit/types.gen.ts";
import type { Frame } from "../pane.ts";
import { t } from "../words.ts";

/** Where it is mended; the tray's menu (src-tauri/src/tray/rows.rs) leads to the same. */
export const MENDED_IN: Record<ProblemCode, "shares" | "settings" | "activity"> = {
  folder_missing: "shares",
  disk_full: "shares",
  port_taken: "settings",
  settings_damaged: "settings",
  other: "activity",
};

/** All problems, each with a button to its pane; `isWayOpen` false: no pane can be opened just now. */
export function problems(overview: Overview | undefined, frame: Frame, isWayOpen = true): unknown {
  return told(overview, frame, () => true, isWayOpen);
}

/** The problems that are mended in one pane, there. */
export function problemsOf(here: string, overview: Overview | undefined, frame: Frame): unknown {
  return told(overview, frame, (code) => MENDED_IN[code] === here, false);
}

function told(
  overview: Overview | undefined,
  frame: Frame,
  isMeant: (code: ProblemCode) => boolean,
  isWayOpen: boolean,
): unknown {
  return overview?.problems
    .filter(({ code }) => isMeant(code))
    .map(({ code, sentence }) => {
      const pane = MENDED_IN[code];
      return html`<div class="note warn">
        <span class="i i-alert"></span>
        <p>${sentence}</p>
        ${
          isWayOpen && pane !== "activity"
            ? html`<button class="btn" type="button" @click=${() => frame.go(pane)}>${t("problem.mend", { pane: t(`pane.${pane}`) })}</button>`
            : nothing
        }
      </div>`;
    });
}
