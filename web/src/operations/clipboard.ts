// Files that were cut or copied: kept in the browser, so that they can be pasted in another tab of the same site.
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals-core";
import { readStored, store } from "../browse/preferences.ts";

export interface Clip {
  kind: "move" | "copy";
  /** percent-encoded, without slashes at their ends */
  paths: readonly string[];
  /** whether all of them are files */
  files: boolean;
}

const NONE: ReadonlySet<string> = new Set();

export class FileClipboard {
  readonly clip: Signal<Clip | undefined>;
  /** paths of what was cut: shown pale */
  readonly cut: ReadonlySignal<ReadonlySet<string>>;
  private readonly key: string;

  /** `base`: the path that the server is hosted under; another server on the same host has another clipboard. */
  constructor(base: string) {
    this.key = `potluck.clip:${base}`;
    this.clip = signal(this.read());
    this.cut = computed(() => {
      const clip = this.clip.value;
      return clip?.kind === "move" ? new Set(clip.paths) : NONE;
    });
    window.addEventListener("storage", (event) => {
      if (event.key === this.key || event.key === null) this.clip.value = this.read();
    });
  }

  set(clip: Clip | undefined): void {
    this.clip.value = clip;
    store(this.key, clip);
  }

  private read(): Clip | undefined {
    const clip = readStored<Clip>(this.key);
    const isClip = Array.isArray(clip?.paths) && (clip.kind === "move" || clip.kind === "copy");
    return isClip && clip.paths.length > 0 ? clip : undefined;
  }
}
