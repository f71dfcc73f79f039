// What the control page knows of the server, asked for again and again.
import { signal } from "@preact/signals-core";
import type { IndexInfo, RecentFile, TransferInfo, VolumeInfo } from "../api/types.gen.ts";
import { withoutSlash } from "../browse/place.ts";
import type { ControlApi } from "./control-api.ts";

/** Milliseconds between two rounds. */
const ROUND_MS = 2000;
/** Rounds after which indexes at rest are asked for again, and uploads that another one may have made. */
const SLOW_ROUNDS = 5;

export class Figures {
  /** undefined: not known yet */
  readonly transfers = signal<readonly TransferInfo[] | undefined>(undefined);
  readonly indexes = signal<ReadonlyMap<string, IndexInfo>>(new Map());
  readonly recent = signal<readonly RecentFile[] | undefined>(undefined);
  /** whether the visitor can open a folder */
  hasFolders = false;
  /** whether a folder on the page has an index */
  hasIndexes = false;
  /** begins a round now */
  again: () => void = () => {};
  /** files that were deleted here and brought back: the server does not count them as uploads any more */
  readonly restored = new Map<string, RecentFile>();
  private volumes: VolumeInfo[] | undefined;
  private rounds = 0;
  private uploading = 0;

  constructor(readonly api: ControlApi) {}

  /** Asks for what may have changed. Resolves to the milliseconds until the next round. */
  async round(): Promise<number> {
    const isSlow = this.rounds % SLOW_ROUNDS === 0;
    const isWorking = [...this.indexes.peek().values()].some(
      ({ state }) => state === "scanning" || state === "hashing",
    );
    const transfers = await this.api.transfers();
    this.transfers.value = transfers;
    const uploading = transfers.filter(({ upload }) => upload).length;
    const hasArrived = uploading < this.uploading;
    if (this.hasIndexes && (isSlow || isWorking || hasArrived)) await this.askForIndexes();
    if (isSlow || hasArrived) await this.askForRecent();
    this.uploading = uploading;
    this.rounds++;
    return ROUND_MS;
  }

  async askForIndexes(): Promise<void> {
    const indexes = await this.api.indexes();
    this.indexes.value = new Map(indexes.map((index) => [index.path, index]));
  }

  async askForRecent(): Promise<void> {
    // A visitor to whom nothing is open would be refused.
    const readable = this.hasFolders ? await this.api.recent("/") : [];
    const own = await this.own();
    const all = new Map(this.restored);
    for (const file of [...own, ...readable]) all.set(file.path, file);
    this.recent.value = [...all.values()].sort((one, other) => other.at_ms - one.at_ms);
  }

  /** Whether the visitor has the right to delete at a path. */
  async mayDelete(path: string): Promise<boolean> {
    this.volumes ??= await this.api.volumes();
    const above = this.volumes.filter((volume) =>
      `${path}/`.startsWith(`${withoutSlash(volume.path)}/`.replace("//", "/")),
    );
    const innermost = above.reduce<VolumeInfo | undefined>(
      (one, other) => (one && one.path.length > other.path.length ? one : other),
      undefined,
    );
    return innermost?.may.delete === true;
  }

  /** The visitor's own uploads, also in folders that the visitor may not read. */
  private async own(): Promise<RecentFile[]> {
    const complete = (await this.api.ownUploads()).filter(({ percent }) => percent === undefined);
    return complete.map(({ path, name, size, at_ms }) => ({ path, name, size, at_ms, own: true, may_delete: true }));
  }
}
