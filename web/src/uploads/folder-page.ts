// Uploads on a folder's page: catches what is dropped, pasted or chosen, and loads the rest when there is something to upload.
import { type ReadonlySignal, signal } from "@preact/signals-core";
import { t } from "../../kit/words.ts";
import type { App } from "../browse/app.ts";
import { AutoRefresh } from "../browse/auto-refresh.ts";
import { readStored } from "../browse/preferences.ts";
import type { FolderTree } from "../browse/tree.ts";
import { UNFINISHED_KEY } from "../up2k/unfinished-key.ts";
import { type ChooseKind, Choosers } from "./choosers.ts";
import { DropZones } from "./drop-zones.ts";
import { limitsText } from "./limits.ts";
import type { UploadManager } from "./manager.ts";
import type { Picked } from "./picked.ts";
import { rulesOf } from "./rules.ts";
import type { Target } from "./target.ts";

/** What other parts of the page know of uploads. */
export interface Uploads {
  choose: (kind: ChooseKind) => void;
  /** uploads to the shown folder */
  add: (picked: Picked) => void;
  /** opens the list of uploads, or the options */
  open: (what?: "list" | "options") => void;
  /** number of files that are not uploaded yet; undefined: there is no list of uploads */
  readonly left: ReadonlySignal<number | undefined>;
}

/** Puts uploads in place of the server's form. They go to the shown folder, and go on while people browse. */
export function addUploads(app: App, tree: FolderTree): Uploads {
  const section = document.querySelector<HTMLElement>("#upload");
  const drawn = section?.dataset;
  const left = signal<number | undefined>(undefined);
  const refresh = new AutoRefresh(app);
  let loading: Promise<UploadManager> | undefined;
  const manager = (): Promise<UploadManager> => {
    loading ??= import("./manager.ts").then(({ startUploads }) =>
      startUploads({
        base: app.base,
        target: () => target(app, drawn),
        refreshFolder: (last) => refresh.refresh(last),
        arrived: (folders) => {
          for (const folder of folders) tree.arrived(folder.slice(app.base.length));
        },
        choose: (kind) => choosers.open(kind),
        left,
      }),
    );
    return loading;
  };
  const withManager = async (work: (uploads: UploadManager) => unknown): Promise<void> => {
    let uploads: UploadManager;
    try {
      uploads = await manager();
    } catch {
      // The next attempt loads it again.
      loading = undefined;
      app.notices.show({ text: t("add.notLoaded"), bad: true });
      return;
    }
    await work(uploads);
  };
  const add = (picked: Picked): void => {
    // Where files go is decided now, and not when the rest is loaded.
    const to = target(app, drawn);
    void withManager((uploads) => uploads.add(picked, to));
  };
  const find = (picked: Picked): void => void withManager((uploads) => uploads.find(picked));
  const choosers = new Choosers((picked, kind) => (kind === "find" ? find(picked) : add(picked)));
  new DropZones({
    folder: () => (mayAdd(app, drawn) ? app.title.peek() : undefined),
    limits: () => limitsText(target(app, drawn).rules),
    add,
    find,
    refused: () => app.notices.show({ text: t("add.refused"), bad: true }),
  });
  const earlier = readStored<unknown[]>(UNFINISHED_KEY);
  if (Array.isArray(earlier) && earlier.length > 0) void withManager(() => {});
  return {
    choose: (kind) => choosers.open(kind),
    add,
    open: (what) => void withManager((uploads) => uploads.open(what)),
    left,
  };
}

/** `drawn`: what the server's form says; it holds until the folder is loaded. */
function mayAdd(app: App, drawn: DOMStringMap | undefined): boolean {
  return app.head.peek() ? app.may.peek().upload : drawn !== undefined;
}

function target(app: App, drawn: DOMStringMap | undefined): Target {
  const head = app.head.peek();
  return {
    folder: app.base + app.path.peek(),
    name: app.title.peek(),
    perms: head?.rights ?? drawn?.perms?.split(" ") ?? [],
    rules: head ? (head.uploads ?? {}) : rulesOf(drawn ?? {}),
  };
}
