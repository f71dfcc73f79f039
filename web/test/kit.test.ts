// Number formats, visible rows, texts, and the contrast of all text colours.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { duration, percent, rate, type SizeStyle, size, writeSizes } from "../kit/format.ts";
import { shownName } from "../kit/names.ts";
import { inNaturalOrder } from "../kit/natural.ts";
import { visibleRows } from "../kit/visible-rows.ts";
import { t } from "../kit/words.ts";
import en from "../src/i18n/en.json";
import { vectors } from "./support.ts";

const web = process.env.WEB ?? "";

test("sizes, as the server writes them", () => {
  const check = (bytes: number, expected: string): void => assert.equal(size(bytes), expected, String(bytes));
  check(0, "0\u00a0B");
  check(312, "312\u00a0B");
  check(1023, "1023\u00a0B");
  check(1024, "1.0\u00a0KiB");
  check(10 * 1024 - 1, "10\u00a0KiB");
  check(4_301_843, "4.1\u00a0MiB");
  check(1024 * 1024 - 1, "1.0\u00a0MiB");
  check(327_155_712, "312\u00a0MiB");
  check(2 ** 40, "1.0\u00a0TiB");
});

test("sizes in units of 1000, to the byte, and as the visitor wants them", () => {
  const check = (bytes: number, style: SizeStyle, expected: string): void =>
    assert.equal(size(bytes, style), expected, `${bytes} ${style}`);
  check(999, "1000", "999\u00a0B");
  check(1000, "1000", "1.0\u00a0kB");
  check(4_301_233, "1000", "4.3\u00a0MB");
  check(57_400_000_000, "1000", "57\u00a0GB");
  check(2e15, "1000", "2.0\u00a0PB");
  check(4_301_233, "bytes", "4,301,233\u00a0B");
  writeSizes(() => "bytes");
  assert.equal(size(1024), "1,024\u00a0B");
  assert.equal(rate(1024 * 1024), "1.0\u00a0MiB/s", "a speed to the byte is not readable");
  writeSizes(() => "1024");
});

test("times and percent", () => {
  const check = (seconds: number, expected: string): void => assert.equal(duration(seconds), expected, String(seconds));
  check(0, "1\u00a0s");
  check(59.4, "59\u00a0s");
  check(60, "1\u00a0min");
  check(3599, "1\u00a0h 0\u00a0min");
  check(7500, "2\u00a0h 5\u00a0min");
  assert.equal(percent(999, 1000), "99\u00a0%");
  assert.equal(percent(0, 0), "0\u00a0%");
});

test("names: invisible and bidirectional control characters are escaped", () => {
  const { cases } = vectors<{ cases: { name: string; shown: string }[] }>("shown_names.json");
  assert.ok(cases.length > 5);
  for (const { name, shown } of cases) assert.equal(shownName(name), shown);
});

test("names are sorted as the server sorts them", () => {
  const lists = vectors<string[][]>("natural_order.json");
  assert.ok(lists.length > 3);
  for (const list of lists) {
    assert.deepEqual(
      inNaturalOrder([...list].reverse(), (name) => name),
      list,
    );
  }
  const long = ["9".repeat(254), "9".repeat(255), `1${"0".repeat(300)}`];
  assert.deepEqual(
    inNaturalOrder([...long].reverse(), (name) => name),
    long,
  );
});

test("only visible rows and a margin are rendered", () => {
  assert.deepEqual(visibleRows(0, 400, 50, 10_000), { from: 0, to: 14 });
  assert.deepEqual(visibleRows(50_000, 400, 50, 10_000), { from: 994, to: 1014 });
  assert.deepEqual(visibleRows(50_000, 400, 50, 3), { from: 3, to: 3 });
  assert.deepEqual(visibleRows(0, 400, 50, 0), { from: 0, to: 0 });
});

test("texts: numbers are grouped, plurals chosen, names kept", () => {
  assert.equal(t("drawer.done", { n: 1 }), "1 file uploaded");
  assert.equal(t("drawer.done", { n: 12_345 }), "12,345 files uploaded");
  assert.equal(t("row.pause", { name: "{n}.txt" }), "Pause {n}.txt");
});

function sources(folder: string): string {
  return readdirSync(folder, { withFileTypes: true })
    .map((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return sources(path);
      return entry.name.endsWith(".ts") ? readFileSync(path, "utf8") : "";
    })
    .join("\n");
}

test("no unused texts", () => {
  const code = sources(join(web, "src")) + sources(join(web, "kit"));
  // Keys that are computed begin with what stands before the computed part.
  const computed = [...code.matchAll(/`([a-zA-Z.]+\.)\$\{/g)].map(([, start = "?"]) => start);
  const isUsed = (key: string): boolean => code.includes(`"${key}"`) || computed.some((start) => key.startsWith(start));
  const unused = Object.keys(en).filter((key) => !isUsed(key));
  assert.deepEqual(unused, []);
});

function colours(block: string): Map<string, string> {
  return new Map(
    [...block.matchAll(/--([a-z-]+):\s*(#[0-9a-f]{6})/g)].map(([, name = "", value = ""]) => [name, value]),
  );
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

test("contrast of code, light and dark (WCAG 2.2 AA)", () => {
  const css = readFileSync(join(web, "kit/tokens.css"), "utf8");
  const [light = "", dark = ""] = css.split("@media (prefers-color-scheme: dark)");
  const themes = { light: colours(light), dark: colours(dark) };
  for (const theme of ["light", "dark"] as const) {
    const own = themes[theme];
    const code = [...own.keys()].filter((name) => name.startsWith("code-"));
    assert.ok(code.length >= 5, theme);
    for (const text of code) {
      for (const ground of ["ground", "surface"]) {
        const ratio = contrast(own.get(text) ?? "", own.get(ground) ?? "");
        assert.ok(ratio >= 4.5, `${theme}: ${text} on ${ground} is ${ratio.toFixed(2)}`);
      }
    }
  }
});

test("contrast of all pairs in use, light and dark (WCAG 2.2 AA)", () => {
  const css = readFileSync(join(web, "kit/tokens.css"), "utf8");
  const [light = "", dark = ""] = css.split("@media (prefers-color-scheme: dark)");
  const base = colours(light);
  for (const [theme, own] of [
    ["light", base],
    ["dark", new Map([...base, ...colours(dark)])],
  ] as const) {
    const check = (text: string, ground: string, least: number): void => {
      const ratio = contrast(own.get(text) ?? "", own.get(ground) ?? "");
      assert.ok(ratio >= least, `${theme}: ${text} on ${ground} is ${ratio.toFixed(2)}, needs ${least}`);
    };
    for (const ground of ["ground", "surface"]) {
      for (const text of ["text", "quiet", "accent", "accent-strong", "good", "warning", "bad"])
        check(text, ground, 4.5);
      check("edge", ground, 3);
    }
    for (const text of ["text", "quiet", "accent"]) check(text, "accent-ground", 4.5);
    for (const ground of ["accent", "accent-strong"]) check("on-accent", ground, 4.5);
    check("text", "bad-ground", 4.5);
  }
});
