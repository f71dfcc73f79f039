// Creates empty folders. Uploads create their own target folders, but an empty folder has no upload.
import { ConnectionLost, type Transport } from "./transport.ts";

export interface Folder {
  /** URL of the parent folder, encoded, with a trailing slash */
  above: string;
  name: string;
}

/** Maximum number of concurrent requests. */
const MAX_REQUESTS = 4;

const TRIES = 3;

/** Creates `folders` with missing parents; existing ones count as created. Resolves to the number that could not be created. */
export async function makeFolders(post: Transport, folders: readonly Folder[], pause = 1000): Promise<number> {
  const left = [...folders];
  let failed = 0;
  const work = async (): Promise<void> => {
    for (let folder = left.shift(); folder; folder = left.shift()) {
      if (!(await makeFolder(post, folder, pause))) failed++;
    }
  };
  await Promise.all(Array.from({ length: MAX_REQUESTS }, work));
  return failed;
}

async function makeFolder(post: Transport, { above, name }: Folder, pause: number): Promise<boolean> {
  const boundary = `folder-${Math.random().toString(36).slice(2)}`;
  const field = (key: string, value: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`;
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      const { status } = await post({
        url: above,
        headers: { "Content-Type": `multipart/form-data; boundary=${boundary}` },
        body: `${field("act", "mkdir")}${field("name", name)}--${boundary}--\r\n`,
        signal: new AbortController().signal,
        stall: 30_000,
      });
      // 405: the folder exists.
      if (status < 300 || status === 405) return true;
      if (status !== 429 && status < 500) return false;
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
    }
    if (tries + 1 < TRIES) await new Promise((go) => setTimeout(go, pause * 2 ** tries));
  }
  return false;
}
