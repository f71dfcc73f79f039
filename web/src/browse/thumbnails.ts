// Thumbnails a few at a time, in the order in which people see them. Over HTTP/1 browsers open six connections: a folder or a picture
// that is opened must not wait behind thumbnails that the server has to make first.
import { effect, type ReadonlySignal } from "@preact/signals-core";

/** Requests of thumbnails at once: two connections stay free. HTTP/2 has one connection for all requests, and answers in any order. */
const AT_ONCE = isMultiplexed() ? 16 : 4;

function isMultiplexed(): boolean {
  const [page] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  return /^h[23]/.test(page?.nextHopProtocol ?? "");
}

/** Loads the pictures below an element that name their address in `data-src`. */
export class Thumbnails {
  private readonly loading = new Set<HTMLImageElement>();
  private stop = (): void => {};

  /**
   * `held`: while it is true none is asked for. `distances`: returns how far a picture is from what is seen; the nearest
   * come first.
   */
  constructor(
    private readonly root: Element,
    private readonly held: ReadonlySignal<boolean>,
    private readonly distances: () => (image: HTMLImageElement) => number,
  ) {}

  connect(): void {
    this.stop();
    this.stop = effect(() => {
      if (!this.held.value) queueMicrotask(() => this.load());
    });
  }

  disconnect(): void {
    this.stop();
    this.drop();
  }

  /** Asks for as many as may be asked for now. Called when others are drawn, and when one has come. */
  load(): void {
    this.drop();
    if (this.held.peek() || this.loading.size >= AT_ONCE) return;
    const waiting = [...this.root.querySelectorAll<HTMLImageElement>("img[data-src]")];
    if (waiting.length === 0) return;
    const distance = this.distances();
    const ranked = waiting.map((image) => ({ image, far: distance(image) })).sort((a, b) => a.far - b.far);
    for (const { image } of ranked) {
      if (this.loading.size >= AT_ONCE) return;
      this.start(image);
    }
  }

  private start(image: HTMLImageElement): void {
    image.src = image.dataset.src ?? "";
    image.removeAttribute("data-src");
    // The browser has it still.
    if (image.complete) return;
    this.loading.add(image);
    const over = (): void => {
      if (this.loading.delete(image)) this.load();
    };
    image.addEventListener("load", over);
    image.addEventListener("error", over);
  }

  /** Ends the requests of those that are not drawn any more. */
  private drop(): void {
    for (const image of this.loading) {
      if (image.isConnected) continue;
      this.loading.delete(image);
      image.removeAttribute("src");
    }
  }
}
