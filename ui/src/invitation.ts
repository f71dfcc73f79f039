// An invitation that is always good: another one is asked for when it was used, when its end is near, and when it may have
// been used without our hearing of it. Every place that shows a code uses this.
import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { Call, Invitation } from "../../web/kit/types.gen.ts";
import { sentenceOf } from "./reasons.ts";
import type { Change, Store } from "./store.ts";

/** A code is renewed when it has fewer seconds than this: nobody shall scan one that ends while the phone loads. */
const TOO_OLD = 30;

export type InviteCall = Extract<Call, { call: "invite" }>;

export class FreshInvitation implements ReactiveController {
  /** The one to show; undefined: none yet. */
  now: Invitation | undefined;
  /** The device that came in last, as long as the element is open. */
  joined = "";
  /** Why there is none; empty: there is, or will be. */
  fault = "";
  private readonly host: ReactiveControllerHost;
  private readonly store: Store;
  /** What to ask for; undefined: nothing just now. */
  private readonly wish: () => InviteCall | undefined;
  /** What was asked for last, as text; empty: whatever is wished shall be asked for anew. */
  private asked = "";
  /** Milliseconds since 1970. */
  private ends = 0;
  private clock: ReturnType<typeof setInterval> | undefined;
  private unsubscribe = (): void => {};

  constructor(host: ReactiveControllerHost, store: Store, wish: () => InviteCall | undefined) {
    this.host = host;
    this.store = store;
    this.wish = wish;
    host.addController(this);
  }

  hostConnected(): void {
    this.unsubscribe = this.store.subscribe((change) => this.hear(change));
    this.clock = setInterval(() => this.tick(), 1000);
  }

  hostDisconnected(): void {
    this.unsubscribe();
    clearInterval(this.clock);
  }

  hostUpdated(): void {
    const call = this.wish();
    if (!call || this.store.lost) return;
    const key = JSON.stringify(call);
    if (key === this.asked) return;
    this.asked = key;
    this.store.ask(call).then(
      (invitation) => {
        if (key !== this.asked) return;
        this.now = invitation;
        this.ends = Date.now() + invitation.seconds * 1000;
        this.fault = "";
        this.host.requestUpdate();
      },
      (reason) => {
        this.fault = sentenceOf(reason);
        this.host.requestUpdate();
      },
    );
  }

  secondsLeft(): number {
    return this.now ? Math.max(0, (this.ends - Date.now()) / 1000) : 0;
  }

  private renew(): void {
    this.asked = "";
    this.host.requestUpdate();
  }

  private hear(change: Change): void {
    if ("lost" in change && !change.lost) this.renew();
    if (!("notice" in change)) return;
    const { notice } = change;
    // The code was for one device; of what was missed, a device may have been a part.
    if (notice.kind === "device_joined") this.joined = notice.name;
    if (notice.kind === "device_joined" || notice.kind === "missed") this.renew();
  }

  private tick(): void {
    if (document.hidden) return;
    if (this.now && this.secondsLeft() < TOO_OLD) this.asked = "";
    this.host.requestUpdate();
  }
}
