// What a fragment of an address asks the player for: a song, and a moment in it; or a playlist (spec/browser-ui.md 7).

export type Request =
  | { kind: "song"; id: string /** seconds from its start */; from: number | undefined }
  | {
      kind: "playlist" /** as it was written: absolute, or relative to the folder; percent-encoded or not */;
      path: string;
    };

/** "20", "20s", "1m20", "1m20s", "t=20", "t=1:20", "T1:20"; zeros may stand in front. */
const MOMENT = /^[tT=0]*(?:(\d+)[m:])?(\d+)s?$/;

/** Returns the seconds that a moment names; undefined if it is none. */
export function secondsOf(text: string): number | undefined {
  const found = MOMENT.exec(text);
  return found ? Number(found[1] ?? 0) * 60 + Number(found[2]) : undefined;
}

/** Returns what a fragment (with its "#") asks for; undefined if it is not meant for the player. */
export function requestOf(fragment: string): Request | undefined {
  const playlist = /^#m3u=(.+)$/.exec(fragment)?.[1];
  if (playlist !== undefined) return { kind: "playlist", path: playlist };
  const [, id, rest] = /^#af-([0-9a-f]{8}a*)((?:&.*)?)$/i.exec(fragment) ?? [];
  if (id === undefined) return undefined;
  const moments = (rest ?? "").split("&").map(secondsOf);
  return { kind: "song", id: id.toLowerCase(), from: moments.find((seconds) => seconds !== undefined) };
}

/** Returns the fragment of a song, and of a moment in it. */
export function fragmentOf(id: string, from?: number): string {
  if (from === undefined) return `#af-${id}`;
  const whole = Math.max(0, Math.floor(from));
  return `#af-${id}&t=${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
