// Classifies error responses by what the client does next. up2k clients match the server's text, because proxies and old
// servers use different status codes (docs/up2k.md "error catalogue").
import type { Answer } from "./transport.ts";

export type ErrorKind =
  /** retry automatically after a pause */
  | "again"
  /** repeat the handshake, then continue */
  | "handshake"
  /** repeat the handshake, then send chunks without stitching */
  | "single"
  /** the server received other bytes than were hashed */
  | "corrupt"
  /** the request was too large for the server or a proxy */
  | "large"
  /** the file exists, and the rules say to keep it */
  | "exists"
  /** the account lacks permission */
  | "denied"
  /** permanent error */
  | "refused";

export class ServerError extends Error {
  constructor(
    readonly kind: ErrorKind,
    message: string,
    /** milliseconds the server asks to wait, if it does */
    readonly wait?: number,
  ) {
    super(message);
  }
}

/** Returns the server's sentence without markup and the trailing URL, 300 characters at most. */
export function serverText(text: string): string {
  const end = text.lastIndexOf("\nURL: ");
  const plain = (end < 0 ? text : text.slice(0, end))
    .replace(/^\s*<pre>/, "")
    .replace(/<\/?[a-z][^>]*>/gi, " ")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, "&")
    .trim();
  return plain.length > 300 ? `${plain.slice(0, 300)}…` : plain;
}

const BY_TEXT: readonly (readonly [start: string, kind: ErrorKind])[] = [
  ["unknown wark", "handshake"],
  ["subchunk protocol error", "handshake"],
  ["next sibling chunk", "single"],
  ["only sibling chunks", "single"],
  ["unknown chunk", "single"],
  ["that chunk is already being written to", "single"],
  ["your chunk got corrupted", "corrupt"],
  ["your client is sending", "corrupt"],
  ["your chunk is too big", "corrupt"],
  ["partial upload exists", "again"],
  ["source file busy", "again"],
  ["upload rejected", "exists"],
];

/** Classifies a response that is not a success. */
export function classifyError({ status, text }: Answer): ServerError {
  const message = serverText(text);
  for (const [start, kind] of BY_TEXT) if (message.startsWith(start)) return new ServerError(kind, message);
  const limit = /rate-limit (\d+(?:\.\d+)?)/.exec(message);
  if (limit) return new ServerError("again", message, Math.min(60, Number(limit[1])) * 1000);
  if (status === 413) return new ServerError("large", message);
  if (status === 401 || status === 403) return new ServerError("denied", message);
  if (status === 409) return new ServerError("exists", message);
  if (status === 408 || status === 410 || status === 425 || status === 429 || status >= 500) {
    return new ServerError("again", message || `status ${status}`);
  }
  return new ServerError("refused", message || `status ${status}`);
}
