// The page of a folder as a program: what is shown and selected, and the services that its parts share. Parts know the app; features
// that are loaded later register with it.
import { computed, effect, type ReadonlySignal, signal, untracked } from "@preact/signals-core";
import { t } from "../../kit/words.ts";
import { Api } from "../api/client.ts";
import type { FolderHead, May, Session, TagInfo } from "../api/types.gen.ts";
import { watchSession } from "../features/session-end.ts";
import { Notices } from "../parts/notices.ts";
import { autoGrid } from "./choices.ts";
import { withUsual } from "./columns.ts";
import { folderName } from "./decoded.ts";
import { focusList, focusSeenRow } from "./focus.ts";
import { FolderStore } from "./folder-store.ts";
import { Hotkeys } from "./hotkeys.ts";
import { hasIndexPage, indexChoice } from "./index-page.ts";
import { afterClick, fromParameter, type SortLevel } from "./order.ts";
import { folderPlace, type Place, placeOf } from "./place.ts";
import { type Remembered, Router } from "./router.ts";
import {
  canBeEdited,
  extensionOf,
  hrefOf,
  type Kind,
  keepFolder,
  kindOf,
  pathOf,
  type Row,
  withParameter,
} from "./rows.ts";
import { scrollBack, scrollToHeading } from "./scroll-back.ts";
import { SearchStore } from "./search-store.ts";
import { Selection } from "./selection.ts";
import { ViewStore } from "./view.ts";

/** Opens a file in the page. `rows`: the rows of the list, in its order. */
export type Opener = (row: Row, rows: readonly Row[]) => void | Promise<void>;

/** Something that can be done with rows. Shown in the selection bar and in menus. */
export interface Action {
  id: string;
  label: (rows: readonly Row[]) => string;
  icon: string;
  /** what the menu shows at the end */
  hint?: string;
  /** shown in the selection bar, too, and not only in menus */
  inBar?: boolean;
  bad?: boolean;
  separated?: boolean;
  when: (rows: readonly Row[]) => boolean;
  run: (rows: readonly Row[]) => void | Promise<void>;
}

/** Something that can be done with the shown folder. Shown in its bar, as a button or in a menu. */
export interface FolderAction {
  id: string;
  label: () => string;
  icon: string;
  hint?: string;
  /** a button of its own */
  inBar?: boolean;
  when: () => boolean;
  run: () => void | Promise<void>;
}

const NOTHING: May = {
  list: false,
  download: false,
  archive: false,
  upload: false,
  overwrite: false,
  edit: false,
  move: false,
  copy: false,
  delete: false,
  note: false,
  dotfiles: false,
};

export class App {
  readonly api: Api;
  readonly view = new ViewStore();
  readonly folder: FolderStore;
  readonly selection: Selection;
  readonly hotkeys = new Hotkeys();
  readonly notices = new Notices();
  readonly router: Router;
  readonly session = signal<Session | undefined>(undefined);
  /** path of the shown folder, percent-encoded, with a slash at its end */
  readonly path: ReadonlySignal<string>;
  readonly head: ReadonlySignal<FolderHead | undefined>;
  /** name of the shown folder for people */
  readonly title: ReadonlySignal<string>;
  /** what may be done in the shown folder */
  readonly may: ReadonlySignal<May>;
  readonly search: SearchStore;
  /** the tags that the rows have, in the order in which they are shown */
  readonly tags: ReadonlySignal<readonly TagInfo[]>;
  /** the order of the list */
  readonly levels: ReadonlySignal<readonly SortLevel[]>;
  /** the rows of the list, in its order */
  readonly rows: ReadonlySignal<readonly Row[]>;
  /** path of the song that the player plays */
  readonly playing = signal<string | undefined>(undefined);
  /** the music player; undefined: it has no song */
  readonly music = signal<{ isPlaying: ReadonlySignal<boolean>; toggle: () => void } | undefined>(undefined);
  /** files that are being opened: what shows them is loaded */
  readonly opening = signal(0);
  /** whether something that was opened is on its way, or covers the list: thumbnails wait meanwhile */
  readonly isOpening: ReadonlySignal<boolean>;
  /** whether the rows are those of a folder that was left: nothing may be done with them until others are there */
  readonly isStale: ReadonlySignal<boolean>;
  readonly actions: Action[] = [];
  readonly folderActions: FolderAction[] = [];
  /** paths of rows that are shown pale: they were cut, and are somewhere else soon */
  readonly pale = signal<ReadonlySet<string>>(new Set());
  private readonly openers = new Map<Kind, Opener>();
  private readonly followers: ((place: Place) => void)[] = [];

