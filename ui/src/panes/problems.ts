// What needs a person, with the way to the pane where it can be mended.
import { html, nothing } from "lit";
import type { Overview, ProblemCode } from "../../../web/kit/types.gen.ts";
import type { Frame } from "../pane.ts";
import { t } from "../words.ts";

/** Where it is mended; the tray's menu (src-tauri/src/tray/rows.rs) leads to the same. */
export const FIXED_IN: Record<ProblemCode, "shares" | "settings" | "activity"> = {
  folder_missing: "shares",
  disk_full: "shares",
  port_taken: "settings",
  settings_damaged: "settings",
  other: "activity",
};

/** All problems, each with a button to its pane; `canOpenPane` false: no pane can be opened just now. */
export function problems(overview: Overview | undefined, frame: Frame, canOpenPane = true): unknown {
  return rendered(overview, frame, () => true, canOpenPane);
}

/** The problems that are mended in one pane, there. */
export function problemsOf(here: string, overview: Overview | undefined, frame: Frame): unknown {
  return rendered(overview, frame, (code) => FIXED_IN[code] === here, false);
}

function rendered(
  overview: Overview | undefined,
  frame: Frame,
  isIncluded: (code: ProblemCode) => boolean,
  canOpenPane: boolean,
): unknown {
  return overview?.problems
    .filter(({ code }) => isIncluded(code))
    .map(({ code, sentence }) => {
      const pane = FIXED_IN[code];
      return html`<div class="note warn">
        <span class="i i-alert"></span>
        <p>${sentence}</p>
        ${
          canOpenPane && pane !== "activity"
            ? html`<button class="btn" type="button" @click=${() => frame.go(pane)}>${t("problem.mend", { pane: t(`pane.${pane}`) })}</button>`
            : nothing
        }
      </div>`;
    });
}
