// Which part of a text file is in the page: pieces that follow each other, up to a bound; more of it is loaded at either end.
import { signal } from "@preact/signals-core";
import { prettyJson } from "./pretty-json.ts";
import { type Piece, TextRefusal, type TextSource } from "./text-source.ts";

/** Most bytes in the page: beyond, pieces at the other end are removed. */
const LOADED_MAX = 8 << 20;

/** What shows the text. Positions are those of the shown text. */
export interface TextTarget {
  /** Replaces all; `firstLine`: number of the first line, undefined: not known. Returns the length as it is shown. */
  replace: (text: string, firstLine: number | undefined) => Added;
  append: (text: string) => Added;
  prepend: (text: string) => Added;
  removeStart: (length: number, lines: number) => void;
  removeEnd: (length: number) => void;
  scrollToEnd: () => void;
  isAtEnd: () => boolean;
}

export interface Added {
  length: number;
  lines: number;
}

interface Part extends Added {
  bytes: number;
  text: string;
}

export interface BufferState {
  from: number;
  to: number;
  size: number;
}

export class TextBuffer {
  /** the bytes in the page, and the size of the file */
  readonly state = signal<BufferState>({ from: 0, to: 0, size: 0 });
  readonly encoding = signal("utf-8");
  private parts: Part[] = [];
  private abort = new AbortController();
  private isReading = false;
  private closed = false;

  constructor(
    readonly source: TextSource,
    private readonly target: TextTarget,
  ) {
    this.encoding.value = source.encoding;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  get isWhole(): boolean {
    const { from, to, size } = this.state.peek();
    return from === 0 && to >= size;
  }

  async fromStart(): Promise<void> {
    const signal = this.restart();
    const piece = await this.source.after(0, signal);
    if (!signal.aborted) this.replaceBy(piece, 1);
  }

  async toEnd(): Promise<void> {
    const { from, to, size } = this.state.peek();
    if (to < size || size === 0 || from > 0) {
      const signal = this.restart();
      // The file may have grown: its size is only known by asking.
      const end = Math.max(1, size);
      let piece = await this.source.before(end, signal);
      if (this.source.size > end) piece = await this.source.before(this.source.size, signal);
      if (signal.aborted) return;
      this.replaceBy(piece, piece.from === 0 ? 1 : undefined);
    }
    this.target.scrollToEnd();
  }

  /** Loads a piece at one end, unless one is being loaded. */
  async more(where: "before" | "after"): Promise<void> {
    const { from, to, size } = this.state.peek();
    if (this.isReading || this.closed || (where === "before" ? from === 0 : to >= size)) return;
    const { signal } = this.abort;
    this.isReading = true;
    try {
      const piece = where === "before" ? await this.source.before(from, signal) : await this.source.after(to, signal);
      if (signal.aborted) return;
      if (where === "before") this.addBefore(piece);
      else this.addAfter(piece);
    } finally {
      this.isReading = false;
    }
  }

  /** Adds what was appended to the file. One that was replaced by another is shown from its end. */
  async grow(): Promise<void> {
    const { signal } = this.abort;
    const grown = await this.source.grown(signal);
    if (signal.aborted || grown.kind === "same") return;
    if (grown.kind === "replaced" || this.source.size > grown.piece.to) {
      this.state.value = { from: 0, to: 0, size: this.source.size };
      await this.toEnd();
      return;
    }
    const wasAtEnd = this.target.isAtEnd();
    this.addAfter(grown.piece);
    if (wasAtEnd) this.target.scrollToEnd();
  }

  private restart(): AbortSignal {
    this.abort.abort();
    this.abort = new AbortController();
    this.isReading = false;
    return this.abort.signal;
  }

  private replaceBy(piece: Piece, firstLine: number | undefined): void {
    this.parts = [{ ...this.target.replace(piece.text, firstLine), bytes: piece.to - piece.from, text: piece.text }];
    this.encoding.value = this.source.encoding;
    this.state.value = { from: piece.from, to: piece.to, size: this.source.size };
  }

  private addAfter(piece: Piece): void {
    this.parts.push({ ...this.target.append(piece.text), bytes: piece.to - piece.from, text: piece.text });
    let { from } = this.state.peek();
    while (this.parts.length > 1 && piece.to - from > LOADED_MAX) {
      const gone = this.parts.shift() as Part;
      this.target.removeStart(gone.length, gone.lines);
      from += gone.bytes;
    }
    this.state.value = { from, to: piece.to, size: this.source.size };
  }

  private addBefore(piece: Piece): void {
    this.parts.unshift({ ...this.target.prepend(piece.text), bytes: piece.to - piece.from, text: piece.text });
    let { to } = this.state.peek();
    while (this.parts.length > 1 && to - piece.from > LOADED_MAX) {
      const gone = this.parts.pop() as Part;
      this.target.removeEnd(gone.length);
      to -= gone.bytes;
    }
    this.state.value = { from: piece.from, to, size: this.source.size };
  }

  /** Shows JSON formatted. Returns false if it is none, or not all of it is here. */
  showPretty(): boolean {
    const pretty = this.isWhole ? prettyJson(this.parts.map(({ text }) => text).join("")) : undefined;
    if (pretty !== undefined) this.target.replace(pretty, 1);
    return pretty !== undefined;
  }

  showPlain(): boolean {
    const text = this.parts.map((part) => part.text).join("");
    this.parts = [{ ...this.target.replace(text, 1), bytes: this.state.peek().to, text }];
    return true;
  }

  /** Returns what to say of a failure. */
  failureText(error: unknown, lost: string, gone: string): string {
    return error instanceof TextRefusal && error.status === 404 ? gone : lost;
  }

  close(): void {
    this.closed = true;
    this.abort.abort();
  }
}
