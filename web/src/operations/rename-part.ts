// The content of the dialog that renames several files.
import { signal } from "@preact/signals-core";
import { html, nothing, type TemplateResult } from "lit";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import { askText } from "../browse/create.ts";
import type { Row } from "../browse/rows.ts";
import { icon } from "../parts/icon.ts";
import { openMenu } from "../parts/menu.ts";
import { Part } from "../parts/part.ts";
import "./long-list.ts";
import {
  type CounterExample,
  counterExamples,
  DIGITS_MAX,
  type NewName,
  NO_RULES,
  newNames,
  numbered,
  type RenameRules,
  ruleFault,
  type Surroundings,
} from "./new-names.ts";
import { deletePreset, presets, savePreset } from "./rename-presets.ts";

const LINE_HEIGHT = 44;
const LETTERS = ["keep", "lower", "upper", "title"] as const;

export class RenamePart extends Part {
  rows: readonly Row[] = [];
  around!: Surroundings;
  tags: readonly { name: string; label: string }[] = [];
  done!: (names?: readonly NewName[]) => void;
  private readonly rules = signal<RenameRules>(NO_RULES);

  override connectedCallback(): void {
    super.connectedCallback();
    void this.updateComplete.then(() => this.querySelector<HTMLElement>("input")?.focus());
  }

  private change(part: Partial<RenameRules>): void {
    this.rules.value = { ...this.rules.peek(), ...part };
  }

  protected override render(): unknown {
    const rules = this.rules.value;
    const fault = ruleFault(rules);
    const names = fault === undefined ? newNames(this.rows, rules, this.around) : [];
    const changed = names.filter(({ from, to }) => from !== to).length;
    const faults = names.filter((name) => name.fault !== undefined).length;
    const counted = numbered(rules, names);
    const mayRename = changed > 0 && faults === 0 && fault === undefined;
    const submit = (event: Event): void => {
      event.preventDefault();
      if (mayRename) this.done(names);
    };
    return html`<form @submit=${submit}>
      <div class="dialog-body rename-columns">
        <div class="rules">${this.presets()} ${this.pattern(rules)} ${this.replacement(rules, fault)} ${this.letters(rules)}</div>
        <div class="preview">
          <p role="status" class=${faults > 0 || fault !== undefined ? "answer bad" : "hint"}>${this.state(changed, faults, fault)}</p>
          ${counted ? html`<button class="btn" type="button" @click=${() => this.change(counted)}>${t("rename.numberThem")}</button>` : nothing}
          <pl-long-list
            .items=${names}
            .lineHeight=${LINE_HEIGHT}
            .label=${t("rename.preview")}
            .draw=${(name: NewName) => this.line(name)}
          ></pl-long-list>
        </div>
      </div>
      <div class="dialog-foot">
        <button class="btn primary" ?disabled=${!mayRename}>${changed === 0 ? t("action.rename") : t("rename.go", { n: changed })}</button>
        <button class="btn" type="button" @click=${() => this.done()}>${t("dialog.cancel")}</button>
      </div>
    </form>`;
  }

  private state(changed: number, faults: number, fault: string | undefined): string {
    if (fault !== undefined) return t("rename.badExpression");
    if (faults > 0) return t("rename.faults", { n: faults });
    return changed === 0 ? t("rename.nothing") : t("rename.changes", { n: changed });
  }

  private line({ from, to, fault }: NewName): TemplateResult {
    const isSame = from === to;
    return html`<div class="line ${fault ? "wrong" : ""} ${isSame ? "same" : ""}">
      <span class="old" dir="auto" title=${shownName(from)}>${shownName(from)}</span>
      <span class="new" title=${shownName(to)}>${icon("right")}<b><bdi>${to === "" ? "—" : shownName(to)}</bdi></b>${
        fault ? html` <em>${t(`names.${fault}`, { n: this.around.bytesMax })}</em>` : nothing
      }</span>
    </div>`;
  }

  private presets(): TemplateResult {
    const open = (event: Event): void => {
      const all = presets();
      openMenu(event.currentTarget as Element, t("preset.title"), [
        ...all.map(({ name, rules }) => ({ label: name, run: () => this.change({ ...NO_RULES, ...rules }) })),
        { label: t("preset.save"), icon: "plus", separated: true, run: () => void this.save() },
        ...all
          .filter(({ own }) => own)
          .map(({ name }) => ({
            label: t("preset.delete", { name }),
            icon: "trash",
            bad: true,
            run: () => deletePreset(name),
          })),
      ]);
    };
    return html`<button class="btn" type="button" aria-haspopup="menu" @click=${open}>${t("preset.title")}${icon("down")}</button>`;
  }

  private async save(): Promise<void> {
    const question = { title: t("preset.save"), label: t("preset.name"), button: t("preset.keep"), value: "" };
    await askText(question, async (name) => savePreset(name.trim(), this.rules.peek()));
  }

