// The folders after another one, or before it, in the order of the tree: what is in a folder comes before its neighbours.

/** Returns the folders in a folder, in their order, as percent-encoded paths with a slash at the end. */
export type ChildrenOf = (path: string) => Promise<readonly string[]>;

/** The most folders that are looked at in one go. */
export const FOLDERS_MAX = 500;

/**
 * Yields the folders after `start` (before it: `step` -1), goes on at the other end of the tree, and ends before `start` or after
 * `FOLDERS_MAX` folders.
 */
export async function* foldersFrom(start: string, step: 1 | -1, childrenOf: ChildrenOf): AsyncGenerator<string> {
  const known = new Map<string, readonly string[]>();
  const children = async (path: string): Promise<readonly string[]> => {
    const kept = known.get(path) ?? (await childrenOf(path));
    known.set(path, kept);
    return kept;
  };
  let path = start;
  for (let count = 0; count < FOLDERS_MAX; count++) {
    path = step > 0 ? await after(path, children) : await before(path, children);
    if (path === start) return;
    yield path;
  }
}

const parentOf = (path: string): string => path.replace(/[^/]+\/$/, "");

async function after(path: string, children: ChildrenOf): Promise<string> {
  const [first] = await children(path);
  if (first !== undefined) return first;
  for (let at = path; at !== "/"; at = parentOf(at)) {
    const beside = await children(parentOf(at));
    const next = beside[beside.indexOf(at) + 1];
    if (beside.includes(at) && next !== undefined) return next;
  }
  return "/";
}

async function before(path: string, children: ChildrenOf): Promise<string> {
  if (path === "/") return last("/", children);
  const beside = await children(parentOf(path));
  const previous = beside[beside.indexOf(path) - 1];
  return previous === undefined ? parentOf(path) : last(previous, children);
}

async function last(path: string, children: ChildrenOf): Promise<string> {
  for (let at = path; ; ) {
    const next = (await children(at)).at(-1);
    if (next === undefined) return at;
    at = next;
  }
}
