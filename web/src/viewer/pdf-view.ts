// A PDF in the browser's own viewer, in a frame.
import { signal } from "@preact/signals-core";
import { shownName } from "../../kit/names.ts";
import type { App } from "../browse/app.ts";
import type { FileRow } from "../browse/rows.ts";
import type { FileView, Tool } from "./view.ts";

/** Whether the browser shows PDF in frames. Those of phones do not, or only the first page. */
export function showsPdf(): boolean {
  const { pdfViewerEnabled } = navigator as Navigator & { pdfViewerEnabled?: boolean };
  const isPhone = matchMedia("(pointer: coarse) and (hover: none)").matches;
  return (pdfViewerEnabled ?? !isPhone) && !isPhone;
}

export class PdfView implements FileView {
  readonly element = document.createElement("iframe");
  readonly tools = signal<readonly Tool[]>([]);
  readonly keys = [];

  constructor(app: App, row: FileRow) {
    this.element.className = "viewer-pdf";
    this.element.title = shownName(row.name);
    this.element.src = app.hrefOf(row);
  }

  destroy(): void {
    this.element.remove();
  }
}
