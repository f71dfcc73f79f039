// Operations on files, the parts without a page: new names and what is wrong with them, the order of renaming, outcomes of changes.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Api } from "../src/api/client.ts";
import { ApiRefusal } from "../src/api/client.ts";
import type { ChangeLine, VersionInfo } from "../src/api/types.gen.ts";
import type { Row } from "../src/browse/rows.ts";
import { shownTime } from "../src/browse/texts.ts";
import { Changes } from "../src/operations/changes.ts";
import { titleCase, writeName } from "../src/operations/name-pattern.ts";
import {
  counterExamples,
  faultOf,
  NO_RULES,
  newNames,
  type RenameRules,
  ruleFault,
} from "../src/operations/new-names.ts";
import { type Renaming, renameChains, renamed } from "../src/operations/rename-order.ts";
import { versionTexts } from "../src/operations/version-texts.ts";

const MODIFIED = new Date(2026, 1, 3, 4, 5, 6).getTime();

const file = (name: string, tags?: Record<string, string | number>): Row => ({
  kind: "file",
  name,
  size: 1,
  modified_ms: MODIFIED,
  ...(tags ? { tags } : {}),
});
const folder = (name: string): Row => ({ kind: "folder", name, modified_ms: MODIFIED, archive: true });

/** New names under some rules; `others`: names in the folder that are not renamed. */
function names(rows: Row[], rules: Partial<RenameRules>, others: string[] = []): (string | undefined)[][] {
  const all = new Set([...rows.map(({ name }) => name), ...others]);
  const around = { names: () => all, bytesMax: 255 };
  return newNames(rows, { ...NO_RULES, ...rules }, around).map(({ to, fault }) => (fault ? [to, fault] : [to]));
}

const to = (rows: Row[], rules: Partial<RenameRules>): string[] => names(rows, rules).map(([name]) => name as string);

test("a pattern has values, optional parts, functions and escapes", () => {
  const values: Record<string, string> = { name: "a", n: "7", artist: "Styx" };
  const check = (pattern: string, expected: string): void =>
    assert.equal(
      writeName(pattern, (name) => values[name]),
      expected,
      pattern,
    );
  check("{name}", "a");
  check("{n} {name}.x", "7 a.x");
  check("[{artist} - ]{name}", "Styx - a");
  check("[{title} - ]{name}", "a");
  check("[{title}[{artist}] - ]{name}", "a");
  check("[2026] {name}", "[2026] a");
  check("\\[{name}\\]", "[a]");
  check("\\{name\\}", "{name}");
  check("$lpad({n},3,0)", "007");
  check("$rpad({name},3,_)|", "a__|");
  check("$lpad({n},3)", "  7");
  check("$lpad({name},99999,x)", `${"x".repeat(254)}a`);
  check("$upper({artist}) $lower(ABC) $title(the QUICK fox)", "STYX abc The Quick Fox");
  check("$lpad($upper({name}),2,-)", "-A");
  check("[$lpad({title},2,0) ]{name}", "a");
  check("{title}{name}", "a");
  check("cost $5 {", "cost $5 {");
  check("[{name}", "[a");
  check("$lpad({n}", "7");
});

test("the counter is explained with the numbers that it gives", () => {
  const examples = (rules: Partial<RenameRules>): string[] =>
    counterExamples({ ...NO_RULES, ...rules }).map(({ written, numbers }) => `${written}: ${numbers.join(" ")}`);
  assert.deepEqual(examples({ pattern: "{name}" }), []);
  assert.deepEqual(examples({ pattern: "{n}" }), ["{n}: 01 02 03", "{n:3}: 001 002 003"]);
  assert.deepEqual(examples({ pattern: "{ n : 5 }", start: 8, step: 2, digits: 1 }), [
    "{n}: 8 10 12",
    "{n:5}: 00008 00010 00012",
  ]);
});

