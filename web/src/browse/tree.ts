// The tree of folders beside the list. Folders are loaded when they are opened; the way to the shown folder is open.
import { effect } from "@preact/signals-core";
import { html, nothing, type TemplateResult } from "lit";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import { forwardKey } from "../parts/device.ts";
import { icon } from "../parts/icon.ts";
import { Part } from "../parts/part.ts";
import type { App } from "./app.ts";
import { treeTexts } from "./choices.ts";
import { preference } from "./preferences.ts";
import { type Kind, keyOf, kindOf, type Row } from "./rows.ts";
import { childOf, TreeFolders } from "./tree-folders.ts";

const [WIDTH_MIN, WIDTH_MAX, WIDTH_STEP] = [160, 640, 16];
/** Levels of the way to the shown folder that stay in sight. */
const DOCKED_MAX = 6;
const TEXTS: ReadonlySet<Kind> = new Set(["text", "markdown"]);
/** Text files that are shown at most; the list has all. */
const TEXTS_MAX = 200;
/** Characters of a name that are seen in a tree of its usual width; longer ones are told by a pointer that rests on them, too. */
const SEEN = 20;
const whole = (name: string, level: number): string | typeof nothing => (name.length + level > SEEN ? name : nothing);

/** Far down, names keep more than half of the width. */
const indent = (level: number): string => `padding-inline-start:min(${(level - 1) * 14}px,40%);--level:${level - 1}`;

export class FolderTree extends Part {
  app!: App;
  private known: TreeFolders | undefined;
  readonly isShown = preference<boolean>("tree", true, (value) => typeof value === "boolean");
  private readonly width = preference<number>("tree.width", 240, (value) => typeof value === "number");
  private stops: (() => void)[] = [];

