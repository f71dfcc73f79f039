// Brings one hashed file to the server: handshake, chunks, closing handshake; and again until it is there or cannot be.
import type { Gate, Load } from "./gate.ts";
import { handshake, type Reply, type WhenTaken } from "./handshake.ts";
import type { Item, Reason, State } from "./item.ts";
import type { Line } from "./line.ts";
import type { Begun } from "./parting.ts";
import { range } from "./plan.ts";
import { type Parcel, pack, send, TARGET, travelsWhole } from "./sender.ts";
import { Lost, type Transport } from "./transport.ts";
import { Trouble } from "./trouble.ts";
import { encodeName, folderUrl } from "./urls.ts";

/** What a delivery needs from its queue. */
export interface Way {
  post: Transport;
  gate: Gate;
  line: Line;
  /** path the server is hosted under, "" or "/sub/path" */
  base: string;
  /** requests at once */
  width: () => number;
  whenTaken: () => WhenTaken;
  /** bytes per request; shrinks when a server or proxy says "too large" */
  limit: number;
  show: (item: Item, state: State, reason?: Reason) => void;
  sent: (item: Item, bytes: number, moved: number) => void;
  /** the server began an upload of a file that was stopped meanwhile */
  late: (item: Item, begun: Begun) => void;
}

/** How a delivery ended; `later` = try again after so many milliseconds, leaving the place to others. */
export type Outcome = { end: "done" | "skipped" | "failed" } | { end: "later"; wait: number };

const SMALLEST_REQUEST = 1024 * 1024;

/** The server got other bytes than were hashed: a bad connection once or twice, a changing file after that. */
const MOST_CORRUPT = 3;

const LONGEST_WAIT = 30_000;

/** Runs until an outcome; rejects only with the reason of the item's abort signal. */
export async function deliver(item: Item, way: Way): Promise<Outcome> {
  // Its own signal: a stop that is followed by a new start at once gives the item another one.
  const { signal } = item.abort;
  const run = new Run(item, way, signal);
  for (;;) {
    try {
      if (await run.round()) return { end: "done" };
    } catch (error) {
      signal.throwIfAborted();
      const outcome = await run.judge(error);
      if (outcome) return outcome;
    }
  }
}

class Run {
  private stitch = true;
  private corrupt = 0;
  private before = Number.POSITIVE_INFINITY;
  private first = true;
  /** an attempt was cut short: what arrived of it is not known */
  private cut: boolean;

  constructor(
    private readonly item: Item,
    private readonly way: Way,
    private readonly signal: AbortSignal,
  ) {
    this.cut = item.sent > 0;
  }

  /** One handshake and what it asks for. True: the file is complete. */
  async round(): Promise<boolean> {
    const { item, way } = this;
    way.show(item, this.cut ? "resuming" : this.first ? "starting" : "checking");
    const hashes = item.hashes ?? [];
    const reply = await this.request(() => this.ask(hashes));
    this.adopt(reply);
    if (reply.missing.length === 0) {
      item.known = this.first && item.plan.count > 0;
      way.sent(item, item.plan.size, 0);
      return true;
    }
    if (reply.missing.length >= this.before) throw new Trouble("again", "the server asked for the same parts again");
    if (reply.missing.length < item.least) item.tries = 0;
    item.least = Math.min(item.least, reply.missing.length);
    this.before = reply.missing.length;
    this.first = false;
    this.cut = false;
    way.sent(item, arrived(item, reply), 0);
    way.show(item, "sending");
    await this.parcels(hashes, reply);
    return false;
  }

  /**
   * A handshake is not cut short with its file: the server may have begun an upload by then, which nobody would know of
   * to take it back.
   */
  private ask(hashes: readonly string[]): Promise<Reply> {
    const { item, way, signal } = this;
    const hello = {
      name: item.name,
      size: item.plan.size,
      modified: item.modified,
      hashes,
      whenTaken: way.whenTaken(),
    };
    const asked = handshake(way.post, item.folder, hello, new AbortController().signal);
    return new Promise((resolve, reject) => {
      const stop = (): void => reject(signal.reason);
      signal.addEventListener("abort", stop, { once: true });
      const end = (): void => signal.removeEventListener("abort", stop);
      const late = (reply: Reply): void => {
        const begun = signal.aborted ? begunBy(reply) : undefined;
        if (begun) way.late(item, begun);
      };
      asked.then(late, () => {});
      asked.then(resolve, reject).finally(end);
    });
  }

  /** The server may have given the file another name or folder. From then on that is the file's place. */
  private adopt(reply: Reply): void {
    const { item, way } = this;
    item.name = reply.name;
    item.begun = begunBy(reply);
    if (reply.purl !== undefined) item.folder = folderUrl(way.base, reply.purl);
    const key = reply.key === undefined ? "" : `?k=${encodeURIComponent(reply.key)}`;
    item.link = item.folder + encodeName(reply.name) + key;
  }