  constructor(readonly base: string) {
    this.api = new Api(base);
    this.folder = new FolderStore(this.api, this.view, t("browse.lost"));
    this.search = new SearchStore(this.api, t("browse.lost"));
    this.rows = computed(() => (this.search.question.value ? (this.search.rows.value ?? []) : this.folder.shown.value));
    this.tags = computed(() => {
      const found = this.search.results.value;
      return withUsual(
        found?.tags ?? this.head.value?.tags ?? [],
        found?.rows ?? this.folder.listing.value?.rows ?? [],
      );
    });
    this.levels = computed(() =>
      this.search.question.value ? this.search.levels.value : this.view.value.value.levels,
    );
    this.selection = new Selection(
      this.rows,
      () => {
        const { path, below } = this.folder.listing.peek() ?? {};
        return JSON.stringify([path, below, this.search.question.peek()]);
      },
      () => this.search.question.peek() !== undefined || this.folder.listing.peek()?.complete !== false,
    );
    const start =
      placeOf(new URL(location.href), base) ??
      folderPlace(this.api.pathOf(`${location.pathname.replace(/\/?$/, "/")}`));
    this.router = new Router(base, start, {
      show: (place, remembered) => void this.show(place, remembered),
      remember: () => this.remember(),
    });
    this.path = computed(() => this.router.place.value.path);
    this.isOpening = computed(() => {
      const { shown, edited } = this.router.place.value;
      return this.folder.loading.value || this.opening.value > 0 || shown !== undefined || edited !== undefined;
    });
    this.isStale = computed(() => this.folder.isStale.value && this.search.question.value === undefined);
    this.title = computed(() => folderName(this.path.value));
    this.head = computed(() => this.folder.listing.value?.head);
    this.may = computed(() => this.head.value?.may ?? NOTHING);
    effect(() => {
      const listing = this.folder.listing.value;
      const suits = autoGrid.value;
      untracked(() => {
        if (listing && !listing.below) this.view.propose(listing.head.view);
        if (!suits) this.view.unsuit();
        else if (listing) this.view.suit(listing.rows, listing.complete);
      });
    });
  }

  /** Loads what the address names. Called once, when all parts and features are there. */
  async start(): Promise<void> {
    const session = this.api.session();
    void watchSession(this.api, session, this.notices);
    // Without it the page does what holds for everyone; that the server is away is told with the list.
    session.then(
      (known) => {
        this.session.value = known;
      },
      () => {},
    );
    // Links of the page without script name an order, and files with a dot. They hold for this visit only.
    const { searchParams } = new URL(location.href);
    this.view.ask(fromParameter(searchParams.get("sort")), searchParams.has("dots"));
    await this.show(this.router.place.peek(), this.router.startsAt());
  }

  /** Goes to a folder, as a link does. */
  go(path: string): void {
    this.router.go(folderPlace(path));
  }

  /** Calls `follow` whenever the address names something else, first and on the way back, too. */
  onPlace(follow: (place: Place) => void): void {
    this.followers.push(follow);
  }

  opens(kinds: readonly Kind[], opener: Opener): void {
    for (const kind of kinds) this.openers.set(kind, opener);
  }

  /** Opens a row: a folder in the list, a file in the page if something shows it, else as the browser does. */
  open(row: Row): void {
    keepFolder([row], this.listed());
    const opener = this.openers.get(kindOf(row));
    if (row.kind === "folder") this.go(`${this.pathOf(row)}/`);
    else if (this.head.peek()?.view?.downloads) location.assign(withParameter(this.hrefOf(row), "dl"));
    else if (opener) void this.openIn(opener, row);
    else location.assign(this.hrefOf(row));
  }

  private async openIn(opener: Opener, row: Row): Promise<void> {
    this.opening.value++;
    try {
      await opener(row, this.rows.peek());
    } finally {
      this.opening.value--;
    }
  }

  /** Does something with rows. They stay those of the folder that is shown now, whatever is shown when it is confirmed. */
  run(action: Action, rows: readonly Row[]): void {
    if (this.selection.isGrowing() && rows === this.selection.rows.peek()) {
      this.runOnAll(action);
      return;
    }
    keepFolder(rows, this.listed());
    void action.run(rows);
  }

  /** Does something with a selection of all rows once the last one has arrived, unless it is changed or left before. */
  private runOnAll(action: Action): void {
    const { selection, folder } = this;
    const listed = this.listed();
    this.notices.show({ text: t("list.loading"), action: { label: t("dialog.cancel"), run: () => selection.clear() } });
    let isOver = false;
    const stop = effect(() => {
      const isLost = folder.failure.value !== undefined;
      if (isOver || (selection.isGrowing() && !isLost)) return;
      isOver = true;
      queueMicrotask(() => {
        stop();
        this.notices.dismiss();
        const rows = selection.rows.peek();
        const isWhole = folder.listing.peek()?.complete === true && this.listed() === listed && !isLost;
        if (isWhole && rows.length > 0) this.run(action, rows);
      });
    });
  }

  /** Opens the file at a path in the editor, which replaces this function. */
  edit: (path: string) => void = (path) => location.assign(`${this.base}${path}?edit`);

  /** Undoes the last change of files. `may`: whether there is one. The operations on files replace this. */
  undo = { may: (): boolean => false, run: (): void => {} };

  /**
   * Whether the text of a file can and may be saved. Without the right to delete, only Markdown may; kinds that a volume adds are not known
   * here, so that it may be more.
   */
  mayEdit(row: Row): boolean {
    const may = this.mayOf(row);
    return canBeEdited(row) && may.edit && (may.delete || extensionOf(row.name) === "md");
  }

