// Formatting of the server's values, and no unused texts.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseSize, printSize } from "../src/bytes.ts";
import { fakeActivity, fakeLinks, fakeOverview, fakeShares } from "../src/fake/data.ts";
import en from "../src/i18n/en.json";
import { rightsWords } from "../src/rights.ts";
import {
  addressWords,
  ago,
  linkWords,
  moment,
  overviewWords,
  secondsLeft,
  shareName,
  shareWords,
  sharingWords,
  transferWords,
} from "../src/sentences.ts";
import { maybe, t } from "../src/words.ts";

test("sizes in fields have the decimal sign of the language, and can be read again", () => {
  assert.equal(printSize(1.5 * 2 ** 30), "1.5 GB");
  assert.equal(parseSize("1,5 GB"), 1.5 * 2 ** 30);
});

const ui = process.env.UI ?? "";

test("moments", () => {
  const now = Date.UTC(2026, 10, 2, 8, 30);
  assert.equal(moment(now, now), "today 14:00");
  assert.equal(moment(now - 86_400_000, now), "1 Nov 2026, 14:00");
  assert.equal(ago(now - 20_000, now), "just now");
  assert.equal(ago(now - 5 * 60_000, now), "5\u00a0min ago");
  assert.equal(ago(now - 3 * 3_600_000, now), "3\u00a0h ago");
  assert.equal(ago(now - 3 * 86_400_000, now), "30 Oct 2026, 14:00");
});

test("shares", () => {
  const [photos, , , usb] = fakeShares();
  assert.ok(photos && usb);
  assert.equal(shareWords(photos), "ben and clara · view and download");
  assert.match(
    shareWords(usb),
    /^Custom access: everyone: view; ben: view and upload; anna: view, upload, change,? and delete, until /,
  );
  assert.equal(shareName("/a/b"), "b");
  assert.equal(shareName("/"), "Everything");
});

test("grants are written in words", () => {
  const check = (letters: string, expected: string): void => assert.equal(rightsWords(letters), expected);
  check("r *, rw ann ben", "everyone: view; ann and ben: view and upload");
  check("gG *", "everyone: download with the exact name");
  check("rg *", "everyone: view");
  check("wh @acct", "everyone signed in: open web pages and upload");
  check("r @team -ben -@guests", "group team except ben and group guests: view");
  check("r.a ann", "ann: view, see hidden files and manage");
  // Of a newer server: nothing is left out.
  check("rx ann", "rx ann");
});

test("the first look", () => {
  const overview = fakeOverview(fakeShares());
  assert.equal(overviewWords(overview), "3 folders · 2 people connected · 1 transfer");
  assert.equal(overviewWords({ ...overview, connected: 0, transfers: 0, shares: [] }), "0 folders");
  assert.equal(sharingWords({ is: "waiting" }), "Not sharing on this network");
  assert.match(sharingWords({ is: "paused", until_ms: Date.now() }), /^Paused until today \d\d:\d\d$/);
});

test("transfers", () => {
  const [movie, archive] = fakeActivity().now;
  assert.ok(movie && archive);
  assert.equal(transferWords(movie), "383\u00a0MiB of 774\u00a0MiB · 22\u00a0MiB/s · 18\u00a0s left");
  assert.equal(transferWords(archive), "86\u00a0MiB · 10\u00a0MiB/s", "the time left is unknown");
  assert.equal(secondsLeft({ ...movie, speed: 0 }), undefined);
  assert.equal(secondsLeft({ ...movie, done: 900_000_000 }), 0);
});

test("links and addresses", () => {
  const [request, shown] = fakeLinks();
  assert.ok(request && shown);
  assert.match(linkWords(request), /^used 9 times · 1\.7\u00a0GiB received · expires /);
  assert.equal(linkWords(shown), "uses: 3 of 10 · has a PIN");
  assert.equal(addressWords("https://10.0.0.2:3923/", "vpn", null), "VPN: 10.0.0.2:3923 (encrypted)");
});

function sources(folder: string): string {
  return readdirSync(folder, { withFileTypes: true })
    .map((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return sources(path);
      return entry.name.endsWith(".ts") ? readFileSync(path, "utf8") : "";
    })
    .join("\n");
}

test("no unused texts", () => {
  const code = sources(join(ui, "src"));
  // Computed keys: `may.${may}.hint` uses every key of that form; options and groups come from the server.
  const shapes = [...code.matchAll(/`([a-zA-Z]+\.[^`\s]*\$\{[^`\s]+)`/g)].map(
    ([, shape = ""]) => new RegExp(`^${shape.replace(/\./g, "\\.").replace(/\$\{[^}]*\}/g, "[a-z_]+")}$`),
  );
  const unused = Object.keys(en).filter(
    (key) => !/^(option|group)\./.test(key) && !code.includes(`"${key}"`) && !shapes.some((shape) => shape.test(key)),
  );
  assert.deepEqual(unused, []);
});

test("texts: no value is left unreplaced, and a missing text is undefined", () => {
  assert.equal(t("share.edit", { name: "{x}" }), "Edit {x}");
  assert.equal(maybe("option.ports"), "Ports");
  assert.equal(maybe("option.unknown"), undefined);
});
