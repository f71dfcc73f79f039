// Uploads what another app shared with the installed page: photos from a phone's gallery, for example.
import { effect } from "@preact/signals-core";
import { t } from "../../kit/words.ts";
import type { App } from "../browse/app.ts";
import { chooseFolder } from "../operations/folder-picker.ts";
import type { Operations } from "../operations/operations.ts";
import type { Uploads } from "../uploads/folder-page.ts";
import { CACHE, takeFiles } from "./received.ts";

/** Takes the files; asks for a folder if there are several to choose from. What is not placed is forgotten. */
export async function takeShared(operations: Operations, uploads: Uploads): Promise<void> {
  const { app } = operations;
  app.router.replace({});
  const files = await takeFiles(await caches.open(CACHE));
  if (files.length === 0) return app.notices.show({ text: t("shared.none"), bad: true });
  const folder = await targetOf(operations, files.length);
  if (folder === undefined) return app.notices.show({ text: t("shared.dropped") });
  await shown(app, folder);
  uploads.add({ entries: [], files });
}

/** Goes to a folder, and waits until its rules are known. */
function shown(app: App, folder: string): Promise<void> {
  if (folder !== app.path.peek()) app.go(folder);
  return new Promise((resolve) => {
    const stop = effect(() => {
      if (app.folder.listing.value?.path !== folder && !app.folder.failure.value) return;
      queueMicrotask(() => stop());
      resolve();
    });
  });
}

/** Resolves to the path of the folder for the files; undefined: the visitor closed the dialog. */
async function targetOf(operations: Operations, count: number): Promise<string | undefined> {
  const volumes = await operations.app.api.volumes();
  const open = volumes.filter(({ may }) => may.upload);
  const [only] = open;
  if (only && open.length === 1) return only.path.endsWith("/") ? only.path : `${only.path}/`;
  const title = t("shared.title", { n: count });
  return chooseFolder(operations, { title, button: t("shared.here"), moved: [] });
}
