// The messages of all languages, for builds and tests: one file of keys and texts for each language (docs: CONTRIBUTING.md).
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const kit = join(dirname(fileURLToPath(import.meta.url)), "i18n");

const read = (folder, tag) => JSON.parse(readFileSync(join(folder, `${tag}.json`), "utf8"));

/** Returns the tags of the languages that `folder` has texts in. */
export const tagsIn = (folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length));

/** Returns the texts of a program in one language: those of `folder`, and those that all programs share. */
export const messages = (folder, tag) => ({ ...read(kit, tag), ...read(folder, tag) });

/** Returns scripts that make the texts of a language known, by file name. */
export function messageScripts(folder) {
  const script = (tag) => Buffer.from(`globalThis.potluckTexts=${JSON.stringify(messages(folder, tag))};\n`);
  return Object.fromEntries(tagsIn(folder).map((tag) => [`i18n-${tag}.js`, script(tag)]));
}

/** Returns what is wrong with the messages in `folder`, in sentences: keys, forms and placeholders differ from the English ones. */
export function messageFaults(folder) {
  const english = read(folder, "en");
  return tagsIn(folder).flatMap((tag) => faultsOf(tag, english, read(folder, tag)));
}

function faultsOf(tag, english, texts) {
  const forms = new Intl.PluralRules(tag).resolvedOptions().pluralCategories;
  const unknown = Object.keys(texts).filter((key) => !(key in english));
  const faults = Object.entries(english).flatMap(([key, model]) => {
    if (!(key in texts)) return [`${key} is missing`];
    return entryFaults(model, texts[key], forms).map((fault) => `${key}: ${fault}`);
  });
  return [...unknown.map((key) => `${key} is unknown`), ...faults].map((fault) => `${tag}: ${fault}`);
}

const placeholders = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);

function entryFaults(model, text, forms) {
  if (typeof model === "string") {
    if (typeof text !== "string") return ["it must be one text"];
    const same = placeholders(model).sort().join() === placeholders(text).sort().join();
    return same ? [] : ["its placeholders differ"];
  }
  if (typeof text === "string") return ["it needs the plural forms of the language"];
  const wrong = [
    ...forms.filter((form) => !(form in text)),
    ...Object.keys(text).filter((form) => !forms.includes(form)),
  ];
  const allowed = placeholders(model.other);
  const strange = Object.values(text)
    .flatMap(placeholders)
    .filter((name) => !allowed.includes(name));
  // The number may be left out of a form for one, never of the others.
  const lost = allowed.filter((name) => !placeholders(text.other ?? "").includes(name));
  return [
    ...wrong.map((form) => `the form ${form} is missing or not used`),
    ...[...strange, ...lost].map((name) => `the placeholder ${name} is strange or missing`),
  ];
}