test("each rule changes names, in their order", () => {
  assert.deepEqual(to([file("a.txt"), file("b.txt")], { pattern: "{n} {name}", start: 9, step: 5, digits: 3 }), [
    "009 a.txt",
    "014 b.txt",
  ]);
  assert.deepEqual(to([file("a.txt"), file("b.txt")], { pattern: "{n:3} {n} {n:99} {n:x}", start: 9 }), [
    "009 09 000000000009 09.txt",
    "010 10 000000000010 10.txt",
  ]);
  assert.deepEqual(to([file("a.txt")], { pattern: "{date} {date:DD.MM.YYYY hh-mm-ss}" }), [
    "2026-02-03 03.02.2026 04-05-06.txt",
  ]);
  assert.deepEqual(
    to([file("x.mp3", { artist: "AC/DC", title: "T", ".tn": 3 })], { pattern: "$lpad({tn},2,0) {artist} {title}" }),
    ["03 AC-DC T.mp3"],
  );
  assert.deepEqual(to([file("x.mp3", { ".bpm": 120 })], { pattern: "{.bpm}" }), ["120.mp3"]);
  assert.deepEqual(to([file("a.b.c")], { find: ".", replace: "-" }), ["a-b.c"]);
  assert.deepEqual(to([file("a.b.c")], { find: ".", replace: "-", keepExtension: false }), ["a-b-c"]);
  assert.deepEqual(to([file("cost.txt")], { find: "c", replace: "$&$1" }), ["$&$1ost.txt"]);
  assert.deepEqual(
    to([file("IMG_12.jpg")], { find: "img_(\\d+)", replace: "Photo $1", isRegex: true, ignoreCase: true }),
    ["Photo 12.jpg"],
  );
  assert.deepEqual(to([file("ab.txt")], { find: "B", replace: "x", ignoreCase: true }), ["ax.txt"]);
  assert.deepEqual(to([file("a%20b%C3%BC.txt"), file("100%.txt")], { decode: true }), ["a bü.txt", "100%.txt"]);
  assert.deepEqual(to([file("Ab.TXT")], { letters: "lower" }), ["ab.TXT"]);
  assert.deepEqual(to([file("Ab.TXT")], { letters: "lower", keepExtension: false }), ["ab.txt"]);
  assert.deepEqual(to([file("ab.txt")], { letters: "upper" }), ["AB.txt"]);
  assert.deepEqual(to([folder("the end.of it")], { letters: "title" }), ["The End.Of It"]);
  assert.deepEqual(to([file(".bashrc"), file("a.")], { pattern: "{name}-{ext}" }), [".bashrc-", "a.-"]);
  assert.deepEqual(to([file("a.txt")], { pattern: "{ext}.{name}", keepExtension: false }), ["txt.a"]);
  assert.equal(titleCase("don't STOP (me)"), "Don't Stop (Me)");
});

test("names that cannot be are marked before anything happens", () => {
  assert.deepEqual(names([file("a"), file("b")], { pattern: "x" }), [
    ["x", "clash"],
    ["x", "clash"],
  ]);
  assert.deepEqual(names([file("a")], { pattern: "z" }, ["z"]), [["z", "taken"]]);
  assert.deepEqual(names([file("a")], { find: "a" }), [["", "empty"]]);
  assert.deepEqual(names([file("a")], { pattern: "b/c" }), [["b/c", "slash"]]);
  assert.deepEqual(names([file("a")], { pattern: ".." }), [["..", "dots"]]);
  assert.deepEqual(names([file("a")], { pattern: "ü".repeat(128) }), [["ü".repeat(128), "long"]]);
  assert.deepEqual(names([file("caf\uFFFD.txt")], { pattern: "{name} 2" }), [["caf\uFFFD 2.txt", "unreadable"]]);
  // A name that stays is none of its faults, and one that goes away is free.
  assert.deepEqual(names([file("caf\uFFFD.txt")], {}), [["caf\uFFFD.txt"]]);
  assert.deepEqual(names([file("a1"), file("a2")], { find: "a(\\d)", replace: "a$1", isRegex: true }), [
    ["a1"],
    ["a2"],
  ]);
  assert.deepEqual(names([file("1"), file("2"), file("3")], { pattern: "{n}", start: 2, digits: 1 }), [
    ["2"],
    ["3"],
    ["4"],
  ]);
  // The same name in two folders is no clash.
  const inFolders: Row[] = [
    { ...file("a"), folder: "/x/" },
    { ...file("b"), folder: "/y/" },
  ];
  assert.deepEqual(names(inFolders, { pattern: "c" }), [["c"], ["c"]]);
  assert.equal(faultOf("fine: %#\"'<>\\n.txt", 255), undefined);
  assert.equal(faultOf("a\0b", 255), "slash");
});

