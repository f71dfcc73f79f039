// Brings one hashed file to the server: handshake, chunks, closing handshake; and again until it is there or cannot be.

import type { ServerPartial } from "./cancel-queue.ts";
import type { Connectivity } from "./connectivity.ts";
import { type HandshakeReply, handshake, type WhenTaken } from "./handshake.ts";
import type { Item, Reason, State } from "./item.ts";
import { range } from "./plan.ts";
import type { Load, RequestLimiter } from "./request-limiter.ts";
import { batchChunks, type ChunkBatch, fitsOneRequest, MAX_REQUEST, sendBatch } from "./sender.ts";
import { ServerError } from "./server-error.ts";
import { ConnectionLost, type Transport } from "./transport.ts";
import { encodeName, folderUrl } from "./urls.ts";

/** What a delivery needs from its queue. */
export interface DeliveryContext {
  post: Transport;
  limiter: RequestLimiter;
  connectivity: Connectivity;
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
  createdLate: (item: Item, partial: ServerPartial) => void;
}

/** How a delivery ended; `later` = try again after so many milliseconds, leaving the place to others. */
export type DeliveryOutcome = { end: "done" | "skipped" | "failed" } | { end: "later"; wait: number };

const SMALLEST_REQUEST = 1024 * 1024;

/** The server got other bytes than were hashed: a bad connection once or twice, a changing file after that. */
const MAX_CORRUPTIONS = 3;

const MAX_WAIT = 30_000;

/** Runs until an outcome; rejects only with the reason of the item's abort signal. */
export async function deliver(item: Item, context: DeliveryContext): Promise<DeliveryOutcome> {
  // Its own signal: a stop that is followed by a new start at once gives the item another one.
  const { signal } = item.abort;
  const delivery = new Delivery(item, context, signal);
  for (;;) {
    try {
      if (await delivery.handshakeAndSend()) return { end: "done" };
    } catch (error) {
      signal.throwIfAborted();
      const outcome = await delivery.handleError(error);
      if (outcome) return outcome;
    }
  }
}

class Delivery {
  private stitchChunks = true;
  private corruptions = 0;
  private missingBefore = Number.POSITIVE_INFINITY;
  private isFirst = true;
  /** an attempt was cut short: what arrived of it is not known */
  private interrupted: boolean;

  constructor(
    private readonly item: Item,
    private readonly context: DeliveryContext,
    private readonly signal: AbortSignal,
  ) {
    this.interrupted = item.sent > 0;
  }

  /** One handshake and what it asks for. True: the file is complete. */
  async handshakeAndSend(): Promise<boolean> {
    const { item, context } = this;
    context.show(item, this.interrupted ? "resuming" : this.isFirst ? "starting" : "checking");
    const hashes = item.hashes ?? [];
    const reply = await this.request(() => this.sendHandshake(hashes));
    this.adoptReply(reply);
    if (reply.missing.length === 0) {
      item.known = this.isFirst && item.plan.count > 0;
      context.sent(item, item.plan.size, 0);
      return true;
    }
    if (reply.missing.length >= this.missingBefore)
      throw new ServerError("again", "the server asked for the same parts again");
    if (reply.missing.length < item.least) item.tries = 0;
    item.least = Math.min(item.least, reply.missing.length);
    this.missingBefore = reply.missing.length;
    this.isFirst = false;
    this.interrupted = false;
    context.sent(item, receivedBytes(item, reply), 0);
    context.show(item, "sending");
    await this.sendBatches(hashes, reply);
    return false;
  }

  /**
   * A handshake is not cut short with its file: the server may have begun an upload by then, which nobody would know of
   * to take it back.
   */
  private sendHandshake(hashes: readonly string[]): Promise<HandshakeReply> {
    const { item, context, signal } = this;
    const request = {
      name: item.name,
      size: item.plan.size,
      modified: item.modified,
      hashes,
      whenTaken: context.whenTaken(),
    };
    const reply = handshake(context.post, item.folder, request, new AbortController().signal);
    return new Promise((resolve, reject) => {
      const stop = (): void => reject(signal.reason);
      signal.addEventListener("abort", stop, { once: true });
      const end = (): void => signal.removeEventListener("abort", stop);
      const late = (reply: HandshakeReply): void => {
        const partial = signal.aborted ? partialOf(reply) : undefined;
        if (partial) context.createdLate(item, partial);
      };
      reply.then(late, () => {});
      reply.then(resolve, reject).finally(end);
    });
  }

  /** The server may have given the file another name or folder. From then on that is the file's place. */
  private adoptReply(reply: HandshakeReply): void {
    const { item, context } = this;
    item.name = reply.name;
    item.partial = partialOf(reply);
    if (reply.purl !== undefined) item.folder = folderUrl(context.base, reply.purl);
    const key = reply.key === undefined ? "" : `?k=${encodeURIComponent(reply.key)}`;
    item.link = item.folder + encodeName(reply.name) + key;
  }

