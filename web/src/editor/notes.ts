// Lines between tools and text: what has happened to the file, and what can be done about it.
import { html, nothing, type TemplateResult } from "lit";
import { t } from "../../kit/words.ts";
import { shownTime } from "../browse/texts.ts";
import type { Editor } from "./editor.ts";
import type { Session } from "./session.ts";

interface Choice {
  label: string;
  run: () => void;
}

export function notesOf(editor: Editor, session: Session): unknown {
  if (editor.inHistory.value || session.theirs.value) return nothing;
  return [remoteNote(session), problemNote(session), draftNote(session), draftLostNote(session)];
}

function note(text: string, isBad: boolean, choices: readonly Choice[]): TemplateResult {
  return html`<div class="note ${isBad ? "bad" : ""}" role=${isBad ? "alert" : "status"}>
    <p>${text}</p>
    ${choices.map(({ label, run }) => html`<button class="btn" type="button" @click=${run}>${label}</button>`)}
  </div>`;
}

function remoteNote(session: Session): unknown {
  const remote = session.remote.value;
  if (remote === "gone") {
    const again = { label: t("editor.makeAgain"), run: () => void session.saveOver(undefined) };
    return note(t("editor.gone"), true, [again]);
  }
  if (remote !== "changed") return nothing;
  const isDirty = session.isDirty.value;
  const show = { label: t(isDirty ? "editor.compare" : "editor.loadNew"), run: () => void session.showTheirs() };
  return note(t(isDirty ? "editor.changedUnsaved" : "editor.changed"), false, [show]);
}

function problemNote(session: Session): unknown {
  const problem = session.problem.value;
  if (problem === "") return nothing;
  return note(problem, true, [{ label: t("browse.again"), run: () => void session.saveOver(session.base) }]);
}

function draftNote(session: Session): unknown {
  const draft = session.draft.value;
  if (!draft) return nothing;
  const text = t(draft.base === session.base.lastmod ? "editor.draft" : "editor.draftOld", {
    time: shownTime(draft.at),
  });
  return note(text, false, [
    { label: t("editor.draftUse"), run: () => void session.useDraft() },
    { label: t("editor.draftDiscard"), run: () => session.discardDraft() },
  ]);
}

function draftLostNote(session: Session): unknown {
  return session.isDraftLost.value ? note(t("editor.draftLost"), false, []) : nothing;
}
