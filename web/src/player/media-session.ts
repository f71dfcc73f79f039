// The media keys and the lock screen of the system, where the browser offers them.
import { effect } from "@preact/signals-core";
import { pictureOf } from "./pictures.ts";
import type { Player } from "./player.ts";
import { preferences as chosen } from "./preferences.ts";

/** Seconds of a step back or forward, unless the system names another one. */
const STEP_S = 10;

export function connectMediaSession(player: Player): void {
  const session = (navigator as Partial<Navigator>).mediaSession;
  if (!session || typeof MediaMetadata === "undefined") return;
  const set = (action: MediaSessionAction, run: MediaSessionActionHandler | null): void => {
    try {
      session.setActionHandler(action, run);
    } catch {
      // This browser does not know the action.
    }
  };
  const other = (): HTMLMediaElement | undefined => (player.other?.isConnected ? player.other : undefined);
  effect(() => {
    const on = chosen.mediaKeys.value;
    const seeks = on && chosen.mediaSeek.value;
    set("play", on ? () => void (other()?.play() ?? player.resume()) : null);
    set("pause", on ? () => (other() ?? player).pause() : null);
    set("previoustrack", on ? () => player.previous() : null);
    set("nexttrack", on ? () => player.next() : null);
    set("seekbackward", seeks ? ({ seekOffset }) => player.seekBy(-(seekOffset ?? STEP_S)) : null);
    set("seekforward", seeks ? ({ seekOffset }) => player.seekBy(seekOffset ?? STEP_S) : null);
    set("seekto", seeks ? ({ seekTime }) => player.seek(seekTime ?? 0) : null);
  });
  effect(() => {
    const song = player.song.value;
    if (!song || !chosen.mediaKeys.value) {
      session.metadata = null;
      return;
    }
    const { title, artist, album } = song;
    const isHeard = player.heard.value === song;
    const src = new URL(pictureOf(song), location.href).href;
    session.metadata = new MediaMetadata({
      title,
      artist,
      album,
      artwork: chosen.mediaCover.value && isHeard ? [{ src, type: "image/jpeg" }] : [],
    });
  });
  effect(() => {
    if (!chosen.mediaKeys.value) return;
    session.playbackState = player.song.value ? (player.playing.value ? "playing" : "paused") : "none";
  });
  effect(() => {
    const [duration, position] = [player.duration.value, player.position.value];
    if (!chosen.mediaKeys.value || typeof session.setPositionState !== "function") return;
    if (duration > 0 && position <= duration) session.setPositionState({ duration, position, playbackRate: 1 });
  });
}
