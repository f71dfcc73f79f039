// Runs a change with a line of progress, and says what became of it.
import { html } from "lit";
import { sentences } from "../../kit/locale.ts";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import { folderName } from "../browse/decoded.ts";
import type { Row } from "../browse/rows.ts";
import { openDialog } from "../parts/dialog.ts";
import type { NoticeAction } from "../parts/notices.ts";
import { type Failed, type Outcome, textOf, type Watch } from "./changes.ts";
import type { Operations } from "./operations.ts";

export type Verb = "deleted" | "moved" | "copied" | "renamed";

/** Milliseconds after which a change shows its progress. */
const QUIET_MS = 800;

/** Changes that are under way. */
let running = 0;
window.addEventListener("beforeunload", (event) => {
  if (running > 0) event.preventDefault();
});

/** What a sentence is about: one entry, files, or files and folders. */
export interface Shown {
  kind: "one" | "files" | "items";
  values: Record<string, string | number>;
}

export function shownOf(rows: readonly Row[], n = rows.length): Shown {
  const [first] = rows;
  if (rows.length === 1 && n === 1 && first) return { kind: "one", values: { name: shownName(first.name) } };
  return { kind: rows.every((row) => row.kind === "file") ? "files" : "items", values: { n } };
}

/** Carries a change out. What takes longer shows its progress and can be stopped. Undefined: it was refused, and that was said. */
export async function run(
  operations: Operations,
  verb: Verb,
  change: (watch: Watch) => Promise<Outcome>,
): Promise<Outcome | undefined> {
  const { notices } = operations.app;
  const abort = new AbortController();
  const begun = performance.now();
  let timer = 0;
  let text: string | undefined;
  let share = 0;
  const show = (): void => {
    const stop = { label: t("ops.stop"), run: () => abort.abort() };
    notices.show({ text: text ?? t(`ops.doing.${verb}`), progress: share, action: stop });
  };
  timer = setTimeout(show, QUIET_MS) as unknown as number;
  running++;
  try {
    return await change({
      signal: abort.signal,
      progress: (progress) => {
        share = progress.share ?? progress.done / Math.max(1, progress.total);
        text = t(`ops.doing.${verb}.of`, { done: progress.done, all: progress.total });
        if (performance.now() - begun > QUIET_MS && !abort.signal.aborted) show();
      },
    });
  } catch (error) {
    if (!abort.signal.aborted) notices.show({ text: textOf(error) || t("ops.lost"), bad: true });
    else notices.dismiss();
    return undefined;
  } finally {
    running--;
    clearTimeout(timer);
  }
}

export interface After {
  /** paths that are not there any more */
  gone?: ReadonlySet<string>;
  /** whether folders changed */
  isFolder: boolean;
  /** offers the way to the trash */
  showTrash?: boolean;
  /** the folder that entries came to, percent-encoded */
  target?: string;
  /** the new name of the only entry */
  name?: string;
}

/** Says how a change ended, offers to undo it, and loads the list again. */
export async function report(
  operations: Operations,
  verb: Verb,
  rows: readonly Row[],
  outcome: Outcome,
  after: After,
): Promise<void> {
  const { app } = operations;
  operations.remember(outcome.undo, after.isFolder);
  const undo = outcome.undo.length > 0 ? { label: t("ops.undo"), run: () => void undoNow(operations) } : undefined;
  const other = otherAction(operations, outcome, after);
  app.notices.show({
    text: sentence(verb, rows, outcome, after),
    bad: outcome.failed.length > 0 || outcome.ended === "cutOff" || outcome.lost > 0,
    ...(undo ? { action: undo } : {}),
    ...(other ? { other } : {}),
  });
  await operations.refresh(after.isFolder, after.gone);
}

const undoNow = async (operations: Operations): Promise<void> => (await import("./undo.ts")).undoLast(operations);

function otherAction(operations: Operations, outcome: Outcome, after: After): NoticeAction | undefined {
  if (outcome.failed.length > 0 && outcome.total > 1) {
    return { label: t("ops.showFailed"), run: () => showFailed(outcome.failed) };
  }
  const { target } = after;
  const { app } = operations;
  if (target !== undefined && target !== app.path.peek()) {
    return { label: t("ops.openFolder"), run: () => app.go(target) };
  }
  if (!after.showTrash) return undefined;
  const path = app.path.peek();
  const open = async (): Promise<void> => (await import("./trash.ts")).openTrash(operations, path);
  return { label: t("action.trash"), run: () => void open() };
}

function sentence(verb: Verb, rows: readonly Row[], outcome: Outcome, { target, name }: After): string {
  const { done, total, failed, ended, lost } = outcome;
  const [first] = failed;
  if (ended === "stopped") return t(`ops.stopped.${verb}`, { done, all: total });
  if (ended === "cutOff") return t("ops.cutOff", { done, all: total });
  if (first && total === 1) return first.text || t("ops.lost");
  if (first) return t(`ops.some.${verb}`, { done, all: total, failed: failed.length });
  if (done === 0) return t("ops.nothing");
  const { kind, values } = shownOf(rows, done);
  const folder = target === undefined ? "" : folderName(target);
  const isNamed = verb === "renamed" && kind === "one" && name !== undefined;
  const said = isNamed
    ? t("ops.renamed.to", { ...values, to: shownName(name) })
    : t(`ops.${verb}.${kind}`, { ...values, folder });
  return lost > 0 ? sentences([said, t("ops.lostItems", { n: lost })]) : said;
}

/** Lists what could not be done, and why. */
export function showFailed(failed: readonly Failed[]): void {
  const dialog = openDialog(t("ops.failedTitle", { n: failed.length }), true);
  dialog.draw(
    html`<div class="dialog-body" tabindex="0">
      <dl class="failed-list">
        ${failed.slice(0, 500).map(({ path, text }) => html`<dt>${folderName(path)}</dt><dd>${text || t("ops.lost")}</dd>`)}
      </dl>
    </div>`,
  );
}
