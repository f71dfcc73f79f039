// Files in files, the earliest first. Large and small ones stand apart, so that a few large files at the front do not keep small
// ones waiting when all places for large files are taken.
import { fitsOneRequest } from "./sender.ts";

interface Waiting {
  /** earlier files have lower ones */
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

  /** Takes out the earliest file of the bySize for which there is a place. */
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
