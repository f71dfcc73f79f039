// Keys under which drafts are kept in the browser's storage: those of one account begin alike.
import type { Session } from "../api/types.gen.ts";

/** Returns the name of an account as the owner of drafts. */
export const ownerOf = ({ kind, name }: Session["account"]): string => `${kind}:${name ?? ""}`;

/** Returns how the keys of drafts begin; without an owner, those of all. */
export const draftPrefix = (owner?: string): string =>
  `potluck.draft:${owner === undefined ? "" : `${encodeURIComponent(owner)}:`}`;
