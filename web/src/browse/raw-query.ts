// Searches of copyparty in addresses: `#q=size >= 3 and name like *holiday*` (spec/browser-ui.md 7.2, spec/http-api.md 12).

const KEYS: Readonly<Record<string, string>> = { up_at: "uploaded" };
const OUTSIDE_QUOTES = /\s+and\s+(?=(?:[^"]*"[^"]*")*[^"]*$)/;
const RANGES = new Set(["size", "date", "uploaded"]);

/**
 * Returns the text of the search box for a query as copyparty's page writes it: terms joined by `and`. A query with anything else
 * stays as it is, so that people see the words of the search.
 */
export function textOfRawQuery(raw: string): string {
  const texts = /\sor\s/.test(raw) ? [] : raw.split(OUTSIDE_QUOTES).map((term) => textOfTerm(term.trim()));
  const all = texts.includes(undefined) ? "" : texts.filter(Boolean).join(" ");
  return all === "" ? raw : all;
}

/** Returns undefined for what is no term; an empty text for one that everything fits. */
function textOfTerm(term: string): string | undefined {
  const found = /^(not )?(\.?[a-z_-]+) (not )?(like|[<>]=?|[!=]?=) "?([^"()]*)"?$/.exec(term);
  if (!found) return undefined;
  const [, before, name = "", inner, operator = "", value = ""] = found;
  const isNot = (before ?? inner) !== undefined || operator === "!=";
  const key = KEYS[name] ?? name.replace(/^\./, "");
  if (RANGES.has(key) && operator !== "like") return `${key}${operator.replace(/^==?$/, ":")}${rangeValue(key, value)}`;
  if (/[<>]/.test(operator)) return `${key}${operator}${value}`;
  const text = value.replace(/^\*|\*$/g, "");
  return text === "" ? "" : `${isNot ? "-" : ""}${key}:${/\s/.test(text) ? `"${text}"` : text}`;
}

/** Sizes are numbers of MiB; of a time only the day counts. */
const rangeValue = (key: string, value: string): string => (key === "size" ? `${value}M` : value.slice(0, 10));
