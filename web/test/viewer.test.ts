// The viewer's parts without a page: sequence, names in addresses, subtitles, loops, JSON, pieces of texts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { idsOf, nameId, rowOfId } from "../src/browse/name-id.ts";
import { canonicalName, type FileRow, type Row } from "../src/browse/rows.ts";
import { languageOf } from "../src/code/languages.ts";
import { jumpOf, NO_LOOP, withEnd, withStart } from "../src/viewer/ab-loop.ts";
import { contentsOf } from "../src/viewer/contents.ts";
import { factsOf } from "../src/viewer/facts.ts";
import { prettyJson } from "../src/viewer/pretty-json.ts";
import { findShown, indexAfterRemoval, sequenceOf } from "../src/viewer/sequence.ts";
import { decodeSubtitle, readSrt, subtitlesOf } from "../src/viewer/subtitles.ts";
import { type Added, TextBuffer, type TextTarget } from "../src/viewer/text-buffer.ts";
import { cutBehindLine, encodingOf, lineStart, PIECE, TextSource } from "../src/viewer/text-source.ts";

const file = (name: string, more: Partial<FileRow> = {}): FileRow => ({
  kind: "file",
  name,
  size: 10,
  modified_ms: 1_700_000_000_000,
  ...more,
});
const names = (rows: readonly Row[]): string[] => rows.map((row) => row.name);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("ids of names, as copyparty makes them", () => {
  const check = (name: string, id: string): void => assert.equal(nameId(name), id, name);
  check("a.mp3", "f27d317e");
  check("01 - foo.flac", "22bb1d97");
  check("ø û.txt", "512e91e0");
  check("日本.txt", "50e1b7cd");
});

test("of two names with the same id, the later one has a longer id", () => {
  // Their code units have the same low bytes.
  const rows = [file("a.txt"), file("\u0161.txt")];
  assert.deepEqual([...idsOf(rows).values()], [nameId("a.txt"), `${nameId("a.txt")}a`]);
  assert.equal(rowOfId(rows, `${nameId("a.txt")}a`)?.name, "\u0161.txt");
  assert.equal(rowOfId(rows, "00000000"), undefined);
});

test("pictures and films follow each other, texts do, and other files stand alone", () => {
  const rows: Row[] = [
    { kind: "folder", name: "x", modified_ms: 0, archive: false },
    ...["a.jpg", "b.txt", "c.mp4", "d.md", "e.zip", "f.heic", "g.pdf"].map((name) => file(name)),
  ];
  const check = (name: string, expected: string[]): void =>
    assert.deepEqual(names(sequenceOf(rows.find((row) => row.name === name) as FileRow, rows)), expected, name);
  check("a.jpg", ["a.jpg", "c.mp4", "f.heic"]);
  check("g.pdf", ["b.txt", "d.md", "g.pdf"]);
  check("e.zip", ["e.zip"]);
  assert.deepEqual(names(sequenceOf(file("not in the list.jpg"), rows)), ["not in the list.jpg"]);
});

test("a name is found in an address whatever a program has done to its encoding", () => {
  const check = (name: string, expected: string): void => assert.equal(canonicalName(name), expected);
  check("a%20b%7e.jpg", "a%20b~.jpg");
  check("it's (1).jpg", "it%27s%20%281%29.jpg");
  check("%c3%bc.jpg", "%C3%BC.jpg");
  check("ü.jpg", "%C3%BC.jpg");
  check("%ff.jpg", "%FF.jpg");
  check("/photos/a.jpg", "/photos/a.jpg");
  const rows = [file("b.jpg"), file("\ufffd.jpg", { encoded: "%FF.jpg" }), file("c.jpg", { folder: "/photos/" })];
  assert.equal(findShown("%ff.jpg", rows), rows[1]);
  assert.equal(findShown("/photos/c.jpg", rows), rows[2]);
  assert.equal(findShown("c.jpg", rows), undefined);
});

test("after a file is gone, the next one is shown; after the last one, the one before", () => {
  const [a, b, c] = [file("a.jpg"), file("b.jpg"), file("c.jpg")];
  assert.equal(indexAfterRemoval(1, [a, b, c], [a, c]), 1);
  assert.equal(indexAfterRemoval(2, [a, b, c], [a, b]), 1);
  assert.equal(indexAfterRemoval(0, [a, b, c], [c]), 0);
  assert.equal(indexAfterRemoval(0, [a], []), -1);
});

