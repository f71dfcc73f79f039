// Times of the server in the visitor's clock.
import assert from "node:assert/strict";
import { test } from "node:test";
import { withLocalTimes } from "../src/features/local-times.ts";

test("times in UTC are written in the visitor's language and time zone, and nothing else changes", () => {
  const local = (text: string, language: string, zone: string): string =>
    withLocalTimes(text, language, zone).replace(/\s/g, " ");
  assert.equal(
    local("You can add files until 2026-12-01 23:30 UTC.", "en", "Asia/Tokyo"),
    "You can add files until Dec 2, 2026, 8:30 AM.",
  );
  assert.equal(local("1,0 KiB, 2026-07-01 08:05 UTC", "de", "Europe/Berlin"), "1,0 KiB, 01.07.2026, 10:05");
  for (const text of ["2026-12-01 23:30", "12026-12-01 23:30 UTC", "2026-13-01 23:30 UTC", "2026-12-01 UTC"])
    assert.equal(local(text, "en", "Asia/Tokyo"), text);
});
