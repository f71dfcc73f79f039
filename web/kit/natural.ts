// The order of names for people, as the server sorts its lists. Vectors: tests/vectors/natural_order.json.

const encoder = new TextEncoder();

/** A run of ASCII digits as: `0`, how many digits without leading zeros, those digits. */
function pushNumber(key: number[], digits: string): void {
  const significant = digits.replace(/^0+/, "");
  const length = significant.length;
  key.push(0x30);
  if (length < 255) key.push(length);
  else key.push(255, (length >>> 24) & 255, (length >>> 16) & 255, (length >>> 8) & 255, length & 255);
  for (const digit of encoder.encode(significant)) key.push(digit);
}

/** Bytes by which a name is sorted: letters without case, numbers by their value. Linear in the name's length. */
export function naturalKey(name: string): Uint8Array {
  const key: number[] = [];
  for (const part of name.split(/(\d+)/)) {
    if (/^\d/.test(part)) pushNumber(key, part);
    else {
      // Each character by itself: what a letter becomes must not depend on its neighbours (the final sigma does).
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

/** `items` in the order of their names; equal keys by their UTF-8 bytes. */
export function inNaturalOrder<T>(items: readonly T[], name: (item: T) => string): T[] {
  return items
    .map((item) => ({ item, key: naturalKey(name(item)), bytes: encoder.encode(name(item)) }))
    .sort((a, b) => compareBytes(a.key, b.key) || compareBytes(a.bytes, b.bytes))
    .map(({ item }) => item);
}
