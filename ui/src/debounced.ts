// Asks while somebody types: after a pause only, and of answers that come late or out of order only the last counts.

/** Milliseconds without a further question before one is asked. */
const PAUSE = 150;

export class DebouncedQuery<Q, A> {
  private readonly ask: (question: Q) => Promise<A>;
  private readonly answer: (answer: A, question: Q) => void;
  private readonly failed: (reason: unknown) => void;
  private serial = 0;
  private pause: ReturnType<typeof setTimeout> | undefined;

  constructor(
    ask: (question: Q) => Promise<A>,
    answer: (answer: A, question: Q) => void,
    failed: (reason: unknown) => void,
  ) {
    this.ask = ask;
    this.answer = answer;
    this.failed = failed;
  }

  /** Asks soon, unless another question comes first. */
  schedule(question: Q): void {
    clearTimeout(this.pause);
    const serial = ++this.serial;
    this.pause = setTimeout(() => void this.run(question, serial), PAUSE);
  }

  /** No answer counts any more. */
  forget(): void {
    clearTimeout(this.pause);
    this.serial++;
  }

  private async run(question: Q, serial: number): Promise<void> {
    try {
      const answer = await this.ask(question);
      if (serial === this.serial) this.answer(answer, question);
    } catch (reason) {
      if (serial === this.serial) this.failed(reason);
    }
  }
}
