// Sends the requests of many small files in one: a browser needs milliseconds for each request, however short. Each part is
// answered as if it had been sent alone. Source: docs/up2k.md "Bundles".
import { readFault, Unreadable } from "./hasher.ts";
import type { Pace } from "./pace.ts";
import type { RequestLimiter } from "./request-limiter.ts";
import { MIN_STITCHED } from "./sender.ts";
import { ServerError } from "./server-error.ts";
import { type Answer, ConnectionLost, type Post, type Transport } from "./transport.ts";

/** Most parts of a bundle. */
const MAX_PARTS = 64;

/** Milliseconds that a request waits for others. */
const GATHER_MS = 15;

/** Milliseconds without progress after which the connection counts as lost; every part may take some time. */
const STALL_MS = 90_000;

/** Files up to this size have one chunk at most, and are bundled. */
export const MAX_BUNDLED = 1024 * 1024;

/** Bytes of a bundle before the speed is known: on a slow line, more would take a minute. */
const FIRST = 256 * 1024;

interface Part {
  post: Post;
  order: number;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

/** Requests that are posted to the same folder, or below it. */
interface Group {
  readonly top: string;
  waiting: Part[];
  timer: ReturnType<typeof setTimeout> | undefined;
}

type Bytes = Blob | Uint8Array<ArrayBuffer>;

/** Returns the bytes of a file that a request carries. */
const bytesIn = ({ body, content }: Post): Bytes | undefined => (typeof body === "string" ? content : body);

const lengthOf = (bytes: Bytes): number => (bytes instanceof Blob ? bytes.size : bytes.length);

const sizeOf = ({ post }: Part): number => {
  const bytes = bytesIn(post);
  return bytes ? lengthOf(bytes) : 0;
};

export class Bundler {
  private readonly groups = new Map<string, Group>();

  /** `limit`: maximum bytes of a request. */
  constructor(
    private readonly post: Transport,
    private readonly limiter: RequestLimiter,
    private readonly pace: Pace,
    private readonly limit: () => number,
  ) {}

  /**
   * Returns a transport for the requests of one file. `top`: the folder to which its bundles are posted; `order`: lower for
   * earlier files. It waits for a slot of the limiter itself.
   */
  transport(top: string, order: number): Transport {
    return (post) =>
      new Promise((resolve, reject) => {
        const group = this.group(post.url.startsWith(top) ? top : post.url);
        const part: Part = { post, order, resolve, reject };
        const stop = (): void => {
          group.waiting = group.waiting.filter((other) => other !== part);
          reject(post.signal.reason);
        };
        if (post.signal.aborted) return reject(post.signal.reason);
        post.signal.addEventListener("abort", stop, { once: true });
        this.add(group, part);
      });
  }

  private add(group: Group, part: Part): void {
    group.waiting.push(part);
    this.plan(group);
  }

  private group(top: string): Group {
    const group = this.groups.get(top) ?? { top, waiting: [], timer: undefined };
    this.groups.set(top, group);
    return group;
  }

  private plan(group: Group): void {
    if (group.waiting.length >= MAX_PARTS) this.send(group);
    else group.timer ??= setTimeout(() => this.send(group), GATHER_MS);
  }

  /** Takes the earliest parts that fit into a request. */
  private take(group: Group): Part[] {
    const all = group.waiting.sort((a, b) => a.order - b.order);
    const paced = this.pace.measured ? this.pace.bytes : FIRST;
    const most = Math.min(this.limit(), MIN_STITCHED, paced);
    let count = 0;
    for (let bytes = 0; count < Math.min(all.length, MAX_PARTS); count++) {
      bytes += sizeOf(all[count] as Part);
      if (count > 0 && bytes > most) break;
    }
    return all.splice(0, count);
  }

  private send(group: Group): void {
    clearTimeout(group.timer);
    group.timer = undefined;
    while (group.waiting.length > 0) {
      const parts = this.take(group);
      const first = parts[0] as Part;
      const never = new AbortController().signal;
      void this.limiter.run(first.order, never, () => this.sendParts(group.top, parts));
    }
    this.groups.delete(group.top);
  }

