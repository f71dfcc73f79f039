// Where files go, and what the page gives to the uploader.
import type { Signal } from "@preact/signals-core";
import type { ChooseKind } from "./choosers.ts";
import type { UploadRules } from "./rules.ts";

/** A folder to which files go, and what holds there. */
export interface Target {
  /** URL, encoded, with a slash at its end */
  folder: string;
  /** its name for people */
  name: string;
  perms: readonly string[];
  rules: UploadRules;
}

/** The page around the list of uploads. */
export interface Host {
  /** path the server is hosted under, "" or "/sub/path" */
  base: string;
  /** the shown folder */
  target: () => Target;
  /** loads the shown folder again; `last`: no more changes follow. Resolves to whether it was done */
  refreshFolder: (last: boolean) => Promise<boolean>;
  /** hears of folders, as URLs, to which files have come */
  arrived: (folders: Iterable<string>) => void;
  choose: (kind: ChooseKind) => void;
  /** number of files that are not uploaded yet; undefined: there is no list of uploads */
  left: Signal<number | undefined>;
}
