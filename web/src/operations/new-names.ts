// The new names of files that are renamed together, and what is wrong with them. Pure: nothing is renamed here.
import { plainName } from "../browse/decoded.ts";
import type { Row } from "../browse/rows.ts";
import { titleCase, type Values, writeName } from "./name-pattern.ts";

export interface RenameRules {
  /** see name-pattern.ts; empty: the name as it is */
  pattern: string;
  /** the counter `{n}`: first number, step, least number of digits, which `{n:3}` names itself */
  start: number;
  step: number;
  digits: number;
  find: string;
  replace: string;
  isRegex: boolean;
  ignoreCase: boolean;
  letters: "keep" | "lower" | "upper" | "title";
  /** `%20` in a name becomes a space */
  decode: boolean;
  /** the extension stays as it is: the other rules are about what is before it */
  keepExtension: boolean;
}

export const NO_RULES: RenameRules = {
  pattern: "",
  start: 1,
  step: 1,
  digits: 2,
  find: "",
  replace: "",
  isRegex: false,
  ignoreCase: false,
  letters: "keep",
  decode: false,
  keepExtension: true,
};

export type NameFault = "empty" | "slash" | "dots" | "long" | "unreadable" | "clash" | "taken";

export interface NewName {
  from: string;
  to: string;
  fault?: NameFault;
}

/** What is known of names that stay. `names`: all names in the folder of a row. */
export interface Surroundings {
  names: (row: Row) => ReadonlySet<string>;
  /** most bytes of a name */
  bytesMax: number;
}

/** Returns why a name cannot be used; undefined if it can. */
export function faultOf(name: string, bytesMax: number): NameFault | undefined {
  if (name === "") return "empty";
  if (name === "." || name === "..") return "dots";
  if (/[/\0]/.test(name)) return "slash";
  // What could not be read of a name that is not UTF-8 would be lost.
  if (name.includes("\uFFFD")) return "unreadable";
  return new TextEncoder().encode(name).length > bytesMax ? "long" : undefined;
}

/** Returns the expression that is searched for; undefined if there is none. Throws `SyntaxError` if it makes no sense. */
function searched({ find, isRegex, ignoreCase }: RenameRules): RegExp | undefined {
  if (find === "") return undefined;
  const source = isRegex ? find : find.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(source, `gu${ignoreCase ? "i" : ""}`);
}

/** Returns what is wrong with the rules themselves: the browser's words about the regular expression. */
export function ruleFault(rules: RenameRules): string | undefined {
  try {
    searched(rules);
    return undefined;
  } catch (error) {
    return String((error as Error).message);
  }
}

/** Returns the new names, in the order of the rows, with their faults. `rules` are without a fault. */
export function newNames(rows: readonly Row[], rules: RenameRules, around: Surroundings): NewName[] {
  const expression = searched(rules);
  const names = rows.map((row, at): NewName => {
    const to = newName(row, at, rules, expression);
    const fault = to === row.name ? undefined : faultOf(to, around.bytesMax);
    return fault ? { from: row.name, to, fault } : { from: row.name, to };
  });
  markClashes(rows, names, around);
  return names;
}

function newName(row: Row, at: number, rules: RenameRules, expression: RegExp | undefined): string {
  const whole = rules.decode ? plainName(row.name) : row.name;
  const [stem, extension] = row.kind === "file" ? splitName(whole) : [whole, ""];
  const kept = rules.keepExtension && extension !== "" ? `.${extension}` : "";
  const subject = kept === "" ? whole : stem;
  const values = valuesOf(row, at, rules, stem, extension);
  let name = rules.pattern === "" ? subject : writeName(rules.pattern, values);
  // In a plain replacement "$" means nothing.
  if (expression)
    name = name.replace(expression, rules.isRegex ? rules.replace : rules.replace.replaceAll("$", "$$$$"));
  return (inLetters(name, rules.letters) + kept).trim();
}

/** "a.tar" and "gz" from "a.tar.gz"; a dot at the beginning starts no extension. */
export function splitName(name: string): [string, string] {
  const dot = name.lastIndexOf(".");
  return dot > 0 && dot < name.length - 1 ? [name.slice(0, dot), name.slice(dot + 1)] : [name, ""];
}

