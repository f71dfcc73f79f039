// Finds the next folder of the tree that has songs.

import { readListing } from "../api/listing-stream.ts";
import type { App } from "../browse/app.ts";
import { inOrder } from "../browse/order.ts";
import type { Row } from "../browse/rows.ts";
import { encodeName } from "../up2k/urls.ts";
import { foldersFrom } from "./folders.ts";
import { type Song, songsOf } from "./song.ts";

/** Returns the rows of a folder, in the order of the list. Rejects if it cannot be loaded. */
async function rowsOf(app: App, path: string): Promise<readonly Row[]> {
  const response = await app.api.folderLines(path, { dots: app.view.value.peek().dots });
  const { entries } = await readListing(response);
  return inOrder(entries, app.view.order.peek());
}

/** Returns the songs of a folder, in the order of the list; none if it cannot be loaded. */
export async function songsIn(app: App, path: string): Promise<Song[]> {
  try {
    return songsOf(await rowsOf(app, path), path, app.base);
  } catch {
    return [];
  }
}

async function foldersIn(app: App, path: string): Promise<readonly string[]> {
  try {
    const { folders } = await app.api.tree(path, path);
    return folders.map((folder) => `${path}${folder.encoded ?? encodeName(folder.name)}/`);
  } catch {
    return [];
  }
}

/** Returns the songs of the next folder that has some (of the one before: `step` -1), wherever it is; undefined if there is none. */
export async function findFolder(
  app: App,
  after: string,
  step: 1 | -1,
): Promise<{ path: string; songs: Song[] } | undefined> {
  for await (const path of foldersFrom(after, step, (folder) => foldersIn(app, folder))) {
    const songs = await songsIn(app, path);
    if (songs.length > 0) return { path, songs };
  }
  return undefined;
}