  private get folders(): TreeFolders {
    this.known ??= new TreeFolders(this.app.api);
    return this.known;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const follow = effect(() => {
      const path = this.app.path.value;
      if (this.isShown.value) void this.reveal(path);
    });
    const compare = effect(() => {
      const listing = this.app.folder.listing.value;
      if (!listing?.complete || listing.below) return;
      const folders = listing.rows.filter(({ kind }) => kind === "folder");
      void this.folders.compare(listing.path, folders.map(keyOf));
    });
    // The folder whose texts are shown is opened once; the visitor may close it.
    let opened: string | undefined;
    const openTexts = effect(() => {
      const path = this.isShown.value && this.texts().length > 0 ? this.app.path.value : undefined;
      if (path !== undefined && path !== opened) queueMicrotask(() => void this.expand(path));
      opened = path;
    });
    this.stops = [follow, compare, openTexts];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.stops) stop();
  }

  /** Loads again what a change of folders has made wrong. */
  refresh(): void {
    void this.folders.reload(this.app.path.peek());
  }

  /** Shows folders that came with an upload. `path`: percent-encoded, of a folder that files have come to. */
  arrived(path: string): void {
    void this.folders.arrived(path);
  }

  /** Returns the folders beside a folder, in their order, as paths. */
  async neighbours(path: string): Promise<string[]> {
    const above = path.replace(/[^/]+\/$/, "");
    if (path === "/") return [];
    await this.folders.load(above, path);
    return (this.folders.loaded.peek().get(above) ?? []).map((folder) => childOf(above, folder));
  }

  /** Opens a folder in the tree, as when something is dragged over it. */
  async expand(path: string): Promise<void> {
    if (!this.folders.open.peek().has(path)) await this.folders.toggle(path);
  }

  private reveal(path: string): Promise<void> {
    return this.folders.reveal(path, () => this.app.path.peek() === path);
  }

  protected override render(): unknown {
    document.documentElement.classList.toggle("has-tree", this.isShown.value);
    if (!this.isShown.value) return nothing;
    document.documentElement.style.setProperty("--tree", `${this.width.value}px`);
    return html`<nav aria-label=${t("tree.label")}>
      <div class="folders"><ul role="tree" aria-label=${t("tree.label")} @keydown=${this.key}>
          ${this.item("/", t("crumbs.home"), 1)}
        </ul></div>
      <div
        class="splitter"
        role="separator"
        tabindex="0"
        aria-orientation="vertical"
        aria-label=${t("tree.width")}
        aria-valuenow=${this.width.value}
        aria-valuemin=${WIDTH_MIN}
        aria-valuemax=${WIDTH_MAX}
        @pointerdown=${this.resize}
        @keydown=${this.resizeByKey}
      ></div>
    </nav>`;
  }

  private item(path: string, name: string, level: number, isLeaf = false): TemplateResult {
    const isOpen = this.folders.open.value.has(path);
    const folders = this.folders.loaded.value.get(path);
    const current = this.app.path.value === path;
    const texts = current ? this.texts() : [];
    const isEmpty = (folders ? folders.length === 0 : isLeaf) && texts.length === 0;
    const hasItems = (folders?.length ?? 0) + texts.length > 0;
    const isDocked = level <= DOCKED_MAX && !current && this.app.path.value.startsWith(path);
    const toggle = (event: Event): void => {
      event.preventDefault();
      event.stopPropagation();
      void this.folders.toggle(path);
    };
    return html`<li role="none">
      <a
        class=${isDocked ? "docked" : nothing}
        role="treeitem"
        href=${this.app.base + path}
        data-path=${path}
        aria-level=${level}
        aria-expanded=${isEmpty ? nothing : String(isOpen)}
        aria-current=${current ? "page" : nothing}
        aria-selected=${String(current)}
        tabindex=${current ? 0 : -1}
        title=${whole(name, level)}
        .style=${indent(level)}
        ><span class="twist ${isOpen ? "open" : ""}" @click=${isEmpty ? nothing : toggle}>${isEmpty ? nothing : icon("right")}</span
        >${icon(path === "/" ? "home" : "folder")}<span class="text" dir="auto">${name}</span></a
      >
      ${
        isOpen && hasItems
          ? html`<ul role="group">
              ${folders?.map((folder) => this.item(childOf(path, folder), shownName(folder.name), level + 1, folder.leaf))}
              ${texts.map((row) => this.text(row, level + 1))}
            </ul>`
          : nothing
      }
    </li>`;
  }

  /** The text files of the shown folder, if the visitor wants them here. */
  private texts(): Row[] {
    const { folder, path } = this.app;
    if (!treeTexts.value || folder.listing.value?.path !== path.value || folder.listing.value.below) return [];
    return folder.shown.value.filter((row) => TEXTS.has(kindOf(row))).slice(0, TEXTS_MAX);
  }

  private text(row: Row, level: number): TemplateResult {
    const open = (event: MouseEvent): void => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      event.stopPropagation();
      this.app.open(row);
    };
    return html`<li role="none">
      <a role="treeitem" href=${this.app.hrefOf(row)} aria-level=${level} aria-selected="false" tabindex="-1" title=${whole(shownName(row.name), level)} .style=${indent(level)} @click=${open}
        ><span class="twist"></span>${icon("text")}<span class="text" dir="auto">${shownName(row.name)}</span></a
      >
    </li>`;
  }

  private readonly key = (event: KeyboardEvent): void => {
    const items = [...this.querySelectorAll<HTMLElement>("[role=treeitem]")];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const item = items[at];
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    // A file of the shown folder has no path here.
    const isFile = item.dataset.path === undefined;
    const path = item.dataset.path ?? this.app.path.peek();
    // null: nothing is in it.
    const expanded = item.getAttribute("aria-expanded");
    const isOpen = expanded === "true";
    const pressed = forwardKey(event);
    const focus = (to: number): void => items[Math.min(Math.max(to, 0), items.length - 1)]?.focus();
    if (event.key === "ArrowDown") focus(at + 1);
    else if (event.key === "ArrowUp") focus(at - 1);
    else if (event.key === "Home") focus(0);
    else if (event.key === "End") focus(items.length - 1);
    else if (isFile && pressed === "ArrowLeft") items.find((one) => one.dataset.path === path)?.focus();
    else if (isFile) return;
    else if (pressed === "ArrowRight" && isOpen) focus(at + 1);
    else if ((pressed === "ArrowRight" && expanded) || (pressed === "ArrowLeft" && isOpen))
      void this.folders.toggle(path);
    else if (pressed === "ArrowLeft") items.find((one) => one.dataset.path === path.replace(/[^/]+\/$/, ""))?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  private readonly resize = (event: PointerEvent): void => {
    event.preventDefault();
    const [start, width] = [event.clientX, this.width.peek()];
    const forward = getComputedStyle(this).direction === "rtl" ? -1 : 1;
    const move = (at: PointerEvent): void => this.setWidth(width + (at.clientX - start) * forward);
    const end = (): void => document.removeEventListener("pointermove", move);
    document.addEventListener("pointermove", move);
    document.addEventListener("pointerup", end, { once: true });
  };

  private readonly resizeByKey = (event: KeyboardEvent): void => {
    const forward = getComputedStyle(this).direction === "rtl" ? -WIDTH_STEP : WIDTH_STEP;
    const step = { ArrowRight: forward, ArrowLeft: -forward }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.setWidth(this.width.peek() + step);
  };

  /** Changes the width, in pixels. */
  widen(steps: number): void {
    this.setWidth(this.width.peek() + steps * 3 * WIDTH_STEP);
  }

  private setWidth(pixels: number): void {
    this.width.value = Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, Math.round(pixels)));
  }
}

customElements.define("pl-tree", FolderTree);
