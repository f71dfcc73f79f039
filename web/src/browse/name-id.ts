// Ids of files in fragments of addresses: `#af-f27d317e` names a song, `#gf-f27d317e` a file in the viewer (spec/browser-ui.md 7.1).
// Links of copyparty keep their meaning.
import { plainName } from "./decoded.ts";
import { keyOf, type Row } from "./rows.ts";

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** Returns the CRC-32 of the low bytes of a name's UTF-16 code units, as 8 hexadecimal digits in lower case. */
export function nameId(name: string): string {
  let crc = 0xffffffff;
  for (let at = 0; at < name.length; at++) crc = (TABLE[(crc ^ name.charCodeAt(at)) & 255] ?? 0) ^ (crc >>> 8);
  return ((crc ^ 0xffffffff) >>> 0).toString(16).padStart(8, "0");
}

/** Ids of lists that were asked for, as long as the list exists. */
const known = new WeakMap<readonly Row[], ReadonlyMap<string, string>>();

/**
 * Returns the ids of the files of a list, by their keys. `rows`: in the order in which the server sends them: of two files with the
 * same id, the later one gets an "a" behind it.
 */
export function idsOf(rows: readonly Row[]): ReadonlyMap<string, string> {
  const kept = known.get(rows);
  if (kept) return kept;
  const ids = new Map<string, string>();
  const taken = new Set<string>();
  for (const row of rows) {
    if (row.kind === "folder") continue;
    let id = nameId(fullName(row));
    while (taken.has(id)) id += "a";
    taken.add(id);
    ids.set(keyOf(row), id);
  }
  known.set(rows, ids);
  return ids;
}

/** Returns the file of a list that has an id; undefined if there is none. */
export function rowOfId(rows: readonly Row[], id: string): Row | undefined {
  const ids = idsOf(rows);
  return rows.find((row) => ids.get(keyOf(row)) === id);
}

/** The name; of what another folder than the shown one holds, the whole path without a slash in front. */
function fullName(row: Row): string {
  if (row.folder === undefined) return row.name;
  return plainName(row.folder.slice(1)) + row.name;
}
