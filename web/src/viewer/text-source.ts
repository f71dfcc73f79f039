// Reads a text file in pieces by ranges of bytes.

/** Bytes of one piece. */
export const PIECE = 512 * 1024;
/** Bytes that are asked for again, to see that the file was appended to and not replaced. */
const OVERLAP = 64;

export interface Piece {
  /** first byte, and the one after the last */
  from: number;
  to: number;
  text: string;
}

export type Grown = { kind: "same" } | { kind: "more"; piece: Piece } | { kind: "replaced" };

/** A refusal of the server, or an answer that cannot be read. */
export class TextRefusal extends Error {
  constructor(readonly status: number) {
    super(String(status));
  }
}

export class TextSource {
  /** size of the file, as the last answer told */
  size = 0;
  /** the character encoding, a label of the Encoding standard */
  encoding = "utf-8";
  /** whether the first piece has bytes that no text has */
  isBinary = false;
  private tail: Uint8Array = new Uint8Array();
  private tailEnd = -1;

  /** `encoding`: chosen by the visitor; undefined: found from the first piece. */
  constructor(
    private readonly url: string,
    encoding?: string,
  ) {
    if (encoding !== undefined) this.encoding = encoding;
    this.detects = encoding === undefined;
  }

  private readonly detects: boolean;

  /** Reads the piece that begins at byte `from`; it ends with a line if one ends in it. */
  async after(from: number, signal: AbortSignal): Promise<Piece> {
    const bytes = await this.bytes(from, from + PIECE, signal);
    if (from === 0) this.detect(bytes);
    const isLast = from + bytes.length >= this.size;
    const length = isLast ? bytes.length : cutBehindLine(bytes, this.encoding);
    if (isLast) this.remember(bytes, this.size);
    return this.piece(from, bytes.subarray(0, length));
  }

  /** Reads the piece that ends at byte `to`; it begins with a line. */
  async before(to: number, signal: AbortSignal): Promise<Piece> {
    const wanted = Math.max(0, to - PIECE);
    const start = isWide(this.encoding) ? wanted - (wanted % 2) : wanted;
    const bytes = await this.bytes(start, to, signal);
    const skip = start === 0 ? 0 : lineStart(bytes, this.encoding);
    if (start + bytes.length >= this.size) this.remember(bytes, this.size);
    return this.piece(start + skip, bytes.subarray(skip));
  }

  /** Asks what was appended since the end was read. At most one piece is read. */
  async grown(signal: AbortSignal): Promise<Grown> {
    const end = this.tailEnd;
    const from = Math.max(0, end - this.tail.length);
    // At least one byte: of an empty file, no range can be satisfied.
    const bytes = await this.bytes(from, end + PIECE, signal);
    if (this.size < end || !startsWith(bytes, this.tail)) return { kind: "replaced" };
    if (this.size === end) return { kind: "same" };
    const fresh = bytes.subarray(end - from);
    this.remember(bytes, from + bytes.length);
    return { kind: "more", piece: this.piece(end, fresh) };
  }

  private piece(from: number, bytes: Uint8Array): Piece {
    return {
      from,
      to: from + bytes.length,
      text: new TextDecoder(this.encoding).decode(bytes).replace(/\0/g, "\u2400"),
    };
  }

  private remember(bytes: Uint8Array, end: number): void {
    this.tail = bytes.slice(Math.max(0, bytes.length - OVERLAP));
    this.tailEnd = end;
  }

  private async bytes(from: number, to: number, signal: AbortSignal): Promise<Uint8Array> {
    const headers = { Range: `bytes=${from}-${to - 1}` };
    // A kept answer would hide that the file has grown.
    const response = await fetch(this.url, { headers, signal, cache: "no-store" });
    if (response.status === 416) {
      this.size = Number(/\/(\d+)$/.exec(response.headers.get("Content-Range") ?? "")?.[1] ?? 0);
      return new Uint8Array();
    }
    if (!response.ok) throw new TextRefusal(response.status);
    if (response.status === 206) {
      this.size = Number(/\/(\d+)$/.exec(response.headers.get("Content-Range") ?? "")?.[1] ?? to);
      return new Uint8Array(await response.arrayBuffer());
    }
    // The whole file, from something that knows no ranges: only the wanted part is kept.
    this.size = Number(response.headers.get("Content-Length") ?? 0);
    return partOf(response, from, to);
  }

  private detect(bytes: Uint8Array): void {
    if (this.detects) this.encoding = encodingOf(bytes);
    this.isBinary = !isWide(this.encoding) && bytes.subarray(0, 8192).includes(0);
  }
}

const isWide = (encoding: string): boolean => encoding.startsWith("utf-16");

/** Returns the encoding of a text by its first bytes: a mark at its beginning, UTF-8 if it is, else that of western Windows. */
export function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  try {
    // The last character may be cut.
    new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, characterEnd(bytes, bytes.length)));
    return "utf-8";
  } catch {
    return "windows-1252";
  }
}

/** Returns how many of the bytes end with a line, or at least with a character. */
export function cutBehindLine(bytes: Uint8Array, encoding: string): number {
  if (isWide(encoding)) {
    const low = encoding === "utf-16le" ? 0 : 1;
    for (let at = bytes.length - (bytes.length % 2) - 2; at >= 0; at -= 2) {
      if (bytes[at + low] === 10 && bytes[at + 1 - low] === 0) return at + 2;
    }
    return bytes.length - (bytes.length % 2);
  }
  const line = bytes.lastIndexOf(10);
  return line >= 0 ? line + 1 : characterEnd(bytes, bytes.length);
}

/** Returns where the first whole line begins, or at least the first whole character. */
export function lineStart(bytes: Uint8Array, encoding: string): number {
  if (isWide(encoding)) return cutWideStart(bytes, encoding);
  const line = bytes.indexOf(10);
  if (line >= 0 && line + 1 < bytes.length) return line + 1;
  let start = 0;
  while (start < 4 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  return start;
}

function cutWideStart(bytes: Uint8Array, encoding: string): number {
  const low = encoding === "utf-16le" ? 0 : 1;
  for (let at = 0; at + 3 < bytes.length; at += 2) {
    if (bytes[at + low] === 10 && bytes[at + 1 - low] === 0) return at + 2;
  }
  return 0;
}

/** Returns the end of the last whole UTF-8 character before `end`. */
function characterEnd(bytes: Uint8Array, end: number): number {
  let start = end - 1;
  while (start >= 0 && end - start < 4 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start--;
  const first = bytes[start] ?? 0;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  return start >= 0 && start + length > end ? start : end;
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return bytes.length >= start.length && start.every((byte, at) => bytes[at] === byte);
}

async function partOf(response: Response, from: number, to: number): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  const part = new Uint8Array(to - from);
  let [position, filled] = [0, 0];
  while (reader && position < to) {
    const { done, value } = await reader.read();
    if (done) break;
    const chunk = value.subarray(Math.max(0, from - position), Math.max(0, to - position));
    part.set(chunk, filled);
    filled += chunk.length;
    position += value.length;
  }
  await reader?.cancel();
  return part.subarray(0, filled);
}
