// The lamps of the self-test: a shape for each state, then a colour.
import type { LampState } from "../../web/kit/types.gen.ts";

export const LAMP_ICONS: Record<LampState, string> = { good: "i-ok", unsure: "i-help", bad: "i-alert" };
