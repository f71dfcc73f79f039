// Creates empty folders. Uploads create their own target folders, but an empty folder has no upload.
import { Api, asError } from "../api/client.ts";
import type { PathRequest } from "../api/types.gen.ts";
import { ConnectionLost, type Transport } from "./transport.ts";
import { encodeName } from "./urls.ts";

export interface Folder {
  /** URL of the parent folder, encoded, with a trailing slash */
  above: string;
  name: string;
}

/** Maximum number of concurrent requests. */
const MAX_REQUESTS = 4;

const TRIES = 3;

/**
 * Creates `folders` with missing parents; existing ones count as created. `base`: the path the server is hosted under. Resolves
 * to the number that could not be created.
 */
export async function makeFolders(
  post: Transport,
  base: string,
  folders: readonly Folder[],
  pause = 1000,
): Promise<number> {
  const left = [...folders];
  let failed = 0;
  const work = async (): Promise<void> => {
    for (let folder = left.shift(); folder; folder = left.shift()) {
      if (!(await makeFolder(post, base, folder, pause))) failed++;
    }
  };
  await Promise.all(Array.from({ length: MAX_REQUESTS }, work));
  return failed;
}

async function makeFolder(post: Transport, base: string, { above, name }: Folder, pause: number): Promise<boolean> {
  const api = new Api(base);
  const path = above.slice(base.length) + encodeName(name);
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      const { status, text } = await post({
        url: api.url("make-folder"),
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ path } satisfies PathRequest),
        signal: new AbortController().signal,
        stall: 30_000,
      });
      if (status < 300) return true;
      const error = asError(text);
      if (error?.code === "exists") return error.existing !== "file";
      if (status !== 429 && status < 500) return false;
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
    }
    if (tries + 1 < TRIES) await new Promise((go) => setTimeout(go, pause * 2 ** tries));
  }
  return false;
}
