// JSON with line breaks and indentation. Works on the text, so that numbers and the order of keys stay exactly as they are.

/** Returns the text formatted; undefined if it is no JSON. */
export function prettyJson(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const parts: string[] = [];
  let depth = 0;
  const newLine = (): void => void parts.push("\n", "  ".repeat(depth));
  // Strings, punctuation, and everything else that is not blank.
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  tokens.forEach((token, at) => {
    if (token === "{" || token === "[") {
      parts.push(token);
      const closes = tokens[at + 1] === "}" || tokens[at + 1] === "]";
      depth++;
      if (!closes) newLine();
    } else if (token === "}" || token === "]") {
      depth--;
      const isEmpty = tokens[at - 1] === "{" || tokens[at - 1] === "[";
      if (!isEmpty) newLine();
      parts.push(token);
    } else if (token === ",") {
      parts.push(token);
      newLine();
    } else parts.push(token === ":" ? ": " : token);
  });
  return `${parts.join("")}\n`;
}
