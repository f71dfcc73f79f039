// Languages: which one a browser gets, and that each has all texts.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bestLanguage, LANGUAGES, languageName, languageOf } from "../kit/locale.ts";
import { messageFaults, tagsIn } from "../kit/messages.mjs";

const web = process.env.WEB ?? "";

test("the language for a browser's tag", () => {
  const check = (tag: string, expected: string | undefined): void => assert.equal(languageOf(tag), expected, tag);
  check("de", "de");
  check("de-AT", "de");
  check("PT-br", "pt");
  check("no", "nb");
  check("nn-NO", "nb");
  check("zh", "zh-Hans");
  check("zh-CN", "zh-Hans");
  check("zh-Hant-TW", "zh-Hant");
  check("zh-HK", "zh-Hant");
  check("tlh", undefined);
  assert.equal(bestLanguage(["tlh", "fr-CA", "de"]), "fr");
  assert.equal(bestLanguage([]), "en");
});

test("languages are named in themselves", () => {
  assert.deepEqual(["de", "fr", "zh-Hant"].map(languageName), ["Deutsch", "Français", "繁體中文"]);
});

for (const folder of ["kit/i18n", "src/i18n", "../ui/src/i18n"]) {
  test(`every language has all texts of ${folder}`, () => {
    assert.deepEqual(messageFaults(join(web, folder)), []);
    assert.deepEqual(tagsIn(join(web, folder)).sort(), [...LANGUAGES].sort());
  });
}

test("no language ends a line between a figure and its unit", () => {
  for (const language of LANGUAGES) {
    const all: Record<string, string> = JSON.parse(readFileSync(join(web, `kit/i18n/${language}.json`), "utf8"));
    for (const [key, text] of Object.entries(all))
      if (/^(size|time|percent|rate)\b/.test(key)) assert.doesNotMatch(text, /\} [^{]/, `${language}: ${key}`);
  }
});

test("what a translation can get wrong is found", () => {
  assert.deepEqual(messageFaults(join(web, "test/i18n-faulty")), [
    "de: extra is unknown",
    "de: lost is missing",
    "de: plural: the form one is missing or not used",
    "de: plural: the form few is missing or not used",
    "de: plural: the placeholder m is strange or missing",
    "de: plural: the placeholder n is strange or missing",
    "de: text: its placeholders differ",
    "de: form: it must be one text",
    "de: forms: it needs the plural forms of the language",
  ]);
});
