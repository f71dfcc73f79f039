// Dialog that creates or edits an account: name, password, administrator rights.
import { html, type TemplateResult } from "lit";
import type { Person } from "../../../web/kit/types.gen.ts";
import { faultAt, faultsElsewhere } from "../drafts.ts";
import { modal } from "../elements/modal.ts";
import { check, errorNote, textField } from "../fields.ts";
import { Pane } from "../pane.ts";
import type { Topic } from "../store.ts";
import { t } from "../words.ts";

const FIELDS = ["name", "password"];

export class PersonDialog extends Pane {
  protected override readonly topics: readonly Topic[] = [];
  /** The account to edit; undefined: a new one. */
  was: Person | undefined;
  /** Called with the saved name, or "" when the dialog was cancelled. */
  onClose!: (name: string) => void;
  private name = "";
  private password = "";
  private isAdmin = false;

  override connectedCallback(): void {
    super.connectedCallback();
    this.name = this.was?.name ?? "";
    this.isAdmin = this.was?.is_admin ?? false;
  }

  protected override render(): TemplateResult {
    const close = (): void => this.onClose("");
    return html`<dialog aria-labelledby="person-title" ${modal(close)}>
      <form novalidate @submit=${this.save}>
        <h2 id="person-title">${this.was ? t("person.title", { name: this.was.name }) : t("people.add")}</h2>
        ${textField({
          id: "person-name",
          label: t("person.name"),
          fault: faultAt(this.faults, "name"),
          value: this.name,
          input: (name) => {
            this.name = name;
          },
        })}
        ${textField({
          id: "person-password",
          label: t("person.password"),
          hint: this.was ? t("person.password.keep") : t("person.password.hint"),
          type: "password",
          autocomplete: "new-password",
          fault: faultAt(this.faults, "password"),
          value: this.password,
          input: (password) => {
            this.password = password;
          },
        })}
        ${check({
          id: "person-admin",
          label: t("person.admin"),
          hint: t("person.admin.hint"),
          checked: this.isAdmin,
          change: (on) => {
            this.isAdmin = on;
            this.requestUpdate();
          },
        })}
        ${errorNote(this.error, faultsElsewhere(this.faults, FIELDS))}
        <div class="bar">
          <button class="btn primary" type="submit" ?disabled=${this.busy}>${t("save")}</button>
          <button class="btn" type="button" @click=${close}>${t("cancel")}</button>
        </div>
      </form>
    </dialog>`;
  }

  private readonly save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const name = this.name.trim();
    const faults = [
      ...(name === "" ? [{ at: "name", sentence: t("fault.name") }] : []),
      ...(!this.was && this.password === "" ? [{ at: "password", sentence: t("fault.password") }] : []),
    ];
    const password = this.password === "" ? null : this.password;
    const person = { name, password, is_admin: this.isAdmin };
    const done =
      faults.length === 0 &&
      (await this.attempt(() => this.store.ask({ call: "save_person", was: this.was?.name ?? null, person })));
    if (done) return this.onClose(name);
    if (faults.length > 0) this.faults = faults;
    this.requestUpdate();
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(".wrong input")?.focus());
  };
}

customElements.define("pl-person-dialog", PersonDialog);
