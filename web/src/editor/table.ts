// Aligns the columns of a Markdown table.

type Align = "" | "left" | "right" | "center";

export interface FormattedTable {
  /** first and last line of the table, counted from 0 */
  from: number;
  to: number;
  lines: string[];
}

/** Characters that are two columns wide: of East Asia, and pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;
/** Characters without width: accents, joiners, selectors. */
const NARROW = /[\p{M}\u200b-\u200f\u2060]/u;

/** Returns how many columns a text takes in a font of fixed width. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    if (!NARROW.test(character)) width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

/** Returns the table that line `at` is in, aligned; undefined if there is none. */
export function formatTable(lines: readonly string[], at: number): FormattedTable | undefined {
  const has = (line: number): boolean => hasBar(lines[line] ?? "");
  if (!has(at)) return undefined;
  let [from, to] = [at, at];
  while (has(from - 1)) from--;
  while (has(to + 1)) to++;
  // The head is the line above the one of dashes; lines before it are no part of the table.
  let rule = from + 1;
  while (rule <= to && !isRule(lines[rule] ?? "")) rule++;
  if (rule > to || at < rule - 1) return undefined;
  from = rule - 1;
  const indent = /^[\s>]*/.exec(lines[from] ?? "")?.[0] ?? "";
  const rows = lines.slice(from, to + 1).map((line) => cellsOf(line));
  return { from, to, lines: aligned(rows).map((line) => indent + line) };
}

function hasBar(line: string): boolean {
  return line.replace(/\\./g, "").includes("|");
}

function isRule(line: string): boolean {
  const cells = cellsOf(line);
  return hasBar(line) && cells.length > 0 && cells.every((cell) => /^:?-+:?$/.test(cell));
}

/** Returns the cells of a line, without the blanks around them. */
export function cellsOf(line: string): string[] {
  const inner = line
    .replace(/^[\s>]*\|?/, "")
    .replace(/\s+$/, "")
    .replace(/(^|[^\\])((?:\\\\)*)\|$/, "$1$2");
  const cells: string[] = [];
  let cell = "";
  for (let at = 0; at < inner.length; at++) {
    const character = inner[at] ?? "";
    if (character === "\\") {
      cell += character + (inner[at + 1] ?? "");
      at++;
    } else if (character === "|") {
      cells.push(cell.trim());
      cell = "";
    } else cell += character;
  }
  cells.push(cell.trim());
  return cells;
}

function aligned(rows: readonly string[][]): string[] {
  const columns = rows[0]?.length ?? 0;
  const aligns = Array.from({ length: columns }, (_, at) => alignOf(rows[1]?.[at] ?? "-"));
  const texts = rows.filter((_, at) => at !== 1);
  const widths = aligns.map((_, at) => Math.max(3, ...texts.map((row) => widthOf(row[at] ?? ""))));
  const line = (row: readonly string[]): string => {
    const cells = widths.map((width, at) => padded(row[at] ?? "", width, aligns[at] ?? ""));
    // Cells beyond those of the head are not shown, but they are the author's.
    return `| ${[...cells, ...row.slice(columns)].join(" | ")} |`;
  };
  const rule = `| ${widths.map((width, at) => dashes(width, aligns[at] ?? "")).join(" | ")} |`;
  return rows.map((row, at) => (at === 1 ? rule : line(row)));
}

function alignOf(cell: string): Align {
  const [left, right] = [cell.startsWith(":"), cell.endsWith(":")];
  return left && right ? "center" : right ? "right" : left ? "left" : "";
}

function dashes(width: number, align: Align): string {
  const [left, right] = [align === "left" || align === "center", align === "right" || align === "center"];
  return (left ? ":" : "") + "-".repeat(width - Number(left) - Number(right)) + (right ? ":" : "");
}

function padded(text: string, width: number, align: Align): string {
  const room = width - widthOf(text);
  const before = align === "right" ? room : align === "center" ? Math.floor(room / 2) : 0;
  return " ".repeat(Math.max(0, before)) + text + " ".repeat(Math.max(0, room - before));
}
