// Dragging rows onto folders: in the list, the grid, the tree and the path. With Ctrl they are copied; Escape ends it.

import { t } from "../../kit/words.ts";
import { withoutSlash } from "../browse/place.ts";
import { readStored, store } from "../browse/preferences.ts";
import type { Row } from "../browse/rows.ts";
import type { Clip } from "./clipboard.ts";
import type { Operations } from "./operations.ts";
import { shownOf } from "./report.ts";

/** What is dragged, for other tabs of the site. */
const TYPE = "application/x-potluck-files";
/** Milliseconds over a folder of the tree after which it opens. */
const OPEN_MS = 700;
/** Where a tab keeps the secret of its drag, so that no page of another site can have files moved. */
const SECRET_KEY = "potluck.drag";

interface Target {
  element: HTMLElement;
  /** percent-encoded, with a slash at its end */
  path: string;
}

export function addDrag(operations: Operations): void {
  new Drag(operations).listen();
}

class Drag {
  private rows: readonly Row[] = [];
  private paths: ReadonlySet<string> = new Set();
  private target: Target | undefined;
  private timer = 0;
  private isTouch = false;

  constructor(private readonly operations: Operations) {}

  listen(): void {
    document.addEventListener("pointerdown", (event) => {
      this.isTouch = event.pointerType !== "mouse";
    });
    document.addEventListener("dragstart", (event) => this.start(event));
    document.addEventListener("dragenter", (event) => this.over(event));
    document.addEventListener("dragover", (event) => this.over(event));
    document.addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) this.mark(undefined);
    });
    document.addEventListener("drop", (event) => void this.drop(event));
    document.addEventListener("dragend", () => this.end());
  }

  private start(event: DragEvent): void {
    const { app } = this.operations;
    const row = this.rowAt(event.target);
    if (!row || !event.dataTransfer) return;
    // A long press of a finger selects.
    if (this.isTouch) event.preventDefault();
    const rows = app.selection.has(row) ? app.selection.rows.peek() : [row];
    const [mayMove, mayCopy] = [this.operations.may("move", rows), this.operations.may("copy", rows)];
    if (this.isTouch || (!mayMove && !mayCopy)) return;
    this.rows = rows;
    const paths = this.operations.pathsOf(rows);
    this.paths = new Set(paths);
    const clip: Clip = { kind: mayMove ? "move" : "copy", paths, files: rows.every(({ kind }) => kind === "file") };
    const secret = String(Math.random());
    store(SECRET_KEY, secret);
    event.dataTransfer.setData(TYPE, JSON.stringify({ ...clip, secret }));
    event.dataTransfer.effectAllowed = mayMove && mayCopy ? "copyMove" : mayMove ? "move" : "copy";
    this.showImage(event.dataTransfer);
  }

  /** What hangs at the pointer: how many are dragged. */
  private showImage(transfer: DataTransfer): void {
    const image = document.createElement("div");
    image.className = "drag-image";
    const { kind, values } = shownOf(this.rows);
    image.textContent = t(`drag.${kind}`, values);
    document.body.append(image);
    transfer.setDragImage(image, -12, -8);
    setTimeout(() => image.remove());
  }

  private rowAt(target: EventTarget | null): Row | undefined {
    const element = target instanceof Element ? target : (target as Node | null)?.parentElement;
    const index = element?.closest<HTMLElement>("pl-list [data-index], pl-grid [data-index]")?.dataset.index;
    return index === undefined ? undefined : this.operations.app.rows.peek()[Number(index)];
  }

  private over(event: DragEvent): void {
    if (!event.dataTransfer?.types.includes(TYPE)) return;
    const target = this.targetAt(event.target);
    this.mark(target);
    if (!target) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = this.kindOf(event);
  }

  private kindOf(event: DragEvent): Clip["kind"] {
    const allowed = event.dataTransfer?.effectAllowed;
    return allowed === "copy" || ((event.ctrlKey || event.altKey) && allowed !== "move") ? "copy" : "move";
  }

  private targetAt(from: EventTarget | null): Target | undefined {
    const element = from instanceof Element ? from : undefined;
    const target = this.folderAt(element);
    if (!target) return undefined;
    const plain = withoutSlash(target.path);
    const isInside = [...this.paths].some((path) => plain === path || plain.startsWith(`${path}/`));
    return isInside || !this.operations.mayAddTo(target.path) ? undefined : target;
  }

  private folderAt(from: Element | undefined): Target | undefined {
    const { app } = this.operations;
    const inTree = from?.closest<HTMLElement>("pl-tree [data-path]");
    if (inTree) return { element: inTree, path: inTree.dataset.path ?? "/" };
    const crumb = from?.closest<HTMLAnchorElement>("pl-crumbs a");
    if (crumb) return { element: crumb, path: app.api.pathOf(crumb.href) };
    const row = this.rowAt(from ?? null);
    const element = from?.closest<HTMLElement>("[data-index]");
    return row?.kind === "folder" && element ? { element, path: `${app.pathOf(row)}/` } : undefined;
  }

  private mark(target: Target | undefined): void {
    if (target?.element === this.target?.element) return;
    clearTimeout(this.timer);
    this.target?.element.removeAttribute("data-drop");
    target?.element.setAttribute("data-drop", "");
    this.target = target;
    if (target?.element.closest("pl-tree")) {
      this.timer = setTimeout(() => void this.operations.tree.expand(target.path), OPEN_MS) as unknown as number;
    }
  }

  private async drop(event: DragEvent): Promise<void> {
    if (!event.dataTransfer?.types.includes(TYPE)) return;
    const target = this.targetAt(event.target);
    const [kind, rows] = [this.kindOf(event), this.rows];
    const text = event.dataTransfer.getData(TYPE);
    this.end();
    if (!target) return;
    event.preventDefault();
    const { relocate, relocateFromElsewhere } = await import("./relocate.ts");
    if (rows.length > 0) await relocate(this.operations, rows, kind, target.path);
    else {
      const { paths, files, secret } = JSON.parse(text) as Clip & { secret: string };
      if (secret === readStored(SECRET_KEY))
        await relocateFromElsewhere(this.operations, { kind, paths, files }, target.path);
    }
  }

  private end(): void {
    this.mark(undefined);
    this.rows = [];
    this.paths = new Set();
  }
}
