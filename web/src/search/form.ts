// The search as a form: each field by its name. It writes the words that the box understands, so that they can be learned from it.
import { html, type TemplateResult } from "lit";
import { type Key, t } from "../../kit/words.ts";
import type { App } from "../browse/app.ts";
import { openDialog } from "../parts/dialog.ts";
import { type Fields, textOf } from "./fields.ts";

const NONE: Fields = {
  name: "",
  path: "",
  tags: "",
  type: "",
  sizeFrom: "",
  sizeTo: "",
  dateFrom: "",
  dateTo: "",
  uploadedFrom: "",
  uploadedTo: "",
};

export async function openSearchForm(app: App): Promise<void> {
  const fields = { ...NONE };
  let everywhere = app.router.place.peek().everywhere;
  const dialog = openDialog<boolean>(t("search.form"));
  const set = (name: keyof Fields) => (event: Event) => {
    fields[name] = (event.target as HTMLInputElement).value;
    draw();
  };
  const field = (name: keyof Fields, label: Key, type = "text"): TemplateResult =>
    html`<p><label for="find-${name}">${t(label)}</label><input id="find-${name}" type=${type} .value=${fields[name]} @input=${set(name)} /></p>`;
  const pair = (first: TemplateResult, second: TemplateResult): TemplateResult =>
    html`<div class="pair">${first}${second}</div>`;
  const scope = (event: Event): void => {
    everywhere = (event.target as HTMLInputElement).checked;
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    dialog.close(true);
  };
  const draw = (): void => {
    const text = textOf(fields);
    dialog.draw(
      html`<form @submit=${submit}>
        <div class="dialog-body">
          ${field("name", "search.name")} ${field("path", "search.path")}
          ${pair(field("type", "search.type"), field("tags", "search.tags"))}
          ${pair(field("sizeFrom", "search.sizeFrom"), field("sizeTo", "search.sizeTo"))}
          ${pair(field("dateFrom", "search.dateFrom", "date"), field("dateTo", "search.dateTo", "date"))}
          ${pair(field("uploadedFrom", "search.uploadedFrom", "date"), field("uploadedTo", "search.uploadedTo", "date"))}
          <p><label class="check"><input type="checkbox" .checked=${everywhere} @change=${scope} /> ${t("search.everywhere")}</label></p>
          <p class="lead" aria-live="polite">${text === "" ? t("search.formHint") : html`<code dir="auto">${text}</code>`}</p>
        </div>
        <div class="dialog-foot">
          <button class="btn primary" ?disabled=${text === ""}>${t("search.start")}</button>
          <button class="btn" type="button" @click=${() => dialog.close()}>${t("dialog.cancel")}</button>
        </div>
      </form>`,
    );
  };
  draw();
  dialog.element.querySelector("input")?.focus();
  if (!(await dialog.result)) return;
  app.router.go({ ...app.router.place.peek(), search: textOf(fields), everywhere, shown: undefined, fragment: "" });
}
