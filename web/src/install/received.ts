// Files that another app shared with the installed page. The service worker keeps them until the page takes them.

/** Name of the browser's cache that holds them. */
export const CACHE = "potluck-shared";
/** Last part of the address that the system sends them to; the server's manifest names it. */
export const ACTION = "/.potluck/share";
/** Header with the percent-encoded name of a kept file. */
const NAME = "x-name";
const MODIFIED = "x-modified";

/** Keeps files. `origin`: scheme, host and port of the page, for the keys of the cache. */
export async function keepFiles(cache: Cache, files: readonly File[], origin: string): Promise<void> {
  const started = Date.now();
  for (const [at, file] of files.entries()) {
    const headers = {
      [NAME]: encodeURIComponent(file.name),
      [MODIFIED]: String(file.lastModified),
      "content-type": file.type,
    };
    await cache.put(`${origin}/shared/${started}/${at}`, new Response(file, { headers }));
  }
}

/** Takes the kept files out of the cache, in the order in which they came. */
export async function takeFiles(cache: Cache): Promise<File[]> {
  const files: File[] = [];
  for (const request of await cache.keys()) {
    const response = await cache.match(request);
    if (response) files.push(await fileOf(response));
    await cache.delete(request);
  }
  return files;
}

async function fileOf(response: Response): Promise<File> {
  const content = await response.blob();
  const name = decodeURIComponent(response.headers.get(NAME) ?? "file");
  const lastModified = Number(response.headers.get(MODIFIED) ?? 0);
  return new File([content], name, { type: content.type, lastModified });
}
