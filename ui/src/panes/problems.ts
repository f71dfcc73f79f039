// Shows problems with a button to the pane where they can be fixed.
import { html, nothing } from "lit";
import type { Overview, ProblemCode } from "../../../web/kit/types.gen.ts";
import type { Frame } from "../pane.ts";
import { t } from "../words.ts";

/** The pane in which a problem is fixed; the tray's menu (src-tauri/src/tray/rows.rs) opens the same. */
export const FIXED_IN: Record<ProblemCode, "shares" | "settings" | "activity"> = {
  folder_missing: "shares",
  disk_full: "shares",
  port_taken: "settings",
  settings_damaged: "settings",
  other: "activity",
};

/** Renders all problems with buttons; `canOpenPane` false: without buttons. */
export function problems(overview: Overview | undefined, frame: Frame, canOpenPane = true): unknown {
  return rendered(overview, frame, () => true, canOpenPane);
}

/** Renders the problems that are fixed in pane `here`, without buttons. */
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
