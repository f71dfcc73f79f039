// Dialog that creates or edits a link or a file request, then shows its QR code and address.
import { html, nothing, type TemplateResult } from "lit";
import { size } from "../../../web/kit/format.ts";
import type { FaultAt, HostFile, Link, LinkDraft, May, Pin } from "../../../web/kit/types.gen.ts";
import { parseSize, printSize } from "../bytes.ts";
import { faultAt, faultsElsewhere, virtualPath } from "../drafts.ts";
import "../elements/copy.ts";
import { modal } from "../elements/modal.ts";
import "../elements/qr.ts";
import { momentOf, type Until, untilOf } from "../expiry.ts";
import { errorNote, radios, selectField, textField } from "../fields.ts";
import { Pane } from "../pane.ts";
import { addressWords, fileName } from "../sentences.ts";
import type { Topic } from "../store.ts";
import { t } from "../words.ts";
import { untilField } from "./until.ts";

const FIELDS = ["target", "paths", "note", "may", "pin", "expires_ms", "max_uses", "max_bytes"];
const LEAST_PIN = 4;
/** Longer lists of files scroll, also by keyboard. */
const FILES_IN_SIGHT = 5;

export class LinkDialog extends Pane {
  protected override readonly topics: readonly Topic[] = ["shares", "overview"];
  was: Link | undefined;
  /** Initial draft. The host sets it on every render, so edits are kept in `draft`. */
  initial: LinkDraft | undefined;
  /** Files of this computer that the link shares; empty: `target` is used. */
  files: readonly HostFile[] = [];
  /** The created link, whose QR code is shown. */
  made: Link | undefined;
  onClose!: () => void;
  private draft: LinkDraft | undefined;
  private until: Until = { kind: "week", date: "" };
  /** The user entered the target; no suggestion replaces it. */
  private targetIsOwn = false;
  private pin = "";
  private uses = "";
  private bytes = "";
  private address = "";

  override connectedCallback(): void {
    super.connectedCallback();
    const draft = this.initial;
    this.draft = draft;
    if (!draft) return;
    // An expired link must not be renewed with its old expiry.
    const over = draft.expires_ms !== null && draft.expires_ms < Date.now();
    if (this.was && !over) this.until = untilOf(draft.expires_ms);
    this.uses = draft.max_uses === null ? "" : String(draft.max_uses);
    this.bytes = printSize(draft.max_bytes);
  }

  protected override willUpdate(): void {
    // The shares may be loaded after the dialog was opened.
    if (this.draft?.target === "" && !this.targetIsOwn && this.files.length === 0)
      this.draft = { ...this.draft, target: this.firstTarget() };
  }

  private firstTarget(): string {
    const shares = this.store.get("shares") ?? [];
    const fits = shares.find(({ on, may }) => on && (this.draft?.kind === "request") === (may === "drop_off"));
    return (fits ?? shares[0])?.mount ?? "";
  }

  private set(change: Partial<LinkDraft>): void {
    if (this.draft) this.draft = { ...this.draft, ...change };
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    const { draft, made } = this;
    return html`<dialog aria-labelledby="link-title" ${modal(this.onClose)}>
      ${made ? this.created(made) : draft ? this.form(draft) : nothing}
    </dialog>`;
  }

