// Counts words and characters. Writing without blanks between words counts by characters (Chinese) or by runs of one script (kana, Thai).
const WORD =
  /\p{Script=Han}|[\p{Script=Hiragana}\u30fc]+|[\p{Script=Katakana}\u30fc]+|\p{Script=Thai}+|[\p{L}\p{N}\p{M}]+(?:['’.,:_-][\p{L}\p{N}\p{M}]+)*/gu;

export function countWords(text: string): number {
  let count = 0;
  for (const _ of text.matchAll(WORD)) count++;
  return count;
}

/** Counts characters; one outside of the basic plane is one. */
export function countCharacters(text: string): number {
  let count = text.length;
  for (const _ of text.matchAll(/[\ud800-\udbff][\udc00-\udfff]/g)) count--;
  return count;
}
