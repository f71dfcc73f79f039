// Asks what to do with files whose names are taken, and shows both files. An answer may hold for all that follow in the batch.
import { html, nothing, type TemplateResult } from "lit";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import { kindOfName, withParameter } from "../browse/rows.ts";
import { shownTime } from "../browse/texts.ts";
import { bothFiles, loadBothFiles, type SideFacts } from "../parts/both-files.ts";
import { openDialog } from "../parts/dialog.ts";
import { icon } from "../parts/icon.ts";
import type { WhenTaken } from "../up2k/handshake.ts";
import type { Item } from "../up2k/item.ts";
import { fetchPeek, type There } from "../up2k/peek.ts";
import type { Queue } from "../up2k/queue.ts";
import { encodeName } from "../up2k/urls.ts";

export class ConflictQuestions {
  private isOpen = false;
  /** the answer for all files of the batch */
  private forAll: WhenTaken | undefined;

  constructor(private readonly queue: Queue) {}

  /** Asks about the next file, if there is one and no dialog is open. Called after changes of the queue. */
  look(): void {
    const { queue } = this;
    if (!queue.busy) this.forAll = undefined;
    if (queue.states.asking === 0 || this.isOpen) return;
    if (this.forAll) this.answerAll(this.forAll);
    else void this.askAbout(queue.items.find(({ state }) => state === "asking"));
  }

  private answerAll(answer: WhenTaken): void {
    for (const item of this.queue.items.filter(({ state }) => state === "asking")) this.answer(item, answer);
  }

  private answer(item: Item, answer: WhenTaken): void {
    const isForbidden = (answer === "replace" || answer === "older") && !item.mayReplace;
    this.queue.answer(item, isForbidden ? "keep" : answer);
  }

  private async askAbout(item: Item | undefined): Promise<void> {
    if (!item) return;
    this.isOpen = true;
    const { counts } = this.queue;
    const { answer, forAll } = await askAboutTaken(item, counts.active + counts.waiting > 1);
    this.isOpen = false;
    if (answer === undefined) {
      // The dialog was closed: the file stays as it is on the server.
      this.queue.answer(item, "skip");
    } else if (forAll) {
      this.forAll = answer;
      this.answerAll(answer);
    } else {
      this.answer(item, answer);
    }
    this.look();
  }
}

interface Decision {
  answer: WhenTaken | undefined;
  forAll: boolean;
}

async function askAboutTaken(item: Item, mayFollow: boolean): Promise<Decision> {
  const url = item.folder + encodeName(item.name);
  await loadBothFiles();
  const dialog = openDialog<WhenTaken>(t("taken.title", { name: shownName(item.name) }), true);
  dialog.element.classList.add("conflict");
  let forAll = false;
  const picture = kindOfName(item.name) === "picture" ? URL.createObjectURL(item.file) : undefined;
  const choice = (answer: WhenTaken, kind: string): TemplateResult =>
    html`<button class="btn ${kind}" type="button" @click=${() => dialog.close(answer)}>${t(`options.${answer}`)}</button>`;
  const setForAll = (event: Event): void => {
    forAll = (event.target as HTMLInputElement).checked;
  };
  const yours = { size: item.plan.size, modified: item.modified };
  const draw = (there: There | undefined): void =>
    dialog.draw(
      html`<div class="dialog-body taken">
          ${bothFiles(
            {
              label: t("taken.there"),
              icon: icon("file"),
              picture: there && thumbnail(url),
              facts: there && factsOf(there),
            },
            { label: t("taken.yours"), icon: icon("file"), picture, facts: factsOf(yours) },
          )}
          ${mayFollow ? html`<label class="switch"><input type="checkbox" @change=${setForAll} /><span>${t("taken.forAll")}</span></label>` : nothing}
        </div>
        <div class="dialog-foot">
          ${choice("keep", "primary")} ${choice("skip", "")}
          ${item.mayReplace ? [choice("older", ""), choice("replace", "bad")] : nothing}
        </div>`,
    );
  draw(undefined);
  dialog.element.querySelector<HTMLElement>(".dialog-foot .btn")?.focus();
  void fetchPeek(url).then(draw);
  const answer = await dialog.result;
  if (picture) URL.revokeObjectURL(picture);
  return { answer, forAll };
}

function thumbnail(url: string): string | undefined {
  return kindOfName(url) === "picture" ? withParameter(url, "th=w") : undefined;
}

const factsOf = (file: There): SideFacts => ({
  bytes: file.size,
  modified: file.modified,
  when: Number.isFinite(file.modified) ? shownTime(file.modified) : "",
  isFile: true,
});
