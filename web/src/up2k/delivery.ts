// Uploads one hashed file: handshake, chunks, closing handshake; repeated until the server has the file or refuses it.

import { type Bundler, MAX_BUNDLED } from "./bundler.ts";
import type { ServerPartial } from "./cancel-queue.ts";
import type { Connectivity } from "./connectivity.ts";
import { type HandshakeReply, handshake, type WhenTaken } from "./handshake.ts";
import { readFault, Unreadable } from "./hasher.ts";
import type { Item, Reason, State } from "./item.ts";
import type { Pace } from "./pace.ts";
import { range } from "./plan.ts";
import type { Load, RequestLimiter } from "./request-limiter.ts";
import { ChunkSupply, fitsOneRequest, MAX_REQUEST, sendBatch } from "./sender.ts";
import { ServerError } from "./server-error.ts";
import { ConnectionLost, type Transport } from "./transport.ts";
import { encodeName, folderUrl } from "./urls.ts";

/** What a delivery uses of its queue: transport, limits, and callbacks for progress. */
export interface DeliveryContext {
  post: Transport;
  /** sends requests of small files together; undefined: each is sent alone */
  bundler: Bundler | undefined;
  limiter: RequestLimiter;
  connectivity: Connectivity;
  /** path the server is hosted under, "" or "/sub/path" */
  base: string;
  /** maximum number of concurrent requests */
  width: () => number;
  whenTaken: () => WhenTaken;
  pace: Pace;
  /** bytes per request; shrinks when a server or proxy says "too large" */
  limit: number;
  show: (item: Item, state: State, reason?: Reason) => void;
  /** `received`, `inFlight`: as in `Item`; `moved`: bytes handed to the network since the last call, for the speed */
  progress: (item: Item, received: number, inFlight: number, moved: number) => void;
  /** the server created an upload after the file had been stopped */
  createdLate: (item: Item, partial: ServerPartial) => void;
}

/** How a delivery ended. `asking`: the visitor decides about a taken name. `later`: retry after `wait` milliseconds; until then another file takes its place. */
export type DeliveryOutcome = { end: "done" | "skipped" | "failed" | "asking" } | { end: "later"; wait: number };

const SMALLEST_REQUEST = 1024 * 1024;

/** How often the server may receive other bytes than were hashed: once or twice is a bad connection, more is a changing file. */
const MAX_CORRUPTIONS = 3;

const MAX_WAIT = 30_000;