test("an expression that makes no sense is a fault of the rules", () => {
  assert.equal(ruleFault({ ...NO_RULES, find: "(", isRegex: false }), undefined);
  assert.notEqual(ruleFault({ ...NO_RULES, find: "(", isRegex: true }), undefined);
});

/** Carries steps out on a set of paths, as the server does: a name that is taken is refused. */
function applied(start: Record<string, string>, chains: Renaming[][]): Record<string, string> {
  const contents = new Map(Object.entries(start));
  for (const step of chains.flat()) {
    const target = renamed(step);
    const content = contents.get(step.path);
    assert.ok(content !== undefined, `${step.path} exists`);
    assert.ok(!contents.has(target), `${target} is free`);
    contents.delete(step.path);
    contents.set(target, content);
  }
  return Object.fromEntries([...contents].sort());
}

test("entries that exchange names, or follow each other, are renamed in an order that works", () => {
  const step = (path: string, name: string): Renaming => ({ path, name });
  const swap = [step("/a", "b"), step("/b", "a")];
  assert.deepEqual(applied({ "/a": "1", "/b": "2" }, renameChains(swap)), { "/a": "2", "/b": "1" });
  const circle = [step("/a", "b"), step("/b", "c"), step("/c", "a"), step("/x", "y")];
  const before = { "/a": "1", "/b": "2", "/c": "3", "/x": "4" };
  assert.deepEqual(applied(before, renameChains(circle)), { "/a": "3", "/b": "1", "/c": "2", "/y": "4" });
  const row = Array.from({ length: 50 }, (_, at) => step(`/${at}`, String(at + 1)));
  for (const order of [row, [...row].reverse()]) {
    const moved = applied(Object.fromEntries(row.map(({ path }) => [path, path])), renameChains(order));
    assert.deepEqual([moved["/1"], moved["/50"], moved["/0"]], ["/0", "/49", undefined]);
  }
  const temporary = renameChains(swap)
    .flat()
    .filter((one) => one.temporary);
  assert.equal(temporary.length, 1);
});

test("what is in a folder is renamed before the folder", () => {
  const chains = renameChains([
    { path: "/f", name: "g" },
    { path: "/f/x", name: "y" },
  ]);
  assert.deepEqual(
    chains.flat().map(({ path }) => path),
    ["/f/x", "/f"],
  );
});

const error = { code: "locked", message: "It is locked.", advice: "Try later." } as const;

async function* sent(...lines: ChangeLine[]): AsyncGenerator<ChangeLine> {
  yield* lines;
}

const watch = (signal = new AbortController().signal) => {
  const seen: string[] = [];
  return {
    seen,
    signal,
    progress: ({ done, total }: { done: number; total: number }) => void seen.push(`${done}/${total}`),
  };
};

test("the outcome of a change has numbers, failures, conflicts and the way back", async () => {
  const api = {
    deleteMany: () =>
      sent(
        { kind: "begin", undo: "u1", total: 2 },
        { kind: "progress", done: 1, total: 2, path: "/a" },
        { kind: "failed", path: "/b", error },
        { kind: "end", done: 1, failed: 1, skipped: 0, lost: 1, undo: "u1" },
      ),
  } as unknown as Api;
  const following = watch();
  const outcome = await new Changes(api).remove(["/a", "/b"], following);
  assert.deepEqual(following.seen, ["1/2"]);
  assert.deepEqual([outcome.done, outcome.lost, outcome.undo, outcome.ended], [1, 1, ["u1"], "whole"]);
  assert.deepEqual(outcome.failed, [{ path: "/b", text: "It is locked. Try later." }]);
});

