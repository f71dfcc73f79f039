// Chooses how many bytes a request carries, so that it takes about five seconds at the speed at hand: proxies do not end it, a lost
// connection costs little, and a fast network is not slowed down by many small requests.

const MIB = 1024 * 1024;
const SECONDS_PER_REQUEST = 5;
/** Before the first measurement. */
const FIRST = 4 * MIB;
const SMALLEST = MIB / 4;
/** Smaller bodies say more about the latency than about the speed. */
const SMALLEST_MEASURED = 64 * 1024;
/** Weight of the last request. */
const WEIGHT = 0.4;

export class Pace {
  /** bytes per millisecond of one request */
  private speed: number | undefined;

  /** `largest`: maximum bytes of a request. */
  constructor(private readonly largest: number) {}

  /** Adds a request of `bytes` that took `ms`. */
  add(bytes: number, ms: number): void {
    if (bytes < SMALLEST_MEASURED) return;
    const now = bytes / Math.max(1, ms);
    this.speed = this.speed === undefined ? now : this.speed + WEIGHT * (now - this.speed);
  }

  /** Whether any request was measured. */
  get measured(): boolean {
    return this.speed !== undefined;
  }

  /** Returns the bytes that the next request should carry. */
  get bytes(): number {
    const wanted = this.speed === undefined ? FIRST : Math.round(this.speed * SECONDS_PER_REQUEST * 1000);
    return Math.min(this.largest, Math.max(SMALLEST, wanted));
  }
}
