// Uploads of a folder's page: the queue, its drawer, and the questions that are asked. Loaded with the first file.
import { t } from "../../kit/words.ts";
import { loadStyle } from "../parts/style.ts";
import { type Folder, makeFolders } from "../up2k/folders.ts";
import { xhrTransport } from "../up2k/transport.ts";
import { encodeName } from "../up2k/urls.ts";
import { confirmAdding } from "./confirm.ts";
import { ConflictQuestions } from "./conflicts.ts";
import { UploadDrawer } from "./drawer.ts";
import { openFileSearch } from "./file-search.ts";
import type { Picked } from "./picked.ts";
import { type Selection, selectionOf } from "./selection.ts";
import { UploadSession } from "./session.ts";
import type { Host, Target } from "./target.ts";

export class UploadManager {
  readonly session: UploadSession;
  readonly drawer = new UploadDrawer();
  /** folders with files that have arrived since the list was last loaded */
  private readonly changedFolders = new Set<string>();
  private readonly conflicts: ConflictQuestions;

  constructor(private readonly host: Host) {
    const { rules, perms } = host.target();
    this.session = new UploadSession(host.base, rules, perms, (item) => this.changedFolders.add(item.folder));
    this.conflicts = new ConflictQuestions(this.session.queue);
    const { drawer } = this;
    drawer.session = this.session;
    drawer.host = host;
    document.body.append(drawer);
    this.session.onLook(() => this.look());
    this.session.queue.subscribe(() => this.showLeft());
    this.showLeft();
  }

  /** Adds what was picked to the queue, for the folder `target`. */
  async add(picked: Picked, target: Target): Promise<void> {
    // "Choose the files again": files that an earlier visit left unfinished go where they were going.
    const { choosesAgain } = this.drawer;
    this.drawer.choosesAgain = false;
    const { confirm } = this.session.preferencesFor(target);
    const selections = this.session.selections(picked, target, confirm);
    let files = 0;
    let unreadable = 0;
    for await (const selection of selections) {
      if (choosesAgain) {
        selection.sources = selection.sources.map((source) => this.session.unfinished.withFolder(source));
      }
      if (confirm && !(await confirmAdding(selection, target.name))) return;
      unreadable += selection.unreadable;
      this.addSelection({ ...selection, unreadable }, target);
      // Later parts are seen when the list of uploads is drawn again.
      if (files === 0) this.drawer.reveal();
      files += selection.sources.length;
    }
    this.tellAdded(files);
  }

  /** Looks for what was picked on the server. */
  async find(picked: Picked): Promise<void> {
    const target = this.host.target();
    const selection = await selectionOf(picked, target.folder);
    const upload = (sources: Selection["sources"]): void => {
      this.addSelection({ sources, folders: [], unreadable: 0 }, target);
      this.drawer.reveal();
      this.tellAdded(sources.length);
    };
    const may = target.perms.includes("write");
    await openFileSearch({
      selection,
      base: this.host.base,
      hasher: this.session.hasher,
      upload: may ? upload : undefined,
    });
  }

  /** Opens the list of uploads, or the options. */
  open(what: "list" | "options" = "list"): void {
    this.drawer.openByHand(what);
  }

  private addSelection({ sources, folders, unreadable }: Selection, target: Target): void {
    this.drawer.note = unreadable > 0 ? t("add.none", { n: unreadable }) : "";
    if (folders.length > 0) void this.makeFolders(folders);
    if (sources.length > 0) this.session.add(sources, target);
  }

  private tellAdded(files: number): void {
    if (files > 0) this.session.announcer.say(t("add.added", { n: files }));
    this.drawer.requestUpdate();
    this.showLeft();
  }

  private async makeFolders(folders: readonly Folder[]): Promise<void> {
    const failed = await makeFolders(xhrTransport, this.host.base, folders);
    const made = folders.length - failed;
    const results = [
      made > 0 ? t("add.folders", { n: made }) : "",
      failed > 0 ? t("add.folders.failed", { n: failed }) : "",
    ];
    this.drawer.note = [this.drawer.note, ...results].filter(Boolean).join(" ");
    this.session.announcer.say(this.drawer.note);
    this.drawer.requestUpdate();
    for (const { above } of folders) this.changedFolders.add(above);
    if (made > 0) this.host.arrived(folders.map(({ above, name }) => `${above}${encodeName(name)}/`));
    if (made > 0) await this.refreshList(true);
  }

  private look(): void {
    this.conflicts.look();
    void this.refreshList(!this.session.queue.busy);
  }

  private showLeft(): void {
    const { queue, unfinished } = this.session;
    const { active, waiting, failed } = queue.counts;
    const isEmpty = queue.items.length === 0 && unfinished.fromEarlierVisits().length === 0;
    const left = isEmpty ? undefined : active + waiting + failed;
    if (this.host.left.peek() !== left) this.host.left.value = left;
  }

  /** Loads the shown folder again when files have arrived in it or below. */
  private async refreshList(last: boolean): Promise<void> {
    const { changedFolders, host } = this;
    const { folder, perms } = host.target();
    host.arrived(changedFolders);
    const shown = [...changedFolders].filter((changed) => changed.startsWith(folder));
    // Another folder is loaded when people open it.
    for (const changed of changedFolders) if (!changed.startsWith(folder)) changedFolders.delete(changed);
    if (shown.length === 0 || !perms.includes("read")) return;
    for (const changed of shown) changedFolders.delete(changed);
    if (await host.refreshFolder(last)) return;
    for (const changed of shown) changedFolders.add(changed);
  }
}

/** Loads the styles and starts. */
export async function startUploads(host: Host): Promise<UploadManager> {
  await loadStyle("uploads.css");
  return new UploadManager(host);
}
