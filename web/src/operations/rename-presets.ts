// Rules for renaming that are kept in this browser, and a few to begin with.
import { t } from "../../kit/words.ts";
import { readStored, store } from "../browse/preferences.ts";
import { NO_RULES, type RenameRules } from "./new-names.ts";

export interface Preset {
  name: string;
  rules: RenameRules;
  /** can be deleted */
  own: boolean;
}

const KEY = "potluck.rename.presets";

function built(): Preset[] {
  const preset = (name: string, rules: Partial<RenameRules>): Preset => ({
    name,
    rules: { ...NO_RULES, ...rules },
    own: false,
  });
  return [
    preset(t("preset.numbered"), { pattern: "{n} {name}" }),
    preset(t("preset.date"), { pattern: "{date} {name}" }),
    preset(t("preset.track"), { pattern: "[$lpad({tn},2,0) ][{artist} - ]{title}" }),
    preset(t("preset.spaces"), { find: "_", replace: " ", decode: true }),
    preset(t("preset.lower"), { letters: "lower", keepExtension: false }),
  ];
}

function own(): Preset[] {
  const kept = readStored<unknown>(KEY);
  if (!Array.isArray(kept)) return [];
  return kept.flatMap((one: { name?: unknown; rules?: Partial<RenameRules> }) =>
    typeof one?.name === "string" ? [{ name: one.name, rules: { ...NO_RULES, ...one.rules }, own: true }] : [],
  );
}

export const presets = (): Preset[] => [...own(), ...built()];

/** Keeps rules under a name, instead of others with that name. */
export function savePreset(name: string, rules: RenameRules): void {
  keep([...own().filter((one) => one.name !== name), { name, rules, own: true }]);
}

export function deletePreset(name: string): void {
  keep(own().filter((one) => one.name !== name));
}

const keep = (all: readonly Preset[]): void =>
  store(KEY, all.length > 0 ? all.map(({ name, rules }) => ({ name, rules })) : undefined);
