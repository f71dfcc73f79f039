// Makes one text of two versions, line by line: nothing that either of them has added or changed is left out. Knows no document.
import { diff } from "@codemirror/merge";

/** Lines `from` to `to` (exclusive) of a text, and the lines that another has in their place. Never empty on both sides. */
interface Hunk {
  from: number;
  to: number;
  lines: readonly string[];
}

/** Bounds the time that very different texts take; the result is then coarser, and as complete. */
const SCAN_LIMIT = 5000;
/** Different lines that are told apart; each is one UTF-16 unit below those of surrogate pairs. */
const LINES_MAX = 0xd000;

/**
 * Returns a text with the changes of both versions. Where both have changed the same lines, those of `theirs` come first, then those of
 * `mine`. `common`: the text that both were made from; without it, all lines that only one of them has are kept.
 */
export function mergeBoth(theirs: string, mine: string, common?: string): string {
  const [left, right] = [theirs.split("\n"), mine.split("\n")];
  const merged = common === undefined ? union(left, right) : withCommon(common.split("\n"), left, right);
  return merged.join("\n");
}

/** Returns the lines that both have once, and at each difference those of `theirs`, then those of `mine`. */
function union(theirs: readonly string[], mine: readonly string[]): string[] {
  const parts: (readonly string[])[] = [];
  let at = 0;
  for (const { to, lines } of hunksOf(theirs, mine)) {
    parts.push(theirs.slice(at, to), lines);
    at = to;
  }
  return [...parts, theirs.slice(at)].flat();
}

function withCommon(common: readonly string[], theirs: readonly string[], mine: readonly string[]): string[] {
  const [left, right] = [hunksOf(common, theirs), hunksOf(common, mine)];
  const parts: (readonly string[])[] = [];
  let at = 0;
  while (left.length > 0 || right.length > 0) {
    const place = takePlace(left, right);
    const [one, other] = [place.left, place.right].map((hunks) => changed(common, place, hunks)) as [
      string[],
      string[],
    ];
    parts.push(common.slice(at, place.from));
    if (place.left.length > 0 && place.right.length > 0) parts.push(union(one, other));
    else parts.push(place.left.length > 0 ? one : other);
    at = place.to;
  }
  return [...parts, common.slice(at)].flat();
}

/** Lines of the common text that one or both versions have changed. */
interface Place {
  from: number;
  to: number;
  left: Hunk[];
  right: Hunk[];
}

/** Removes the first hunk of both lists, and all that overlap with it. Lines that are added between the same two lines overlap. */
function takePlace(left: Hunk[], right: Hunk[]): Place {
  const [a, b] = [left[0], right[0]];
  const first = a && b ? (b.from < a.from || (b.from === a.from && b.to < a.to) ? b : a) : (a ?? b);
  const place: Place = { from: first?.from ?? 0, to: first?.to ?? 0, left: [], right: [] };
  const belongs = ({ from, to }: Hunk): boolean =>
    from < place.to || (from === place.from && to === from && place.to === from);
  const take = (from: Hunk[], into: Hunk[]): boolean => {
    const [hunk] = from;
    if (!hunk || !(hunk === first || belongs(hunk))) return false;
    from.shift();
    into.push(hunk);
    place.to = Math.max(place.to, hunk.to);
    return true;
  };
  while (take(left, place.left) || take(right, place.right));
  return place;
}

/** Returns the lines of a place after the hunks of one version. */
function changed(common: readonly string[], { from, to }: Place, hunks: readonly Hunk[]): string[] {
  const parts: (readonly string[])[] = [];
  let at = from;
  for (const hunk of hunks) {
    parts.push(common.slice(at, hunk.from), hunk.lines);
    at = hunk.to;
  }
  return [...parts, common.slice(at, to)].flat();
}

/** Returns what makes `other` of `one`, in order. */
function hunksOf(one: readonly string[], other: readonly string[]): Hunk[] {
  const units = new Map<string, string>();
  const unitOf = (line: string): string => {
    const known = units.get(line) ?? String.fromCharCode(units.size + 1);
    units.set(line, known);
    return known;
  };
  const [a, b] = [one, other].map((lines) => lines.map(unitOf).join("")) as [string, string];
  if (units.size > LINES_MAX) return [{ from: 0, to: one.length, lines: other }];
  return diff(a, b, { scanLimit: SCAN_LIMIT }).map(({ fromA, toA, fromB, toB }) => ({
    from: fromA,
    to: toA,
    lines: other.slice(fromB, toB),
  }));
}
