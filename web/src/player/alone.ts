// One sound at a time: a film, or a song of another element, pauses the music, and music pauses them.
import type { Player } from "./player.ts";

export function soundAlone(player: Player): void {
  const own: readonly EventTarget[] = player.decks.all;
  const started = (event: Event): void => {
    const element = event.target as HTMLMediaElement;
    if (own.includes(element)) {
      player.other = undefined;
      for (const one of document.querySelectorAll<HTMLMediaElement>("video, audio"))
        if (!own.includes(one)) one.pause();
    } else if (!element.muted) {
      player.other = element;
      player.pause();
    }
  };
  // These events do not bubble.
  document.addEventListener("play", started, true);
}
