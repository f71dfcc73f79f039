// The folders of a tree: which were loaded, and which are open. They are loaded when they are opened.
import { signal } from "@preact/signals-core";
import type { Api } from "../api/client.ts";
import type { Tree, TreeFolder } from "../api/types.gen.ts";
import { encodeName } from "../up2k/urls.ts";

export class TreeFolders {
  /** folders of the folders that were loaded, by path */
  readonly loaded = signal<ReadonlyMap<string, readonly TreeFolder[]>>(new Map());
  readonly open = signal<ReadonlySet<string>>(new Set(["/"]));

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

  forget(): void {
    this.loaded.value = new Map();
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
