// Asks for confirmation before an action that cannot be undone. "Cancel" has the focus, so that Enter alone does no harm.
import { html, type TemplateResult } from "lit";
import { t } from "../words.ts";
import { modal } from "./modal.ts";

export function confirmDialog(question: {
  title: string;
  text: string;
  /** Label of the button: the action, never "OK". */
  yes: string;
  act: () => void;
  close: () => void;
}): TemplateResult {
  const { title, text, yes, act, close } = question;
  const done = (): void => {
    close();
    act();
  };
  return html`<dialog aria-labelledby="confirm-title" aria-describedby="confirm-text" ${modal(close)}>
    <h2 id="confirm-title">${title}</h2>
    <p id="confirm-text">${text}</p>
    <div class="bar">
      <button class="btn primary" type="button" @click=${done}>${yes}</button>
      <button class="btn" type="button" autofocus @click=${close}>${t("cancel")}</button>
    </div>
  </dialog>`;
}