  private form(draft: LinkDraft): TemplateResult {
    const asks = draft.kind === "request";
    const n = this.files.length;
    const fresh = n > 0 ? t("link.files.title", { n }) : t(asks ? "links.request" : "links.show");
    const title = this.was ? t("link.change") : fresh;
    const isFiles = n > 0 || (this.was?.files.length ?? 0) > 0;
    const fault = (field: string): string => faultAt(this.faults, field);
    return html`<form novalidate @submit=${this.save}>
      <h2 id="link-title">${title}</h2>
      ${isFiles ? this.chosenFiles() : this.target(draft)}
      ${textField({
        id: "link-note",
        label: t(asks ? "link.note.request" : "link.note"),
        hint: t("link.note.hint"),
        value: draft.note,
        fault: fault("note"),
        input: (note) => this.set({ note }),
      })}
      ${asks || isFiles ? nothing : this.may(draft)}
      ${untilField({
        id: "link-until",
        label: t("editor.until"),
        value: this.until,
        fault: fault("expires_ms"),
        change: (until) => {
          this.until = until;
          this.requestUpdate();
        },
      })}
      <details class="fold" ?open=${fault("max_uses") + fault("max_bytes") + fault("pin") !== "" || draft.pin.is === "new"}>
        <summary>${t("link.limits")}</summary>
        ${this.pinField(draft.pin)}
        ${textField({
          id: "link-uses",
          label: t("link.maxUses"),
          placeholder: t("limit.none"),
          value: this.uses,
          fault: fault("max_uses"),
          input: (uses) => {
            this.uses = uses;
          },
        })}
        ${
          draft.may === "look"
            ? nothing
            : textField({
                id: "link-bytes",
                label: t("link.maxBytes"),
                placeholder: t("limit.none"),
                value: this.bytes,
                fault: fault("max_bytes"),
                input: (bytes) => {
                  this.bytes = bytes;
                },
              })
        }
      </details>
      ${errorNote(this.error, faultsElsewhere(this.faults, FIELDS))}
      <div class="bar sticks">
        <button class="btn primary" type="submit" ?disabled=${this.busy}>${this.was ? t("save") : t("link.make")}</button>
        <button class="btn" type="button" @click=${this.onClose}>${t("cancel")}</button>
      </div>
    </form>`;
  }

  /** Renders the files that the link shares. */
  private chosenFiles(): TemplateResult {
    const paths = this.was ? this.was.files : this.files.map(({ path }) => path);
    const sizes = new Map(
      this.files.filter(({ is_folder }) => !is_folder).map(({ path, size: bytes }) => [path, bytes]),
    );
    const fault = faultAt(this.faults, "paths");
    return html`<ul class="files" aria-label=${t("link.files")} tabindex=${paths.length > FILES_IN_SIGHT ? "0" : nothing}>
        ${paths.map((path) => {
          const bytes = sizes.get(path);
          return html`<li><bdi title=${path}>${fileName(path)}</bdi>${bytes === undefined ? nothing : html`<span class="quiet">${size(bytes)}</span>`}</li>`;
        })}
      </ul>
      ${fault === "" ? nothing : html`<p class="fault" role="alert"><span class="i i-alert"></span>${fault}</p>`}
      <p class="hint">${t("link.files.hint")}</p>`;
  }

  private target(draft: LinkDraft): TemplateResult {
    const shares = (this.store.get("shares") ?? []).filter(({ on }) => on);
    return html`${textField({
      id: "link-target",
      label: t(draft.kind === "request" ? "link.target.request" : "link.target"),
      hint: t("link.target.hint"),
      mono: true,
      list: "link-targets",
      value: draft.target,
      fault: faultAt(this.faults, "target"),
      input: (target) => {
        this.targetIsOwn = true;
        this.set({ target });
      },
      beside: this.native
        ? html`<button class="btn" type="button" @click=${this.pick}>${t("choose")}</button>`
        : nothing,
    })}<datalist id="link-targets">${shares.map(({ mount }) => html`<option value=${mount}></option>`)}</datalist>`;
  }

  private readonly pick = async (): Promise<void> => {
    const isRequest = this.draft?.kind === "request";
    const path = isRequest
      ? await this.callNative((native) => native.pickFolder(t("link.pick")))
      : (await this.callNative((native) => native.pickFiles()))?.[0];
    if (!path) return;
    const target = virtualPath(path, this.store.get("shares") ?? []);
    if (target === undefined) this.faults = [{ at: "target", sentence: t("fault.outside") }];
    else {
      this.faults = [];
      this.set({ target });
    }
    this.requestUpdate();
  };

  private may(draft: LinkDraft): TemplateResult {
    const rights = ["look", "add", "change"] as const;
    return radios<May>({
      id: "link-may",
      label: t("editor.may"),
      value: draft.may,
      compact: true,
      fault: faultAt(this.faults, "may"),
      choices: rights.map((may) => ({ value: may, label: t(`may.${may}.do`) })),
      change: (may) => this.set({ may }),
    });
  }