/** Resolves to the outcome. Rejects only with the reason of the item's abort signal. */
export async function deliver(item: Item, context: DeliveryContext): Promise<DeliveryOutcome> {
  // Keep this run's signal: stopping and restarting the item replaces `item.abort`.
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
  /** an attempt was interrupted: how much of it the server received is unknown */
  private interrupted: boolean;
  /** Sends this file's requests together with those of others; undefined: alone. */
  private readonly bundled: Transport | undefined;

  constructor(
    private readonly item: Item,
    private readonly context: DeliveryContext,
    private readonly signal: AbortSignal,
  ) {
    this.interrupted = item.sent > 0;
    if (item.plan.size <= MAX_BUNDLED) this.bundled = context.bundler?.transport(item.top, item.id);
  }

  private get post(): Transport {
    return this.bundled ?? this.context.post;
  }

  /** Sends one handshake and the chunks that it asks for. Returns true when the file is complete. */
  async handshakeAndSend(): Promise<boolean> {
    const { item, context } = this;
    context.show(item, this.interrupted ? "resuming" : this.isFirst ? "starting" : "checking");
    // No request of this file runs.
    item.inFlight = 0;
    const hashes = item.hashes ?? [];
    const content = this.carried();
    const wasBegun = item.begun;
    // Stays so if no reply arrives: the server may have received it.
    if (content) item.begun = true;
    const reply = await this.request(() => this.sendHandshake(hashes, content));
    this.adoptReply(reply);
    if (content) item.begun = wasBegun || reply.received;
    if (reply.missing.length === 0) {
      item.known = this.isFirst && !item.begun && item.plan.count > 0;
      context.progress(item, item.plan.size, 0, 0);
      return true;
    }
    if (reply.missing.length >= this.missingBefore)
      throw new ServerError("again", "the server asked for the same parts again");
    if (reply.missing.length < item.least) item.tries = 0;
    item.least = Math.min(item.least, reply.missing.length);
    this.missingBefore = reply.missing.length;
    this.isFirst = false;
    this.interrupted = false;
    context.progress(item, receivedBytes(item, reply), 0, 0);
    context.show(item, "sending");
    item.begun = true;
    await this.sendBatches(hashes, reply);
    return false;
  }

  /**
   * Stopping the file does not abort a running handshake: the server may have created an upload by then, and the queue must
   * learn of it to be able to delete it.
   */
  private sendHandshake(
    hashes: readonly string[],
    content: Uint8Array<ArrayBuffer> | undefined,
  ): Promise<HandshakeReply> {
    const { item, context, signal } = this;
    const request = {
      name: item.name,
      size: item.plan.size,
      modified: item.modified,
      undated: item.undated === true,
      lifetime: item.lifetime,
      hashes,
      whenTaken: item.whenTaken ?? context.whenTaken(),
      // The name in the first reply holds.
      random: item.random === true && item.link === undefined,
      content,
      progress: this.progress(),
    };
    const reply = handshake(this.post, item.folder, request, new AbortController().signal);
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

  /**
   * Returns the bytes of a small file, once: they are sent with the first handshake, whether the server has them or not, because to
   * ask first costs as much.
   */
  private carried(): Uint8Array<ArrayBuffer> | undefined {
    const { content } = this.item;
    this.item.content = undefined;
    return this.bundled && this.isFirst && !this.interrupted ? content : undefined;
  }

  /** Returns a function that is called with the bytes of a request handed to the network so far. */
  private progress(): (bytes: number) => void {
    const { item, context, signal } = this;
    let last = 0;
    return (bytes) => {
      // After a stop the figures are kept; the next handshake tells how many bytes the server received.
      if (signal.aborted) return;
      const moved = bytes - last;
      last = bytes;
      context.progress(item, item.received, item.inFlight + moved, moved);
    };
  }

  /** Takes over the name and folder that the server has given the file; later requests use them. */
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
    const spread = reply.anyOrder ? context.width() : 1;
    const supply = new ChunkSupply(plan, hashes, reply.missing, spread);
    const stitches = this.stitchChunks && reply.anyOrder;
    const errors: unknown[] = [];
    const { signal } = this;
    const load = fitsOneRequest(plan.size) ? "short" : "bulk";
    const sendNext = async (): Promise<void> => {
      const batch = supply.next(stitches ? Math.min(limit, context.pace.bytes) : 1);
      if (!batch) return;
      const { post } = this;
      const progress = this.progress();
      // The bundler measures and limits bundles as a whole.
      const pace = this.bundled ? undefined : context.pace;
      const { wark } = reply;
      await sendBatch({ post, url: item.folder, wark, file: item.file, hashes, batch, limit, pace, signal, progress });
      if (signal.aborted) return;
      const size = batch.end - batch.start;
      context.progress(item, item.received + size, item.inFlight - size, 0);
    };
    const sendAll = async (): Promise<void> => {
      while (errors.length === 0 && supply.left > 0) {
        try {
          // When one batch has failed, those that wait for the limiter are not sent; the next handshake names them again.
          await this.request(sendNext, () => errors.length > 0, load);
        } catch (error) {
          errors.push(error);
        }
      }
    };
    // Twice as many as may run: the next request of the earliest file waits when a slot becomes free.
    const senders = reply.anyOrder ? Math.min(supply.left, 2 * spread) : 1;
    await Promise.all(Array.from({ length: senders }, sendAll));
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
    return this.bundled ? admitted() : limiter.run(this.item.id, signal, admitted, load);
  }

  /** Returns the outcome for an error; undefined: continue with the next handshake. */
  async handleError(error: unknown): Promise<DeliveryOutcome | undefined> {
    const { item, context } = this;
    if (error instanceof ConnectionLost) return this.handleLoss();
    if (error instanceof Unreadable) return this.fail("unreadable", error.message);
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
        return this.continueElsewhere(detail) ? undefined : this.retryLater(detail, error.wait);
      case "exists":
        if ((item.whenTaken ?? context.whenTaken()) === "ask" && !detail.includes("file already exists")) {
          context.show(item, "asking", { code: "taken", detail });
          return { end: "asking" };
        }
        context.show(item, "skipped", { code: "exists", detail });
        return { end: "skipped" };
      case "denied":
        return this.fail("denied", detail);
      case "refused":
        if (/^file too (big|small)/.test(detail)) return this.fail("size", detail);
        return this.fail(detail.startsWith("volume has exceeded") ? "quota" : "refused", detail);
    }
  }

  /** A file with a random name is resumed under the name that it got; the server tells the name where it may. */
  private continueElsewhere(detail: string): boolean {
    const { item } = this;
    const [, path = ""] = /^partial upload exists[^\n]*\n(\/.*\/[^/\n]+)/.exec(detail) ?? [];
    const at = path.trimEnd().lastIndexOf("/");
    if (!item.random || item.link !== undefined || at < 0) return false;
    if (folderUrl(this.context.base, path.slice(0, at + 1)) !== item.folder) return false;
    item.name = path.trimEnd().slice(at + 1);
    item.random = false;
    return true;
  }

  /** XMLHttpRequest reports a lost connection and a file that changed on disk alike; reading the file tells which it was. */
  private async handleLoss(): Promise<DeliveryOutcome | undefined> {
    const { item, context } = this;
    const fault = await readFault(item.file);
    if (fault !== undefined) return this.fail("unreadable", fault);
    this.missingBefore = Number.POSITIVE_INFINITY;
    this.interrupted = item.sent > 0;
    context.show(item, "waiting", { code: "lost", detail: "" });
    return undefined;
  }

  /** Retries immediately the first time, then after growing pauses. */
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

/** Returns the bytes the server has: all chunks that it did not ask for. A missing hash counts at every place where it occurs. */
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
