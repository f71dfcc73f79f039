// Asks what stands at an address of the server, without its content.

export interface There {
  size: number;
  /** milliseconds since 1970; NaN: the server does not say */
  modified: number;
}

/** Clocks and file systems round times; a larger difference in milliseconds is a difference. */
const SAME_TIME_MS = 2000;

/** Returns whether two times in milliseconds are the same for file systems of all kinds. */
export const isSameTime = (one: number, other: number): boolean => Math.abs(one - other) <= SAME_TIME_MS;

/** Returns whether what is there has that size and date. */
export const isFoundAt = (there: There | undefined, size: number, modified: number): boolean =>
  there?.size === size && isSameTime(there.modified, modified);

/** Returns size and date of the file at `url`; undefined: there is none, it may not be read, or there is no answer. */
export type Peek = (url: string) => Promise<There | undefined>;

export const fetchPeek: Peek = async (url) => {
  try {
    const { ok, headers } = await fetch(url, { method: "HEAD", cache: "no-store" });
    const size = Number(headers.get("Content-Length") ?? Number.NaN);
    return ok && Number.isFinite(size) ? { size, modified: Date.parse(headers.get("Last-Modified") ?? "") } : undefined;
  } catch {
    return undefined;
  }
};
