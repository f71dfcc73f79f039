// Moving and copying into a folder: by the dialog, by dragging, from the clipboard.

import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import { decoded, folderName } from "../browse/decoded.ts";
import { withoutSlash } from "../browse/place.ts";
import type { Row } from "../browse/rows.ts";
import { Changes, emptyOutcome, type Outcome, type Watch } from "./changes.ts";
import type { Clip } from "./clipboard.ts";
import { type Answer, askConflicts } from "./conflicts.ts";
import { focusRow } from "./focus.ts";
import { chooseFolder } from "./folder-picker.ts";
import type { Operations } from "./operations.ts";
import { addRecent } from "./recent-targets.ts";
import { report, run } from "./report.ts";

export type Kind = "move" | "copy";

/** Asks for a folder, and moves or copies rows into it. */
export async function relocateRows(operations: Operations, rows: readonly Row[], kind: Kind): Promise<void> {
  const paths = operations.pathsOf(rows);
  const one = rows.length === 1 && rows[0] ? rows[0] : undefined;
  const title = one
    ? t(`relocate.${kind}.title.one`, { name: shownName(one.name) })
    : t(`relocate.${kind}.title.many`, { n: rows.length });
  const to = await chooseFolder(operations, {
    title,
    button: t(`relocate.${kind}.button`),
    moved: kind === "move" ? paths : [],
  });
  if (to !== undefined) await relocate(operations, rows, kind, to);
}

/** Moves or copies rows of the shown folder into the folder `to`, percent-encoded, with a slash at its end. */
export async function relocate(operations: Operations, rows: readonly Row[], kind: Kind, to: string): Promise<void> {
  const { app } = operations;
  const at = app.rows.peek().indexOf(rows[0] as Row);
  const outcome = await relocatePaths(operations, rows, operations.pathsOf(rows), kind, to);
  if (!outcome || kind !== "move") return;
  app.selection.prune();
  await focusRow(operations, at);
}

/** Moves or copies what is on the clipboard into the folder `to`. */
export async function paste(operations: Operations, to: string): Promise<void> {
  const { clipboard } = operations;
  const clip = clipboard.clip.peek();
  if (!clip) return;
  const outcome = await relocateFromElsewhere(operations, clip, to);
  // What was cut is somewhere else now, and cannot be cut again.
  if (outcome && clip.kind === "move" && clipboard.clip.peek() === clip) clipboard.set(undefined);
}

/** Moves or copies what another folder, or another tab, holds. */
export function relocateFromElsewhere(operations: Operations, clip: Clip, to: string): Promise<Outcome | undefined> {
  const rows = clip.paths.map((path) => rowFor(path, clip.files));
  return relocatePaths(operations, rows, clip.paths, clip.kind, to);
}

/** What is on the clipboard comes from a folder whose rows are not here. */
function rowFor(path: string, isFile: boolean): Row {
  const name = decoded(path.slice(path.lastIndexOf("/") + 1));
  return isFile
    ? { kind: "file", name, size: 0, modified_ms: 0 }
    : { kind: "folder", name, modified_ms: 0, archive: false };
}

async function relocatePaths(
  operations: Operations,
  rows: readonly Row[],
  paths: readonly string[],
  kind: Kind,
  to: string,
): Promise<Outcome | undefined> {
  const { app } = operations;
  const target = withoutSlash(to);
  if (paths.some((path) => target === path || target.startsWith(`${path}/`))) {
    app.notices.show({ text: t(`relocate.${kind}.intoItself`), bad: true });
    return undefined;
  }
  const isHere = (path: string): boolean => path.slice(0, path.lastIndexOf("/") + 1) === to;
  if (kind === "move" && paths.every(isHere)) {
    app.notices.show({ text: t("move.isHere", { folder: folderName(to) }) });
    return undefined;
  }
  const changes = new Changes(app.api);
  const verb = kind === "move" ? "moved" : "copied";
  // A copy beside the original is a second one, and no conflict.
  const ifTaken = kind === "copy" && paths.every(isHere) ? "keep_both" : "refuse";
  const change = (watch: Watch): Promise<Outcome> => changes.relocate(kind, paths, to, ifTaken, watch);
  const outcome = await run(operations, verb, change);
  if (!outcome) return undefined;
  if (outcome.conflicts.length > 0) await settle(operations, changes, outcome, kind, to);
  addRecent(app.base, to);
  const gone = new Set(kind === "move" ? outcome.moved.keys() : []);
  await report(operations, verb, rows, outcome, { gone, isFolder: hasFolder(rows), target: to });
  return outcome;
}

const hasFolder = (rows: readonly Row[]): boolean => rows.some((row) => row.kind === "folder");

/** Asks what is done where names are taken, and does it. */
async function settle(
  operations: Operations,
  changes: Changes,
  outcome: Outcome,
  kind: Kind,
  to: string,
): Promise<void> {
  const answers = await askConflicts(operations, outcome.conflicts, to, kind);
  const chosen = (answer: Answer): string[] =>
    outcome.conflicts.filter((_, at) => answers[at] === answer).map(({ path }) => path);
  const [replaced, kept] = [chosen("replace"), chosen("keep_both")];
  outcome.skipped += outcome.conflicts.length - replaced.length - kept.length;
  outcome.conflicts = [];
  const verb = kind === "move" ? "moved" : "copied";
  for (const [paths, ifTaken] of [[replaced, "replace"] as const, [kept, "keep_both"] as const]) {
    if (paths.length === 0) continue;
    const change = (watch: Watch): Promise<Outcome> => changes.relocate(kind, paths, to, ifTaken, watch);
    const second = (await run(operations, verb, change)) ?? { ...emptyOutcome(paths.length), ended: "cutOff" };
    add(outcome, second);
  }
}

/** Adds the outcome of what was sent again. */
function add(outcome: Outcome, second: Outcome): void {
  outcome.done += second.done;
  outcome.lost += second.lost;
  // What is taken again in the meantime has failed.
  const again = second.conflicts.map(({ path, error }) => ({ path, text: error.message }));
  outcome.failed.push(...second.failed, ...again);
  outcome.undo.push(...second.undo);
  for (const [from, to] of second.moved) outcome.moved.set(from, to);
  if (second.ended !== "whole") outcome.ended = second.ended;
}
