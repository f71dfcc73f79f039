// One file of the upload queue, with its state.
import type { ServerPartial } from "./cancel-queue.ts";
import type { WhenTaken } from "./handshake.ts";
import { type Plan, plan } from "./plan.ts";

export type State =
  /** queued: not hashed yet, or hashed and waiting for a slot or a retry */
  | "waiting"
  | "hashing"
  /** first handshake: asks which chunks are missing */
  | "starting"
  /** handshake after an interruption: asks which chunks the server has */
  | "resuming"
  | "sending"
  /** closing handshake: all chunks sent, asks whether the file is complete */
  | "checking"
  | "paused"
  /** the name is taken, and the visitor has to say what to do */
  | "asking"
  /** complete and verified by the server */
  | "done"
  /** not sent because the name or the content already exists */
  | "skipped"
  | "failed";

export type Tab = "active" | "waiting" | "done" | "failed";

const TABS: Record<State, Tab> = {
  waiting: "waiting",
  hashing: "active",
  starting: "active",
  resuming: "active",
  sending: "active",
  checking: "active",
  paused: "waiting",
  asking: "waiting",
  done: "done",
  skipped: "done",
  failed: "failed",
};

export const STATES = Object.keys(TABS) as State[];

export const tabOf = (state: State): Tab => TABS[state];

/** Why a file failed or waits; the screen has a sentence for each code. `detail`: the server's text. */
export interface Reason {
  code:
    | "denied"
    | "refused"
    /** larger or smaller than files may be here */
    | "size"
    /** the folder holds as much as it may */
    | "quota"
    /** the name is taken by other content: the visitor is asked */
    | "taken"
    | "exists"
    | "changed"
    | "unreadable"
    | "again"
    | "lost"
    | "internal";
  detail: string;
}

/** A chosen file: `File` in a browser, anything like it in tests. */
export interface Source {
  file: Blob;
  name: string;
  /** milliseconds since 1970 */
  modified: number;
  /** URL of the target folder: absolute path, encoded, with a trailing slash */
  folder: string;
  /** path for display: folders below the drop target, then the name */
  path: string;
  /** what to do when the name is taken; undefined: as the queue does */
  whenTaken?: WhenTaken;
  /** whether the visitor may replace a file there */
  mayReplace?: boolean;
  /** the server chooses a name */
  random?: boolean;
  /** the file there gets the time of its arrival instead of `modified` */
  undated?: boolean;
  /** seconds after which the server deletes it, where its folder has a lifetime, which this may shorten */
  lifetime?: number;
  /** a file of this name, size and date on the server counts as this one, unread */
  quick?: boolean;
  /** maximum bytes of a file in that folder, where known */
  maxBytes?: number;
  /** minimum bytes of a file in that folder, where known */
  minBytes?: number;
}

export interface Item extends Source {
  readonly id: number;
  /** URL of the folder that the file, or a folder with it, was dropped into */
  readonly top: string;
  readonly plan: Plan;
  state: State;
  /** bytes hashed so far */
  hashed: number;
  /**
   * Bytes of the chunks that the server has confirmed; 0..plan.size. Kept while the file is stopped. Decreases only when the
   * server has lost chunks that it had confirmed.
   */
  received: number;
  /** bytes of running requests that were handed to the network: how many of them arrive is unknown until the answers */
  inFlight: number;
  /**
   * What the file's row shows: the most that `received` and `inFlight` have been together; 0..plan.size. So it stays when requests
   * are lost and repeated, and decreases with `received` only.
   */
  sent: number;
  hashes: string[] | undefined;
  /** the bytes that were hashed, if the file is small; until they have been sent */
  content: Uint8Array<ArrayBuffer> | undefined;
  reason: Reason | undefined;
  /** URL of the finished file */
  link: string | undefined;
  /** the server's unfinished upload of this file; undefined before the first handshake and once complete */
  partial: ServerPartial | undefined;
  /** the server already had the whole file */
  known: boolean;
  /** bytes of it were sent, perhaps all of them */
  begun: boolean;
  /** aborted on pause and cancel; replaced for every run */
  abort: AbortController;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** consecutive attempts without progress; determines the pause before the next one */
  tries: number;
  /** lowest number of missing chunks in any reply so far */
  least: number;
}

/** Returns a file that waits. `id`: higher than those of earlier files. */
export function newItem(source: Source, id: number): Item {
  return {
    ...source,
    id,
    top: topOf(source),
    plan: plan(source.file.size),
    state: "waiting",
    hashed: 0,
    received: 0,
    inFlight: 0,
    sent: 0,
    hashes: undefined,
    content: undefined,
    reason: undefined,
    link: undefined,
    partial: undefined,
    known: false,
    begun: false,
    abort: new AbortController(),
    timer: undefined,
    tries: 0,
    least: Number.POSITIVE_INFINITY,
  };
}

/** Returns the target folder without the folders below it that `path` names. */
function topOf({ folder, path }: Source): string {
  const parts = folder.split("/");
  const top = parts.slice(0, parts.length - path.split("/").length);
  return top.length > 0 ? `${top.join("/")}/` : folder;
}

/** Returns whether trying a failed file again can have another result. */
export const canRetry = (item: Item): boolean => item.reason?.code !== "size";

/** Returns why the limits of the folder, where they are known, refuse the file, as the server says it. */
export function sizeFault({ plan, maxBytes, minBytes }: Item): string | undefined {
  if (maxBytes !== undefined && plan.size > maxBytes) return "file too big";
  return minBytes !== undefined && plan.size < minBytes ? "file too small" : undefined;
}

/**
 * Returns whether a failed file was refused for what it is or where it goes, so that a later visit would be refused, too. A file of
 * which the server has received something was allowed before: then a session has ended, or a request was out of order.
 */
export function isRefusedForGood({ reason, partial }: Item): boolean {
  if (reason?.code === "size") return true;
  return (reason?.code === "denied" || reason?.code === "refused") && !partial;
}

/** Returns a key that is equal for the same file and target, so that choosing a file twice does not send it twice. */
export function keyOf(source: Pick<Source, "folder" | "name" | "modified"> & { file: { size: number } }): string {
  return `${source.folder}\n${source.name}\n${source.file.size}\n${source.modified}`;
}
