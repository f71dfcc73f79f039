// Parsing and formatting of sizes, times and addresses; drafts; the option table; filters.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { OptionInfo, PastTransfer, Share, ShareIndex } from "../../web/kit/types.gen.ts";
import { adminUrl } from "../src/api.http.ts";
import { parseSize, printSize } from "../src/bytes.ts";
import { draftOf, faultAt, faultsElsewhere, newLink, newShare, suggestMount, virtualPath } from "../src/drafts.ts";
import { localText, momentOf, untilOf } from "../src/expiry.ts";
import { fakeShares } from "../src/fake/data.ts";
import { fakeIndexes } from "../src/fake/indexes.ts";
import { chapters, differs, isFound, labelOf } from "../src/form.ts";
import { matches } from "../src/history.ts";
import { inboxShare } from "../src/inbox.ts";
import { limitFaults, limitsOf, limitTexts } from "../src/limits.ts";
import { indexWords, skipWords, verificationWords } from "../src/sentences.ts";

test("sizes are parsed in common notations", () => {
  const check = (text: string, bytes: number | null | undefined): void => assert.equal(parseSize(text), bytes, text);
  check("", null);
  check("  ", null);
  check("12", 12);
  check("12 B", 12);
  check("4 GB", 4 * 2 ** 30);
  check("4g", 4 * 2 ** 30);
  check("1.5 MiB", 1.5 * 2 ** 20);
  check("1,5m", 1.5 * 2 ** 20);
  check("0", 0);
  check("four", undefined);
  check("-1", undefined);
  check("4 GB more", undefined);
  check("9999999 PB", undefined);
});

test("a printed size is parsed as the same number", () => {
  for (const bytes of [0, 1, 1000, 1023, 1024, 1536, 2 ** 20 - 1, 2 ** 20, 5 * 2 ** 30, 3 * 2 ** 40 + 1, 123456789]) {
    assert.equal(parseSize(printSize(bytes)), bytes, printSize(bytes));
  }
  assert.equal(printSize(4 * 2 ** 30), "4 GB");
  assert.equal(printSize(null), "");
});

test("expiry", () => {
  const now = Date.UTC(2026, 10, 2, 12, 0);
  assert.equal(momentOf({ kind: "never", date: "" }, now), null);
  assert.equal(momentOf({ kind: "week", date: "" }, now), now + 7 * 86_400_000);
  assert.equal(momentOf({ kind: "date", date: "" }, now), undefined);
  assert.equal(momentOf({ kind: "date", date: "2026-11-02T10:00" }, now), undefined, "in the past");
  assert.equal(momentOf(untilOf(now + 60_000), now), now + 60_000, "round trip in the local time zone");
  assert.equal(localText(now), "2026-11-02T17:30");
});

test("a mount point for a folder", () => {
  const check = (folder: string, expected: string): void => assert.equal(suggestMount(folder, ["/photos"]), expected);
  check("/home/ann/Music", "/music");
  check("/home/ann/My Photos & Films/", "/my-photos-films");
  check("/home/ann/Photos", "/photos-2");
  check("C:\\Users\\Ann\\Videos", "/videos");
  check("D:\\", "/disk-d");
  check("/home/ann/.ssh", "/ssh");
  check("/", "/files");
  check("/home/ann/写真", "/写真");
});

test("a file belongs to the deepest share that is on", () => {
  const [photos] = fakeShares();
  assert.ok(photos);
  const share = (mount: string, folder: string, on = true): Share => ({ ...photos, mount, folder, on });
  const shares = [share("/a", "/x"), share("/b", "/x/y"), share("/off", "/x/y/z", false), share("/win", "D:\\Films")];
  const check = (path: string, expected: string | undefined): void =>
    assert.equal(virtualPath(path, shares), expected, path);
  check("/x/file", "/a/file");
  check("/x/y/file", "/b/file");
  check("/x/y", "/b");
  check("/x/y/z/file", "/b/z/file");
  check("/xy/file", undefined);
  check("D:\\Films\\2026\\a.mkv", "/win/2026/a.mkv");
  assert.equal(virtualPath("/x/file", [share("/", "/x")]), "/file");
});

test("a draft is a deep copy of the editable fields", () => {
  const [share] = fakeShares();
  assert.ok(share);
  const draft = draftOf(share);
  assert.ok(!("rights" in draft) && !("is_there" in draft));
  draft.limits.max_file = 1;
  assert.equal(share.limits.max_file, null);
  assert.deepEqual(newShare("", [], true).who, { is: "only_me" }, "only the owner by default");
  assert.equal(newLink("request", "/inbox").may, "drop_off");
});

