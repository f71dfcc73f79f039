// What was uploaded lately, with a way to delete it.
import { signal } from "@preact/signals-core";
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { size } from "../../kit/format.ts";
import { t } from "../../kit/words.ts";
import { ApiRefusal } from "../api/client.ts";
import type { RecentFile } from "../api/types.gen.ts";
import { withoutSlash } from "../browse/place.ts";
import { shownTime } from "../browse/texts.ts";
import { ask } from "../parts/dialog.ts";
import { icon } from "../parts/icon.ts";
import type { Notices } from "../parts/notices.ts";
import { Part } from "../parts/part.ts";
import type { Figures } from "./figures.ts";
import { folderOf, folderPathOf, joined, nameOf, noneOf, whoOf } from "./texts.ts";

/** Rows at first, and with each press of "Show more". */
const ROWS = 10;

export class RecentPart extends Part {
  figures!: Figures;
  notices!: Notices;
  private readonly shown = signal(ROWS);
  /** paths that are being deleted */
  private readonly busy = signal<ReadonlySet<string>>(new Set());

  protected override render(): unknown {
    const all = this.figures.recent.value;
    if (!all) return nothing;
    if (all.length === 0) return html`<p class="none">${noneOf(this)}</p>`;
    const files = all.slice(0, this.shown.value);
    const more = Math.min(all.length - files.length, ROWS);
    return html`<ul class="items">
        ${repeat(
          files,
          ({ path }) => path,
          (file) => this.row(file),
        )}
      </ul>
      ${more > 0 ? html`<p class="actions"><button class="btn quiet small more" type="button" @click=${this.showMore}>${t("control.more")}</button></p>` : nothing}`;
  }

  private row(file: RecentFile): TemplateResult {
    const name = nameOf(file.name);
    return html`<li>
      ${icon("file")}
      <div class="what">
        <a class="name" dir="auto" href=${this.figures.api.href(folderPathOf(file.path))}>${name}</a>
        <small>${facts(file)}</small>
      </div>
      ${
        file.may_delete
          ? html`<button class="btn small" type="button" ?disabled=${this.busy.value.has(file.path)} aria-label=${t("control.deleteOf", { name })} @click=${() => void this.delete(file)}>${t("action.delete")}</button>`
          : nothing
      }
    </li>`;
  }

  private readonly showMore = async (): Promise<void> => {
    const before = this.shown.peek();
    this.shown.value = before + ROWS;
    await this.updateComplete;
    // The button may be gone, and the rows that it brought are above it.
    this.querySelectorAll<HTMLElement>("a.name")[before]?.focus();
  };

  private async delete(file: RecentFile): Promise<void> {
    this.busy.value = new Set([...this.busy.peek(), file.path]);
    try {
      if (await this.figures.mayDelete(file.path)) await this.deleteByRight(file);
      else await this.deleteOwn(file);
    } catch (error) {
      this.say(error);
    }
    this.busy.value = new Set([...this.busy.peek()].filter((path) => path !== file.path));
  }

  private async deleteByRight(file: RecentFile): Promise<void> {
    const { days } = await this.figures.api.trash(withoutSlash(folderPathOf(file.path)));
    if (days === 0 && !(await this.isSure(file))) return;
    const { undo } = await this.figures.api.delete(file.path);
    this.figures.restored.delete(file.path);
    const name = nameOf(file.name);
    const text = t("ops.deleted.one", { name });
    if (undo === undefined) this.notices.show({ text });
    else this.notices.show({ text, action: { label: t("ops.undo"), run: () => void this.undo(undo, file) } });
    await this.refresh();
  }

  /** An own upload where the visitor may not delete goes for good: it asks first. */
  private async deleteOwn(file: RecentFile): Promise<void> {
    if (!(await this.isSure(file))) return;
    await this.figures.api.deleteUpload(file.path);
    this.notices.show({ text: t("ops.deleted.one", { name: nameOf(file.name) }) });
    await this.refresh();
  }

  /** Asks before something goes for good. */
  private async isSure(file: RecentFile): Promise<boolean> {
    const title = t("delete.forGood.one", { name: nameOf(file.name) });
    const answer = await ask(title, t("delete.noTrash"), [
      { label: t("dialog.cancel"), value: false },
      { label: t("delete.forGoodButton"), value: true, kind: "bad" },
    ]);
    return answer === true;
  }

  private async undo(undo: string, file: RecentFile): Promise<void> {
    try {
      const { paths, left } = await this.figures.api.undo(undo);
      if (paths.includes(file.path)) this.figures.restored.set(file.path, file);
      const text = left > 0 ? t("undo.partly", { n: left }) : t("undo.done");
      this.notices.show({ text, bad: left > 0 });
      await this.refresh();
    } catch (error) {
      this.say(error);
    }
  }

  private async refresh(): Promise<void> {
    try {
      await this.figures.askForRecent();
    } catch {
      // The next round asks again, and says so if the server is away.
    }
  }

  private say(error: unknown): void {
    const text = error instanceof ApiRefusal ? error.message : "";
    this.notices.show({ text: text || t("ops.lost"), bad: true });
  }
}

function facts(file: RecentFile): TemplateResult {
  const isKnown = file.own || file.by !== undefined || file.address !== undefined;
  return joined([
    folderOf(file.path),
    size(file.size),
    isKnown ? whoOf(file.own, file.by, file.own ? undefined : file.address) : undefined,
    shownTime(file.at_ms),
  ]);
}

customElements.define("pl-recent", RecentPart);