function inLetters(name: string, letters: RenameRules["letters"]): string {
  if (letters === "lower") return name.toLowerCase();
  if (letters === "upper") return name.toUpperCase();
  return letters === "title" ? titleCase(name) : name;
}

function valuesOf(row: Row, at: number, rules: RenameRules, stem: string, extension: string): Values {
  return (name, format) => {
    if (name === "name") return stem;
    if (name === "ext") return extension;
    if (name === "n") return counter(at, { ...rules, digits: digitsOf(format) ?? rules.digits });
    if (name === "date") return dateText(row.modified_ms, format);
    const tags = row.kind === "file" ? row.tags : undefined;
    const value = tags?.[name] ?? tags?.[`.${name}`];
    // A slash would lead into another folder.
    return value === undefined || value === null ? undefined : String(value).replaceAll("/", "-").trim();
  };
}

/** Most digits that numbers are filled up to. */
export const DIGITS_MAX = 12;

const COUNTER = /\{\s*n\s*(?::([^}]*))?\}/g;

/** Returns the least number of digits that `{n:3}` names. */
function digitsOf(format: string | undefined): number | undefined {
  const digits = Math.floor(Number(format ?? ""));
  return digits >= 1 ? Math.min(DIGITS_MAX, digits) : undefined;
}

/** Returns rules that tell files with the same new name apart by the counter; undefined if no two have one, or the counter is there. */
export function numbered(rules: RenameRules, names: readonly NewName[]): RenameRules | undefined {
  const isCounted = counterExamples(rules).length > 0;
  if (isCounted || !names.some(({ fault }) => fault === "clash")) return undefined;
  return { ...rules, pattern: `${rules.pattern || "{name}"} {n}` };
}

/** How the counter is written into a pattern, and its first numbers. */
export interface CounterExample {
  written: string;
  numbers: readonly string[];
}

/** Returns examples of the counters in a pattern with the first numbers: `{n}`, and one that names its digits; empty if it has none. */
export function counterExamples(rules: RenameRules): CounterExample[] {
  const named = [...rules.pattern.matchAll(COUNTER)];
  if (named.length === 0) return [];
  const own = named.map(([, format]) => digitsOf(format)).find((digits) => digits !== undefined) ?? EXAMPLE_DIGITS;
  const example = (written: string, digits: number): CounterExample => ({
    written,
    numbers: [0, 1, 2].map((at) => counter(at, { ...rules, digits })),
  });
  return [example("{n}", rules.digits), example(`{n:${own}}`, own)];
}

const EXAMPLE_DIGITS = 3;

function counter(at: number, { start, step, digits }: RenameRules): string {
  const number = start + at * step;
  return (number < 0 ? "-" : "") + String(Math.abs(number)).padStart(digits, "0");
}

/** `YYYY`, `MM`, `DD`, `hh`, `mm`, `ss` of the local time. */
function dateText(ms: number, format = "YYYY-MM-DD"): string {
  const date = new Date(ms);
  const two = (number: number): string => String(number).padStart(2, "0");
  const parts: Record<string, string> = {
    YYYY: String(date.getFullYear()).padStart(4, "0"),
    MM: two(date.getMonth() + 1),
    DD: two(date.getDate()),
    hh: two(date.getHours()),
    mm: two(date.getMinutes()),
    ss: two(date.getSeconds()),
  };
  return format.replace(/YYYY|MM|DD|hh|mm|ss/g, (part) => parts[part] ?? part);
}

/** Marks names that two files would get, and names that another file in the folder has. */
function markClashes(rows: readonly Row[], names: NewName[], around: Surroundings): void {
  const key = (row: Row, name: string): string => `${row.folder ?? ""}\n${name}`;
  const counts = new Map<string, number>();
  const leaving = new Set<string>();
  for (const [at, { from, to }] of names.entries()) {
    const row = rows[at] as Row;
    counts.set(key(row, to), (counts.get(key(row, to)) ?? 0) + 1);
    if (to !== from) leaving.add(key(row, from));
  }
  for (const [at, name] of names.entries()) {
    const row = rows[at] as Row;
    if (name.fault !== undefined || name.to === name.from) continue;
    const isTaken = around.names(row).has(name.to) && !leaving.has(key(row, name.to));
    if ((counts.get(key(row, name.to)) ?? 0) > 1) name.fault = "clash";
    else if (isTaken) name.fault = "taken";
  }
}