test("errors are found by field, and others are not lost", () => {
  const faults = [
    { at: "folder", sentence: "No folder." },
    { at: "limits.max_file", sentence: "Too large." },
    { at: "line 3", sentence: "Odd." },
  ];
  assert.equal(faultAt(faults, "folder"), "No folder.");
  assert.equal(faultAt(faults, "max_file"), "Too large.");
  assert.equal(faultAt(faults, "mount"), "");
  assert.deepEqual(faultsElsewhere(faults, ["folder", "max_file"]), ["Odd."]);
});

test("the first inbox is upload-only", () => {
  assert.equal(inboxShare("/x", true, true).may, "drop_off");
  assert.deepEqual(inboxShare("/x", false, true).who, { is: "only_me" });
});

test("the state of an index in words", () => {
  const [scanning, hashing] = fakeIndexes(fakeShares());
  assert.ok(scanning && hashing);
  const words = (change: Partial<ShareIndex>): string => indexWords({ ...scanning, ...change });
  assert.equal(words({}), "Indexing names: 12,400 of about 18,204 files");
  assert.equal(words({ scanned_total: null }), "Indexing names: 12,400 files");
  assert.equal(words({ scanned_total: 5 }), "Indexing names: 12,400 files", "more than were known before");
  assert.equal(indexWords(hashing), "Reading contents for the index: 3.0\u00a0GiB of 12\u00a0GiB");
  assert.equal(words({ state: { is: "up_to_date" } }), "18,204 files, 96\u00a0GiB");
  assert.equal(words({ state: { is: "off" } }), "");
  assert.match(words({ state: { is: "failed", sentence: "The disk is full." } }), /The disk is full/);
  assert.equal(skipWords("link", 1), "1 link that leads nowhere or outside");
  assert.equal(skipWords("special", 2), "2 special files");
  const last = scanning.verification;
  assert.ok(last);
  assert.match(verificationWords(last), /1 file differs/);
  assert.match(verificationWords({ ...last, differing: 0 }), /18,204 files are unchanged/);
  assert.match(verificationWords({ ...last, differing: 0, is_cancelled: true }), /cancelled/);
});

test("the URL of the admin API is derived from that of the page", () => {
  assert.equal(adminUrl("/.potluck/admin"), "/.potluck/admin/");
  assert.equal(adminUrl("/.potluck/admin/"), "/.potluck/admin/");
  assert.equal(adminUrl("/files/.potluck/admin/index.html"), "/files/.potluck/admin/");
});

test("options: names, chapters, search", () => {
  const option = (name: string, group: string, help: string, value = "", standard = ""): OptionInfo => ({
    name,
    group,
    help,
    value,
    default: standard,
    kind: "text",
    choices: [],
    unit: "",
    needs_restart: false,
  });
  const ports = option("ports", "network", "ports: 80,3923", "80", "3923");
  const odd = option("brand-new", "unheard-of", "does something new");
  assert.equal(labelOf(ports), "Ports");
  assert.equal(labelOf(odd), "Does something new", "an option without a text uses its help");
  assert.ok(differs(ports) && !differs(odd));
  assert.deepEqual(
    chapters([ports, odd, option("cert", "network", "")]).map(([group, all]) => [group, all.length]),
    [
      ["network", 2],
      ["unheard-of", 1],
    ],
  );
  assert.ok(isFound(odd, "brand new"));
  assert.ok(isFound(ports, "NETWORK 80"));
  assert.ok(!isFound(ports, "network 8080"));
});

test("filtering past transfers", () => {
  const base = { at_ms: 0, account: "ben", who: "Ben's iPhone", address: "192.168.1.31", size: 1 };
  const arrived: PastTransfer = { ...base, outcome: { is: "arrived" }, path: "/inbox/Cake.jpg" };
  const message: PastTransfer = { ...base, outcome: { is: "message", text: "Hello there" }, path: "" };
  assert.ok(matches(arrived, "all", ""));
  assert.ok(matches(arrived, "arrived", "cake"));
  assert.ok(matches(arrived, "all", "iphone"));
  assert.ok(!matches(arrived, "failed", ""));
  assert.ok(matches(message, "all", "hello"));
  assert.ok(!matches(message, "all", "cake"));
});

test("limits are printed as they are parsed, and errors are named", () => {
  const limits = { max_file: 4 * 2 ** 30, max_total: null, min_free: 1_000_000, keep_days: 14 };
  assert.deepEqual(limitsOf(limitTexts(limits)), limits);
  assert.deepEqual(limitFaults(limitTexts(limits)), []);
  const wrong = { max_file: "huge", max_total: "", min_free: "1 GB", keep_days: "0" };
  assert.deepEqual(
    limitFaults(wrong).map(({ at }) => at),
    ["max_file", "keep_days"],
  );
});
