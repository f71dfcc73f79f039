// Files in line, the earliest first. Large and small ones stand apart, so that a few large files at the front do not keep small
// ones waiting when all places for large files are taken.
import { travelsWhole } from "./sender.ts";

interface Waiting {
  /** earlier files have lower ones */
  readonly id: number;
  readonly plan: { readonly size: number };
}

export type Lane = "small" | "large";

export const laneOf = ({ plan }: Waiting): Lane => (travelsWhole(plan.size) ? "small" : "large");

export class Lanes<T extends Waiting> {
  private readonly lanes: Record<Lane, T[]> = { small: [], large: [] };

  count(lane: Lane): number {
    return this.lanes[lane].length;
  }

  add(item: T): void {
    const line = this.lanes[laneOf(item)];
    let at = line.length;
    while (at > 0 && (line[at - 1] as T).id > item.id) at--;
    line.splice(at, 0, item);
  }

  /** Takes out the earliest file of the lanes for which there is a place. */
  next(hasPlace: (lane: Lane) => boolean): T | undefined {
    const { small, large } = this.lanes;
    const [first, second] = [hasPlace("small") ? small[0] : undefined, hasPlace("large") ? large[0] : undefined];
    if (first && second) return first.id < second.id ? small.shift() : large.shift();
    return first ? small.shift() : second && large.shift();
  }

  remove(item: T): void {
    const line = this.lanes[laneOf(item)];
    const at = line.indexOf(item);
    if (at >= 0) line.splice(at, 1);
  }

  clear(): void {
    this.lanes.small = [];
    this.lanes.large = [];
  }
}
