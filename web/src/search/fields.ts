// The fields of the search form, and the text that they make for the search box (docs/http-api.md "What people type").

export interface Fields {
  name: string;
  path: string;
  tags: string;
  type: string;
  sizeFrom: string;
  sizeTo: string;
  dateFrom: string;
  dateTo: string;
  uploadedFrom: string;
  uploadedTo: string;
}

/** Quotes each word that has a blank; words in quotes stay together. */
function words(key: string, text: string): string[] {
  const found = text.match(/-?"[^"]*"|\S+/g) ?? [];
  return found.map((word) => {
    const isNot = word.startsWith("-") && word.length > 1;
    const bare = (isNot ? word.slice(1) : word).replaceAll('"', "");
    return `${isNot ? "-" : ""}${key}:${/[\s"]/.test(bare) ? `"${bare}"` : bare}`;
  });
}

function range(key: string, from: string, to: string): string[] {
  if (from !== "" && to !== "") return [`${key}:${from}..${to}`];
  if (from !== "") return [`${key}>=${from}`];
  return to === "" ? [] : [`${key}<=${to}`];
}

/** A number without unit means MiB, as in the form. */
function bytes(text: string): string {
  const trimmed = text.trim().replace(",", ".");
  return /^\d+(\.\d+)?$/.test(trimmed) ? `${trimmed}M` : trimmed;
}

/** Returns the text of a search; empty without any field. */
export function textOf(fields: Fields): string {
  const types = fields.type.match(/[^\s,.]+/g) ?? [];
  return [
    ...words("name", fields.name),
    ...words("path", fields.path),
    ...words("tags", fields.tags),
    ...(types.length > 0 ? [`type:${types.join(",")}`] : []),
    ...range("size", bytes(fields.sizeFrom), bytes(fields.sizeTo)),
    ...range("date", fields.dateFrom.trim(), fields.dateTo.trim()),
    ...range("uploaded", fields.uploadedFrom.trim(), fields.uploadedTo.trim()),
  ].join(" ");
}
