// What the page and the frame with plugins send each other. The page gives the text, and believes nothing of what comes back but a
// height within bounds.

/** From the page, once. */
export interface Given {
  text: string;
  /** whether a line break in the text is one on the page */
  breaks: boolean;
  /** address of the text's folder, which links in it are relative to */
  base: string;
  /** address of the page, for plugins that ask for it */
  page: string;
  theme: string;
  lang: string;
  /** "A plugin has failed.", in the language of the page */
  failed: string;
}

/** Least and greatest height of the frame in pixels. What is higher scrolls. */
const HEIGHTS = { least: 24, most: 100_000 } as const;

/** Returns the height that a message of the frame asks for; undefined for everything else. */
export function heightOf(message: unknown): number | undefined {
  if (typeof message !== "number" || !Number.isFinite(message)) return undefined;
  return Math.ceil(Math.min(Math.max(message, HEIGHTS.least), HEIGHTS.most));
}
