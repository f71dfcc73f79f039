// Fields of the share editor: folder, address, limits and options.
import { html, nothing, type TemplateResult } from "lit";
import type { ShareDraft } from "../../../web/kit/types.gen.ts";
import { check, textField } from "../fields.ts";
import { LIMITS, type LimitTexts } from "../limits.ts";
import { t } from "../words.ts";

export interface LocationFields {
  draft: ShareDraft;
  /** The server's URL, with a trailing slash. */
  base: string;
  /** Opens a folder dialog; undefined: not available. */
  pick: (() => void) | undefined;
  fault: (field: string) => string;
  setFolder: (folder: string) => void;
  /** Called on every input event of the address. */
  write: (mount: string) => void;
  /** Called on the change event. */
  leave: (mount: string) => void;
}

/** Renders the fields for the folder and its address. */
export function locationFields({ draft, base, pick, fault, setFolder, write, leave }: LocationFields): TemplateResult {
  return html`${textField({
    id: "folder",
    label: t("editor.folder"),
    hint: pick ? undefined : t("editor.folder.typed"),
    fault: fault("folder"),
    value: draft.folder,
    mono: true,
    input: setFolder,
    beside: pick ? html`<button class="btn" type="button" @click=${pick}>${t("choose")}</button>` : nothing,
  })}
  ${textField({
    id: "mount",
    label: t("editor.mount"),
    hint: t("editor.mount.hint", { url: base.replace(/\/$/, "") + (draft.mount || "/…") }),
    fault: fault("mount"),
    value: draft.mount,
    mono: true,
    input: write,
    change: leave,
  })}`;
}

export interface LimitsAndDetails {
  draft: ShareDraft;
  written: LimitTexts;
  fault: (field: string) => string;
  /** Called on every input event of a limit. */
  write: (name: (typeof LIMITS)[number], value: string) => void;
  /** Called on the change event. */
  leave: (name: (typeof LIMITS)[number]) => void;
  /** Called when a checkbox was changed. */
  change: (name: string, change: Partial<ShareDraft>) => void;
}

/** Renders upload limits and rarely used options. */
export function limitsField({ draft, written, fault, write, leave, change }: LimitsAndDetails): TemplateResult {
  return html`<details class="fold" ?open=${LIMITS.some((name) => fault(name) !== "")}>
    <summary>${t("editor.limits")}</summary>
    ${LIMITS.map((name) =>
      textField({
        id: name,
        label: t(`limit.${name}`),
        placeholder: t(name === "keep_days" ? "limit.never" : "limit.none"),
        fault: fault(name),
        value: written[name],
        input: (value) => write(name, value),
        change: () => leave(name),
      }),
    )}
    ${check({
      id: "show_hidden",
      label: t("editor.hidden"),
      hint: t("editor.hidden.hint"),
      checked: draft.show_hidden,
      change: (show_hidden) => change("show_hidden", { show_hidden }),
    })}
    ${check({
      id: "by_month",
      label: t("editor.byMonth"),
      hint: t("editor.byMonth.hint"),
      checked: draft.by_month,
      change: (by_month) => change("by_month", { by_month }),
    })}
  </details>`;
}
