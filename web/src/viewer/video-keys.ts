// Keys of films: copyparty's, and Space.
import { type Hotkey, hotkeysOf } from "../browse/hotkeys.ts";
import { withEnd, withStart } from "./ab-loop.ts";
import type { VideoView } from "./video.ts";

/** Seconds of a step. */
const STEP_SECS = 10;

export function videoKeys(view: VideoView): Hotkey[] {
  const key = hotkeysOf("viewer");
  const at = (): number => view.video?.currentTime ?? 0;
  const digits = Array.from({ length: 10 }, (_, digit) => [`Digit${digit}`, `Numpad${digit}`]).flat();
  // A button that has the focus is pressed by Space.
  const isFree = (): boolean => !document.activeElement?.closest("button, a, input, select");
  return [
    key(["KeyP", "KeyK"], "keys.video.play", () => view.toggle()),
    key(["Space"], "keys.video.play", () => view.toggle(), isFree),
    key(["KeyU"], "keys.video.back", () => view.seekTo(at() - STEP_SECS)),
    key(["KeyO"], "keys.video.forward", () => view.seekTo(at() + STEP_SECS)),
    key(digits, "keys.video.jump", (event) => {
      view.seekTo(((view.video?.duration ?? 0) * Number(event.code.slice(-1))) / 10);
    }),
    key(["KeyM"], "keys.video.mute", () => {
      if (view.video) view.video.muted = !view.video.muted;
    }),
    key(["KeyC"], "keys.video.next", () => view.toggleGoingOn()),
    key(["KeyV"], "keys.video.loop", () => view.toggleLoop()),
    key(["BracketLeft"], "keys.video.loopFrom", () => view.setLoop(withStart(view.ab.peek(), at()))),
    key(["BracketRight"], "keys.video.loopTo", () => view.setLoop(withEnd(view.ab.peek(), at()))),
  ];
}
