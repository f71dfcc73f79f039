// The folder that the page shows: its head and rows, loaded through the page API. Rows of the last folders are kept for the way back.
import { batch, computed, type ReadonlySignal, signal } from "@preact/signals-core";
import { type Api, ApiRefusal } from "../api/client.ts";
import { type EntryLine, readListing, type WholeListing } from "../api/listing-stream.ts";
import type { BelowHead, FolderHead } from "../api/types.gen.ts";
import { whenBack } from "../parts/when-back.ts";
import { inOrder } from "./order.ts";
import type { Row } from "./rows.ts";
import type { ViewStore } from "./view.ts";

export interface Listing {
  /** path, percent-encoded, with a slash at its end */
  path: string;
  head: FolderHead;
  rows: readonly Row[];
  /** whether all rows have arrived */
  complete: boolean;
  /** whether the files below are shown instead of the folders */
  below: boolean;
  /** whether there are more files below than are listed */
  truncated: boolean;
}

type Head = ({ kind: "listing" } & FolderHead) | ({ kind: "below" } & BelowHead);

/** What the page shows instead of a folder after a failure. */
export interface Failure {
  path: string;
  below: boolean;
  /** a sentence, with what to do next */
  text: string;
  /** 0: there was no answer */
  status: number;
}

/** How a folder is loaded. */
interface Load {
  /** whether another folder is shown until then */
  isNew: boolean;
  signal: AbortSignal;
  /** called when its first rows are shown */
  begun: (() => void) | undefined;
}

/** Rows of a large folder that are shown before the metadata of the others is read: more than a window has. */
const FIRST_ROWS = 200;

/** Milliseconds after which the last folder cannot be used any more while another one is on its way. */
const STALE_MS = 300;

/** Folders kept for the way back, and the most rows of each. */
const KEPT_FOLDERS = 12;
const KEPT_ROWS = 20_000;

export class FolderStore {
  readonly listing = signal<Listing | undefined>(undefined);
  readonly loading = signal(false);
  readonly failure = signal<Failure | undefined>(undefined);
  /** whether another folder is on its way for so long that what is shown must not be taken for it */
  readonly isStale = signal(false);
  /** the rows in the order of the view */
  readonly shown: ReadonlySignal<readonly Row[]>;
  private readonly kept = new Map<string, Listing>();
  private current: AbortController | undefined;
  private staleTimer: ReturnType<typeof setTimeout> | undefined;
  /** key of the folder that is being loaded */
  private underWay: string | undefined;

  constructor(
    private readonly api: Api,
    private readonly view: ViewStore,
    private readonly lostText: string,
  ) {
    this.shown = computed(() => inOrder(this.listing.value?.rows ?? [], this.view.order.value));
  }

  /**
   * Shows another folder. `begun` is called when its first rows are shown. Resolves when all rows are shown, or the failure. Rows
   * that are kept are shown at once and refreshed. A later call ends an earlier one, which then resolves to false.
   */
  async open(path: string, below = false, begun: () => void = () => {}): Promise<boolean> {
    this.keepCurrent();
    const kept = this.kept.get(cacheKey(path, below));
    if (kept) {
      this.show(kept);
      begun();
    }
    const loading = this.load(path, below, kept === undefined, begun);
    return kept ? true : loading;
  }

  /** Whether a folder is shown, and no other one is on its way or has failed. */
  isAt(path: string, below: boolean): boolean {
    const shown = this.listing.peek();
    const isShown = shown?.path === path && shown.below === below && this.failure.peek() === undefined;
    return isShown && (this.underWay === undefined || this.underWay === cacheKey(path, below));
  }

  /** Loads the shown folder again; changes nothing if that fails. */
  async refresh(): Promise<boolean> {
    const { path, below } = this.listing.peek() ?? {};
    return path === undefined ? false : this.load(path, below ?? false, false);
  }