  /** Shows something over the list under an address of its own; `leave` of the router returns from it. */
  cover(part: Partial<Place>): void {
    this.router.push(part);
    for (const follow of this.followers) follow(this.router.place.peek());
  }

  /** Shows something else over the list, instead of what the last entry of the history shows. */
  coverInstead(part: Partial<Place>): void {
    this.router.replace(part);
    for (const follow of this.followers) follow(this.router.place.peek());
  }

  /** Returns the path of a row, percent-encoded, without a slash at its end. */
  pathOf(row: Row): string {
    return pathOf(row, this.listed());
  }

  /** Returns the URL of a row. */
  hrefOf(row: Row): string {
    return hrefOf(row, this.listed(), this.base);
  }

  /** Returns the path of the folder whose rows are shown: until another one is loaded, not that of the address. */
  listed(): string {
    return this.folder.listing.peek()?.path ?? this.path.peek();
  }

  isPale(row: Row): boolean {
    const pale = this.pale.value;
    return pale.size > 0 && pale.has(this.pathOf(row));
  }

  /** Returns what may be done with a row. */
  mayOf(row: Row): May {
    return row.may ?? this.may.peek();
  }

  /** Sorts the list by a column, or turns its order around. */
  sortBy(column: string): void {
    const levels = afterClick(this.levels.peek(), column);
    if (this.search.question.peek()) this.search.levels.value = levels;
    else this.view.change({ levels });
  }

  /** Searches for what a place names, or ends the search. */
  searchFor({ search, path, everywhere }: Place): void {
    if (search === undefined) this.search.close();
    else void this.search.ask({ text: search, path, everywhere });
  }

  /** Goes back to the folder. Its list gets the focus, unless something else keeps it. */
  endSearch(): void {
    const place = this.router.place.peek();
    if (place.search !== undefined) this.router.go({ ...place, search: undefined, everywhere: false });
    void focusList(this);
  }

  /** Whether the player plays the file of a row. Drawing reads it. */
  isPlaying(row: Row): boolean {
    return this.playing.value !== undefined && this.pathOf(row) === this.playing.value;
  }

  actionsFor(rows: readonly Row[]): Action[] {
    return rows.length === 0 ? [] : this.actions.filter((action) => action.when(rows));
  }

  /** Loads the shown folder and the results of a search again, and forgets selected rows that are gone. */
  async refresh(): Promise<boolean> {
    const [done] = await Promise.all([this.folder.refresh(), this.search.again()]);
    this.selection.prune();
    return done;
  }

  private async show(place: Place, remembered: Remembered | undefined): Promise<void> {
    const listing = this.folder.listing.peek();
    const isNew = !this.folder.isAt(place.path, place.below);
    for (const follow of this.followers) follow(place);
    this.searchFor(place);
    if (!isNew) {
      this.select(remembered);
      this.restore(place, remembered, remembered !== undefined);
      return;
    }
    this.view.enter(place.path);
    const begun = (): void => {
      this.selection.clear();
      this.selection.cursor.value = remembered?.cursor;
      this.select(remembered);
    };
    if (!(await this.folder.open(place.path, place.below, begun))) return;
    // What the server has loaded is as it says.
    if (listing !== undefined && this.wantsOwnPage(place)) {
      location.replace(this.base + place.path);
      return;
    }
    // What was selected while the rest of the rows arrived stays.
    // After a reload the focus is at the start of the page, as on every page.
    this.restore(place, remembered, remembered !== undefined && listing !== undefined);
  }

  /** Whether the visitor wants to see the page of the folder instead of its list. */
  private wantsOwnPage({ search, shown, edited }: Place): boolean {
    const listing = this.folder.listing.peek();
    const isPlain = search === undefined && shown === undefined && edited === undefined;
    return isPlain && indexChoice() === "y" && listing !== undefined && hasIndexPage(listing);
  }

  private select(remembered: Remembered | undefined): void {
    if (remembered) this.selection.keys.value = new Set(remembered.selected);
  }

  /** `isBack`: the visitor has come back, and to the row that had the focus. */
  private restore(place: Place, remembered: Remembered | undefined, isBack: boolean): void {
    if (!remembered && scrollToHeading(place.fragment)) return;
    // The list is drawn in the next frame.
    scrollBack(remembered?.scroll ?? 0, isBack ? () => this.focusRemembered() : undefined);
  }

  /** Gives the focus to the row that had it. In a folder that was not kept it may come later than the first rows. */
  private focusRemembered(): void {
    const { listing } = this.folder;
    const path = listing.peek()?.path;
    let isOver = false;
    const stop = effect(() => {
      const now = listing.value;
      if (isOver || (now?.path === path && !now?.complete)) return;
      isOver = true;
      // Once the list is drawn.
      queueMicrotask(() => stop());
      if (now?.path === path) requestAnimationFrame(focusSeenRow);
    });
  }

  private remember(): Remembered {
    return {
      scroll: window.scrollY,
      cursor: this.selection.cursor.peek(),
      selected: [...this.selection.keys.peek()],
    };
  }
}
