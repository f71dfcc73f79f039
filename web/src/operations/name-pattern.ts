// Patterns of new names: text with `{name}` and other values, `[parts]` that are left out where a value in them is missing, and the
// functions `$lpad(text,length,fill)`, `$rpad`, `$lower`, `$upper`, `$title`. A backslash takes the meaning from the next character.

/** What the placeholders stand for; undefined: this file has no such value. */
export type Values = (name: string, format: string | undefined) => string | undefined;

interface Written {
  text: string;
  /** whether a placeholder was in it */
  has: boolean;
  /** whether a value was missing */
  missing: boolean;
}

const FUNCTIONS: Record<string, (args: string[]) => string> = {
  lpad: ([text = "", length = "0", fill = " "]) => text.padStart(bounded(length), fill || " "),
  rpad: ([text = "", length = "0", fill = " "]) => text.padEnd(bounded(length), fill || " "),
  lower: ([text = ""]) => text.toLowerCase(),
  upper: ([text = ""]) => text.toUpperCase(),
  title: ([text = ""]) => titleCase(text),
};

/** No name is longer than this. */
const LENGTH_MAX = 255;

const bounded = (length: string): number => Math.min(LENGTH_MAX, Math.max(0, Math.floor(Number(length)) || 0));

/** "the QUICK fox" becomes "The Quick Fox". */
export function titleCase(text: string): string {
  return text
    .toLowerCase()
    .replace(/(^|[\s\-_.([{])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase());
}

/** Writes a name after a pattern. A value that is missing outside of brackets is empty. */
export function writeName(pattern: string, values: Values): string {
  return new Writer(pattern, values).write("").text;
}

class Writer {
  private at = 0;

  constructor(
    private readonly pattern: string,
    private readonly values: Values,
  ) {}

  /** Writes up to one of the characters `ends`, or to the end of the pattern. */
  write(ends: string): Written {
    const written: Written = { text: "", has: false, missing: false };
    while (this.at < this.pattern.length) {
      const character = this.pattern[this.at] ?? "";
      if (ends.includes(character)) break;
      this.at++;
      if (character === "\\") written.text += this.pattern[this.at++] ?? "";
      else if (character === "{") this.value(written);
      else if (character === "[") this.optional(written);
      else if (character === "$") this.call(written);
      else written.text += character;
    }
    return written;
  }

  private value(written: Written): void {
    const end = this.pattern.indexOf("}", this.at);
    if (end < 0) {
      written.text += "{";
      return;
    }
    const [name = "", ...format] = this.pattern.slice(this.at, end).split(":");
    this.at = end + 1;
    const value = this.values(name.trim(), format.length > 0 ? format.join(":") : undefined);
    written.has = true;
    if (value === undefined || value === "") written.missing = true;
    else written.text += value;
  }

  /** Brackets without a placeholder are part of the name. */
  private optional(written: Written): void {
    const inside = this.write("]");
    const isClosed = this.pattern[this.at] === "]";
    if (isClosed) this.at++;
    if (!inside.has || !isClosed) written.text += `[${inside.text}${isClosed ? "]" : ""}`;
    else if (!inside.missing) written.text += inside.text;
    written.has ||= inside.has;
  }

  private call(written: Written): void {
    const [all, name = ""] = /^([a-z]+)\(/.exec(this.pattern.slice(this.at)) ?? [];
    const run = FUNCTIONS[name];
    if (all === undefined || !run) {
      written.text += "$";
      return;
    }
    this.at += all.length;
    const args: string[] = [];
    for (;;) {
      const argument = this.write(",)");
      args.push(argument.text);
      written.has ||= argument.has;
      written.missing ||= argument.missing;
      if (this.pattern[this.at++] !== ",") break;
    }
    written.text += run(args);
  }
}