  private async load(path: string, below: boolean, isNew: boolean, begun?: () => void): Promise<boolean> {
    this.current?.abort();
    const abort = new AbortController();
    this.current = abort;
    this.underWay = cacheKey(path, below);
    this.setStale(false);
    if (isNew) {
      this.loading.value = true;
      this.staleTimer = setTimeout(() => this.setStale(this.listing.peek() !== undefined), STALE_MS);
    }
    try {
      await this.receive(path, below, { isNew, signal: abort.signal, begun });
      return true;
    } catch (error) {
      if (abort.signal.aborted) return false;
      if (isNew) this.fail(path, below, error);
      return isNew;
    } finally {
      if (this.current === abort) {
        this.setStale(false);
        this.loading.value = false;
        this.underWay = undefined;
      }
    }
  }

  private async receive(path: string, below: boolean, { isNew, signal, begun }: Load): Promise<void> {
    let isBegun = !isNew;
    const show = (listing: Listing): void => {
      this.show(listing);
      if (!isBegun) begun?.();
      isBegun = true;
    };
    const first = isNew && this.beginsWithFirst() ? FIRST_ROWS : undefined;
    const options = { dots: this.view.value.peek().dots, signal, first };
    const part = (listing: WholeListing<Head>): void => {
      // In another order, also one that the volume proposes, the rows that follow would go between those that are shown.
      const { head } = listing;
      const isMoved = head.kind === "listing" && (!this.beginsWithFirst() || head.view?.sort.length);
      if (!isNew || signal.aborted || isMoved) return;
      show(listingOf(path, listing));
      this.loading.value = false;
    };
    const response = below ? await this.api.belowLines(path, options) : await this.api.folderLines(path, options);
    // The first rows are shown as they arrive, the others together: each time all of them are put in order.
    const whole = await readListing<Head>(response, part);
    if (!signal.aborted) show(listingOf(path, whole));
  }

  /** Whether the first rows by name are the first ones that are shown. */
  private beginsWithFirst(): boolean {
    const { levels, foldersFirst } = this.view.order.peek();
    const [level] = levels;
    return foldersFirst && (level === undefined || (level.column === "name" && !level.descending));
  }

  private setStale(isStale: boolean): void {
    clearTimeout(this.staleTimer);
    this.isStale.value = isStale;
  }

  private show(listing: Listing): void {
    batch(() => {
      this.setStale(false);
      this.failure.value = undefined;
      this.listing.value = listing;
    });
  }

  /** Shows a failure. Without an answer it is tried again, until something else is shown. */
  private fail(path: string, below: boolean, error: unknown): void {
    const refusal = error instanceof ApiRefusal ? error : undefined;
    const failure = { path, below, text: refusal?.message || this.lostText, status: refusal?.status ?? 0 };
    this.failure.value = failure;
    if (refusal) return;
    whenBack(() => {
      if (this.failure.peek() === failure && this.underWay === undefined) void this.load(path, below, true);
    });
  }

  private keepCurrent(): void {
    const listing = this.listing.peek();
    if (!listing?.complete || listing.rows.length > KEPT_ROWS) return;
    const key = cacheKey(listing.path, listing.below);
    this.kept.delete(key);
    this.kept.set(key, listing);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= KEPT_FOLDERS) break;
      this.kept.delete(oldest);
    }
  }
}

const hasTag = (entry: EntryLine, tag: string): boolean =>
  entry.kind === "file" && (entry.tags?.[tag] ?? undefined) !== undefined;

/** What is below a folder has another head: the counts are those of the rows, and the tags those that some row has. */
function listingOf(path: string, { head, entries, end }: WholeListing<Head>): Listing {
  const complete = end !== undefined;
  const truncated = end !== undefined && "truncated" in end && end.truncated;
  if (head.kind === "listing") return { path, head, rows: entries, complete, below: false, truncated };
  const bytes = entries.reduce((sum, entry) => sum + (entry.size ?? 0), 0);
  const counted = { folders: 0, files: entries.length, bytes, offset: 0, random_names: false, index_page: false };
  const tags = head.tags?.filter(({ name }) => entries.some((entry) => hasTag(entry, name)));
  return {
    path,
    head: { ...head, ...counted, ...(tags && { tags }) },
    rows: entries,
    complete,
    below: true,
    truncated,
  };
}

const cacheKey = (path: string, below: boolean): string => (below ? `${path}?below` : path);
