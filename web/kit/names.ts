// File names for display. Vectors: tests/vectors/shown_names.json.

/**
 * Characters that are invisible or change the direction of the text around them: C0 and C1 controls, DEL, the Arabic letter
 * mark, the directional marks, embeddings, overrides and isolates (Unicode UAX 9, table 4).
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that are meant
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Returns `name` with such characters escaped as `\u{202e}`: a name that contains them could otherwise look like another one
 * (`invoice` + U+202E + `fdp.exe` looks like `invoiceexe.pdf`). For display only, never for addresses.
 */
export function shownName(name: string): string {
  return name.replace(HIDDEN, (c) => `\\u{${c.charCodeAt(0).toString(16)}}`);
}
