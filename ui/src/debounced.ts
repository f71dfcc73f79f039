// Debounces queries while the user types, and ignores all answers but that of the latest query.

/** Milliseconds without another query before one is sent. */
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

  /** Sends the query after a pause, unless another one replaces it. */
  schedule(question: Q): void {
    clearTimeout(this.pause);
    const serial = ++this.serial;
    this.pause = setTimeout(() => void this.run(question, serial), PAUSE);
  }

  /** Cancels the scheduled query and ignores pending answers. */
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
