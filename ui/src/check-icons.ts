// Icons of the connection test: each state has its own shape, in addition to its colour.
import type { CheckState } from "../../web/kit/types.gen.ts";

export const CHECK_ICONS: Record<CheckState, string> = { good: "i-ok", unsure: "i-help", bad: "i-alert" };
