// Opens the browser's choosers. Their inputs are part of the page: some browsers forget a chooser whose input is not.
import type { Picked } from "./picked.ts";

/** What is chosen: files, a folder, a photo taken now; or files that are looked for on the server. */
export type ChooseKind = "files" | "folder" | "camera" | "find";

const KINDS: readonly ChooseKind[] = ["files", "folder", "camera", "find"];

/** True on devices whose main pointer is a finger: they have a camera, and no folders. */
export const isHandheld = (): boolean => matchMedia("(pointer: coarse)").matches;

export class Choosers {
  private readonly inputs = new Map<ChooseKind, HTMLInputElement>();

  /** `chosen` is called with what was chosen. */
  constructor(chosen: (picked: Picked, kind: ChooseKind) => void) {
    for (const kind of KINDS) {
      const input = document.createElement("input");
      input.type = "file";
      input.id = `choose-${kind}`;
      input.style.display = "none";
      input.multiple = true;
      input.webkitdirectory = kind === "folder";
      if (kind === "camera") {
        input.accept = "image/*";
        input.setAttribute("capture", "environment");
      }
      input.addEventListener("change", () => {
        const files = [...(input.files ?? [])];
        // Reset, so that choosing the same files again fires an event.
        input.value = "";
        if (files.length > 0) chosen({ entries: [], files }, kind);
      });
      document.body.append(input);
      this.inputs.set(kind, input);
    }
  }

  open(kind: ChooseKind): void {
    this.inputs.get(kind)?.click();
  }
}
