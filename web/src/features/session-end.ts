// Notices when the visitor has signed out in another tab, or the session has ended: what the page shows is no longer for who sits
// before it. The page is loaded again, as what the new visitor may see.
import { t } from "../../kit/words.ts";
import type { Api } from "../api/client.ts";
import { onRefused } from "../api/refused.ts";
import type { AccountInfo, Session } from "../api/types.gen.ts";
import type { Notices } from "../parts/notices.ts";
import { OWNER_KEY } from "./kept-keys.ts";
import { forgetWhenLeft } from "./local-files.ts";

/** Milliseconds between questions after another tab has begun to sign out: its request is still on its way. */
const PAUSES_MS = [0, 300, 700, 1500, 3000, 6000];

/** Watches the session with which the page was loaded. `notices`: where the page can say that it waits for the visitor. */
export async function watchSession(api: Api, first: Promise<Session>, notices?: Notices): Promise<void> {
  const before = await first.then(({ account }) => account).catch(() => undefined);
  if (!before || before.kind === "anonymous") return;
  let isAsking = false;
  const ask = async (pauses: readonly number[] = [0]): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    for (const pause of pauses) {
      await new Promise((go) => setTimeout(go, pause));
      if (await hasChanged(api, before)) {
        leave(notices);
        break;
      }
    }
    isAsking = false;
  };
  onRefused(() => void ask());
  window.addEventListener("storage", ({ key }) => {
    if (key === OWNER_KEY || key === null) void ask(PAUSES_MS);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void ask();
  });
}

async function hasChanged(api: Api, { kind, name }: AccountInfo): Promise<boolean> {
  try {
    const { account } = await api.session();
    return account.kind !== kind || account.name !== name;
  } catch {
    return false;
  }
}

/** Loads the page anew. What is not saved or sent yet stays until the visitor agrees. */
function leave(notices: Notices | undefined): void {
  forgetWhenLeft();
  const isFree = window.dispatchEvent(new Event("beforeunload", { cancelable: true }));
  const action = { label: t("part.reload"), run: () => location.reload() };
  if (isFree || !notices) location.reload();
  else notices.show({ text: t("session.ended"), bad: true, action });
}