test("a change that is stopped or cut off can be undone as far as it came", async () => {
  const abort = new AbortController();
  async function* broken(): AsyncGenerator<ChangeLine> {
    yield { kind: "begin", undo: "u1", total: 3 };
    yield { kind: "progress", done: 1, total: 3, path: "/a", to: "/t/a" };
    yield { kind: "failed", path: "/b", error };
    yield { kind: "progress", done: 3, total: 3, path: "/c", to: "/t/c" };
    throw new TypeError("network");
  }
  const api = { moveMany: broken } as unknown as Api;
  const cut = await new Changes(api).relocate("move", ["/a", "/b", "/c"], "/t/", "refuse", watch());
  assert.deepEqual([cut.done, cut.ended, cut.undo], [2, "cutOff", ["u1"]]);
  abort.abort();
  const stopped = await new Changes(api).relocate("move", ["/a", "/b", "/c"], "/t/", "refuse", watch(abort.signal));
  assert.equal(stopped.ended, "stopped");
});

test("long lists are sent in parts, and undone from the last one on", async () => {
  const parts: number[] = [];
  const undone: string[] = [];
  const api = {
    deleteMany: ({ paths }: { paths: string[] }) => {
      parts.push(paths.length);
      const undo = `u${parts.length}`;
      return sent(
        { kind: "begin", undo, total: paths.length },
        { kind: "end", done: paths.length, failed: 0, skipped: 0, lost: 0, undo },
      );
    },
    undo: async (token: string) => {
      undone.push(token);
      return { paths: ["/x"], left: token === "u1" ? 2 : 0 };
    },
  } as unknown as Api;
  const changes = new Changes(api);
  const outcome = await changes.remove(
    Array.from({ length: 25_000 }, (_, at) => `/f/${at}`),
    watch(),
  );
  assert.deepEqual([outcome.done, parts.every((count) => count <= 10_000)], [25_000, true]);
  assert.equal(
    parts.reduce((sum, count) => sum + count),
    25_000,
  );
  const result = await changes.undo(outcome.undo);
  assert.deepEqual(undone, [...outcome.undo].reverse());
  assert.equal(result.left, 2);
});

test("a circle of names that fails half-way goes back", async () => {
  const done: string[] = [];
  const api = {
    rename: async (path: string, name: string) => {
      if (name === "b" && !path.startsWith("/.renaming")) throw new ApiRefusal(423, { ...error });
      if (name === "b") throw new ApiRefusal(423, { ...error });
      done.push(path);
      return `undo ${path}`;
    },
    undo: async (token: string) => {
      done.push(token);
      return { paths: [token], left: 0 };
    },
  } as unknown as Api;
  const renamings = [
    { path: "/a", name: "b" },
    { path: "/b", name: "a" },
  ];
  const outcome = await new Changes(api).rename(renamings, watch());
  assert.deepEqual(done, ["/a", "/b", "undo /b", "undo /a"]);
  assert.deepEqual([outcome.done, outcome.undo, outcome.failed.length], [0, [], 1]);
});

test("a request that is refused as a whole rejects", async () => {
  async function* refused(): AsyncGenerator<ChangeLine> {
    yield* [];
    throw new ApiRefusal(403, { ...error, code: "denied" });
  }
  const api = { copyMany: refused } as unknown as Api;
  await assert.rejects(new Changes(api).relocate("copy", ["/a"], "/t/", "refuse", watch()), ApiRefusal);
});

test("versions of one minute can be told apart: then times have seconds", () => {
  const at = Date.UTC(2026, 10, 30, 12, 0, 5);
  const version = (modified_ms: number, removed_ms?: number): VersionInfo => ({
    id: String(modified_ms),
    size: 1,
    modified_ms,
    ...(removed_ms === undefined ? {} : { removed_ms }),
  });
  const [one, two, other] = [version(at), version(at + 20_000, at + 90_000), version(at + 600_000, at + 3_600_000)];
  const texts = versionTexts([one, two, other]);
  assert.notEqual(texts.time(one), texts.time(two));
  assert.match(texts.time(one), /\b\d\d?:00:05/);
  assert.equal(texts.time(other), shownTime(other.modified_ms));
  assert.equal(texts.how(one), "replaced in the editor");
  assert.equal(texts.how(two), `replaced ${shownTime(at + 90_000)}`);
});
