// Queue of files, the earliest first, with one list per size class: large files at the front do not block small ones when all
// slots for large files are taken.
import { fitsOneRequest } from "./sender.ts";

interface Waiting {
  /** lower for earlier files */
  readonly id: number;
  readonly plan: { readonly size: number };
}

export type SizeClass = "small" | "large";

export const sizeClassOf = ({ plan }: Waiting): SizeClass => (fitsOneRequest(plan.size) ? "small" : "large");

export class PendingFiles<T extends Waiting> {
  private readonly bySize: Record<SizeClass, T[]> = { small: [], large: [] };

  count(sizeClass: SizeClass): number {
    return this.bySize[sizeClass].length;
  }

  add(item: T): void {
    const files = this.bySize[sizeClassOf(item)];
    let at = files.length;
    while (at > 0 && (files[at - 1] as T).id > item.id) at--;
    files.splice(at, 0, item);
  }

  /** Removes and returns the earliest file whose size class has a free slot. */
  next(hasPlace: (sizeClass: SizeClass) => boolean): T | undefined {
    const { small, large } = this.bySize;
    const [first, second] = [hasPlace("small") ? small[0] : undefined, hasPlace("large") ? large[0] : undefined];
    if (first && second) return first.id < second.id ? small.shift() : large.shift();
    return first ? small.shift() : second && large.shift();
  }

  remove(item: T): void {
    const files = this.bySize[sizeClassOf(item)];
    const at = files.indexOf(item);
    if (at >= 0) files.splice(at, 1);
  }

  clear(): void {
    this.bySize.small = [];
    this.bySize.large = [];
  }
}
