// Plugins in a Markdown text: fenced blocks that are taken out of it.

/** `pre` changes the parser, `post` what it has made. */
export type Stage = "pre" | "post";

export interface Block {
  stage: Stage;
  code: string;
}

const BLOCK = /^```copyparty_(pre|post)[ \t]*\r?\n([\s\S]*?)^```[ \t]*\r?$\n?/gm;

/** Returns the plugins in their order, and the text without them. A block without end is left in the text. */
export function takeBlocks(text: string): { blocks: Block[]; rest: string } {
  const blocks: Block[] = [];
  const rest = text.replace(BLOCK, (_all, stage: Stage, code: string) => {
    blocks.push({ stage, code });
    return "";
  });
  return { blocks, rest };
}

/** Returns the script that makes the object. As in copyparty, the block is what stands between its braces; with braces it works, too. */
export function expressionOf(code: string): string {
  const bare = code.replace(/^(?:\s+|\/\/[^\n]*\n|\/\*[\s\S]*?\*\/)*/, "");
  return bare.startsWith("{") ? `(${code}\n)` : `({${code}\n})`;
}
