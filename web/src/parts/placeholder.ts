// What is shown in the place of a picture until its thumbnail is here, from its ThumbHash. The decoder is no part of the first view.
let decode: ((hash: Uint8Array) => string) | undefined;

/** URLs by their hash, so that scrolling back computes nothing. */
const urls = new Map<string, string>();
const URLS_MAX = 2000;

/** Loads the decoder. Without it there are no placeholders. */
export async function loadPlaceholders(): Promise<void> {
  if (decode) return;
  const { thumbHashToDataURL } = await import("thumbhash").catch(() => ({ thumbHashToDataURL: undefined }));
  decode = thumbHashToDataURL;
}

/** Returns the URL of a placeholder; undefined until the decoder is here. `hash`: in base64. */
export function placeholder(hash: string): string | undefined {
  const known = urls.get(hash);
  if (known !== undefined) return known;
  const url = decode?.(Uint8Array.from(atob(hash), (character) => character.charCodeAt(0)));
  if (url === undefined) return undefined;
  if (urls.size >= URLS_MAX) urls.clear();
  urls.set(hash, url);
  return url;
}
