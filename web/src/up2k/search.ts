// Asks whether the server has files with the same content. Nothing is uploaded. Source: docs/up2k.md "search".
import { handshakeTimeout } from "./handshake.ts";
import { classifyError, ServerError } from "./server-error.ts";
import type { Transport } from "./transport.ts";

/** A file of the server with the same content. */
export interface Hit {
  /** path, percent-encoded, without a slash at its start; may have a file key */
  path: string;
  /** milliseconds since 1970 */
  modified: number;
}

export interface Question {
  name: string;
  size: number;
  /** milliseconds since 1970 */
  modified: number;
  hashes: readonly string[];
}

/** Returns the files with that content that the visitor may read. Rejects with `ServerError`, `ConnectionLost` or the signal's reason. */
export async function findSame(post: Transport, url: string, question: Question, signal: AbortSignal): Promise<Hit[]> {
  const { name, size, modified, hashes } = question;
  const answer = await post({
    url,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name, size, lmod: modified / 1000, life: 0, hash: hashes, srch: 1 }),
    signal,
    stall: handshakeTimeout(size),
  });
  if (answer.status !== 200) throw classifyError(answer);
  return parse(answer.text);
}

function parse(text: string): Hit[] {
  let raw: { hits?: unknown };
  try {
    raw = JSON.parse(text) as { hits?: unknown };
  } catch {
    throw new ServerError("again", "the answer did not come from the file server");
  }
  if (!Array.isArray(raw.hits)) throw new ServerError("refused", "the server's answer made no sense");
  return raw.hits.flatMap((hit: { rp?: unknown; ts?: unknown } | null) =>
    typeof hit?.rp === "string" && typeof hit.ts === "number" ? { path: hit.rp, modified: hit.ts * 1000 } : [],
  );
}
