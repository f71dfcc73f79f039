// An invitation that is always good: another one is asked for when it was used, when its end is near, and when it may have
// been used without our hearing of it. Every place that shows a code uses this.
import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { Call, Invitation } from "../../web/kit/types.gen.ts";
import { sentenceOf } from "./errors.ts";
import type { Change, Store } from "./store.ts";

/** A code is renewed when it has fewer seconds than this: nobody shall scan one that endsMs while the phone loads. */
const RENEW_BELOW_S = 30;

export type InviteCall = Extract<Call, { call: "invite" }>;

export class InvitationController implements ReactiveController {
  /** The one to show; undefined: none yet. */
  now: Invitation | undefined;
  /** The device that came in last, as long as the element is open. */
  joined = "";
  /** Why there is none; empty: there is, or will be. */
  fault = "";
  private readonly host: ReactiveControllerHost;
  private readonly store: Store;
  /** What to ask for; undefined: nothing just now. */
  private readonly wanted: () => InviteCall | undefined;
  /** What was asked for last, as text; empty: whatever is wished shall be asked for anew. */
  private requested = "";
  /** Milliseconds since 1970. */
  private endsMs = 0;
  private ticker: ReturnType<typeof setInterval> | undefined;
  private unsubscribe = (): void => {};

  constructor(host: ReactiveControllerHost, store: Store, wanted: () => InviteCall | undefined) {
    this.host = host;
    this.store = store;
    this.wanted = wanted;
    host.addController(this);
  }

  hostConnected(): void {
    this.unsubscribe = this.store.subscribe((change) => this.handleChange(change));
    this.ticker = setInterval(() => this.tick(), 1000);
  }

  hostDisconnected(): void {
    this.unsubscribe();
    clearInterval(this.ticker);
  }

  hostUpdated(): void {
    const call = this.wanted();
    if (!call || this.store.lost) return;
    const key = JSON.stringify(call);
    if (key === this.requested) return;
    this.requested = key;
    this.store.ask(call).then(
      (invitation) => {
        if (key !== this.requested) return;
        this.now = invitation;
        this.endsMs = Date.now() + invitation.seconds * 1000;
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
    return this.now ? Math.max(0, (this.endsMs - Date.now()) / 1000) : 0;
  }

  private renew(): void {
    this.requested = "";
    this.host.requestUpdate();
  }

  private handleChange(change: Change): void {
    if ("lost" in change && !change.lost) this.renew();
    if (!("notice" in change)) return;
    const { notice } = change;
    // The code was for one device; of what was missed, a device may have been a part.
    if (notice.kind === "device_joined") this.joined = notice.name;
    if (notice.kind === "device_joined" || notice.kind === "missed") this.renew();
  }

  private tick(): void {
    if (document.hidden) return;
    if (this.now && this.secondsLeft() < RENEW_BELOW_S) this.requested = "";
    this.host.requestUpdate();
  }
}
