// Dialogs that add a folder, a text file or a note. What was typed is kept until the request succeeds.
import { html } from "lit";
import { t } from "../../kit/words.ts";
import { ApiRefusal } from "../api/client.ts";
import { openDialog } from "../parts/dialog.ts";
import { encodeName } from "../up2k/urls.ts";
import type { App } from "./app.ts";

interface Question {
  title: string;
  label: string;
  button: string;
  value: string;
  /** several lines */
  long?: boolean;
}

/**
 * Asks for a text and carries something out with it. A refusal is shown below the field, and the dialog stays open. Resolves to
 * whether it was done.
 */
export async function askText(question: Question, carryOut: (text: string) => Promise<void>): Promise<boolean> {
  const dialog = openDialog<boolean>(question.title);
  let fault = "";
  let sending = false;
  const field = (): HTMLInputElement | HTMLTextAreaElement | null => dialog.element.querySelector("[name=text]");
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const text = field()?.value ?? "";
    if (sending) return;
    if (question.long && text.trim() === "") {
      fault = t("form.note.empty");
      draw();
      return;
    }
    sending = true;
    draw();
    try {
      await carryOut(text);
      dialog.close(true);
    } catch (error) {
      fault = error instanceof ApiRefusal && error.message ? error.message : t("form.lost");
      sending = false;
      draw();
      field()?.select();
    }
  };
  const draw = (): void =>
    dialog.draw(
      html`<form @submit=${submit}>
        <div class="dialog-body">
          <label for="dialog-text">${question.label}</label>
          ${
            question.long
              ? html`<textarea id="dialog-text" name="text" dir="auto" rows="4" maxlength="2000" .value=${question.value}></textarea>`
              : html`<input id="dialog-text" name="text" type="text" dir="auto" maxlength="255" autocomplete="off" spellcheck="false" required .value=${question.value} />`
          }
          <p class="answer bad" role="alert">${fault}</p>
        </div>
        <div class="dialog-foot">
          <button class="btn primary" ?disabled=${sending}>${sending ? t("form.sending") : question.button}</button>
          <button class="btn" type="button" @click=${() => dialog.close()}>${t("dialog.cancel")}</button>
        </div>
      </form>`,
    );
  draw();
  field()?.focus();
  if (question.value !== "") field()?.select();
  return (await dialog.result) ?? false;
}

export async function newFolder(app: App): Promise<void> {
  const folder = app.path.peek();
  const question = { title: t("new.folder"), label: t("new.folder.name"), button: t("new.folder.make"), value: "" };
  let made = "";
  const done = await askText(question, async (name) => {
    made = (await app.api.makeFolder(folder + encodeName(name))).path;
  });
  if (!done) return;
  const open = { label: t("form.folder.open"), run: () => app.go(`${made}/`) };
  app.notices.show({ text: t("form.folder.made"), action: open });
  await app.refresh();
}

export async function newText(app: App): Promise<void> {
  const folder = app.path.peek();
  const question = { title: t("new.text"), label: t("new.text.name"), button: t("new.text.make"), value: "notes.md" };
  let made = "";
  const done = await askText(question, async (name) => {
    made = (await app.api.makeText(folder + encodeName(name))).path;
  });
  if (!done) return;
  app.edit(made);
  await app.refresh();
}

export async function newNote(app: App): Promise<void> {
  const folder = app.path.peek();
  const question = {
    title: t("new.note"),
    label: t("new.note.label"),
    button: t("new.note.send"),
    value: "",
    long: true,
  };
  const done = await askText(question, (text) => app.api.note(folder, text));
  if (done) app.notices.show({ text: t("form.note.sent") });
}
