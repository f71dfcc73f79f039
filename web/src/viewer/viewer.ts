// The viewer: which file is shown, in which sequence, under which address. The overlay draws it, a stage shows the files.

import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals-core";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import type { App } from "../browse/app.ts";
import { decoded } from "../browse/decoded.ts";
import { rowOfId } from "../browse/name-id.ts";
import type { Place } from "../browse/place.ts";
import { preference } from "../browse/preferences.ts";
import { canonicalName, type FileRow, keyOf, kindOf, type Row } from "../browse/rows.ts";
import { loadStyle } from "../parts/style.ts";
import { viewerKeys } from "./keys.ts";
import { ViewerOverlay } from "./overlay.ts";
import { findShown, indexAfterRemoval, isMedia, sequenceOf } from "./sequence.ts";
import { SlideShow } from "./slide-show.ts";
import type { FileView } from "./view.ts";

/** Shows the files of a sequence in the overlay. */
export interface Stage {
  show: (index: number) => void;
  /** The room for the files has changed. */
  resize: () => void;
  destroy: () => void;
}

/** Milliseconds after which the address names what is shown: browsers limit how often a page may change it. */
const ADDRESS_MS = 200;

const isBoolean = (value: unknown): boolean => typeof value === "boolean";

export class Viewer {
  /** the files that follow each other */
  readonly files = signal<readonly FileRow[]>([]);
  /** position of the shown file among them */
  readonly index = signal(0);
  readonly row: ReadonlySignal<FileRow | undefined>;
  /** what is shown; undefined while it is being loaded */
  readonly view = signal<FileView | undefined>(undefined);
  readonly infoShown = preference("viewer.info", false, isBoolean);
  readonly stripShown = preference("viewer.strip", matchMedia("(min-width: 641px)").matches, isBoolean);
  readonly slideShow: SlideShow;
  private overlay: ViewerOverlay | undefined;
  private stage: Stage | undefined;
  private stopWaiting = (): void => {};
  private stopFollowing = (): void => {};
  private removeKeys = (): void => {};
  private addressTimer = 0;
  private titleBefore = "";
  /** counts what was opened, so that a stage that loads late is not shown any more */
  private generation = 0;
  /** files of the list, which are shown from the next step on */
  private readonly next = signal<readonly FileRow[] | undefined>(undefined);
  /** where the shown file is in the list, from 1, and how many there are */
  readonly place: ReadonlySignal<{ n: number; total: number }>;

  constructor(readonly app: App) {
    this.row = computed(() => this.files.value[this.index.value]);
    this.place = computed(() => {
      const [row, next] = [this.row.value, this.next.value];
      if (!row || !next) return { n: this.index.value + 1, total: this.files.value.length };
      return { n: next.findIndex((one) => keyOf(one) === keyOf(row)) + 1, total: next.length };
    });
    this.slideShow = new SlideShow(this);
  }

  get isOpen(): boolean {
    return this.overlay !== undefined;
  }

  /** Opens a file, and adds an entry to the history. */
  open(row: Row): void {
    if (row.kind !== "file") return;
    if (!this.isOpen) this.app.router.push({ shown: keyOf(row), fragment: "" });
    this.show(row);
  }

  /** Shows what an address names, or nothing. Rows that are still on their way are waited for. */
  follow(place: Place): void {
    this.stopWaiting();
    const id = /^#gf-([0-9a-f]{8}a*)/.exec(place.fragment)?.[1];
    const { shown } = place;
    if (shown === undefined && id === undefined) {
      this.dispose();
      return;
    }
    const current = this.row.peek();
    if (this.isOpen && shown !== undefined && current && canonicalName(keyOf(current)) === canonicalName(shown)) return;
    const find = (rows: readonly Row[]): Row | undefined =>
      shown === undefined ? rowOfId(rows, id ?? "") : findShown(shown, rows);
    this.waitFor(place, find);
  }

  private waitFor(place: Place, find: (rows: readonly Row[]) => Row | undefined): void {
    let isOver = false;
    const stop = effect(() => {
      const listing = this.app.folder.listing.value;
      const rows = this.app.rows.value;
      if (isOver || listing?.path !== place.path || listing.below !== place.below) return;
      const isSettled = this.isSettled();
      const row = place.search === undefined || this.app.search.rows.value ? find(rows) : undefined;
      if (!row && !isSettled) return;
      isOver = true;
      // Outside of the effect: showing reads signals of its own.
      queueMicrotask(() => {
        this.stopWaiting();
        if (row?.kind === "file") this.showNamed(row);
        else this.missing(place);
      });
    });
    this.stopWaiting = () => {
      this.stopWaiting = () => {};
      isOver = true;
      stop();
    };
  }

  /** Whether all rows of the list are here. Read in effects. */
  private isSettled(): boolean {
    const { search, folder } = this.app;
    const hasFailed = search.failure.value !== undefined;
    if (this.app.router.place.value.search === undefined) return folder.listing.value?.complete ?? false;
    return search.question.value !== undefined && !search.running.value && !hasFailed;
  }

  private showNamed(row: FileRow): void {
    const { place } = this.app.router;
    if (place.peek().shown === undefined) this.app.router.replace({ shown: keyOf(row), fragment: "" });
    this.show(row);
  }

  private missing(place: Place): void {
    this.dispose();
    this.app.router.replace({ shown: undefined, fragment: "" });
    const name = decoded(place.shown ?? place.fragment);
    this.app.notices.show({ text: t("viewer.missing", { name: name }), bad: true });
  }

