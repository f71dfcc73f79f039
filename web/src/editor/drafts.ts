// Texts that were not saved yet, kept in the browser's storage for each file and account.

import { draftPrefix } from "./draft-keys.ts";

export interface Draft {
  text: string;
  /** modification time of the version that was edited, milliseconds */
  base: number;
  /** when it was kept, milliseconds */
  at: number;
}

/** What is needed of `localStorage`. */
export type DraftStorage = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** Drafts that are kept; beyond, the oldest goes. */
const KEPT_MAX = 20;

export class Drafts {
  private readonly prefix: string;

  /** `storage`: undefined where the browser forbids it. `owner`: the account, so that no other one is offered its drafts. */
  constructor(
    private readonly storage: DraftStorage | undefined,
    owner: string,
  ) {
    this.prefix = draftPrefix(owner);
  }

  /** Returns the key under which a draft is kept. */
  keyOf(name: string): string {
    return this.prefix + name;
  }

  /** Returns a draft. `name`: the path of the file, with the path that the server is hosted under, and the visit. */
  read(name: string): Draft | undefined {
    return this.parse(this.storage?.getItem(this.prefix + name));
  }

  private parse(kept: string | null | undefined): Draft | undefined {
    try {
      const draft = JSON.parse(kept ?? "null") as Partial<Draft> | null;
      const { text, base, at } = draft ?? {};
      const isDraft = typeof text === "string" && typeof base === "number" && typeof at === "number";
      return isDraft ? { text, base, at } : undefined;
    } catch {
      return undefined;
    }
  }

  /** Keeps a draft. Where there is no room, the oldest ones make it. Returns false if it cannot be kept. */
  keep(name: string, draft: Draft): boolean {
    if (!this.storage) return false;
    const { text, base, at } = draft;
    const value = JSON.stringify({ text, base, at });
    const others = this.oldestFirst().filter((key) => key !== this.prefix + name);
    while (others.length >= KEPT_MAX) this.storage.removeItem(others.shift() ?? "");
    for (;;) {
      try {
        this.storage.setItem(this.prefix + name, value);
        return true;
      } catch {
        const oldest = others.shift();
        if (oldest === undefined) return false;
        this.storage.removeItem(oldest);
      }
    }
  }

  discard(name: string): void {
    this.storage?.removeItem(this.prefix + name);
  }

  /** Returns the names of the drafts of a file, the oldest first. Each visit keeps its own: "PATH#VISIT". */
  namesOf(path: string): string[] {
    const isIts = (name: string): boolean => name === path || name.startsWith(`${path}#`);
    const own = this.oldestFirst().filter((key) => key.startsWith(this.prefix));
    return own.map((key) => key.slice(this.prefix.length)).filter(isIts);
  }

  /** Keys of the drafts of all accounts: they share the room. */
  private oldestFirst(): string[] {
    const found: { key: string; at: number }[] = [];
    for (let n = 0; n < (this.storage?.length ?? 0); n++) {
      const key = this.storage?.key(n) ?? "";
      if (key.startsWith(draftPrefix())) found.push({ key, at: timeOf(this.storage?.getItem(key) ?? "") });
    }
    return found.sort((one, other) => one.at - other.at).map(({ key }) => key);
  }
}

/** Returns when a draft was kept, as `keep` has written it: its text, which may be long, is not read. */
function timeOf(kept: string): number {
  return Number(/"at":(\d+)\}$/.exec(kept.slice(-32))?.[1] ?? 0);
}

/** Returns the browser's storage; undefined where it is forbidden. */
export function draftStorage(): DraftStorage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}
