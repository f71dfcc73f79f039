// Why a song cannot be played, as a sentence. Browsers tell little: a lost connection and an unknown format look the same to them.
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import type { FaultCode } from "./decks.ts";

export type Failure = "aborted" | "network" | "damaged" | "unsupported" | "missing" | "denied" | "unconverted";

/** Returns what has failed. `url`: what was played; `converted`: whether the server converts it. */
export async function failureOf(code: FaultCode, url: string, converted: boolean): Promise<Failure> {
  if (code === 1) return "aborted";
  if (code === 2) return "network";
  let status: number;
  try {
    status = (await fetch(url, { method: "HEAD" })).status;
  } catch {
    return "network";
  }
  if (status === 404 || status === 410) return "missing";
  if (status === 401 || status === 403) return "denied";
  if (converted && status >= 400) return "unconverted";
  if (status >= 500 || status === 429) return "network";
  return code === 3 ? "damaged" : "unsupported";
}

/** Returns whether the server may be able to convert the song into something that can be played. */
export const mayConvert = (failure: Failure): boolean => failure === "damaged" || failure === "unsupported";

export const sentenceOf = (failure: Failure, name: string): string =>
  t(`player.failed.${failure}`, { name: shownName(name) });
