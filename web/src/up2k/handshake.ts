// The handshake: announces a file to the server; the reply names its path and the chunks still missing.
// Repeating it resumes an upload, verifies it, and keeps it from expiring. Source: docs/up2k.md "handshake".

import { classifyError, ServerError } from "./server-error.ts";
import type { Answer, Transport } from "./transport.ts";

/** What the server does when the name is taken by a file with other content. */
export type WhenTaken = "ask" | "keep" | "skip" | "older" | "replace";

/** The protocol's values for `WhenTaken`. To ask is to have the server refuse first; then the visitor decides. */
const REPLACE: Record<WhenTaken, true | string | undefined> = {
  ask: "skip",
  keep: undefined,
  skip: "skip",
  older: "mt",
  replace: true,
};

export interface HandshakeRequest {
  name: string;
  size: number;
  /** milliseconds since 1970 */
  modified: number;
  hashes: readonly string[];
  whenTaken: WhenTaken;
  /** the file gets the time of its arrival */
  undated?: boolean;
  /** seconds after which the server deletes the file; 0 or undefined: as the folder says, which is the longest */
  lifetime?: number | undefined;
  /** the server chooses a name */
  random?: boolean;
  /** the file, of one chunk: it may be sent at once, see `HandshakeReply.received` */
  content?: Uint8Array<ArrayBuffer> | undefined;
  /** called with the bytes of `content` sent so far */
  progress?: (bytes: number) => void;
}

export interface HandshakeReply {
  /** name of the finished file; may differ from the requested one */
  name: string;
  /** its folder, not encoded, with slashes at both ends; absent from servers of the first generation */
  purl: string | undefined;
  wark: string;
  /** missing hashes, each once; empty = the file is complete and verified */
  missing: string[];
  /** false: chunks must be sent one at a time, in order */
  anyOrder: boolean;
  /** file key for links, in volumes that use them */
  key: string | undefined;
  /** `content` was missing, and has been received */
  received: boolean;
}

/**
 * Returns the timeout of a handshake in milliseconds. Deduplication may read the server's copy again; docs/up2k.md section 13 has
 * the figures.
 */
export function handshakeTimeout(size: number): number {
  return 42_000 + size / 20_000;
}

export async function handshake(
  post: Transport,
  url: string,
  request: HandshakeRequest,
  signal: AbortSignal,
): Promise<HandshakeReply> {
  const body = JSON.stringify({
    name: request.name,
    size: request.size,
    // The older of two files is found by their dates.
    lmod: request.undated && request.whenTaken !== "older" ? undefined : request.modified / 1000,
    life: request.lifetime ?? 0,
    hash: request.hashes,
    replace: REPLACE[request.whenTaken],
    rand: request.random || undefined,
  });
  const answer = await post({
    url,
    headers: { "Content-Type": "application/json" },
    body,
    signal,
    stall: handshakeTimeout(request.size),
    ...(request.content && { content: request.content, progress: request.progress }),
  });
  if (answer.status !== 200) throw classifyError(answer);
  return parse(answer);
}

function parse({ text, received = false }: Answer): HandshakeReply {
  let raw: Record<string, unknown>;
  try {
    raw = JSON.parse(text) as Record<string, unknown>;
  } catch {
    // Most likely a captive portal or a proxy's error page, which is usually temporary.
    throw new ServerError("again", "the answer did not come from the file server");
  }
  const { name, wark, hash, purl, sprs, fk } = raw;
  if (typeof name !== "string" || typeof wark !== "string" || !Array.isArray(hash)) {
    throw new ServerError("refused", "the server's answer made no sense");
  }
  return {
    name,
    wark,
    missing: hash.filter((h): h is string => typeof h === "string"),
    purl: typeof purl === "string" ? purl : undefined,
    anyOrder: sprs !== false,
    key: typeof fk === "string" && fk !== "" ? fk : undefined,
    received,
  };
}