  /** Never rejects: every part learns what became of it. */
  private async sendParts(top: string, all: readonly Part[]): Promise<void> {
    const parts = all.filter(({ post }) => !post.signal.aborted);
    const stop = new AbortController();
    const isWanted = (): boolean => parts.some(({ post }) => !post.signal.aborted);
    const look = (): void => {
      if (!isWanted()) stop.abort(new DOMException("stopped", "AbortError"));
    };
    for (const { post } of parts) post.signal.addEventListener("abort", look, { once: true });
    try {
      const answers = parts.length > 0 ? await this.answers(top, parts, stop.signal) : [];
      for (const [index, answer] of answers.entries()) parts[index]?.resolve(answer);
    } catch (error) {
      await this.fail(top, parts, error);
    } finally {
      for (const { post } of parts) post.signal.removeEventListener("abort", look);
    }
  }

  /**
   * Tells the parts why their request failed. A file that changed on disk ends the request of all of them, and looks like a lost
   * connection: only that one fails, and the others are sent again.
   */
  private async fail(top: string, parts: readonly Part[], error: unknown): Promise<void> {
    const lost = error instanceof ConnectionLost && parts.length > 1;
    const faults = await Promise.all(
      parts.map(({ post }) => {
        const bytes = lost ? bytesIn(post) : undefined;
        return bytes instanceof Blob ? readFault(bytes) : undefined;
      }),
    );
    const isTheirs = faults.some((fault) => fault !== undefined);
    for (const [index, part] of parts.entries()) {
      const fault = faults[index];
      if (fault !== undefined) part.reject(new Unreadable(fault));
      else if (isTheirs && !part.post.signal.aborted) this.add(this.group(top), part);
      else part.reject(error);
    }
  }

  private async answers(top: string, parts: readonly Part[], signal: AbortSignal): Promise<Answer[]> {
    const [only] = parts;
    if (only && parts.length === 1) return [await this.post({ ...alone(only.post), signal })];
    const list = `[${parts.map((part) => described(part, top)).join()}]\n`;
    const head = new TextEncoder().encode(list);
    // Chromium takes some milliseconds to send an array of this size, none for a blob, whose bytes travel meanwhile.
    const body = new Blob([head, ...parts.flatMap(({ post }) => bytesIn(post) ?? [])]);
    const headers = { "Content-Type": "application/x-up2k-bundle" };
    const progress = (sent: number): void => tellProgress(parts, sent - head.length);
    const start = Date.now();
    const answer = await this.post({ url: top, headers, body, signal, stall: STALL_MS, progress });
    this.pace.add(body.size, Date.now() - start);
    return split(answer, parts.length);
  }
}

/** Returns a request without what only bundles can carry. */
function alone({ content, progress, ...post }: Post): Post {
  return content || !progress ? post : { ...post, progress };
}

/** Returns a part's entry in the list of a bundle. */
function described({ post }: Part, top: string): string {
  const place = `"in":${JSON.stringify(post.url.slice(top.length))}`;
  if (typeof post.body === "string") {
    const size = post.content ? `,"size":${post.content.length}` : "";
    return `{${place},"handshake":${post.body}${size}}`;
  }
  const { "X-Up2k-Wark": wark, "X-Up2k-Hash": hash } = post.headers;
  return `{${place},"wark":${JSON.stringify(wark)},"hash":${JSON.stringify(hash)},"size":${lengthOf(post.body)}}`;
}

function tellProgress(parts: readonly Part[], sent: number): void {
  let start = 0;
  for (const part of parts) {
    const size = sizeOf(part);
    if (size > 0 && sent > start && !part.post.signal.aborted) part.post.progress?.(Math.min(size, sent - start));
    start += size;
  }
}

/** Returns the answers of the parts; if the bundle as a whole was refused, that refusal for each. */
function split(answer: Answer, count: number): Answer[] {
  if (answer.status !== 200) return Array.from({ length: count }, () => answer);
  try {
    const answers = JSON.parse(answer.text) as Answer[];
    if (answers.length === count) return answers;
  } catch {
    // Most likely a captive portal or a proxy's error page.
  }
  throw new ServerError("again", "the answer did not come from the file server");
}
