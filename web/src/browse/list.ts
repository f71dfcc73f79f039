// The list: a table of which only the lines in the window are drawn.
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { size } from "../../kit/format.ts";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import { icon } from "../parts/icon.ts";
import { lengthOf } from "../parts/text-size.ts";
import { type Column, columnsOf, fitting } from "./columns.ts";
import { decoded } from "./decoded.ts";
import { iconOf } from "./icons.ts";
import { keyOf, type Row } from "./rows.ts";
import { RowsPart, slot } from "./rows-part.ts";
import { apart, shownDate } from "./texts.ts";

export class FileList extends RowsPart {
  protected override perLine(): number {
    return 1;
  }

  protected override lineHeight(): number {
    return lengthOf(this, "--list-row", 34);
  }

  protected override box(): HTMLElement | null {
    return this.querySelector("tbody");
  }

  protected override render(): unknown {
    const { app } = this;
    const rows = app.rows.value;
    const view = app.view.value.value;
    const columns = fitting(columnsOf(app.tags.value), view, this.clientWidth || window.innerWidth);
    const { from, to } = this.lines(rows.length);
    const height = this.lineHeight();
    const space = (lines: number): unknown =>
      lines > 0
        ? html`<tr class="space" aria-hidden="true"><td .style=${`height:${lines * height}px`}></td></tr>`
        : nothing;
    return html`<table
      class="files"
      id="files"
      role="grid"
      aria-multiselectable="true"
      aria-rowcount=${rows.length + 1}
      aria-label=${t("list.label")}
    >
      <thead>
        ${this.head(columns)}
      </thead>
      <tbody>
        ${space(from)}
        ${repeat(
          rows.slice(from, to),
          (_, at) => slot(from + at),
          (row, at) => this.row(row, from + at, columns),
        )}
        ${space(rows.length - to)}
      </tbody>
    </table>`;
  }

  private head(columns: readonly Column[]): TemplateResult {
    const { app } = this;
    const [first] = app.levels.value;
    const sorted = first ?? { column: app.search.question.value ? "" : "name", descending: false };
    const cell = (id: string, label: string, kind: string): TemplateResult => {
      const isSorted = sorted.column === id;
      const direction = isSorted ? (sorted.descending ? "descending" : "ascending") : nothing;
      return html`<th scope="col" class=${kind} aria-sort=${direction}>
        <button type="button" @click=${() => app.sortBy(id)}>${label}</button>
      </th>`;
    };
    const all = app.rows.value.length;
    const selected = app.selection.keys.value.size;
    const toggle = (): void => (selected > 0 ? app.selection.clear() : app.selection.all());
    return html`<tr>
      <th scope="col" class="check">
        <input
          type="checkbox"
          aria-label=${t(selected > 0 ? "select.none" : "select.all")}
          .checked=${selected > 0 && selected === all}
          .indeterminate=${selected > 0 && selected < all}
          @change=${toggle}
        />
      </th>
      ${cell("name", t("list.name"), "name")} ${columns.map((column) => cell(column.id, column.label, classOf(column)))}
      <th scope="col" class="more"><span class="sr">${t("list.actions")}</span></th>
    </tr>`;
  }

  private row(row: Row, index: number, columns: readonly Column[]): TemplateResult {
    const { selection } = this.app;
    const key = keyOf(row);
    const selected = selection.keys.value.has(key);
    const name = shownName(row.name);
    const tab = this.isTabStop(key, index) ? 0 : -1;
    const playing = this.app.isPlaying(row);
    const menu = (event: Event): void => this.showMenu(row, event.currentTarget as Element);
    return html`<tr
      class="entry ${selected ? "selected" : ""} ${selection.cursor.value === key ? "cursor" : ""} ${playing ? "playing" : ""} ${this.app.isPale(row) ? "pale" : ""}"
      aria-current=${playing ? "true" : nothing}
      data-index=${index}
      aria-rowindex=${index + 2}
      aria-selected=${selected ? "true" : "false"}
    >
      <td class="check"><input type="checkbox" tabindex=${tab} aria-label=${t("select.one", { name })} .checked=${selected} /></td>
      <td class="name">
        <a href=${this.app.hrefOf(row)} tabindex=${tab} title=${row.name.length > 60 ? name : nothing}
          >${iconOf(row)}${row.folder === undefined ? html`<span class="text" dir="auto">${name}</span>` : html`<span class="text hit"><bdi>${name}</bdi><small dir="auto">${this.folderText(row)}</small></span>`}</a
        >
        <small class="facts">${facts(row)}</small>
      </td>
      ${columns.map(
        (column) =>
          html`<td class=${classOf(column)} title=${column.title?.(row) || nothing}><bdi>${column.text(row)}</bdi></td>`,
      )}
      <td class="more">
        <button class="icon" type="button" tabindex=${tab} aria-haspopup="menu" aria-label=${t("row.actions", { name })} title=${t("row.more")} @click=${menu}>
          ${icon("more")}
        </button>
      </td>
    </tr>`;
  }

  /** The folder of a row that the shown folder does not hold itself, relative to it. */
  private folderText(row: Row): string {
    const path = this.app.path.value;
    const folder = row.folder ?? "";
    const relative = folder.startsWith(path) ? folder.slice(path.length) : folder;
    return decoded(relative);
  }
}

/** What narrow screens show below the name. */
function facts(row: Row): unknown {
  const parts = [row.size === undefined ? "" : size(row.size), shownDate(row.modified_ms)];
  return apart(parts.filter(Boolean));
}

const classOf = (column: Column): string =>
  column.id.startsWith("tag:")
    ? `tag ${column.isNumber ? "number" : ""}`
    : `${column.id} ${column.isNumber ? "number" : ""}`;

customElements.define("pl-list", FileList);
