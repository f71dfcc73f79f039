// The dialog that chooses a folder: tree, folders found by name, recent targets, a new folder.

import { signal } from "@preact/signals-core";
import { html, nothing, type TemplateResult } from "lit";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import { askText } from "../browse/create.ts";
import { folderName } from "../browse/decoded.ts";
import { withoutSlash } from "../browse/place.ts";
import { childOf, TreeFolders } from "../browse/tree-folders.ts";
import { forwardKey } from "../parts/device.ts";
import { openDialog } from "../parts/dialog.ts";
import { icon } from "../parts/icon.ts";
import { Part } from "../parts/part.ts";
import { loadStyle } from "../parts/style.ts";
import { encodeName } from "../up2k/urls.ts";
import { FolderSearch, shownPath } from "./folder-search.ts";
import type { Operations } from "./operations.ts";
import { recentTargets } from "./recent-targets.ts";

interface Purpose {
  title: string;
  /** "Move" */
  button: string;
  /** entries that are moved: they cannot come into themselves */
  moved: readonly string[];
}

/** Asks for a folder. Resolves to its path with a slash at its end; undefined: the visitor closed the dialog. */
export async function chooseFolder(operations: Operations, purpose: Purpose): Promise<string | undefined> {
  await loadStyle("operations.css");
  const dialog = openDialog<string>(purpose.title);
  dialog.element.classList.add("picker");
  const picker = new FolderPicker();
  picker.operations = operations;
  picker.purpose = purpose;
  picker.choose = (path) => dialog.close(path);
  dialog.draw(picker);
  return dialog.result;
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);

class FolderPicker extends Part {
  operations!: Operations;
  purpose!: Purpose;
  choose!: (path?: string) => void;
  private readonly chosen = signal("/");
  private folders!: TreeFolders;
  private search!: FolderSearch;

  override connectedCallback(): void {
    const { app } = this.operations;
    this.folders = new TreeFolders(app.api);
    this.search = new FolderSearch(app.api, this.folders);
    this.chosen.value = app.path.peek();
    super.connectedCallback();
    void this.folders.reveal(app.path.peek()).then(() => {
      // Often the goal is in the shown folder.
      this.folders.open.value = new Set([...this.folders.open.peek(), app.path.peek()]);
      requestAnimationFrame(() => this.querySelector(".chosen")?.scrollIntoView({ block: "center" }));
    });
    void this.updateComplete.then(() => this.querySelector<HTMLElement>("input[type=search]")?.focus());
  }

  private mayAdd(path: string): boolean {
    return !this.isMoved(path) && this.operations.mayAddTo(path);
  }

  /** Whether a folder is moved itself, or is in one that is. */
  private isMoved(path: string): boolean {
    const plain = withoutSlash(path);
    return this.purpose.moved.some((moved) => plain === moved || plain.startsWith(`${moved}/`));
  }

  private whereText(path: string, isHere: boolean, may: boolean): string {
    if (isHere) return t("move.isHere", { folder: folderName(path) });
    if (this.isMoved(path)) return t("picker.itself");
    return t(may ? "picker.into" : "picker.mayNot", { folder: shownPath(path) });
  }

  protected override render(): unknown {
    const path = this.chosen.value;
    const isHere = this.purpose.moved.length > 0 && this.purpose.moved.every((moved) => folderOf(moved) === path);
    const may = this.mayAdd(path) && !isHere;
    const submit = (event: Event): void => {
      event.preventDefault();
      if (may) this.choose(path);
    };
    return html`<form @submit=${submit}>
      <div class="dialog-body">
        <label class="sr" for="picker-search">${t("picker.search")}</label>
        <input id="picker-search" type="search" autocomplete="off" spellcheck="false" placeholder=${t("picker.search")} @input=${this.typed} />
        ${this.search.text.value === "" ? html`${this.recent()}${this.tree()}` : this.found()}
        <p class="picker-where" role="status">
          ${this.whereText(path, isHere, may)}
        </p>
      </div>
      <div class="dialog-foot">
        <button class="btn primary" ?disabled=${!may}>${this.purpose.button}</button>
        <button class="btn" type="button" @click=${() => this.choose()}>${t("dialog.cancel")}</button>
        <button class="btn start" type="button" ?disabled=${!this.mayAdd(path)} @click=${this.newFolder}>${icon("folder-plus")}${t("new.folder")}</button>
      </div>
    </form>`;
  }

  private readonly typed = (event: Event): void => this.search.type((event.target as HTMLInputElement).value);

  private recent(): unknown {
    const { app } = this.operations;
    const paths = recentTargets(app.base).filter((path) => path !== app.path.value);
    if (paths.length === 0) return nothing;
    return html`<div class="recent" role="group" aria-label=${t("picker.recent")}>
      ${paths.slice(0, 4).map(
        (path) =>
          html`<button type="button" class="chip" aria-pressed=${String(this.chosen.value === path)} title=${shownPath(path)} @click=${() => this.pick(path)}>
            ${icon("folder")}<span dir="auto">${folderName(path)}</span>
          </button>`,
      )}
    </div>`;
  }

