// The order in which several entries get new names: each when its new name is free.
import { encodeName } from "../up2k/urls.ts";

export interface Renaming {
  /** percent-encoded, without a slash at its end */
  path: string;
  /** the new name, as text */
  name: string;
  /** a name for the moment, because entries exchange their names */
  temporary?: boolean;
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);

/** Returns the path of an entry with its new name. */
export const renamed = ({ path, name }: Renaming): string => folderOf(path) + encodeName(name);

const depth = (path: string): number => path.split("/").length;

/**
 * Returns the steps in groups that do not depend on each other. In a group each step needs those before it. Entries that exchange
 * names in a circle begin with a temporary name. What is in a folder is renamed before the folder.
 */
export function renameChains(renamings: readonly Renaming[]): Renaming[][] {
  const waiting = new Map(renamings.map((one) => [one.path, one]));
  const chains: Renaming[][] = [];
  for (const first of [...renamings].sort((a, b) => depth(b.path) - depth(a.path))) {
    if (waiting.has(first.path)) chains.push(chainFrom(first, waiting));
  }
  return chains;
}

/** Follows names that are in the way, and takes their entries from `waiting`. */
function chainFrom(first: Renaming, waiting: Map<string, Renaming>): Renaming[] {
  const chain = [first];
  waiting.delete(first.path);
  for (let last = first; ; ) {
    const target = renamed(last);
    const next = waiting.get(target);
    if (next) {
      waiting.delete(target);
      chain.push(next);
      last = next;
      continue;
    }
    // The entry whose name is free comes first.
    const steps = chain.reverse();
    return target === first.path && chain.length > 1 ? throughTemporary(first, steps) : steps;
  }
}

/** `steps` ends with `first`, whose name the first step takes: `first` steps aside. */
function throughTemporary(first: Renaming, steps: readonly Renaming[]): Renaming[] {
  const name = `.renaming-${Math.random().toString(36).slice(2, 10)}`;
  const aside = { path: first.path, name, temporary: true };
  return [aside, ...steps.slice(0, -1), { path: renamed(aside), name: first.name }];
}
