// Natural sort order of names, equal to the server's. Vectors: tests/vectors/natural_order.json.

const encoder = new TextEncoder();

/** Appends a run of ASCII digits to `key` as: `0`, the number of digits without leading zeros, those digits. */
function pushNumber(key: number[], digits: string): void {
  const significant = digits.replace(/^0+/, "");
  const length = significant.length;
  key.push(0x30);
  if (length < 255) key.push(length);
  else key.push(255, (length >>> 24) & 255, (length >>> 16) & 255, (length >>> 8) & 255, length & 255);
  for (const digit of encoder.encode(significant)) key.push(digit);
}

/** Returns the sort key of a name: letters without case, numbers by value. Linear in the length of the name. */
export function naturalKey(name: string): Uint8Array {
  const key: number[] = [];
  for (const part of name.split(/(\d+)/)) {
    if (/^\d/.test(part)) pushNumber(key, part);
    else {
      // Fold each character alone: the result must not depend on its neighbours (as with the final sigma).
      let folded = "";
      for (const c of part) for (const upper of c.toUpperCase()) folded += upper.toLowerCase();
      for (const byte of encoder.encode(folded)) key.push(byte);
    }
  }
  return Uint8Array.from(key);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Returns `items` sorted by name; equal keys are ordered by their UTF-8 bytes. */
export function inNaturalOrder<T>(items: readonly T[], name: (item: T) => string): T[] {
  return items
    .map((item) => ({ item, key: naturalKey(name(item)), bytes: encoder.encode(name(item)) }))
    .sort((a, b) => compareBytes(a.key, b.key) || compareBytes(a.bytes, b.bytes))
    .map(({ item }) => item);
}
