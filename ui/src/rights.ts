// Writes grants in words: those that no choice of the share editor describes come in the letters of the command line. Pure.
import { LOCALE } from "../../web/kit/locale.ts";
import { type Key, t } from "./words.ts";

/** The words of each right, in the order in which they are written. */
const WORDS: readonly (readonly [string, Key])[] = [
  ["r", "sees.look"],
  ["g", "sees.get"],
  ["G", "sees.get"],
  ["h", "rights.html"],
  ["w", "sees.add"],
  ["m", "sees.change"],
  ["d", "sees.delete"],
  [".", "rights.dot"],
  ["a", "rights.admin"],
];

const list = new Intl.ListFormat(LOCALE, { type: "conjunction" });

/**
 * "everyone: view; ann and ben: view and upload" from "r *, rw ann ben". Returns the letters as they are where one of them is unknown.
 * `letters`: as in `Share.rights`; names have neither blanks nor commas.
 */
export function rightsWords(letters: string): string {
  const grants = letters.split(", ").map(grantWords);
  return grants.every((grant) => grant !== undefined) ? grants.join("; ") : letters;
}

function grantWords(grant: string): string | undefined {
  const [rights = "", ...names] = grant.split(" ");
  const to = names.filter((name) => !name.startsWith("-")).map(nameWords);
  const except = names.filter((name) => name.startsWith("-")).map((name) => nameWords(name.slice(1)));
  const known = [...rights].every((letter) => WORDS.some(([one]) => one === letter));
  if (!known || rights === "" || to.length === 0) return undefined;
  const who = list.format(to);
  return t("rights.of", {
    who: except.length > 0 ? t("rights.except", { who, names: list.format(except) }) : who,
    may: list.format(mayOf(rights)),
  });
}

/** Returns each word once. Who may read may also fetch by name. */
function mayOf(rights: string): string[] {
  const has = WORDS.filter(([letter]) => rights.includes(letter) && !(/[gG]/.test(letter) && rights.includes("r")));
  return [...new Set(has.map(([, key]) => t(key)))];
}

function nameWords(name: string): string {
  if (name === "*") return t("rights.everyone");
  if (name === "@acct") return t("rights.signedIn");
  return name.startsWith("@") ? t("rights.group", { name: name.slice(1) }) : name;
}
