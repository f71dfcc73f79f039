// Form fields: native controls with a label, a hint and an error message.
import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { t } from "./words.ts";

interface Base {
  /** Unique in the page. */
  id: string;
  label: string;
  hint?: string | undefined;
  /** Error message; empty: none. */
  fault?: string | undefined;
}

/** Returns the ids for `aria-describedby`. */
function describedBy({ id, hint, fault }: Base): string | typeof nothing {
  const ids = [hint ? `${id}-hint` : "", fault ? `${id}-fault` : ""].filter(Boolean).join(" ");
  return ids || nothing;
}

function hintAndFault({ id, hint, fault }: Base): unknown {
  return [
    hint ? html`<p class="hint" id="${id}-hint">${hint}</p>` : nothing,
    fault ? html`<p class="fault" id="${id}-fault"><span class="i i-alert"></span>${fault}</p>` : nothing,
  ];
}

const invalid = (fault: string | undefined): string | typeof nothing => (fault ? "true" : nothing);

export interface TextField extends Base {
  value: string;
  type?: "text" | "password" | "number" | "datetime-local" | "search";
  /** Called on every input event. */
  input?: (value: string) => void;
  /** Called on the change event. */
  change?: (value: string) => void;
  placeholder?: string;
  /** Id of a `<datalist>`. */
  list?: string;
  autocomplete?: "off" | "new-password";
  /** Monospace font: paths, addresses. */
  mono?: boolean;
  required?: boolean;
  disabled?: boolean;
  /** Shown beside the field, such as a button. */
  beside?: unknown;
}

const written = (event: Event): string => (event.target as HTMLInputElement).value;

export function textField(field: TextField): TemplateResult {
  const { id, input, change } = field;
  return html`<div class="field ${field.fault ? "wrong" : ""}">
    <label for=${id}>${field.label}</label>
    <div class="beside">
      <input
        id=${id}
        class=${field.mono ? "mono" : ""}
        type=${field.type ?? "text"}
        .value=${live(field.value)}
        placeholder=${field.placeholder ?? nothing}
        list=${field.list ?? nothing}
        autocomplete=${field.autocomplete ?? "off"}
        autocapitalize="off"
        spellcheck=${field.mono ? "false" : nothing}
        dir=${field.mono ? "ltr" : "auto"}
        ?required=${field.required}
        ?disabled=${field.disabled}
        aria-invalid=${invalid(field.fault)}
        aria-describedby=${describedBy(field)}
        @input=${input ? (event: Event) => input(written(event)) : nothing}
        @change=${change ? (event: Event) => change(written(event)) : nothing}
      />${field.beside ?? nothing}
    </div>
    ${hintAndFault(field)}
  </div>`;
}

export interface TextArea extends Base {
  value: string;
  /** Called on every input event. */
  input: (value: string) => void;
}

/** Renders a multi-line monospace field. */
export function textArea(field: TextArea): TemplateResult {
  return html`<div class="field ${field.fault ? "wrong" : ""}">
    <label for=${field.id}>${field.label}</label>
    <textarea
      id=${field.id}
      class="mono"
      rows=${Math.min(12, field.value.split("\n").length + 2)}
      spellcheck="false"
      autocapitalize="off"
      dir="ltr"
      .value=${live(field.value)}
      aria-invalid=${invalid(field.fault)}
      aria-describedby=${describedBy(field)}
      @input=${(event: Event) => field.input(written(event))}
    ></textarea>
    ${hintAndFault(field)}
  </div>`;
}

export interface SelectField extends Base {
  value: string;
  options: readonly { value: string; label: string; group?: string }[];
  change: (value: string) => void;
}

export function selectField(field: SelectField): TemplateResult {
  const option = ({ value, label }: { value: string; label: string }): TemplateResult =>
    html`<option value=${value} ?selected=${value === field.value}>${label}</option>`;
  const groups = new Set(field.options.map(({ group }) => group));
  return html`<div class="field ${field.fault ? "wrong" : ""}">
    <label for=${field.id}>${field.label}</label>
    <select
      id=${field.id}
      .value=${live(field.value)}
      aria-invalid=${invalid(field.fault)}
      aria-describedby=${describedBy(field)}
      @change=${(event: Event) => field.change(written(event))}
    >
      ${[...groups].map((group) => {
        const options = field.options.filter((one) => one.group === group).map(option);
        return group === undefined ? options : html`<optgroup label=${group}>${options}</optgroup>`;
      })}
    </select>
    ${hintAndFault(field)}
  </div>`;
}

export interface Choice<T extends string> {
  value: T;
  label: string;
  hint?: string | undefined;
  /** Shown below the choice while it is selected. */
  more?: unknown;
}

/** Renders a group of radio buttons. */
export function radios<T extends string>(
  field: Omit<Base, "hint"> & {
    value: T | undefined;
    choices: readonly Choice<T>[];
    change: (value: T) => void;
    /** Places the choices side by side where there is room. */
    compact?: boolean;
  },
): TemplateResult {
  return html`<fieldset
    class="choices ${field.compact ? "compact" : ""} ${field.fault ? "wrong" : ""}"
    id=${field.id}
    aria-describedby=${describedBy(field)}
  >
    <legend>${field.label}</legend>
    <div class="all">
      ${field.choices.map(({ value, label, hint, more }) => {
        const id = `${field.id}-${value}`;
        const on = value === field.value;
        return html`<div class="choice ${on ? "on" : ""}">
          <input
            type="radio"
            id=${id}
            name=${field.id}
            value=${value}
            .checked=${live(on)}
            aria-describedby=${hint ? `${id}-hint` : nothing}
            @change=${() => field.change(value)}
          />
          <label for=${id}>${label}</label>
          ${hint ? html`<p class="hint" id="${id}-hint">${hint}</p>` : nothing}
          ${on && more ? html`<div class="more">${more}</div>` : nothing}
        </div>`;
      })}
    </div>
    ${hintAndFault(field)}
  </fieldset>`;
}

/** Renders a checkbox. `isSwitch`: it takes effect immediately; otherwise it is part of a form. */
export function check(
  field: Base & { checked: boolean; change: (on: boolean) => void; isSwitch?: boolean; disabled?: boolean },
): TemplateResult {
  return html`<div class="field check">
    <div class="line">
      <input
        type="checkbox"
        role=${field.isSwitch ? "switch" : nothing}
        id=${field.id}
        .checked=${live(field.checked)}
        ?disabled=${field.disabled}
        aria-describedby=${describedBy(field)}
        @change=${(event: Event) => field.change((event.target as HTMLInputElement).checked)}
      />
      <label for=${field.id}>${field.label}</label>
    </div>
    ${hintAndFault(field)}
  </div>`;
}

/** Renders errors that belong to no single field. */
export function errorNote(sentence: string, more: readonly string[] = []): unknown {
  if (sentence === "" && more.length === 0) return nothing;
  return html`<div class="note bad" role="alert">
    <p>${sentence}</p>
    ${more.map((one) => html`<p>${one}</p>`)}
  </div>`;
}

/** Renders a placeholder until the first answer. */
export function loading(): TemplateResult {
  return html`<p class="quiet waiting">${t("waiting")}</p>`;
}

/** Renders an empty state with an action. */
export function empty(title: string, text: string, action: unknown = nothing): TemplateResult {
  return html`<div class="empty">
    <h2>${title}</h2>
    <p>${text}</p>
    ${action}
  </div>`;
}
