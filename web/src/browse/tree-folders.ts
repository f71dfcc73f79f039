// The folders of a tree: which were loaded, and which are open. They are loaded when they are opened.
import { batch, signal } from "@preact/signals-core";
import type { Api } from "../api/client.ts";
import type { Tree, TreeFolder } from "../api/types.gen.ts";
import { encodeName } from "../up2k/urls.ts";

export class TreeFolders {
  /** folders of the folders that were loaded, by path */
  readonly loaded = signal<ReadonlyMap<string, readonly TreeFolder[]>>(new Map());
  readonly open = signal<ReadonlySet<string>>(new Set(["/"]));
  /** questions for which a folder was loaded again in vain, such as for names with a dot, which trees leave out: once is enough */
  private readonly asked = new Set<string>();

  constructor(private readonly api: Api) {}

  /** Opens the way to a folder. `isWanted`: whether it still is, once it is loaded. */
  async reveal(path: string, isWanted: () => boolean = () => true): Promise<void> {
    const way = parentsOf(path);
    const missing = [...way, path].find((folder) => !this.loaded.peek().has(folder));
    if (missing !== undefined) await this.load(missing, path);
    if (!isWanted()) return;
    this.open.value = new Set([...this.open.peek(), ...way]);
  }

  /** Loads the folders from `top` down to `path`. */
  async load(top: string, path: string): Promise<void> {
    try {
      const tree = await this.api.tree(path, top);
      const loaded = new Map(this.loaded.peek());
      collect(top, tree, loaded);
      this.loaded.value = loaded;
    } catch {
      // The list says what is wrong; the tree stays as it is.
    }
  }

  async toggle(path: string): Promise<void> {
    const open = new Set(this.open.peek());
    if (open.delete(path)) {
      this.open.value = open;
      return;
    }
    if (!this.loaded.peek().has(path)) await this.load(path, path);
    this.open.value = new Set([...this.open.peek(), path]);
  }

  /** Loads all open folders again, and the way to `path`. What is shown stays until all of it is there. */
  async reload(path: string): Promise<void> {
    const loaded = new Map<string, readonly TreeFolder[]>();
    const gone = new Set<string>();
    for (const folder of [path, ...this.open.peek()]) {
      if (loaded.has(folder)) continue;
      try {
        const top = folder === path ? "/" : folder;
        collect(top, await this.api.tree(folder, top), loaded);
      } catch {
        gone.add(folder);
      }
    }
    // The server is away.
    if (loaded.size === 0) return;
    this.asked.clear();
    batch(() => {
      this.loaded.value = loaded;
      this.open.value = new Set([...this.open.peek()].filter((folder) => !gone.has(folder)));
    });
  }

  /** Compares a folder with what a list shows of it, and loads it again if it has other folders. `names`: percent-encoded, with a slash. */
  async compare(path: string, names: readonly string[]): Promise<void> {
    const listed = [...names].sort().join("");
    await this.loadOnce(path, path + listed, (known) => known.sort().join("") === listed);
  }

  /** Loads what is missing on the way to a folder to which files have come. */
  async arrived(path: string): Promise<void> {
    const way = [...parentsOf(path), path];
    for (const [at, below] of way.slice(1).entries()) {
      const above = way[at] ?? "/";
      await this.loadOnce(above, below, (known) => known.includes(below.slice(above.length)));
    }
  }

  /** Loads a folder that was loaded before, unless its names are right, or were not after the same question before. */
  private async loadOnce(path: string, question: string, isRight: (names: string[]) => boolean): Promise<void> {
    const isDone = (): boolean => {
      const folders = this.loaded.peek().get(path);
      return !folders || isRight(folders.map((folder) => childOf("", folder)));
    };
    if (isDone() || this.asked.has(question)) return;
    this.asked.add(question);
    await this.load(path, path);
    if (isDone()) this.asked.delete(question);
  }
}

/** Returns the folders above a folder, the highest first. */
export function parentsOf(path: string): string[] {
  const names = path.split("/").slice(1, -1);
  return names.map(
    (_, at) =>
      `/${names
        .slice(0, at)
        .map((name) => `${name}/`)
        .join("")}`,
  );
}

export const childOf = (path: string, folder: TreeFolder): string =>
  `${path}${folder.encoded ?? encodeName(folder.name)}/`;

function collect(path: string, tree: Tree, into: Map<string, readonly TreeFolder[]>): void {
  into.set(path, tree.folders);
  for (const folder of tree.folders) if (folder.open) collect(childOf(path, folder), folder.open, into);
}