  private show(row: FileRow): void {
    const files = sequenceOf(row, this.app.rows.peek());
    const index = files.findIndex((one) => keyOf(one) === keyOf(row));
    const isNew = !this.overlay;
    if (isNew) this.appear();
    batch(() => {
      this.files.value = files;
      this.index.value = index;
    });
    this.next.value = undefined;
    void this.stageFor(row);
    this.announce();
    if (isNew) this.followRows();
  }

  private appear(): void {
    this.titleBefore = document.title;
    const overlay = new ViewerOverlay();
    overlay.viewer = this;
    this.overlay = overlay;
    void loadStyle("viewer.css").then(() => {
      if (this.overlay === overlay) overlay.open();
    });
    this.stopFollowing = effect(() => {
      const keys = viewerKeys(this, this.view.value);
      this.removeKeys();
      this.removeKeys = this.app.hotkeys.layer(keys);
    });
  }

  /** Starts the stage for a kind of file, each in its own part of the program. */
  private async stageFor(row: FileRow): Promise<void> {
    const generation = ++this.generation;
    this.stage?.destroy();
    this.stage = undefined;
    this.view.value = undefined;
    const [overlay, media] = [this.overlay, isMedia(kindOf(row))];
    overlay?.setMedia(media);
    try {
      const make = media
        ? (await import("./media-stage.ts")).mediaStage
        : (await import("./document-stage.ts")).documentStage;
      await loadStyle("viewer.css");
      if (generation === this.generation && overlay === this.overlay && overlay) this.stage = make(this, overlay.room);
    } catch {
      this.app.notices.show({ text: t("browse.lost"), bad: true });
    }
  }

  /** Shows the file at a position. */
  goTo(index: number): void {
    const files = this.next.peek() ?? this.files.peek();
    if (this.next.peek()) {
      this.takeNext(index);
      return;
    }
    const to = Math.min(Math.max(index, 0), files.length - 1);
    if (to !== this.index.peek()) this.stage?.show(to);
  }

  step(by: number): void {
    this.goTo(this.index.peek() + by);
  }

  /** Called by the stage when another file is shown. */
  moved(index: number): void {
    if (index === this.index.peek()) return;
    this.index.value = index;
    this.announce();
  }

  /** The list has changed meanwhile: goes on in its new order. */
  private takeNext(index: number): void {
    const [files, before] = [this.next.peek() ?? [], this.files.peek()];
    const by = index - this.index.peek();
    const current = before[this.index.peek()];
    const at = files.findIndex((row) => current && keyOf(row) === keyOf(current));
    const to = files[Math.min(Math.max((at < 0 ? this.index.peek() : at) + by, 0), files.length - 1)];
    if (to) this.show(to);
  }

  /** Names the shown file in address and title. */
  private announce(): void {
    const row = this.row.peek();
    if (!row) return;
    document.title = `${shownName(row.name)} - ${this.titleBefore.split(" - ").pop()}`;
    clearTimeout(this.addressTimer);
    this.addressTimer = setTimeout(() => {
      const { router } = this.app;
      if (this.isOpen && router.place.peek().shown !== keyOf(row)) router.replace({ shown: keyOf(row) });
    }, ADDRESS_MS) as unknown as number;
  }

  /** Follows changes of the list: a file that is gone makes room for its neighbour, all else waits for the next step. */
  private followRows(): void {
    const stopKeys = this.stopFollowing;
    const stop = effect(() => {
      const rows = this.app.rows.value;
      const isSettled = this.isSettled();
      queueMicrotask(() => this.rowsChanged(rows, isSettled));
    });
    this.stopFollowing = () => {
      stop();
      stopKeys();
    };
  }

  private rowsChanged(rows: readonly Row[], isSettled: boolean): void {
    const [row, before] = [this.row.peek(), this.files.peek()];
    if (!this.isOpen || !row || this.app.rows.peek() !== rows) return;
    if (!rows.some((one) => keyOf(one) === keyOf(row))) {
      if (isSettled) this.afterRemoval(rows, before);
      return;
    }
    const files = sequenceOf(row, rows);
    const isSame = files.length === before.length && files.every((one, at) => keyOf(one) === keyOf(before[at] as Row));
    this.next.value = isSame ? undefined : files;
  }

  private afterRemoval(rows: readonly Row[], before: readonly FileRow[]): void {
    const files = before.filter((one) => one !== this.row.peek());
    const present = new Set(rows.map(keyOf));
    const left = files.filter((one) => present.has(keyOf(one)));
    const to = left[indexAfterRemoval(this.index.peek(), before, left)];
    if (to) this.show(to);
    else this.close();
  }

  /** Tells the stage that bars or panels have changed. */
  resize(): void {
    this.stage?.resize();
  }

  /** Closes the viewer, and returns the address to the list. */
  close(): void {
    if (!this.isOpen) return;
    this.dispose();
    this.app.router.leave({ shown: undefined, fragment: "" });
  }

  private dispose(): void {
    const { overlay } = this;
    if (!overlay) return;
    clearTimeout(this.addressTimer);
    const row = this.row.peek();
    this.overlay = undefined;
    this.generation++;
    this.slideShow.stop();
    this.stage?.destroy();
    this.stage = undefined;
    this.view.value = undefined;
    this.stopFollowing();
    this.removeKeys();
    this.removeKeys = () => {};
    overlay.close(row);
    document.title = this.titleBefore;
  }
}
