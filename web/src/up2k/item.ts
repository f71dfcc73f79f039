// One file on its way, as the queue keeps it and the screen shows it.
import type { ServerPartial } from "./cancel-queue.ts";
import type { Plan } from "./plan.ts";

export type State =
  /** in line: not hashed yet, or hashed and waiting for its turn or for a retry */
  | "waiting"
  | "hashing"
  /** asking the server what it needs */
  | "starting"
  /** asking the server what of an earlier attempt has arrived; `sent` may fall when the answer is there */
  | "resuming"
  | "sending"
  /** everything sent, asking whether it arrived whole */
  | "checking"
  | "paused"
  /** complete and verified by the server */
  | "done"
  /** not sent because the name or the content is there already */
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
  done: "done",
  skipped: "done",
  failed: "failed",
};

export const STATES = Object.keys(TABS) as State[];

export const tabOf = (state: State): Tab => TABS[state];

/** Why a file failed or is held up; the screen has a sentence for each. `detail` is the server's own. */
export interface Reason {
  code: "denied" | "refused" | "exists" | "changed" | "unreadable" | "again" | "lost" | "internal";
  detail: string;
}

/** A chosen file: `File` in a browser, anything like it in tests. */
export interface Source {
  file: Blob;
  name: string;
  /** milliseconds since 1970 */
  modified: number;
  /** URL of the target folder: absolute path, encoded, slash at its end */
  folder: string;
  /** what to show: folders below the drop target, then the name */
  path: string;
}

export interface Item extends Source {
  readonly id: number;
  readonly plan: Plan;
  state: State;
  /** bytes hashed so far */
  hashed: number;
  /**
   * Bytes the server has, or that are on their way; 0..plan.size. Kept while the file is stopped, since nobody knows then how
   * many of them arrived. Falls only in the states `resuming` and `checking`, when the server has named what is missing.
   */
  sent: number;
  hashes: string[] | undefined;
  reason: Reason | undefined;
  /** where the finished file can be opened */
  link: string | undefined;
  /** what the server holds of it while it is not complete */
  partial: ServerPartial | undefined;
  /** the server had all of it already */
  known: boolean;
  /** aborted on pause and cancel; a fresh one for every run */
  abort: AbortController;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** tries in a row without progress; spaces out retries */
  tries: number;
  /** fewest missing chunks that the server has named so far */
  least: number;
}

/** Same file for the same place? Then choosing it twice does not send it twice. */
export function keyOf(source: Pick<Source, "folder" | "name" | "modified"> & { file: { size: number } }): string {
  return `${source.folder}\n${source.name}\n${source.file.size}\n${source.modified}`;
}
