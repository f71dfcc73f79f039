// The search: what was asked for, and its results, which the list shows instead of the folder.
import { batch, computed, type ReadonlySignal, signal } from "@preact/signals-core";
import { type Api, ApiRefusal } from "../api/client.ts";
import { readListing } from "../api/listing-stream.ts";
import type { ResultsHead, TagInfo, UnsearchedVolume } from "../api/types.gen.ts";
import { whenBack } from "../parts/when-back.ts";
import type { SortLevel } from "./order.ts";
import { inOrder } from "./order.ts";
import type { Row } from "./rows.ts";

export interface Question {
  text: string;
  /** path of the folder in and below which is searched */
  path: string;
  everywhere: boolean;
  /** results at most; undefined: as many as the server gives unasked */
  limit?: number;
}

export interface Results {
  rows: readonly Row[];
  tags: readonly TagInfo[];
  /** whether there may be more */
  truncated: boolean;
  unsearched: readonly UnsearchedVolume[];
}

export interface SearchFailure {
  /** a sentence, with what to do next */
  text: string;
  /** whether an index is missing, which administrators can switch on */
  noIndex: boolean;
}

/** Pauses before changed files are searched for again, in milliseconds. */
const AGAIN_MS = [1000, 3000];

/** Asks for as many results as the server gives at all (`--srch-hits`). */
const MOST = 100_000;

/** Results kept for the way back. */
const KEPT = 8;

export class SearchStore {
  readonly question = signal<Question | undefined>(undefined);
  readonly results = signal<Results | undefined>(undefined);
  readonly failure = signal<SearchFailure | undefined>(undefined);
  readonly running = signal(false);
  /** order of the results; empty: the best first */
  readonly levels = signal<readonly SortLevel[]>([]);
  /** the rows of the results in their order; undefined: no search, or its first answer has not come */
  readonly rows: ReadonlySignal<readonly Row[] | undefined>;
  private current: AbortController | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly kept = new Map<string, Results>();

  constructor(
    private readonly api: Api,
    private readonly lostText: string,
  ) {
    this.rows = computed(() => {
      const { value } = this.results;
      return value && inOrder(value.rows, { levels: this.levels.value, foldersFirst: true });
    });
  }

  /** Ends the search: the list shows the folder again. */
  close(): void {
    this.current?.abort();
    batch(() => {
      this.question.value = undefined;
      this.results.value = undefined;
      this.failure.value = undefined;
      this.running.value = false;
    });
  }

  /** Searches. A later call ends an earlier one; the results of that stay until the new ones come. */
  async ask(question: Question): Promise<void> {
    this.current?.abort();
    const abort = new AbortController();
    this.current = abort;
    const key = JSON.stringify(question);
    batch(() => {
      this.question.value = question;
      this.failure.value = undefined;
      this.running.value = true;
      this.results.value = this.kept.get(key) ?? this.results.peek();
    });
    try {
      const results = await this.fetch(question, abort.signal);
      if (abort.signal.aborted) return;
      this.keep(key, results);
      this.results.value = results;
    } catch (error) {
      if (abort.signal.aborted) return;
      this.fail(error);
      this.retry(error);
    } finally {
      if (this.current === abort) this.running.value = false;
    }
  }

  /** Searches for the same, and takes as many results as there are. */
  async more(): Promise<void> {
    const question = this.question.peek();
    if (question) await this.ask({ ...question, limit: MOST });
  }

  /** Searches for the same again, if anything: files have changed. The index may know of it a moment later. */
  async again(): Promise<void> {
    clearTimeout(this.timer);
    await this.askQuietly();
    const later = (pauses: readonly number[]): void => {
      const [pause, ...rest] = pauses;
      if (pause === undefined || !this.question.peek()) return;
      this.timer = setTimeout(() => void this.askQuietly().then(() => later(rest)), pause);
    };
    later(AGAIN_MS);
  }

  /** Takes over what has changed in the results. Those that are shown stay where that fails. */
  private async askQuietly(): Promise<void> {
    this.kept.clear();
    const question = this.question.peek();
    if (!question || this.running.peek()) return;
    try {
      const results = await this.fetch(question, new AbortController().signal);
      if (this.question.peek() !== question || this.running.peek()) return;
      batch(() => {
        this.failure.value = undefined;
        this.results.value = results;
      });
    } catch (error) {
      if (this.failure.peek()) this.retry(error);
    }
  }

  /** Without an answer, searches again when there may be one. */
  private retry(error: unknown): void {
    if (error instanceof ApiRefusal) return;
    whenBack(() => {
      if (this.failure.peek()) void this.askQuietly();
    });
  }

  private async fetch(question: Question, signal: AbortSignal): Promise<Results> {
    const body = { ...question, utc_offset_minutes: -new Date().getTimezoneOffset() };
    const response = await this.api.searchLines(body, signal);
    const { head, entries, end } = await readListing<{ kind: "results" } & ResultsHead>(response);
    const { truncated = false, unsearched = [] } = "unsearched" in end ? end : {};
    return { rows: entries, tags: head.tags, truncated, unsearched };
  }

  private fail(error: unknown): void {
    const refusal = error instanceof ApiRefusal ? error : undefined;
    batch(() => {
      this.results.value = undefined;
      this.failure.value = { text: refusal?.message || this.lostText, noIndex: refusal?.code === "no_index" };
    });
  }

  private keep(key: string, results: Results): void {
    this.kept.delete(key);
    this.kept.set(key, results);
    const [oldest] = this.kept.keys();
    if (this.kept.size > KEPT && oldest !== undefined) this.kept.delete(oldest);
  }
}
