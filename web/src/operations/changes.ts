// Changes of files on the server: delete, move, copy, rename, undo. The one place that knows how they are requested.

import { type Api, ApiRefusal } from "../api/client.ts";
import type { ApiError, ChangeConflict, ChangeLine, IfTaken } from "../api/types.gen.ts";
import { withoutSlash } from "../browse/place.ts";
import { type Renaming, renameChains } from "./rename-order.ts";

export interface Failed {
  path: string;
  /** what happened and what to do next */
  text: string;
}

/** How a change of several entries ended. */
export interface Outcome {
  total: number;
  done: number;
  skipped: number;
  failed: Failed[];
  /** entries whose name is taken at the target */
  conflicts: ChangeConflict[];
  /** files and folders that are gone for good although there is a trash */
  lost: number;
  /** undo what was done, the last one first; empty: it cannot be undone */
  undo: string[];
  /** new paths of entries, by their old ones */
  moved: Map<string, string>;
  /** "stopped": by the visitor; "cutOff": the connection was lost */
  ended: "whole" | "stopped" | "cutOff";
}

export interface Progress {
  done: number;
  total: number;
  /** of a copy: 0 to 1 by bytes, where their number is known */
  share?: number;
}

export interface Watch {
  signal: AbortSignal;
  progress: (progress: Progress) => void;
}

/** Most entries and characters of one request. */
const ENTRIES_MAX = 10_000;
const CHARACTERS_MAX = 400_000;

export class Changes {
  constructor(private readonly api: Api) {}

  /** Rejects if the server refuses the whole request, or cannot be reached and nothing was done. */
  remove(paths: readonly string[], watch: Watch): Promise<Outcome> {
    return this.inParts(paths, watch, (part) => this.api.deleteMany({ paths: part }, watch.signal));
  }

  /** Moves or copies entries into the folder `to`, under their names. */
  relocate(
    kind: "move" | "copy",
    paths: readonly string[],
    to: string,
    ifTaken: IfTaken,
    watch: Watch,
  ): Promise<Outcome> {
    return this.inParts(paths, watch, (from) => {
      const body = { from, to: withoutSlash(to), if_exists: ifTaken };
      return kind === "move" ? this.api.moveMany(body, watch.signal) : this.api.copyMany(body, watch.signal);
    });
  }

  /** Renames entries, in an order in which no name is in the way. An entry that fails keeps its name. */
  async rename(renamings: readonly Renaming[], watch: Watch): Promise<Outcome> {
    const outcome = emptyOutcome(renamings.length);
    for (const chain of renameChains(renamings)) {
      if (outcome.ended !== "whole") break;
      await this.renameChain(chain, outcome, watch);
    }
    return outcome;
  }

  private async renameChain(chain: readonly Renaming[], outcome: Outcome, watch: Watch): Promise<void> {
    const undo: string[] = [];
    let hasTemporary = false;
    for (const step of chain) {
      try {
        if (watch.signal.aborted && !hasTemporary) {
          outcome.ended = "stopped";
          break;
        }
        undo.push(await this.api.rename(step.path, step.name));
        hasTemporary ||= step.temporary === true;
        if (!step.temporary) outcome.done++;
        watch.progress({ done: outcome.done, total: outcome.total });
      } catch (error) {
        outcome.failed.push({ path: step.path, text: textOf(error) });
        if (!(error instanceof ApiRefusal)) outcome.ended = "cutOff";
        if (!hasTemporary) break;
        // Nothing keeps a temporary name: all of the circle goes back.
        await this.undo(undo);
        outcome.done -= undo.length - 1;
        return;
      }
    }
    outcome.undo.push(...undo);
  }

  /** Undoes changes, the last one first. `left`: parts that could not be undone. */
  async undo(tokens: readonly string[], progress?: (done: number) => void): Promise<{ paths: string[]; left: number }> {
    const paths: string[] = [];
    let [left, done] = [0, 0];
    let refusal: ApiRefusal | undefined;
    for (const token of [...tokens].reverse()) {
      try {
        const undone = await this.api.undo(token);
        paths.push(...undone.paths);
        left += undone.left;
      } catch (error) {
        if (!(error instanceof ApiRefusal)) throw error;
        refusal = error;
        left++;
      }
      progress?.(++done);
    }
    if (refusal && paths.length === 0) throw refusal;
    return { paths, left };
  }

  private async inParts(
    paths: readonly string[],
    watch: Watch,
    start: (part: string[]) => AsyncIterable<ChangeLine>,
  ): Promise<Outcome> {
    const outcome = emptyOutcome(paths.length);
    for (const part of partsOf(paths)) {
      await follow(start(part), outcome, watch);
      if (outcome.ended !== "whole") break;
    }
    return outcome;
  }
}

export function emptyOutcome(total: number): Outcome {
  return {
    total,
    done: 0,
    skipped: 0,
    failed: [],
    conflicts: [],
    lost: 0,
    undo: [],
    moved: new Map(),
    ended: "whole",
  };
}

/** Adds what the lines of one request tell. */
async function follow(lines: AsyncIterable<ChangeLine>, outcome: Outcome, watch: Watch): Promise<void> {
  const before = finished(outcome);
  const [doneBefore, refusedBefore] = [outcome.done, refused(outcome)];
  let undo: string | undefined;
  let bytes: number | undefined;
  let inPart = 0;
  try {
    for await (const line of lines) {
      if (line.kind === "begin") {
        undo = line.undo;
        bytes = line.bytes_total;
      } else if (line.kind === "conflict") outcome.conflicts.push(line);
      else if (line.kind === "failed") outcome.failed.push({ path: line.path, text: errorText(line.error) });
      else if (line.kind === "progress") {
        if (line.to !== undefined) outcome.moved.set(line.path, line.to);
        inPart = line.done - (refused(outcome) - refusedBefore);
        const share = bytes && line.bytes_done !== undefined ? line.bytes_done / bytes : undefined;
        const progress = { done: before + line.done, total: outcome.total };
        watch.progress(share === undefined ? progress : { ...progress, share: Math.min(1, share) });
      } else {
        outcome.done += line.done;
        outcome.skipped += line.skipped;
        outcome.lost += line.lost;
        if (line.undo !== undefined) outcome.undo.push(line.undo);
        return;
      }
    }
    outcome.ended = "cutOff";
  } catch (error) {
    if (error instanceof ApiRefusal) {
      if (before === 0) throw error;
      outcome.failed.push({ path: "", text: error.message });
    }
    if (undo === undefined && before === 0 && !watch.signal.aborted) throw error;
    outcome.ended = watch.signal.aborted ? "stopped" : "cutOff";
  }
  outcome.done = doneBefore + inPart;
  if (undo !== undefined) outcome.undo.push(undo);
}

const refused = ({ failed, conflicts }: Outcome): number => failed.length + conflicts.length;

const finished = (outcome: Outcome): number => outcome.done + outcome.skipped + refused(outcome);

function* partsOf(paths: readonly string[]): Generator<string[]> {
  let part: string[] = [];
  let characters = 0;
  for (const path of paths) {
    if (part.length >= ENTRIES_MAX || characters + path.length > CHARACTERS_MAX) {
      yield part;
      [part, characters] = [[], 0];
    }
    part.push(path);
    characters += path.length + 3;
  }
  if (part.length > 0) yield part;
}

export const errorText = (error: ApiError): string => `${error.message} ${error.advice}`.trim();

/** Returns what went wrong in sentences; empty: there was no answer. */
export const textOf = (error: unknown): string => (error instanceof ApiRefusal ? error.message : "");