  private async parcels(hashes: readonly string[], reply: Reply): Promise<void> {
    const { item, way } = this;
    const { plan } = item;
    const limit = Math.min(way.limit, TARGET);
    const parcels = pack(plan, hashes, reply.missing, this.stitch && reply.anyOrder ? limit : 1, way.width());
    const errors: unknown[] = [];
    const { signal } = this;
    const load = travelsWhole(plan.size) ? "short" : "bulk";
    const carry = async (parcel: Parcel): Promise<void> => {
      let last = 0;
      const progress = (bytes: number): void => {
        // After a stop the figure stays as it was; the next handshake tells how much of it arrived.
        if (signal.aborted) return;
        way.sent(item, Math.min(plan.size, item.sent + bytes - last), bytes - last);
        last = bytes;
      };
      const errand = {
        post: way.post,
        url: item.folder,
        wark: reply.wark,
        file: item.file,
        hashes,
        parcel,
        limit,
        signal,
      };
      try {
        // One parcel failed: what still stands at the gate waits for the next handshake.
        await this.request(
          () => send({ ...errand, progress }),
          () => errors.length > 0,
          load,
        );
      } catch (error) {
        errors.push(error);
      }
    };
    if (reply.anyOrder) {
      await Promise.all(parcels.map(carry));
    } else {
      for (const parcel of parcels) if (errors.length === 0) await carry(parcel);
    }
    if (errors.length > 0) throw errors[0];
  }

  private request<T>(work: () => Promise<T>): Promise<T>;
  private request<T>(work: () => Promise<T>, needless: () => boolean, load: Load): Promise<T | undefined>;
  private request<T>(work: () => Promise<T>, needless?: () => boolean, load?: Load): Promise<T | undefined> {
    const { gate, line } = this.way;
    const { signal } = this;
    const admitted = async (): Promise<T | undefined> => {
      if (needless?.()) return undefined;
      await line.ready(signal);
      try {
        const result = await work();
        line.good();
        return result;
      } catch (error) {
        if (error instanceof Lost) line.lost();
        else if (error instanceof Trouble) line.good();
        throw error;
      }
    };
    return gate.run(this.item.id, signal, admitted, load);
  }

  /** What to do about an error: an outcome, or nothing to go on with the next handshake. */
  async judge(error: unknown): Promise<Outcome | undefined> {
    const { item, way } = this;
    if (error instanceof Lost) return this.lost();
    if (!(error instanceof Trouble)) return this.fail("internal", String(error));
    const detail = error.message;
    this.before = Number.POSITIVE_INFINITY;
    this.cut = item.sent > 0;
    switch (error.kind) {
      case "handshake":
        return this.retry(detail);
      case "single":
        this.stitch = false;
        return this.retry(detail);
      case "corrupt":
        this.stitch = false;
        return ++this.corrupt >= MOST_CORRUPT ? this.fail("changed", detail) : undefined;
      case "large":
        if (way.limit <= SMALLEST_REQUEST) return this.fail("refused", detail);
        way.limit = Math.max(SMALLEST_REQUEST, Math.floor(Math.min(way.limit, TARGET) / 2));
        return undefined;
      case "again":
        return this.later(detail, error.wait);
      case "exists":
        way.show(item, "skipped", { code: "exists", detail });
        return { end: "skipped" };
      case "denied":
        return this.fail("denied", detail);
      case "refused":
        return this.fail("refused", detail);
    }
  }

  /** A lost connection and a file that was changed on disk look alike to the page: ask the file. */
  private async lost(): Promise<Outcome | undefined> {
    const { item, way } = this;
    try {
      await item.file.slice(0, 1).arrayBuffer();
    } catch (error) {
      return this.fail("unreadable", String(error));
    }
    this.before = Number.POSITIVE_INFINITY;
    this.cut = item.sent > 0;
    way.show(item, "waiting", { code: "lost", detail: "" });
    return undefined;
  }

  /** At once the first time; a server that keeps saying the same gets pauses. */
  private retry(detail: string): Outcome | undefined {
    return this.item.tries++ === 0 ? undefined : this.later(detail);
  }

  private later(detail: string, wait?: number): Outcome {
    const { item, way } = this;
    const pause = Math.min(LONGEST_WAIT, 500 * 2 ** Math.min(item.tries++, 10));
    way.show(item, "waiting", { code: "again", detail });
    return { end: "later", wait: wait ?? pause };
  }

  private fail(code: Reason["code"], detail: string): Outcome {
    this.way.show(this.item, "failed", { code, detail });
    return { end: "failed" };
  }
}

/** Bytes that the server has: everything that it did not ask for, repeats of a missing chunk excepted. */
function arrived({ plan, hashes }: Item, { missing }: Reply): number {
  const need = new Set(missing);
  return (hashes ?? []).reduce((sum, hash, index) => {
    const { start, end } = range(plan, index);
    return need.has(hash) ? sum : sum + end - start;
  }, 0);
}

function begunBy({ missing, purl, name, wark }: Reply): Begun | undefined {
  return missing.length > 0 && purl !== undefined ? { path: purl + name, wark } : undefined;
}
