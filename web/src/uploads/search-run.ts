// Hashes files and asks the server about each. Uses no DOM.
import type { Hasher } from "../up2k/hasher.ts";
import type { Source } from "../up2k/item.ts";
import { plan } from "../up2k/plan.ts";
import { findSame, type Hit } from "../up2k/search.ts";
import { ServerError } from "../up2k/server-error.ts";
import { ConnectionLost, type Transport, xhrTransport } from "../up2k/transport.ts";

/** A file and what the server has of it. */
export interface Found {
  source: Source;
  /** undefined: it could not be looked for */
  hits: Hit[] | undefined;
  /** why not */
  detail: string;
}

interface Means {
  base: string;
  hasher: Hasher;
  post?: Transport;
  /** milliseconds before the first repetition */
  pause?: number;
}

/** Files that are looked for at the same time. */
const PARALLEL = 4;
const TRIES = 6;

export class FileSearch {
  readonly results: Found[] = [];
  readonly bytes: number;
  hashed = 0;
  busy = true;

  /** `changed` is called after every step, which is often. */
  constructor(
    private readonly sources: readonly Source[],
    private readonly means: Means,
    private readonly signal: AbortSignal,
    private readonly changed: () => void,
  ) {
    this.bytes = sources.reduce((sum, { file }) => sum + file.size, 0);
  }

  get total(): number {
    return this.sources.length;
  }

  /** The files that the server does not have, in the order in which they were picked. */
  get missing(): Source[] {
    const missing = new Set(this.results.filter(({ hits }) => hits?.length === 0).map(({ source }) => source));
    return this.sources.filter((source) => missing.has(source));
  }

  /** Resolves when all files were looked for, or the signal was aborted. */
  async run(): Promise<void> {
    const left = [...this.sources];
    const work = async (): Promise<void> => {
      for (let source = left.shift(); source && !this.signal.aborted; source = left.shift()) await this.look(source);
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
    this.busy = false;
  }

  private async look(source: Source): Promise<void> {
    let hits: Hit[] | undefined;
    let detail = "";
    try {
      const progress = (bytes: number): void => {
        this.hashed += bytes;
        this.changed();
      };
      const { hashes } = await this.means.hasher.hash(source.file, plan(source.file.size), progress, this.signal);
      hits = await this.ask(source, hashes);
    } catch (error) {
      if (this.signal.aborted) return;
      detail = error instanceof Error ? error.message : String(error);
    }
    this.results.push({ source, hits, detail });
    this.changed();
  }

  private async ask(source: Source, hashes: readonly string[]): Promise<Hit[]> {
    const { base, post = xhrTransport, pause = 1000 } = this.means;
    const { name, modified } = source;
    const question = { name, modified, size: source.file.size, hashes };
    for (let tries = 1; ; tries++) {
      try {
        return await findSame(post, `${base}/`, question, this.signal);
      } catch (error) {
        const passes = error instanceof ConnectionLost || (error instanceof ServerError && error.kind === "again");
        if (!passes || tries >= TRIES) throw error;
        const wait = error instanceof ServerError ? error.wait : undefined;
        await new Promise((go) => setTimeout(go, wait ?? pause * tries));
      }
    }
  }
}
