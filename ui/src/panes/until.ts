// The form field for an expiry.
import type { TemplateResult } from "lit";
import { localText, type Until, type UntilKind } from "../expiry.ts";
import { radios, textField } from "../fields.ts";
import { t } from "../words.ts";

const KINDS: readonly UntilKind[] = ["never", "day", "week", "month", "date"];
const DAY = 86_400_000;

export function untilField(field: {
  id: string;
  label: string;
  value: Until;
  fault: string;
  change: (value: Until) => void;
}): TemplateResult {
  const { id, value, change } = field;
  const date = textField({
    id: `${id}-when`,
    label: t("until.when"),
    type: "datetime-local",
    value: value.date,
    input: (text) => change({ kind: "date", date: text }),
  });
  return radios({
    id,
    label: field.label,
    value: value.kind,
    compact: true,
    fault: field.fault,
    choices: KINDS.map((kind) => ({
      value: kind,
      label: t(`until.${kind}`),
      more: kind === "date" ? date : undefined,
    })),
    change: (kind) =>
      change({ kind, date: kind === "date" && value.date === "" ? localText(Date.now() + DAY) : value.date }),
  });
}
