// Ends of lines are kept as they are in the file. The editor itself knows only "\n".

/** "mixed": lines end differently; then each keeps its end. */
export type LineEnding = "\n" | "\r\n" | "\r" | "mixed";

/** Returns how the lines of a text end; "\n" for one line. */
export function lineEndingOf(text: string): LineEnding {
  let [crlf, lf, cr] = [0, 0, 0];
  for (const [end] of text.matchAll(/\r\n|\n|\r/g)) {
    if (end === "\r\n") crlf++;
    else if (end === "\n") lf++;
    else cr++;
  }
  if (Number(crlf > 0) + Number(lf > 0) + Number(cr > 0) > 1) return "mixed";
  return crlf > 0 ? "\r\n" : cr > 0 ? "\r" : "\n";
}

/** Returns a text with lines that end with "\n", as it is edited. Of mixed ones, "\r" stays a character of its line. */
export function toEdited(text: string, ending: LineEnding): string {
  return ending === "\r\n" || ending === "\r" ? text.replaceAll(ending, "\n") : text;
}

/** Returns a text as it is saved; the opposite of `toEdited`. */
export function toSaved(text: string, ending: LineEnding): string {
  return ending === "\r\n" || ending === "\r" ? text.replaceAll("\n", ending) : text;
}

/** Returns how an ending is called. */
export function endingName(ending: LineEnding): "LF" | "CRLF" | "CR" | "mixed" {
  return ending === "\n" ? "LF" : ending === "\r\n" ? "CRLF" : ending === "\r" ? "CR" : "mixed";
}
