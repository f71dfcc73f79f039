// The content of the dialog with the trash.

import { signal } from "@preact/signals-core";
import { html, nothing, type TemplateResult } from "lit";
import { size } from "../../kit/format.ts";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import type { TrashInfo, TrashItem } from "../api/types.gen.ts";
import { decoded } from "../browse/decoded.ts";
import { withoutSlash } from "../browse/place.ts";
import { apart, counts, distinctTimes } from "../browse/texts.ts";
import { isNarrow } from "../parts/device.ts";
import { ask } from "../parts/dialog.ts";
import { icon } from "../parts/icon.ts";
import { Part } from "../parts/part.ts";
import { textOf } from "./changes.ts";
import "./long-list.ts";
import type { Operations } from "./operations.ts";

/** Pixels: on narrow screens the facts take two lines, and the buttons are below. */
const lineHeight = (): number => (isNarrow() ? 124 : 64);

interface Said {
  text: string;
  bad: boolean;
}

export class TrashPart extends Part {
  operations!: Operations;
  path = "/";
  close!: () => void;
  private readonly info = signal<TrashInfo | undefined>(undefined);
  private readonly filter = signal("");
  private readonly said = signal<Said>({ text: "", bad: false });
  /** how far the work is; undefined: nothing is done */
  private readonly progress = signal<{ done: number; all: number } | undefined>(undefined);
  private stopped = false;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stopped = true;
  }

  private async load(): Promise<void> {
    try {
      this.info.value = await this.operations.app.api.trash(withoutSlash(this.path));
    } catch (error) {
      this.said.value = { text: textOf(error) || t("ops.lost"), bad: true };
    }
  }

  private shown(): readonly TrashItem[] {
    const text = this.filter.value.trim().toLowerCase();
    const items = this.info.value?.items ?? [];
    const inPath = ({ path }: TrashItem): string => path.split("/").map(decoded).join("/").toLowerCase();
    return text === "" ? items : items.filter((item) => inPath(item).includes(text));
  }

  protected override render(): unknown {
    const info = this.info.value;
    const items = this.shown();
    const progress = this.progress.value;
    const said = this.said.value;
    return html`<div class="dialog-body">
        <p class="hint">${info ? this.lead(info) : nothing}</p>
        <label class="sr" for="trash-search">${t("trash.search")}</label>
        <input
          id="trash-search"
          type="search"
          autocomplete="off"
          placeholder=${t("trash.search")}
          @input=${(event: Event) => {
            this.filter.value = (event.target as HTMLInputElement).value;
          }}
        />
        <p class="answer ${said.bad ? "bad" : "good"}" role="status">${said.text}</p>
        ${info || said.bad ? nothing : html`<progress aria-label=${t("list.loading")}></progress>`}
        ${info && items.length === 0 ? html`<p class="none">${t(this.filter.value === "" ? "trash.empty" : "search.none")}</p>` : nothing}
        ${
          items.length > 0
            ? html`<pl-long-list .items=${items} .lineHeight=${lineHeight()} .label=${t("trash.items")} .draw=${(item: TrashItem) => this.line(item)}></pl-long-list>`
            : nothing
        }
        ${info?.has_more ? html`<p class="hint">${t("trash.more")}</p>` : nothing}
      </div>
      <div class="dialog-foot">
        ${progress ? this.working(progress) : this.buttons(items)}
      </div>`;
  }

  private lead({ items, days }: TrashInfo): string {
    if (items.length === 0) return "";
    return days > 0 ? t("trash.days", { n: days }) : t("trash.lead");
  }

  private working({ done, all }: { done: number; all: number }): TemplateResult {
    const stop = (): void => {
      this.stopped = true;
    };
    return html`<button class="btn" type="button" @click=${stop}>${t("ops.stop")}</button>
      <progress max=${all} .value=${done} aria-label=${t("trash.working", { done, all })}></progress>
      <span role="status">${t("trash.working", { done, all })}</span>`;
  }

  private buttons(items: readonly TrashItem[]): unknown {
    if (items.length === 0)
      return html`<button class="btn" type="button" @click=${this.close}>${t("dialog.close")}</button>`;
    const purgeable = items.filter((item) => item.may_purge);
    return html`<button class="btn" type="button" @click=${() => void this.restore(items)}>${t("trash.restoreAll", { n: items.length })}</button>
      ${
        purgeable.length > 0
          ? html`<button class="btn bad start" type="button" @click=${() => void this.purge(purgeable)}>
              ${this.filter.value.trim() === "" ? t("trash.emptyIt") : t("trash.purgeShown", { n: purgeable.length })}
            </button>`
          : nothing
      }`;
  }

  private line(item: TrashItem): TemplateResult {
    const name = shownName(item.name);
    const isBusy = this.progress.value !== undefined;
    return html`<div class="line">
      ${icon(item.is_folder ? "folder" : "file")}
      <span class="what"><b dir="auto" title=${name}>${name}</b><small title=${this.folderOf(item)}>${this.facts(item)}</small></span>
      <button class="btn" type="button" ?disabled=${isBusy} aria-label=${t("trash.restoreOf", { name })} @click=${() => void this.restore([item])}>${t("trash.restore")}</button>
      ${
        item.may_purge
          ? html`<button class="icon" type="button" ?disabled=${isBusy} aria-label=${t("trash.purgeOf", { name })} title=${t("delete.forGoodButton")} @click=${() => void this.purge([item])}>${icon("trash")}</button>`
          : nothing
      }
    </div>`;
  }

  /** The folder it was in, relative to the shown one. */
  private folderOf({ path }: TrashItem): string {
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    const relative = folder.startsWith(this.path) ? folder.slice(this.path.length) : folder;
    return relative.split("/").filter(Boolean).map(decoded).join(" / ") || t("trash.here");
  }

  private facts(item: TrashItem): TemplateResult {
    const twins = (this.info.value?.items ?? []).filter(({ path }) => path === item.path);
    const time = distinctTimes(twins.map((twin) => twin.removed_ms))(item.removed_ms);
    const who = item.account;
    const cause =
      who === undefined
        ? t(`trash.${item.cause}`, { time })
        : t(`trash.${item.cause}By`, { time, who: shownName(who) });
    const amount = item.is_folder ? `${counts(0, item.files)} · ${size(item.size)}` : size(item.size);
    return apart([cause, this.folderOf(item), amount].filter(Boolean));
  }

  private async restore(items: readonly TrashItem[]): Promise<void> {
    let where = "";
    const done = await this.each(items, async ({ id }) => {
      const { paths } = await this.operations.app.api.restore(id);
      where = paths[0] ?? where;
    });
    if (done === 1 && items.length === 1)
      this.say(t("trash.restored.one", { name: decoded(where.split("/").pop() ?? "") }));
    else if (done > 0) this.say(t("trash.restored.many", { n: done }));
    if (done > 0) await this.operations.refresh(items.some((item) => item.is_folder));
  }

  private async purge(items: readonly TrashItem[]): Promise<void> {
    const [first] = items;
    if (!first) return;
    const bytes = items.reduce((sum, item) => sum + item.size, 0);
    const title =
      items.length === 1
        ? t("delete.forGood.one", { name: shownName(first.name) })
        : t("delete.forGood.items", { n: items.length });
    const answer = await ask(title, t("trash.purgeQuestion", { size: size(bytes) }), [
      { label: t("delete.forGoodButton"), value: true, kind: "bad" },
      { label: t("dialog.cancel"), value: false },
    ]);
    if (answer !== true) return;
    const done = await this.each(items, ({ id }) => this.operations.app.api.purge(id));
    if (done > 0) this.say(t("trash.purged", { n: done }));
  }

  private say(text: string): void {
    if (!this.said.peek().bad) this.said.value = { text, bad: false };
  }

  /** Does something with each item, shows the progress, and ends at the first refusal. Resolves to how many were done. */
  private async each(items: readonly TrashItem[], work: (item: TrashItem) => Promise<unknown>): Promise<number> {
    this.stopped = false;
    this.said.value = { text: "", bad: false };
    let done = 0;
    try {
      for (const item of items) {
        if (this.stopped) break;
        if (items.length > 1) this.progress.value = { done, all: items.length };
        await work(item);
        done++;
      }
    } catch (error) {
      this.said.value = { text: textOf(error) || t("ops.lost"), bad: true };
    }
    this.progress.value = undefined;
    await this.load();
    return done;
  }
}

customElements.define("pl-trash", TrashPart);
