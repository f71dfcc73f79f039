// The first share: a folder that others add to and cannot look into.
import type { ShareDraft } from "../../web/kit/types.gen.ts";
import { newShare } from "./drafts.ts";

/** Where the first share appears. */
export const INBOX = "/inbox";

/** Add only, nothing listed; `isOpen`: for everyone on this network, else only for who comes by a code. */
export function inboxShare(folder: string, isOpen: boolean): ShareDraft {
  return { ...newShare(folder, []), mount: INBOX, who: { is: isOpen ? "everyone" : "only_me" }, may: "drop_off" };
}
