// What the server says about uploads into a folder: its limits, and defaults for the visitor's options.
import type { UploadRules } from "../api/types.gen.ts";

export type { UploadRules };

/** Returns the rules that a server-drawn form carries as data attributes. */
export function rulesOf(data: DOMStringMap): UploadRules {
  const rules: UploadRules = {};
  const number = (text: string | undefined): number => Number(text ?? Number.NaN);
  const [bytes, least, request] = [number(data.maxFile), number(data.minFile), number(data.maxRequest)];
  const [lifetime, parallel] = [number(data.lifetime), number(data.parallel)];
  if (bytes > 0) rules.max_file_bytes = bytes;
  if (least > 0) rules.min_file_bytes = least;
  if (request > 0) rules.max_request = request;
  if (lifetime > 0) rules.lifetime_secs = lifetime;
  if (parallel > 0) rules.parallel = parallel;
  if (data.order) rules.order = data.order;
  if (data.taken) rules.taken = data.taken;
  return rules;
}