test("subtitles of a film have its name, and their language in it", () => {
  const film = file("My.Film.mkv");
  const rows = [
    "My.Film.mkv",
    "My.Film.srt",
    "my.film.en.srt",
    "My.Film.pt_BR.forced.vtt",
    "My.Films.srt",
    "Other.srt",
    "My.Film.txt",
  ];
  const found = subtitlesOf(film, [
    ...rows.map((name) => file(name)),
    file("My.Film.de.srt", { folder: "/elsewhere/" }),
  ]);
  assert.deepEqual(
    found.map(({ row, format, language, note }) => [row.name, format, language, note]),
    [
      ["My.Film.srt", "srt", undefined, ""],
      ["my.film.en.srt", "srt", "en", ""],
      ["My.Film.pt_BR.forced.vtt", "vtt", "pt-br", "forced"],
    ],
  );
});

test("SubRip is read as it is found: any line ends, hours or none, odd blocks", () => {
  const text =
    "\uFEFF1\r\n00:00:01,500 --> 00:00:03,000 X1:5\r\n<i>Hello</i> <font color=red>you</font>\r\n{\\an8}& <b>2</b> < 3\r\n\r\n" +
    "2\n01:02.5 --> 01:04.25\nlate\n\n3\nnonsense\n\n4\n00:00:09,000 --> 00:00:08,000\nbackwards\n";
  assert.deepEqual(readSrt(text), [
    { start: 1.5, end: 3, text: "<i>Hello</i> you\n&amp; <b>2</b> &lt; 3" },
    { start: 62.5, end: 64.25, text: "late" },
  ]);
  assert.equal(decodeSubtitle(new Uint8Array([0x47, 0x72, 0xfc, 0xdf])), "Grüß");
  assert.equal(decodeSubtitle(bytes("Grüß")), "Grüß");
  assert.equal(decodeSubtitle(new Uint8Array([0xff, 0xfe, 0x41, 0])), "A");
});

test("a part is repeated from A to B; the same key at the same place removes it", () => {
  const from = withStart(NO_LOOP, 10);
  assert.equal(jumpOf(from, 100), undefined);
  const both = withEnd(from, 20);
  assert.equal(jumpOf(both, 19), undefined);
  assert.equal(jumpOf(both, 20), 10);
  assert.deepEqual(withStart(both, 30), { from: 30, to: undefined });
  assert.deepEqual(withEnd(NO_LOOP, 5), { from: 0, to: 5 });
  assert.deepEqual(withStart(both, 10.1), NO_LOOP);
});

test("JSON is formatted without changing a number, a key or their order", () => {
  const text = '{"b":12345678901234567890,"a":[1.0,{"c":"x:{,\\"}"},[],{}],"a":null}';
  assert.equal(
    prettyJson(text),
    '{\n  "b": 12345678901234567890,\n  "a": [\n    1.0,\n    {\n      "c": "x:{,\\"}"\n    },\n    [],\n    {}\n  ],\n  "a": null\n}\n',
  );
  assert.equal(prettyJson("{"), undefined);
});

test("facts: known tags first, others with their labels, nothing that is empty", () => {
  const tags = { camera: "Sony A7", place: "52.1,13.2", ".bpm": 120, ".orientation": 6, title: "" };
  const facts = factsOf(
    file("a.jpg", { tags }),
    [{ name: ".bpm", label: "BPM", hidden: false }],
    { width: 4000, height: 3000 },
    undefined,
  );
  const of = (label: string): unknown => facts.find((fact) => fact.label === label);
  assert.deepEqual(of("Dimensions"), { label: "Dimensions", value: "4000 × 3000 (12 megapixels)" });
  assert.deepEqual(of("Place"), { label: "Place", value: "52.1,13.2", href: "geo:52.1,13.2" });
  assert.deepEqual(of("BPM"), { label: "BPM", value: "120" });
  assert.ok(!facts.some(({ label }) => label.includes("orientation") || label === "title"));
});

test("every mode of the list of languages exists", async () => {
  const tried = "a.rs a.py a.tsx a.cs a.scss a.html a.ps1 Dockerfile a.toml a.hs a.el a.tex a.gradle a.unknown".split(
    " ",
  );
  const loaded = await Promise.all(tried.map(async (name) => typeof (await languageOf(name)?.())?.token));
  assert.deepEqual(loaded, [...Array(13).fill("function"), "undefined"]);
});

test("encodings are found; pieces end and begin with lines, or at least with characters", () => {
  assert.equal(encodingOf(bytes("Grüße")), "utf-8");
  assert.equal(encodingOf(bytes("Grüße 日").subarray(0, -1)), "utf-8");
  assert.equal(encodingOf(new Uint8Array([0x47, 0x72, 0xfc, 0xdf, 0x65])), "windows-1252");
  assert.equal(encodingOf(new Uint8Array([0xff, 0xfe])), "utf-16le");
  assert.equal(cutBehindLine(bytes("one\ntwo"), "utf-8"), 4);
  assert.equal(cutBehindLine(bytes("日").subarray(0, 2), "utf-8"), 0);
  assert.equal(cutBehindLine(bytes("a日b"), "utf-8"), 5);
  assert.equal(cutBehindLine(new Uint8Array([65, 0, 10, 0, 66, 0, 67]), "utf-16le"), 4);
  assert.equal(lineStart(bytes("ne\ntwo"), "utf-8"), 3);
  assert.equal(lineStart(bytes("日").subarray(1), "utf-8"), 2);
});