  private readonly take = (): void => this.querySelector<HTMLElement>(".dialog-foot .primary")?.click();

  private pick(path: string): void {
    this.chosen.value = path;
    void this.folders.reveal(path);
  }

  private tree(): TemplateResult {
    return html`<ul class="folders pick" role="tree" aria-label=${t("tree.label")} @keydown=${this.key}>
      ${this.item("/", t("crumbs.home"), 1)}
    </ul>`;
  }

  private item(path: string, name: string, level: number): TemplateResult {
    const isOpen = this.folders.open.value.has(path);
    const folders = this.folders.loaded.value.get(path);
    const isEmpty = folders?.length === 0;
    const isChosen = this.chosen.value === path;
    const toggle = (event: Event): void => {
      event.stopPropagation();
      void this.folders.toggle(path);
    };
    const pick = (): void => {
      this.chosen.value = path;
    };
    return html`<li role="none">
      <div
        role="treeitem"
        class="item ${isChosen ? "chosen" : ""} ${this.mayAdd(path) ? "" : "closed"}"
        data-path=${path}
        aria-level=${level}
        aria-expanded=${isEmpty ? nothing : String(isOpen)}
        aria-selected=${String(isChosen)}
        tabindex=${isChosen ? 0 : -1}
        .style=${`padding-inline-start:${(level - 1) * 14}px`}
        @click=${pick}
        @dblclick=${this.take}
      >
        <span class="twist ${isOpen ? "open" : ""}" @click=${isEmpty ? nothing : toggle}>${isEmpty ? nothing : icon("right")}</span
        >${icon(path === "/" ? "home" : "folder")}<span class="text" dir="auto">${name}</span>
      </div>
      ${
        isOpen && folders && folders.length > 0
          ? html`<ul role="group">
              ${folders.map((folder) => this.item(childOf(path, folder), shownName(folder.name), level + 1))}
            </ul>`
          : nothing
      }
    </li>`;
  }

  private found(): TemplateResult {
    const found = this.search.found.value;
    if (found.length === 0) return html`<p class="hint">${t("picker.none")}</p>`;
    return html`<ul class="folders pick" role="listbox" aria-label=${t("picker.found")} @keydown=${this.key}>
      ${found.map((path) => {
        const isChosen = this.chosen.value === path;
        return html`<li
          role="option"
          class="item ${isChosen ? "chosen" : ""}"
          data-path=${path}
          aria-selected=${String(isChosen)}
          tabindex=${isChosen || (path === found[0] && !found.includes(this.chosen.value)) ? 0 : -1}
          @click=${() => {
            this.chosen.value = path;
          }}
          @dblclick=${this.take}
        >
          ${icon("folder")}<span class="text"><bdi>${folderName(path)}</bdi> <small><bdi>${shownPath(path)}</bdi></small></span>
        </li>`;
      })}
    </ul>`;
  }

  /** Arrow keys choose; Enter takes the chosen folder. */
  private readonly key = (event: KeyboardEvent): void => {
    const items = [...this.querySelectorAll<HTMLElement>(".item")];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const item = items[at];
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const path = item.dataset.path ?? "/";
    const isOpen = this.folders.open.peek().has(path);
    const isTree = item.getAttribute("role") === "treeitem";
    if (event.key === "ArrowDown") this.focusItem(items[at + 1]);
    else if (event.key === "ArrowUp") this.focusItem(items[at - 1]);
    else if (event.key === "Home") this.focusItem(items[0]);
    else if (event.key === "End") this.focusItem(items.at(-1));
    else if (forwardKey(event) === "ArrowRight" && isTree)
      void (isOpen ? this.focusItem(items[at + 1]) : this.folders.toggle(path));
    else if (forwardKey(event) === "ArrowLeft" && isTree && isOpen) void this.folders.toggle(path);
    else if (forwardKey(event) === "ArrowLeft" && isTree)
      this.focusItem(items.find((one) => one.dataset.path === path.replace(/[^/]+\/$/, "")));
    else if (event.key === " ") this.chosen.value = path;
    else if (event.key === "Enter") this.take();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  private focusItem(item: HTMLElement | undefined): void {
    if (!item) return;
    this.chosen.value = item.dataset.path ?? "/";
    item.focus();
  }

  private readonly newFolder = async (): Promise<void> => {
    const { app } = this.operations;
    const above = this.chosen.peek();
    const question = { title: t("new.folder"), label: t("new.folder.name"), button: t("new.folder.make"), value: "" };
    let made = "";
    const done = await askText(question, async (name) => {
      made = (await app.api.makeFolder(above + encodeName(name))).path;
    });
    if (!done) return;
    await this.folders.load(above, above);
    this.pick(`${made}/`);
    this.operations.tree.refresh();
    if (above === app.path.peek()) void app.refresh();
  };
}

customElements.define("pl-folder-picker", FolderPicker);
