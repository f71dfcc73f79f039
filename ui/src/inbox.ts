// The first share: an upload-only folder.
import type { ShareDraft } from "../../web/kit/types.gen.ts";
import { newShare } from "./drafts.ts";

/** Mount point of the first share. */
export const INBOX = "/inbox";

/** Returns an upload-only share. `isOpen`: for everyone on this network, otherwise only for invited devices. `index`: with an index. */
export function inboxShare(folder: string, isOpen: boolean, index: boolean): ShareDraft {
  return {
    ...newShare(folder, [], index),
    mount: INBOX,
    who: { is: isOpen ? "everyone" : "only_me" },
    may: "drop_off",
  };
}
