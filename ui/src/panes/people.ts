// The People & devices pane: accounts, signed-in devices, blocked addresses.
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Ban, Device, People, Person } from "../../../web/kit/types.gen.ts";
import { confirmDialog } from "../elements/confirm.ts";
import { modal } from "../elements/modal.ts";
import { empty, textField } from "../fields.ts";
import { Pane } from "../pane.ts";
import { ago, date, guestWords, moment, names, shareName } from "../sentences.ts";
import type { Topic } from "../store.ts";
import { t } from "../words.ts";
import "./person-dialog.ts";

type Open =
  | { is: "person"; was: Person | undefined }
  | { is: "remove"; person: Person }
  | { is: "rename"; device: Device; name: string }
  | { is: "revoke"; device: Device };

export class PeoplePane extends Pane {
  protected override readonly topics: readonly Topic[] = ["people"];
  private opened: Open | undefined;

  protected override render(): unknown {
    const people = this.store.get("people");
    if (!people) return this.pending("people");
    return html`<div class="head">
        <h1>${t("pane.people")}</h1>
        ${people.people.length > 0 ? this.addButton() : nothing}
      </div>
      ${people.people.length === 0 ? empty(t("people.empty"), t("people.empty.text"), this.addButton()) : this.accounts(people)}
      ${this.devices(people.devices)} ${this.bans(people.bans)} ${this.dialog()}`;
  }

  private open(opened: Open | undefined): void {
    this.opened = opened;
    this.requestUpdate();
  }

  private addButton(): TemplateResult {
    return html`<button class="btn primary" type="button" @click=${() => this.open({ is: "person", was: undefined })}>
      <span class="i i-plus"></span>${t("people.add")}
    </button>`;
  }

  private accounts({ people, groups }: People): TemplateResult {
    return html`<ul class="rows">
        ${repeat(
          people,
          ({ name }) => name,
          (person) => this.account(person),
        )}
      </ul>
      ${groups.map(
        ({ name, members }) => html`<p class="quiet">${t("people.group", { name, members: names(members) })}</p>`,
      )}`;
  }

  private account(person: Person): TemplateResult {
    const { name, shares, devices, is_you } = person;
    const reach =
      shares.length === 0 ? t("person.reach.none") : t("person.reach", { shares: names(shares.map(shareName)) });
    return html`<li class="row">
      <span class="i i-person"></span>
      <div class="row-text">
        <h2>${name} ${person.is_admin ? html`<span class="badge">${t("person.isAdmin")}</span>` : nothing} ${is_you ? html`<span class="badge you">${t("person.isYou")}</span>` : nothing}</h2>
        <p class="quiet">${reach} · ${t("person.devices", { n: devices })}</p>
      </div>
      <div class="row-actions">
        <button class="btn quiet" type="button" aria-label=${t("person.remove.name", { name })} @click=${() => this.open({ is: "remove", person })}>
          ${t("remove")}
        </button>
        <button class="btn" type="button" aria-label=${t("person.edit", { name })} @click=${() => this.open({ is: "person", was: person })}>
          ${t("edit")}
        </button>
      </div>
    </li>`;
  }

  private devices(devices: readonly Device[]): TemplateResult {
    return html`<section aria-labelledby="devices">
      <h2 class="section" id="devices">${t("devices")}</h2>
      ${
        devices.length === 0
          ? html`<p class="quiet">${t("devices.empty")} <a href="#connect">${t("devices.invite")}</a></p>`
          : html`<ul class="rows">${repeat(
              devices,
              ({ id }) => id,
              (device) => this.device(device),
            )}</ul>`
      }
    </section>`;
  }

  private device(device: Device): TemplateResult {
    const { name } = device;
    const whose = device.guest ? guestWords(device.guest) : device.account;
    const seen = t("device.seen", { when: ago(device.last_seen_ms) });
    return html`<li class="row">
      <span class="i i-device"></span>
      <div class="row-text">
        <h3>${name} ${device.is_this ? html`<span class="badge you">${t("device.isThis")}</span>` : nothing}</h3>
        <p class="quiet">${whose} · ${seen} · ${device.address}</p>
        <p class="quiet">
          ${t("device.times", { first: date(device.first_seen_ms), until: date(device.expires_ms) })}
        </p>
      </div>
      <div class="row-actions">
        <button class="btn quiet" type="button" aria-label=${t("device.rename.name", { name })} @click=${() => this.open({ is: "rename", device, name })}>
          ${t("rename")}
        </button>
        <button class="btn" type="button" aria-label=${t("device.revoke.name", { name })} @click=${() => this.open({ is: "revoke", device })}>
          ${t("device.revoke")}
        </button>
      </div>
    </li>`;
  }

  private bans(bans: readonly Ban[]): unknown {
    if (bans.length === 0) return nothing;
    return html`<section aria-labelledby="bans">
      <h2 class="section" id="bans">${t("bans")}</h2>
      <ul class="rows">
        ${bans.map(
          ({ address, until_ms }) => html`<li class="row">
            <span class="i i-ban"></span>
            <div class="row-text">
              <h3>${address}</h3>
              <p class="quiet">${t("ban.why", { when: moment(until_ms) })}</p>
            </div>
            <div class="row-actions">
              <button class="btn" type="button" aria-label=${t("ban.end.address", { address })} @click=${() => this.tryAsk({ call: "unban", address })}>
                ${t("ban.end")}
              </button>
            </div>
          </li>`,
        )}
      </ul>
    </section>`;
  }

  private dialog(): unknown {
    const { opened } = this;
    const close = (): void => this.open(undefined);
    switch (opened?.is) {
      case undefined:
        return nothing;
      case "person":
        return html`<pl-person-dialog .store=${this.store} .frame=${this.frame} .was=${opened.was} .onClose=${close}></pl-person-dialog>`;
      case "remove": {
        const { name, devices, is_you } = opened.person;
        return confirmDialog({
          title: t(is_you ? "person.remove.you" : "person.remove.ask", { name }),
          text: is_you ? t("person.remove.you.text") : t("person.remove.text", { n: devices }),
          yes: t("remove"),
          act: () => void this.tryAsk({ call: "remove_person", name }),
          close,
        });
      }
      case "revoke": {
        const { id, name, guest, is_this } = opened.device;
        const kind = is_this ? "this" : guest === null ? "account" : guest.link === null ? "guest" : "link";
        return confirmDialog({
          title: t("device.revoke.ask", { name }),
          text: t(`device.revoke.${kind}.text`),
          yes: t("device.revoke"),
          act: () => void this.tryAsk({ call: "revoke_device", id }),
          close,
        });
      }
      case "rename":
        return this.rename(opened.device, opened.name, close);
    }
  }

  private rename(device: Device, name: string, close: () => void): TemplateResult {
    const save = async (event: Event): Promise<void> => {
      event.preventDefault();
      const done =
        name.trim() !== "" && (await this.tryAsk({ call: "rename_device", id: device.id, name: name.trim() }));
      if (done) close();
    };
    return html`<dialog aria-labelledby="rename-title" ${modal(close)}>
      <form novalidate @submit=${save}>
        <h2 id="rename-title">${t("device.rename.title")}</h2>
        ${textField({
          id: "device-name",
          label: t("device.name"),
          value: name,
          fault: name.trim() === "" ? t("fault.name") : "",
          input: (text) => this.open({ is: "rename", device, name: text }),
        })}
        <div class="bar">
          <button class="btn primary" type="submit">${t("save")}</button>
          <button class="btn" type="button" @click=${close}>${t("cancel")}</button>
        </div>
      </form>
    </dialog>`;
  }
}

customElements.define("pl-people", PeoplePane);
