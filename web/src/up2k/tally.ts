// Counts of the queue: files by state, and bytes in all.
import { type Item, STATES, type State, type Tab, tabOf } from "./item.ts";

export interface Totals {
  files: number;
  /** bytes of all files; of these, bytes hashed, and bytes sent, as the rows show them: lost requests do not make them decrease */
  bytes: number;
  hashed: number;
  sent: number;
}

export class Tally {
  readonly counts: Record<Tab, number> = { active: 0, waiting: 0, done: 0, failed: 0 };
  /** files in each state; `counts` sums them up by tab */
  readonly states = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<State, number>;
  readonly totals: Totals = { files: 0, bytes: 0, hashed: 0, sent: 0 };

  add(item: Item): void {
    this.count(item, 1);
  }

  remove(item: Item): void {
    this.count(item, -1);
  }

  /** Gives an item another state. */
  move(item: Item, state: State): void {
    this.step(item.state, -1);
    this.step(state, 1);
    item.state = state;
  }

  private count(item: Item, step: 1 | -1): void {
    this.step(item.state, step);
    this.totals.files += step;
    this.totals.bytes += step * item.plan.size;
    this.totals.hashed += step * item.hashed;
    this.totals.sent += step * item.sent;
  }

  private step(state: State, step: 1 | -1): void {
    this.states[state] += step;
    this.counts[tabOf(state)] += step;
  }
}