  private async sendBatches(hashes: readonly string[], reply: HandshakeReply): Promise<void> {
    const { item, context } = this;
    const { plan } = item;
    const limit = Math.min(context.limit, MAX_REQUEST);
    const batches = batchChunks(
      plan,
      hashes,
      reply.missing,
      this.stitchChunks && reply.anyOrder ? limit : 1,
      context.width(),
    );
    const errors: unknown[] = [];
    const { signal } = this;
    const load = fitsOneRequest(plan.size) ? "short" : "bulk";
    const sendOne = async (batch: ChunkBatch): Promise<void> => {
      let last = 0;
      const progress = (bytes: number): void => {
        // After a stop the figure stays as it was; the next handshake tells how much of it arrived.
        if (signal.aborted) return;
        context.sent(item, Math.min(plan.size, item.sent + bytes - last), bytes - last);
        last = bytes;
      };
      const upload = {
        post: context.post,
        url: item.folder,
        wark: reply.wark,
        file: item.file,
        hashes,
        batch,
        limit,
        signal,
      };
      try {
        // One batch failed: what still stands at the gate waits for the next handshake.
        await this.request(
          () => sendBatch({ ...upload, progress }),
          () => errors.length > 0,
          load,
        );
      } catch (error) {
        errors.push(error);
      }
    };
    if (reply.anyOrder) {
      await Promise.all(batches.map(sendOne));
    } else {
      for (const batch of batches) if (errors.length === 0) await sendOne(batch);
    }
    if (errors.length > 0) throw errors[0];
  }

  private request<T>(work: () => Promise<T>): Promise<T>;
  private request<T>(work: () => Promise<T>, isObsolete: () => boolean, load: Load): Promise<T | undefined>;
  private request<T>(work: () => Promise<T>, isObsolete?: () => boolean, load?: Load): Promise<T | undefined> {
    const { limiter, connectivity } = this.context;
    const { signal } = this;
    const admitted = async (): Promise<T | undefined> => {
      if (isObsolete?.()) return undefined;
      await connectivity.waitUntilRetry(signal);
      try {
        const result = await work();
        connectivity.reportSuccess();
        return result;
      } catch (error) {
        if (error instanceof ConnectionLost) connectivity.reportLost();
        else if (error instanceof ServerError) connectivity.reportSuccess();
        throw error;
      }
    };
    return limiter.run(this.item.id, signal, admitted, load);
  }

  /** What to do about an error: an outcome, or nothing to go on with the next handshake. */
  async handleError(error: unknown): Promise<DeliveryOutcome | undefined> {
    const { item, context } = this;
    if (error instanceof ConnectionLost) return this.handleLoss();
    if (!(error instanceof ServerError)) return this.fail("internal", String(error));
    const detail = error.message;
    this.missingBefore = Number.POSITIVE_INFINITY;
    this.interrupted = item.sent > 0;
    switch (error.kind) {
      case "handshake":
        return this.retryHandshake(detail);
      case "single":
        this.stitchChunks = false;
        return this.retryHandshake(detail);
      case "corrupt":
        this.stitchChunks = false;
        return ++this.corruptions >= MAX_CORRUPTIONS ? this.fail("changed", detail) : undefined;
      case "large":
        if (context.limit <= SMALLEST_REQUEST) return this.fail("refused", detail);
        context.limit = Math.max(SMALLEST_REQUEST, Math.floor(Math.min(context.limit, MAX_REQUEST) / 2));
        return undefined;
      case "again":
        return this.retryLater(detail, error.wait);
      case "exists":
        context.show(item, "skipped", { code: "exists", detail });
        return { end: "skipped" };
      case "denied":
        return this.fail("denied", detail);
      case "refused":
        return this.fail("refused", detail);
    }
  }

  /** A lost connection and a file that was changed on disk look alike to the page: ask the file. */
  private async handleLoss(): Promise<DeliveryOutcome | undefined> {
    const { item, context } = this;
    try {
      await item.file.slice(0, 1).arrayBuffer();
    } catch (error) {
      return this.fail("unreadable", String(error));
    }
    this.missingBefore = Number.POSITIVE_INFINITY;
    this.interrupted = item.sent > 0;
    context.show(item, "waiting", { code: "lost", detail: "" });
    return undefined;
  }

  /** At once the first time; a server that keeps saying the same gets pauses. */
  private retryHandshake(detail: string): DeliveryOutcome | undefined {
    return this.item.tries++ === 0 ? undefined : this.retryLater(detail);
  }

  private retryLater(detail: string, wait?: number): DeliveryOutcome {
    const { item, context } = this;
    const pause = Math.min(MAX_WAIT, 500 * 2 ** Math.min(item.tries++, 10));
    context.show(item, "waiting", { code: "again", detail });
    return { end: "later", wait: wait ?? pause };
  }

  private fail(code: Reason["code"], detail: string): DeliveryOutcome {
    this.context.show(this.item, "failed", { code, detail });
    return { end: "failed" };
  }
}

/** Bytes that the server has: everything that it did not ask for, repeats of a missing chunk excepted. */
function receivedBytes({ plan, hashes }: Item, { missing }: HandshakeReply): number {
  const need = new Set(missing);
  return (hashes ?? []).reduce((sum, hash, index) => {
    const { start, end } = range(plan, index);
    return need.has(hash) ? sum : sum + end - start;
  }, 0);
}

function partialOf({ missing, purl, name, wark }: HandshakeReply): ServerPartial | undefined {
  return missing.length > 0 && purl !== undefined ? { path: purl + name, wark } : undefined;
}