/** A file behind `fetch`, with ranges. */
function serve(content: { bytes: Uint8Array }): void {
  globalThis.fetch = async (_url, init) => {
    const range = new Headers(init?.headers).get("Range") ?? "";
    const [, from = 0, to = 0] = (/bytes=(\d+)-(\d+)/.exec(range) ?? []).map(Number);
    const all = content.bytes;
    if (from >= all.length) {
      return new Response(null, { status: 416, headers: { "Content-Range": `bytes */${all.length}` } });
    }
    const part = all.slice(from, to + 1);
    const headers = { "Content-Range": `bytes ${from}-${from + part.length - 1}/${all.length}` };
    return new Response(part, { status: 206, headers });
  };
}

/** Keeps the text as a pane would. */
class Shown implements TextTarget {
  text = "";
  firstLine: number | undefined;
  replace(text: string, firstLine: number | undefined): Added {
    [this.text, this.firstLine] = [text, firstLine];
    return added(text);
  }
  append(text: string): Added {
    this.text += text;
    return added(text);
  }
  prepend(text: string): Added {
    this.text = text + this.text;
    return added(text);
  }
  removeStart(length: number): void {
    this.text = this.text.slice(length);
  }
  removeEnd(length: number): void {
    this.text = this.text.slice(0, -length);
  }
  scrollToEnd(): void {}
  isAtEnd(): boolean {
    return true;
  }
}
const added = (text: string): Added => ({ length: text.length, lines: text.split("\n").length - 1 });

test("a long text is loaded in pieces from either end, and at most 8 MiB of it are kept", async () => {
  const line = (n: number): string => `line ${n} of a long text\n`;
  const whole = Array.from({ length: 500_000 }, (_, n) => line(n)).join("");
  serve({ bytes: bytes(whole) });
  const shown = new Shown();
  const buffer = new TextBuffer(new TextSource("x"), shown);
  await buffer.fromStart();
  assert.ok(shown.text.length <= PIECE && shown.text.endsWith("\n") && whole.startsWith(shown.text));
  for (let n = 0; n < 20; n++) await buffer.more("after");
  const { from, to } = buffer.state.peek();
  assert.ok(from > 0 && to - from <= 8 << 20);
  assert.equal(shown.text, whole.slice(from, to));
  for (let n = 0; n < 5; n++) await buffer.more("before");
  const now = buffer.state.peek();
  assert.equal(now.from, 0);
  assert.equal(shown.text, whole.slice(now.from, now.to));
  await buffer.toEnd();
  assert.equal(shown.firstLine, undefined);
  assert.ok(shown.text.startsWith("line ") && whole.endsWith(shown.text));
});

test("a growing file is followed, and one that was replaced is read anew", async () => {
  const content = { bytes: bytes("one\n") };
  serve(content);
  const shown = new Shown();
  const buffer = new TextBuffer(new TextSource("x"), shown);
  await buffer.fromStart();
  await buffer.grow();
  assert.equal(shown.text, "one\n");
  content.bytes = bytes("one\ntwo\n");
  await buffer.grow();
  assert.equal(shown.text, "one\ntwo\n");
  content.bytes = bytes("another, and longer than before\n");
  await buffer.grow();
  assert.equal(shown.text, "another, and longer than before\n");
  content.bytes = bytes("short\n");
  await buffer.grow();
  assert.equal(shown.text, "short\n");
});

test("an empty file is an empty text, until something is written to it", async () => {
  const content = { bytes: bytes("") };
  serve(content);
  const shown = new Shown();
  const buffer = new TextBuffer(new TextSource("x"), shown);
  await buffer.fromStart();
  assert.equal(shown.text, "");
  assert.ok(buffer.isWhole);
  content.bytes = bytes("first\n");
  await buffer.grow();
  assert.equal(shown.text, "first\n");
});

test("the table of contents has three levels, and not the title of the whole text", () => {
  const of = (...levels: number[]): number[] =>
    contentsOf(levels.map((level) => ({ level, id: "", text: "" }))).map(({ depth }) => depth);
  assert.deepEqual(of(1, 2, 3, 4, 5, 2), [1, 2, 3, 1]);
  assert.deepEqual(of(1, 2, 1), [1, 2, 1]);
  assert.deepEqual(of(3, 4), [1, 2]);
  assert.deepEqual(of(1), []);
  assert.deepEqual(of(), []);
});