  private pinField(pin: Pin): TemplateResult {
    const kinds: Pin["is"][] = this.was?.has_pin ? ["keep", "new", "none"] : ["none", "new"];
    const written = textField({
      id: "link-pin",
      label: t("link.pin.new"),
      hint: t("link.pin.hint"),
      value: this.pin,
      fault: faultAt(this.faults, "pin"),
      input: (text) => {
        this.pin = text;
        this.set({ pin: { is: "new", pin: text } });
      },
    });
    return radios({
      id: "link-has-pin",
      label: t("link.pin.title"),
      value: pin.is,
      compact: true,
      choices: kinds.map((is) => ({
        value: is,
        label: t(`link.pin.${is}.do`),
        more: is === "new" ? written : undefined,
      })),
      change: (is) => this.set({ pin: is === "new" ? { is, pin: this.pin } : { is } }),
    });
  }

  private ownFaults(draft: LinkDraft): FaultAt[] {
    const faults: FaultAt[] = [];
    if (draft.target.trim() === "" && this.files.length === 0)
      faults.push({ at: "target", sentence: t("fault.target") });
    if (momentOf(this.until) === undefined) faults.push({ at: "expires_ms", sentence: t("fault.date") });
    if (draft.pin.is === "new" && [...draft.pin.pin].length < LEAST_PIN)
      faults.push({ at: "pin", sentence: t("fault.pin") });
    if (!/^\s*([1-9]\d{0,8})?\s*$/.test(this.uses)) faults.push({ at: "max_uses", sentence: t("fault.number") });
    if (parseSize(this.bytes) === undefined) faults.push({ at: "max_bytes", sentence: t("fault.size") });
    return faults;
  }

  private readonly save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { draft, was } = this;
    if (!draft) return;
    const faults = this.ownFaults(draft);
    const link: LinkDraft = {
      ...draft,
      expires_ms: momentOf(this.until) ?? null,
      max_uses: this.uses.trim() === "" ? null : Number(this.uses),
      max_bytes: parseSize(this.bytes) ?? null,
    };
    const paths = this.files.map(({ path }) => path);
    const fresh = (): Promise<Link> =>
      paths.length > 0
        ? this.store.ask({ call: "share_files", paths, link })
        : this.store.ask({ call: "make_link", link });
    const made =
      faults.length === 0 &&
      (await this.attempt(() => (was ? this.store.ask({ call: "change_link", id: was.id, link }) : fresh())));
    if (made) {
      void this.store.refresh("links");
      if (was) return this.onClose();
      this.made = made;
    } else if (faults.length > 0) this.faults = faults;
    this.requestUpdate();
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(made ? "h2" : ".wrong input")?.focus());
  };

  private created(link: Link): TemplateResult {
    const url = link.urls.find((one) => this.address !== "" && one.startsWith(this.address)) ?? link.urls[0] ?? "";
    const addresses = (this.store.get("overview")?.addresses ?? []).filter(({ reach }) => reach !== "socket");
    return html`<h2 id="link-title" tabindex="-1">${link.note || t(link.kind === "request" ? "link.ready.request" : "link.ready")}</h2>
      <div class="code"><pl-qr .store=${this.store} .text=${url}></pl-qr></div>
      <p class="address"><code dir="ltr">${url}</code></p>
      ${
        addresses.length > 1
          ? selectField({
              id: "link-address",
              label: t("connect.address"),
              value: addresses.find((one) => url.startsWith(one.url))?.url ?? "",
              options: addresses.map((one) => ({
                value: one.url,
                label: addressWords(one.url, one.reach, one.interface),
              })),
              change: (address) => {
                this.address = address;
                this.requestUpdate();
              },
            })
          : nothing
      }
      <div class="bar">
        <pl-copy .text=${url} .what=${t("connect.copy")} .native=${this.native}></pl-copy>
        <button class="btn primary end" type="button" @click=${this.onClose}>${t("done")}</button>
      </div>`;
  }
}

customElements.define("pl-link-dialog", LinkDialog);
