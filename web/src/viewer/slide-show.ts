// Shows one picture after the other. A film is played to its end.
import { effect, signal } from "@preact/signals-core";
import { preference } from "../browse/preferences.ts";
import type { Viewer } from "./viewer.ts";

/** Seconds for which a picture is shown, to choose from. */
export const SPEEDS: readonly number[] = [2, 4, 8, 16];

export class SlideShow {
  readonly isOn = signal(false);
  readonly seconds = preference("viewer.seconds", 4, (value) => SPEEDS.includes(value as number));
  private stopEffect = (): void => {};

  constructor(private readonly viewer: Viewer) {}

  toggle(): void {
    if (this.isOn.peek()) this.stop();
    else this.start();
  }

  private start(): void {
    this.isOn.value = true;
    this.stopEffect = effect(() => {
      const view = this.viewer.view.value;
      const seconds = this.seconds.value;
      let timer = 0;
      let isOver = false;
      void view?.done?.then(() => {
        if (!isOver) timer = setTimeout(() => this.next(), seconds * 1000) as unknown as number;
      });
      return () => {
        isOver = true;
        clearTimeout(timer);
      };
    });
  }

  stop(): void {
    this.isOn.value = false;
    this.stopEffect();
    this.stopEffect = () => {};
  }

  /** After the last file comes the first one. */
  private next(): void {
    const { index, files } = this.viewer;
    const isLast = index.peek() >= files.peek().length - 1;
    if (files.peek().length < 2) this.stop();
    else this.viewer.goTo(isLast ? 0 : index.peek() + 1);
  }
}
