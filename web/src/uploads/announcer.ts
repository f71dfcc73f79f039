// What screen readers say about uploads: what was added, the result of every batch, a lost connection.
import { signal } from "@preact/signals-core";
import { t } from "../../kit/words.ts";
import type { Queue } from "../up2k/queue.ts";

export class Announcer {
  /** text of the live region */
  readonly text = signal("");
  /** counts of done and skipped files when the queue was last idle; undefined while idle */
  private batch: { done: number; skipped: number } | undefined;
  private lost = false;
  /** called with the result of a batch, in words */
  ended: (result: string) => void = () => {};

  /** Records the begin of a batch. Called after every change of the queue. */
  note(queue: Queue): void {
    if (queue.busy) this.batch ??= { done: queue.states.done, skipped: queue.states.skipped };
  }

  /** Says what has changed since the last call. */
  look(queue: Queue): void {
    const lost = queue.connectivity.isLost;
    if (lost !== this.lost) this.say(t(lost ? "say.lost" : "say.back"));
    this.lost = lost;
    if (!queue.busy) this.sayResult(queue);
  }

  /** Sets the live region's text. Screen readers read it only when it changes: a repeated text gets a no-break space appended. */
  say(text: string): void {
    if (text !== "") this.text.value = text === this.text.peek() ? `${text}\u00a0` : text;
  }

  private sayResult({ states }: Queue): void {
    if (!this.batch) return;
    const [done, skipped] = [states.done - this.batch.done, states.skipped - this.batch.skipped];
    this.batch = undefined;
    const parts = [
      done > 0 ? t("say.done", { n: done }) : "",
      skipped > 0 ? t("say.skipped", { n: skipped }) : "",
      states.failed > 0 ? t("say.failed", { n: states.failed }) : "",
    ];
    const result = parts.filter(Boolean).join(" ");
    this.say(result);
    if (result !== "") this.ended(result);
  }
}
