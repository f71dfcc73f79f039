// The table of contents of a Markdown text.
import type { MarkdownHeading } from "../api/types.gen.ts";

/** Returns the headings of the three uppermost levels, as the server's page lists them; a single title above all others is left out. */
export function contentsOf(toc: readonly MarkdownHeading[]): { depth: number; id: string; text: string }[] {
  const [first, ...rest] = toc;
  const shown = first?.level === 1 && rest.every(({ level }) => level > 1) ? rest : toc;
  const top = Math.min(...shown.map(({ level }) => level));
  return shown.flatMap(({ level, id, text }) => (level < top + 3 ? { depth: level - top + 1, id, text } : []));
}
