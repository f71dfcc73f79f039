// Keeps an invitation valid: requests a new one when it was used, is about to expire, or may have been used while notices were
// missed. Used by every element that shows a code.
import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { Call, Invitation } from "../../web/kit/types.gen.ts";
import { sentenceOf } from "./errors.ts";
import type { Change, Store } from "./store.ts";

/** Seconds before the expiry at which a code is renewed, so that it does not expire while the phone loads the page. */
const RENEW_BELOW_S = 30;

export type InviteCall = Extract<Call, { call: "invite" }>;

export class InvitationController implements ReactiveController {
  /** The current invitation; undefined: none yet. */
  now: Invitation | undefined;
  /** Name of the last device that joined while the element was open. */
  joined = "";
  /** Why there is no invitation; empty: no error. */
  fault = "";
  private readonly host: ReactiveControllerHost;
  private readonly store: Store;
  /** Returns the call that requests an invitation; undefined: none is needed. */
  private readonly wanted: () => InviteCall | undefined;
  /** The last request as JSON; empty: request again. */
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
    // A code is for one device. A missed notice may have been a device that joined.
    if (notice.kind === "device_joined") this.joined = notice.name;
    if (notice.kind === "device_joined" || notice.kind === "missed") this.renew();
  }

  private tick(): void {
    if (document.hidden) return;
    if (this.now && this.secondsLeft() < RENEW_BELOW_S) this.requested = "";
    this.host.requestUpdate();
  }
}
