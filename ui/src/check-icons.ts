// The checks of the self-check: a shape for each state, then a colour.
import type { CheckState } from "../../web/kit/types.gen.ts";

export const CHECK_ICONS: Record<CheckState, string> = { good: "i-ok", unsure: "i-help", bad: "i-alert" };
