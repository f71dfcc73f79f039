// Renders the option table as form fields. A new option needs no code here, only a label in i18n if its help is too terse.
import { html, nothing, type TemplateResult } from "lit";
import type { OptionInfo } from "../../web/kit/types.gen.ts";
import { check, selectField, textField } from "./fields.ts";
import { maybe, t } from "./words.ts";

/** Returns whether the value differs from the default and can be reset. */
export function differs({ value, default: standard }: OptionInfo): boolean {
  return value !== standard;
}

/** Returns the label of an option: from i18n, else its help text as a sentence. */
export function labelOf({ name, help }: OptionInfo): string {
  return maybe(`option.${name}`) ?? help.charAt(0).toUpperCase() + help.slice(1);
}

export function groupLabel(group: string): string {
  return maybe(`group.${group}`) ?? group.charAt(0).toUpperCase() + group.slice(1);
}

/** Returns whether every word of `text` occurs in the option's name, label, help, group or value. */
export function isFound(option: OptionInfo, text: string): boolean {
  const { name, help, group, value } = option;
  const all = [name, name.replace(/-/g, " "), help, groupLabel(group), labelOf(option), value].join("\n").toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}

/** Groups options by chapter, in the order of the table. */
export function chapters(options: readonly OptionInfo[]): [group: string, options: OptionInfo[]][] {
  const all = new Map<string, OptionInfo[]>();
  for (const option of options) {
    const chapter = all.get(option.group);
    if (chapter) chapter.push(option);
    else all.set(option.group, [option]);
  }
  return [...all];
}

export interface OptionField {
  fault: string;
  /** The change was saved and takes effect after a restart. */
  waits: boolean;
  /** Called with the new value; null: the default. */
  change: (value: string | null) => void;
}

export function optionField(option: OptionInfo, field: OptionField): TemplateResult {
  const { fault, change } = field;
  const hasWords = option.default !== "" && option.kind !== "switch";
  const words = hasWords ? t("option.reset.to", { value: option.default }) : t("option.reset");
  const reset = differs(option)
    ? html`<button
        class="btn quiet"
        type="button"
        aria-label=${t("option.reset.name", { words, name: labelOf(option) })}
        @click=${() => change(null)}
      >
        ${words}
      </button>`
    : nothing;
  return html`<div class="option ${differs(option) ? "differs" : ""}">
    ${control(option, fault, change)}
    <div class="line">
      <code dir="ltr">${option.name}</code>
      ${option.needs_restart ? html`<span class="badge ${field.waits ? "due" : ""}">${t("option.restart")}</span>` : nothing}
      ${reset}
    </div>
  </div>`;
}

function control(option: OptionInfo, fault: string, change: (value: string) => void): TemplateResult {
  const id = `option-${option.name}`;
  const label = labelOf(option);
  const hint = maybe(`option.${option.name}`) === undefined ? undefined : option.help;
  const base = { id, label, hint, fault };
  switch (option.kind) {
    case "switch":
      return check({
        ...base,
        isSwitch: true,
        checked: option.value === "yes",
        change: (on) => change(on ? "yes" : "no"),
      });
    case "choice":
      return selectField({
        ...base,
        value: option.value,
        // A hand-written file may contain a value that is none of the choices; it is added, so that no other one looks selected.
        options: [...new Set([option.value, ...option.choices])]
          .filter((value) => value === option.value || option.choices.includes(value))
          .map((value) => ({ value, label: value || t("option.none") })),
        change,
      });
    case "number":
    case "size":
    case "text":
    case "path":
    case "list":
      return textField({
        ...base,
        value: option.value,
        placeholder: option.unit,
        mono: option.kind !== "text",
        change,
      });
  }
}
