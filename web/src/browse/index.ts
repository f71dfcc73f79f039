// Takes over a folder's page: the server has drawn it whole, and its parts are replaced once the first rows are here.
import { effect } from "@preact/signals-core";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import { addEditor } from "../editor/register.ts";
import { forgetThoseOfOthers } from "../features/local-files.ts";
import { addInstalled } from "../install/index.ts";
import { addOperations } from "../operations/index.ts";
import { ignoreStrayClicks } from "../parts/double-click.ts";
import { NoticeLine } from "../parts/notices.ts";
import { addUploads, type Uploads } from "../uploads/folder-page.ts";
import { addViewer } from "../viewer/register.ts";
import { addAccountMenu } from "./account-menu.ts";
import { App } from "./app.ts";
import { addBasicActions } from "./basic-actions.ts";
import { FolderContent } from "./content.ts";
import { newFolder, newNote, newText } from "./create.ts";
import { Crumbs } from "./crumbs.ts";
import { addBrowseKeys } from "./keys.ts";
import { addMusic, type MusicEntry } from "./music.ts";
import { addPhoneTabs } from "./phone-tabs.ts";
import { SearchBox } from "./search-box.ts";
import { HeaderTools } from "./tools.ts";
import { FolderTree } from "./tree.ts";

/** Upgrades the main part of a folder's page, marked `data-enhance="browse"`. */
export function enhance(main: HTMLElement): void {
  forgetThoseOfOthers();
  ignoreStrayClicks();
  const app = new App(document.documentElement.dataset.base ?? "");
  const tree = part(FolderTree, app);
  addBasicActions(app);
  const music = addMusic(app);
  addBrowseKeys(app, tree);
  const operations = addOperations(app, tree);
  const uploads = addUploads(app, tree);
  addAccountMenu(app);
  addViewer(app);
  addEditor(app);
  addInstalled(operations, uploads);
  tellMissingParts(app);
  void app.start();
  const stop = effect(() => {
    if (!app.folder.listing.value && !app.folder.failure.value) return;
    // Outside of the effect: drawing reads signals of its own.
    queueMicrotask(() => {
      stop();
      takeOver(main, app, tree, uploads, music);
    });
  });
  effect(() => {
    const server = app.session.value?.server.name ?? document.title.split(" - ").pop() ?? "";
    document.title = `${app.title.value} - ${shownName(server)}`;
  });
}

function part<T extends HTMLElement & { app: App }>(kind: new () => T, app: App): T {
  const made = new kind();
  made.app = app;
  return made;
}

/** Replaces what the server has drawn. */
function takeOver(main: HTMLElement, app: App, tree: FolderTree, uploads: Uploads, music: MusicEntry): void {
  const focused = document.activeElement as HTMLElement | null;
  const hadFocus = main.contains(focused);
  const login = main.querySelector("#login");
  main.replaceChildren(...(login ? [login] : []), part(FolderContent, app));
  document.querySelector(".crumbs")?.replaceChildren(part(Crumbs, app));
  const tools = part(HeaderTools, app);
  tools.uploads = uploads;
  document.querySelector(".top > .tools")?.remove();
  const search = part(SearchBox, app);
  document.querySelector(".crumbs")?.after(search, tools);
  app.hotkeys.add({ keys: ["Slash"], label: "keys.search", group: "browse", run: () => search.focus() });
  main.before(tree);
  const notices = new NoticeLine();
  notices.notices = app.notices;
  document.body.append(notices);
  addPhoneTabs(app, uploads, music.play);
  document.querySelector("#upload")?.remove();
  document.documentElement.classList.add("taken-over");
  // A field of the form to sign in stays; what was typed there, too.
  if (hadFocus) (login?.contains(focused) ? focused : main.querySelector<HTMLElement>("a, button"))?.focus();
  openTab(app, uploads, search, music);
}

/** A part that is loaded later may fail: without a connection, or since an update of the server has given it another name. */
const NOT_LOADED = /dynamically imported module|Importing a module script failed/i;

function tellMissingParts(app: App): void {
  window.addEventListener("unhandledrejection", (event) => {
    if (!(event.reason instanceof TypeError) || !NOT_LOADED.test(event.reason.message)) return;
    event.preventDefault();
    const action = { label: t("part.reload"), run: () => location.reload() };
    app.notices.show({ text: t("part.missing"), bad: true, action });
  });
}

/** Opens what copyparty's page shows as a tab, if the address names one: `#v=up2k` (spec/browser-ui.md 7.2). */
function openTab(app: App, uploads: Uploads, search: SearchBox, music: MusicEntry): void {
  const [, tab] = /^#v=(\w+)$/.exec(location.hash) ?? [];
  const may = app.may.peek();
  const tabs: Record<string, () => void> = {
    search: () => search.focus(),
    unpost: () => location.assign(`${app.base}/?ups`),
    player: music.openSettings,
    cfg: () => void import("./view-options.ts").then(({ openViewOptions }) => openViewOptions(app)),
    ...(may.upload
      ? {
          up2k: () => uploads.open("list"),
          bup: () => uploads.open("list"),
          mkdir: () => void newFolder(app),
          new_md: () => void newText(app),
        }
      : {}),
    ...(may.note ? { msg: () => void newNote(app) } : {}),
  };
  if (tab !== undefined) tabs[tab]?.();
}