  private pattern(rules: RenameRules): TemplateResult {
    const number = (id: "start" | "step" | "digits", min: number): TemplateResult =>
      html`<label>${t(`rename.${id}`)}<input
          type="number"
          min=${min}
          max=${id === "digits" ? DIGITS_MAX : 1_000_000}
          .value=${String(rules[id])}
          @input=${(event: Event) => this.change({ [id]: Math.round(Number((event.target as HTMLInputElement).value)) || 0 })}
      /></label>`;
    const examples = counterExamples(rules);
    return html`<fieldset>
      <legend>${t("rename.pattern")}</legend>
      <label class="sr" for="rename-pattern">${t("rename.pattern")}</label>
      <div class="with-button">
        <input
          id="rename-pattern"
          type="text"
          autocomplete="off"
          spellcheck="false"
          placeholder="{name}"
          aria-describedby=${examples.length > 0 ? "rename-counter" : nothing}
          .value=${rules.pattern}
          @input=${(event: Event) => this.change({ pattern: (event.target as HTMLInputElement).value })}
        />
        <button class="btn" type="button" aria-haspopup="menu" @click=${(event: Event) => this.insertMenu(event.currentTarget as Element)}>
          ${t("rename.insert")}${icon("down")}
        </button>
      </div>
      ${
        examples.length > 0
          ? html`<div class="numbers">${number("start", -1_000_000)}${number("step", -1_000_000)}${number("digits", 1)}</div>
              <div class="hint" id="rename-counter">${examples.map((example) => html`<p>${exampleText(example)}</p>`)}</div>`
          : nothing
      }
      <label class="tick">
        <input type="checkbox" .checked=${rules.keepExtension} @change=${(event: Event) => this.change({ keepExtension: (event.target as HTMLInputElement).checked })} />
        ${t("rename.keepExtension")}
      </label>
      <label class="tick">
        <input type="checkbox" .checked=${rules.decode} @change=${(event: Event) => this.change({ decode: (event.target as HTMLInputElement).checked })} />
        ${t("rename.decode")}
      </label>
    </fieldset>`;
  }

  /** What can be in a pattern, in words. */
  private insertMenu(anchor: Element): void {
    const insert = (text: string) => (): void => this.insert(text);
    openMenu(anchor, t("rename.insert"), [
      { label: t("rename.value.name"), hint: "{name}", run: insert("{name}") },
      { label: t("rename.value.n"), hint: "{n}", run: insert("{n}") },
      { label: t("rename.value.nDigits"), hint: "{n:3}", run: insert("{n:3}") },
      { label: t("rename.value.date"), hint: "{date}", run: insert("{date}") },
      { label: t("rename.value.dateAs"), hint: "{date:…}", run: insert("{date:YYYY-MM-DD hh.mm.ss}") },
      { label: t("rename.value.ext"), hint: "{ext}", run: insert("{ext}") },
      ...this.tags.map(({ name, label }, at) => ({
        label,
        hint: `{${name}}`,
        separated: at === 0,
        run: insert(`{${name}}`),
      })),
      { label: t("rename.value.optional"), hint: "[ ]", separated: true, run: insert("[{title}]") },
      { label: t("rename.value.lpad"), hint: "$lpad", run: insert("$lpad({n},3,0)") },
      { label: t("rename.value.rpad"), hint: "$rpad", run: insert("$rpad({name},20,_)") },
    ]);
  }

  private insert(text: string): void {
    const field = this.querySelector<HTMLInputElement>("#rename-pattern");
    if (!field) return;
    // A field that was not used yet means the name as it is.
    const before = field.value === "" && text !== "{name}" ? "{name}" : field.value;
    const at = field.value === "" ? before.length : (field.selectionStart ?? before.length);
    this.change({
      pattern: before.slice(0, at) + text + before.slice(field.value === "" ? at : (field.selectionEnd ?? at)),
    });
    void this.updateComplete.then(() => {
      field.focus();
      field.setSelectionRange(at + text.length, at + text.length);
    });
  }

  private replacement(rules: RenameRules, fault: string | undefined): TemplateResult {
    const text = (id: "find" | "replace"): TemplateResult =>
      html`<label>${t(`rename.${id}`)}<input
          type="text"
          autocomplete="off"
          spellcheck="false"
          .value=${rules[id]}
          aria-invalid=${id === "find" && fault !== undefined ? "true" : nothing}
          @input=${(event: Event) => this.change({ [id]: (event.target as HTMLInputElement).value })}
      /></label>`;
    const tick = (id: "isRegex" | "ignoreCase"): TemplateResult =>
      html`<label class="tick">
        <input type="checkbox" .checked=${rules[id]} @change=${(event: Event) => this.change({ [id]: (event.target as HTMLInputElement).checked })} />
        ${t(`rename.${id}`)}
      </label>`;
    return html`<fieldset>
      <legend>${t("rename.replacement")}</legend>
      <div class="fields">${text("find")}${text("replace")}</div>
      ${fault === undefined ? nothing : html`<p class="answer bad">${fault}</p>`}
      <div class="ticks">${tick("isRegex")}${tick("ignoreCase")}</div>
    </fieldset>`;
  }

  private letters(rules: RenameRules): TemplateResult {
    return html`<label>${t("rename.letters")}<select @change=${(event: Event) => this.change({ letters: (event.target as HTMLSelectElement).value as RenameRules["letters"] })}>
        ${LETTERS.map((one) => html`<option value=${one} ?selected=${rules.letters === one}>${t(`rename.letters.${one}`)}</option>`)}
      </select></label>`;
  }
}

/** What a counter becomes. Isolated: braces and numbers keep their order between words of every direction. */
function exampleText({ written, numbers }: CounterExample): string {
  const isolated = (text: string): string => `\u2066${text}\u2069`;
  return t("rename.counter", { counter: isolated(written), numbers: isolated(numbers.join(", ")) });
}

customElements.define("pl-rename", RenamePart);
