// The first share: a folder that others add to and cannot look into.
import type { ShareDraft } from "../../web/kit/types.gen.ts";
import { newShare } from "./drafts.ts";

/**
 * Where received files go unless somebody chooses another folder: `Downloads/Inbox` of the person whose settings file
 * this is; empty if that cannot be told.
 */
export function inboxFolder(settingsFile: string | null): string {
  const home = /^(?:\/(?:home|Users)\/[^/]+|\/root|[A-Za-z]:\\Users\\[^\\]+)(?=[/\\])/.exec(settingsFile ?? "")?.[0];
  if (home === undefined) return "";
  return home.includes("\\") ? `${home}\\Downloads\\Inbox` : `${home}/Downloads/Inbox`;
}

/** Add only, nothing listed; `isOpen`: for everyone on this network, else only for who comes by a code. */
export function inboxShare(folder: string, isOpen: boolean): ShareDraft {
  return { ...newShare(folder, []), mount: "/inbox", who: { is: isOpen ? "everyone" : "only_me" }, may: "drop_off" };
}
