// Which line of a Markdown text is where in its preview. The server's HTML does not say: blocks of the text and elements of the
// preview are paired in order, by their kinds; between two pairs, positions are interpolated.

/** What a block is: "h1" to "h6", "p", "ul", "ol", "pre", "table", "blockquote", "hr", "html". */
export interface Block {
  kind: string;
  /** line at which it begins, counted from 0 */
  line: number;
}

export interface Anchor {
  line: number;
  /** pixels from the top of the preview */
  top: number;
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/;

/** Returns the blocks of a text that are elements on the uppermost level of its preview. */
export function blocksOf(lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? "";
    if (line.trim() === "" || isUnseen(line)) {
      at++;
      continue;
    }
    const kind = kindAt(lines, at);
    blocks.push({ kind, line: at });
    at = endOf(lines, at, kind);
  }
  return blocks;
}

/** Definitions of links and footnotes: nothing is shown where they are. */
function isUnseen(line: string): boolean {
  return /^ {0,3}\[[^\]]+\]:/.test(line);
}

function kindAt(lines: readonly string[], at: number): string {
  const line = lines[at] ?? "";
  const hashes = /^ {0,3}(#{1,6})(?:\s|$)/.exec(line)?.[1];
  if (hashes) return `h${hashes.length}`;
  if (FENCE.test(line) || /^( {4}|\t)/.test(line)) return "pre";
  if (/^ {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$/.test(line)) return "hr";
  if (/^ {0,3}>/.test(line)) return "blockquote";
  if (/^ {0,3}[-*+](?:\s|$)/.test(line)) return "ul";
  if (/^ {0,3}\d{1,9}[.)](?:\s|$)/.test(line)) return "ol";
  if (/^ {0,3}<[a-z!/]/i.test(line)) return "html";
  const next = lines[at + 1] ?? "";
  if (line.includes("|") && /^[\s|:-]*-[\s|:-]*$/.test(next) && next.includes("|")) return "table";
  const under = endOfParagraph(lines, at);
  const rule = lines[under] ?? "";
  if (/^ {0,3}=+\s*$/.test(rule)) return "h1";
  return /^ {0,3}-+\s*$/.test(rule) ? "h2" : "p";
}

/** Returns the line behind the block that begins at `at`. */
function endOf(lines: readonly string[], at: number, kind: string): number {
  const line = lines[at] ?? "";
  const fence = FENCE.exec(line)?.[1];
  if (kind === "pre" && fence !== undefined) {
    const closing = new RegExp(`^ {0,3}${fence[0]}{${fence.length},}\\s*$`);
    let end = at + 1;
    while (end < lines.length && !closing.test(lines[end] ?? "")) end++;
    return end + 1;
  }
  if (kind === "hr" || line.trimStart().startsWith("#")) return at + 1;
  if (kind === "ul" || kind === "ol") return endOfList(lines, at, kind);
  if (kind === "h1" || kind === "h2") return endOfParagraph(lines, at) + 1;
  if (kind === "p") return endOfParagraph(lines, at);
  let end = at + 1;
  while (end < lines.length && (lines[end] ?? "").trim() !== "") end++;
  return end;
}

/** The line behind a paragraph: an empty one, or one that begins another block. */
function endOfParagraph(lines: readonly string[], at: number): number {
  let end = at + 1;
  while (end < lines.length) {
    const line = lines[end] ?? "";
    if (line.trim() === "" || /^ {0,3}(#{1,6}\s|>|`{3}|~{3}|[-*+]\s|1[.)]\s|=+\s*$|-+\s*$)/.test(line)) break;
    end++;
  }
  return end;
}

/** A list goes on behind an empty line if what follows is another item of it, or is indented. */
function endOfList(lines: readonly string[], at: number, kind: "ul" | "ol"): number {
  let end = at + 1;
  while (end < lines.length) {
    const line = lines[end] ?? "";
    if (line.trim() === "") {
      const next = lines[end + 1] ?? "";
      if (!/^\s/.test(next) && (next.trim() === "" || kindAt(lines, end + 1) !== kind)) break;
    } else if (/^ {0,3}(#{1,6}\s|`{3}|~{3})/.test(line) && !/^\s/.test(line)) break;
    end++;
  }
  return end;
}

/**
 * Pairs blocks of the text with elements of the preview. Where their kinds differ, the nearest equal ones are looked for; what has no
 * partner is left out. The result rises in both values.
 */
export function anchorsOf(blocks: readonly Block[], shown: readonly { kind: string; top: number }[]): Anchor[] {
  const anchors: Anchor[] = [];
  let [at, to] = [0, 0];
  while (at < blocks.length && to < shown.length) {
    const [block, element] = [blocks[at], shown[to]];
    if (!block || !element) break;
    if (block.kind === element.kind) {
      anchors.push({ line: block.line, top: element.top });
      at++;
      to++;
      continue;
    }
    const [inShown, inBlocks] = [distance(shown, to, block.kind), distance(blocks, at, element.kind)];
    if (inShown <= inBlocks && inShown < Number.POSITIVE_INFINITY) to += inShown;
    else if (inBlocks < Number.POSITIVE_INFINITY) at += inBlocks;
    else {
      at++;
      to++;
    }
  }
  return anchors;
}

/** How far ahead the next one of a kind is, at most 20. */
function distance(list: readonly { kind: string }[], from: number, kind: string): number {
  const found = list.slice(from, from + 20).findIndex((one) => one.kind === kind);
  return found < 0 ? Number.POSITIVE_INFINITY : found;
}

/** Returns where a line, also a broken one, is in the preview. `end`: the last line with the height of the preview. */
export function topOfLine(line: number, anchors: readonly Anchor[], end: Anchor): number {
  return interpolated(line, anchors, end, "line", "top");
}

/** Returns the line that is at a position of the preview; the opposite of `topOfLine`. */
export function lineOfTop(top: number, anchors: readonly Anchor[], end: Anchor): number {
  return interpolated(top, anchors, end, "top", "line");
}

function interpolated(
  value: number,
  anchors: readonly Anchor[],
  end: Anchor,
  from: keyof Anchor,
  to: keyof Anchor,
): number {
  if (value <= 0) return 0;
  let before: Anchor = { line: 0, top: 0 };
  for (const after of [...anchors, end]) {
    if (after[from] > value) {
      const share = (value - before[from]) / (after[from] - before[from]);
      return before[to] + share * Math.max(0, after[to] - before[to]);
    }
    before = after;
  }
  return end[to];
}
