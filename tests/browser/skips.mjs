// Tests that cannot run here because a program is missing are named in the summary of `cargo xtask test` (`POTLUCK_SKIPS`).
import { appendFileSync } from "node:fs";

/** Notes that a test is skipped because `what` is not installed. Returns the reason for Node's test runner. */
export function skipped(test, what) {
  if (process.env.POTLUCK_SKIPS) appendFileSync(process.env.POTLUCK_SKIPS, `${what}: ${test}\n`);
  return `${what} is not here`;
}
