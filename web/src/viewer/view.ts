// What the viewer and what it shows have in common.
import type { ReadonlySignal } from "@preact/signals-core";
import type { Hotkey } from "../browse/hotkeys.ts";

/** Something that can be done with what is shown: a button, or an entry of the menu. */
export interface Tool {
  id: string;
  label: string;
  icon: string;
  /** the key, as the menu shows it */
  hint?: string;
  /** set: it is on or off */
  pressed?: boolean;
  bad?: boolean;
  run: (anchor: Element) => void;
}

/** One file as it is shown. */
export interface FileView {
  readonly element: HTMLElement;
  /** tools for this kind of file */
  readonly tools: ReadonlySignal<readonly Tool[]>;
  readonly keys: readonly Hotkey[];
  /** width and height in pixels, once they are known */
  readonly pixels?: ReadonlySignal<Pixels | undefined>;
  /** resolves when the file is shown, or has failed; slide shows wait for it, and a film for its end */
  readonly done?: Promise<void>;
  /** Gives the focus to what scrolls, if something does. */
  focus?: () => void;
  destroy: () => void;
}

export interface Pixels {
  width: number;
  height: number;
}
