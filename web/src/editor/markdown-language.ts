// Markdown as the editor colours it.
import { markdownLanguage } from "@codemirror/lang-markdown";
import { Language } from "@codemirror/language";
import type { MarkdownParser } from "@lezer/markdown";

/**
 * Most characters of one paragraph; a longer one is coloured as several. The parser reads a paragraph as a whole, again after each
 * key: one of 720 KB took 200 ms.
 */
const PARAGRAPH_MAX = 16_384;

const parser = (markdownLanguage.parser as MarkdownParser).configure({
  parseBlock: [{ name: "LongParagraph", endLeaf: (_cx, _line, leaf) => leaf.content.length > PARAGRAPH_MAX }],
});

/** With the data of the package's language, whose commands look for it. */
export const markdownColours = new Language(markdownLanguage.data, parser, [], "markdown");
