// The editor's parts without a page: tables, places in the preview, drafts, ends of lines, words, commands of Markdown, saving.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { markdownLanguage } from "@codemirror/lang-markdown";
import { EditorSelection, EditorState, type Transaction, type TransactionSpec } from "@codemirror/state";
import type { Command, EditorView } from "@codemirror/view";
import { Api } from "../src/api/client.ts";
import { canBeEdited, EDITED_MAX } from "../src/browse/rows.ts";
import { type Draft, type DraftStorage, Drafts } from "../src/editor/drafts.ts";
import { endingName, lineEndingOf, toEdited, toSaved } from "../src/editor/line-endings.ts";
import { alignTable, around, asList, code, heading, insertTable, link } from "../src/editor/markdown-commands.ts";
import { markdownColours } from "../src/editor/markdown-language.ts";
import { mergeBoth } from "../src/editor/merge-both.ts";
import { byParagraph, toNonAscii } from "../src/editor/moves.ts";
import { anchorsOf, blocksOf, lineOfTop, topOfLine } from "../src/editor/scroll-map.ts";
import { cellsOf, formatTable, widthOf } from "../src/editor/table.ts";
import { decodeText, NotEditable, TextFile } from "../src/editor/text-file.ts";
import { countCharacters, countWords } from "../src/editor/words.ts";

const lines = (text: string): string[] => text.split("\n");

test("a table is aligned: columns, wide characters, escaped bars, missing and surplus cells", () => {
  const check = (from: string, to: string, at = 0): void =>
    assert.deepEqual(formatTable(lines(from), at)?.lines, lines(to), from);
  check("| a | long name |\n|-|:-:|\n| 1 | x |", "| a   | long name |\n| --- | :-------: |\n| 1   |     x     |");
  check("a|b\n-|-:\n日本|1", "| a    |   b |\n| ---- | --: |\n| 日本 |   1 |", 2);
  check("| a \\| b | c |\n|--|--|", "| a \\| b | c   |\n| ------ | --- |");
  check("| a | b |\n|--|--|\n| 1 |\n| 1 | 2 | 3 |", "| a   | b   |\n| --- | --- |\n| 1   |     |\n| 1   | 2   | 3 |");
  check("> | a |\n> |:-|\n> | é |", "> | a   |\n> | :-- |\n> | é   |");
});

test("a table is found at the cursor only, and what is aligned stays as it is", () => {
  const text = lines("before | not a table\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nafter");
  assert.equal(formatTable(text, 0), undefined);
  assert.equal(formatTable(text, 6), undefined);
  const table = formatTable(text, 4);
  assert.deepEqual([table?.from, table?.to], [2, 4]);
  assert.deepEqual(formatTable(table?.lines ?? [], 0)?.lines, table?.lines);
  // A paragraph with a bar in front of the head is no part of the table.
  const joined = formatTable(lines("x | y\n| a | b |\n|---|---|"), 1);
  assert.deepEqual([joined?.from, joined?.to], [1, 2]);
  assert.equal(formatTable(lines("x | y\n| a | b |\n|---|---|"), 0), undefined);
});

test("cells and widths", () => {
  assert.deepEqual(cellsOf("| a | b\\|c |"), ["a", "b\\|c"]);
  assert.deepEqual(cellsOf("a|b"), ["a", "b"]);
  assert.deepEqual(cellsOf("|a|\\\\|"), ["a", "\\\\"]);
  assert.deepEqual(cellsOf("|a|\\|"), ["a", "\\|"]);
  assert.equal(widthOf("abc"), 3);
  assert.equal(widthOf("日本"), 4);
  assert.equal(widthOf("e\u0301"), 1);
  assert.equal(widthOf("🎉"), 2);
  assert.equal(widthOf("ｶ"), 1);
});

test("blocks of a Markdown text", () => {
  const kinds = (text: string): string =>
    blocksOf(lines(text))
      .map(({ kind, line }) => `${kind}@${line}`)
      .join(" ");
  assert.equal(kinds("# a\ntext\nmore\n\n- x\n- y\n\n- z\n\ntext"), "h1@0 p@1 ul@4 p@9");
  assert.equal(kinds("```\n# no heading\n\n```\n~~~\n```\n~~~\n\n    indented"), "pre@0 pre@4 pre@8");
  assert.equal(kinds("Title\n=====\nOther\n---\n\n---\n* * *"), "h1@0 h2@2 hr@5 hr@6");
  assert.equal(
    kinds("1. a\n\n   b\n2. c\n\n> q\n> r\n\n| a |\n|---|\n| b |\n\n<div>\nx\n</div>"),
    "ol@0 blockquote@5 table@8 html@12",
  );
  assert.equal(kinds("[a]: http://x\n[^1]: note\n\ntext"), "p@3");
});

test("blocks are paired with what is shown, and what has no partner is left out", () => {
  const shown = (...kinds: string[]) => kinds.map((kind, at) => ({ kind, top: at * 100 }));
  const of = (...kinds: string[]) => kinds.map((kind, line) => ({ kind, line }));
  const pairs = (blocks: string[], elements: string[]) =>
    anchorsOf(of(...blocks), shown(...elements)).map(({ line, top }) => [line, top]);
  assert.deepEqual(pairs(["h1", "p"], ["h1", "p"]), [
    [0, 0],
    [1, 100],
  ]);
  // The server has left a block out, or has added one.
  assert.deepEqual(pairs(["h1", "html", "p", "h2"], ["h1", "p", "h2"]), [
    [0, 0],
    [2, 100],
    [3, 200],
  ]);
  assert.deepEqual(pairs(["h1", "p"], ["h1", "table", "p"]), [
    [0, 0],
    [1, 200],
  ]);
});

test("lines and positions of the preview are each other's opposite", () => {
  const anchors = [
    { line: 0, top: 20 },
    { line: 10, top: 400 },
    { line: 12, top: 1400 },
  ];
  const end = { line: 40, top: 2000 };
  assert.equal(topOfLine(0, anchors, end), 0);
  assert.equal(topOfLine(10, anchors, end), 400);
  assert.equal(topOfLine(11, anchors, end), 900);
  assert.equal(topOfLine(99, anchors, end), 2000);
  for (const line of [1, 5.5, 10, 11, 12, 30, 39]) {
    assert.ok(Math.abs(lineOfTop(topOfLine(line, anchors, end), anchors, end) - line) < 1e-9, String(line));
  }
  let before = -1;
  for (let line = 0; line <= 40; line += 0.5) {
    const top = topOfLine(line, anchors, end);
    assert.ok(top >= before, `line ${line}`);
    before = top;
  }
});

/** Storage with room for a number of characters. */
class Room implements DraftStorage {
  readonly kept = new Map<string, string>();

  constructor(private readonly room: number) {}

  get length(): number {
    return this.kept.size;
  }

  key(at: number): string | null {
    return [...this.kept.keys()][at] ?? null;
  }

  getItem(key: string): string | null {
    return this.kept.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    const others = [...this.kept].reduce((sum, [name, text]) => sum + (name === key ? 0 : text.length), 0);
    if (others + value.length > this.room) throw new Error("QuotaExceededError");
    this.kept.set(key, value);
  }

  removeItem(key: string): void {
    this.kept.delete(key);
  }
}

const draft = (text: string, at = 1): Draft => ({ text, base: 5, at });

test("drafts are kept for each file and account, and discarded", () => {
  const storage = new Room(10_000);
  const [ann, bob] = [new Drafts(storage, "account:ann"), new Drafts(storage, "account:bob")];
  assert.ok(ann.keep("/a.md", draft("text")));
  assert.deepEqual(ann.read("/a.md"), draft("text"));
  assert.equal(bob.read("/a.md"), undefined);
  assert.equal(ann.read("/b.md"), undefined);
  ann.discard("/a.md");
  assert.equal(ann.read("/a.md"), undefined);
  storage.kept.set("potluck.draft:account%3Aann:/odd.md", '{"text":5}');
  assert.equal(ann.read("/odd.md"), undefined);
});

test("without room the oldest drafts go; what does not fit at all, and forbidden storage, is told", () => {
  const storage = new Room(700);
  storage.kept.set("potluck.view", "x".repeat(10));
  const drafts = new Drafts(storage, "a");
  assert.ok(drafts.keep("/old", draft("o".repeat(200), 1)));
  assert.ok(drafts.keep("/new", draft("n".repeat(200), 2)));
  assert.ok(drafts.keep("/third", draft("t".repeat(300), 3)));
  assert.equal(drafts.read("/old"), undefined);
  assert.equal(drafts.read("/new")?.text.length, 200);
  assert.equal(drafts.keep("/huge", draft("h".repeat(1000), 4)), false);
  assert.equal(storage.getItem("potluck.view")?.length, 10);
  assert.equal(new Drafts(undefined, "a").keep("/a", draft("x")), false);
  const many = new Drafts(new Room(1_000_000), "a");
  for (let n = 0; n < 30; n++) many.keep(`/${n}`, draft("x", n));
  assert.equal(many.read("/9"), undefined);
  assert.equal(many.read("/10")?.text, "x");
});

test("ends of lines are kept", () => {
  const check = (text: string, name: string, edited: string): void => {
    const ending = lineEndingOf(text);
    assert.equal(endingName(ending), name, JSON.stringify(text));
    assert.equal(toEdited(text, ending), edited);
    assert.equal(toSaved(toEdited(text, ending), ending), text);
  };
  check("one line", "LF", "one line");
  check("a\nb\n", "LF", "a\nb\n");
  check("a\r\nb\r\n", "CRLF", "a\nb\n");
  check("a\rb\r", "CR", "a\nb\n");
  check("a\r\nb\n", "mixed", "a\r\nb\n");
});

test("bytes that saving would change are refused", () => {
  const read = (...bytes: number[]) => decodeText(new Uint8Array(bytes));
  const why = (bytes: Uint8Array): string => {
    try {
      decodeText(bytes);
    } catch (error) {
      if (error instanceof NotEditable) return error.why;
    }
    return "editable";
  };
  assert.deepEqual(read(0xef, 0xbb, 0xbf, 0x61, 13, 10), { text: "a\n", ending: "\r\n", hasMark: true });
  assert.equal(why(new Uint8Array([0x47, 0x72, 0xfc, 0xdf])), "encoding");
  assert.equal(why(new Uint8Array([0x61, 0, 0x62])), "binary");
  // With the mark of UTF-16 it is a text, although it has zeros.
  assert.equal(why(new Uint8Array([0xff, 0xfe, 0x61, 0])), "encoding");
  assert.equal(why(new Uint8Array([0xfe, 0xff, 0, 0x61])), "encoding");
  assert.equal(why(new Uint8Array([0xff, 0, 0x61, 0])), "binary");
  assert.equal(why(new Uint8Array(EDITED_MAX + 1)), "large");
  assert.equal(why(new Uint8Array(EDITED_MAX).fill(97)), "editable");
});

test("a file is offered for editing by name and size", () => {
  const check = (name: string, size: number, expected: boolean): void =>
    assert.equal(canBeEdited({ kind: "file", name, size, modified_ms: 1 }), expected, `${name}, ${size}`);
  check("a.md", EDITED_MAX, true);
  check("a.md", EDITED_MAX + 1, false);
  check("notes", 5, true);
  check("list.m3u", 5, true);
  for (const name of ["a.jpg", "a.mp4", "a.flac", "a.pdf", "a.zip"]) check(name, 5, false);
  assert.equal(canBeEdited({ kind: "folder", name: "a.md", modified_ms: 1, archive: true }), false);
});

test("words are counted, also of languages without blanks", () => {
  const check = (text: string, count: number): void => assert.equal(countWords(text), count, text);
  check("", 0);
  check("It's a well-known fact: 3.5 apples!", 6);
  check("naïve cafe\u0301 Übung", 3);
  check("日本", 2);
  check("ひらがな カタカナ", 2);
  check("## - | ---", 0);
  assert.equal(countCharacters("a😀é\n"), 4);
  assert.equal(countCharacters("\ud83d x"), 3);
});

test("a paragraph of any length is parsed in parts, so that a key does not wait for all of it", () => {
  const doc = "lorem *ipsum* dolor\n".repeat(40_000);
  const parts = markdownColours.parser.parse(doc).topNode.getChildren("Paragraph");
  assert.ok(Math.max(...parts.map(({ from, to }) => to - from)) < 20_000);
  assert.equal(parts[0]?.from, 0);
  assert.equal(parts.at(-1)?.to, doc.length - 1);
  const short = "lorem *ipsum*\ndolor\n\n- item\n";
  assert.equal(markdownColours.parser.parse(short).toString(), markdownLanguage.parser.parse(short).toString());
  // Commands of the package ask for its own language.
  assert.ok(markdownLanguage.isActiveAt(EditorState.create({ doc: short, extensions: [markdownColours] }), 0));
});

/** Runs a command on a text: `|` is the cursor, two of them are the selection's ends. Returns the result in the same way. */
function typed(command: Command, marked: string): string {
  const anchor = marked.indexOf("‸");
  const head = marked.lastIndexOf("‸");
  const doc = marked.replaceAll("‸", "");
  const selection = EditorSelection.range(anchor, head === anchor ? anchor : head - 1);
  let state = EditorState.create({ doc, selection });
  const view = {
    get state() {
      return state;
    },
    dispatch(given: Transaction | TransactionSpec) {
      state = "newDoc" in given ? given.state : state.update(given).state;
    },
  };
  const done = command(view as unknown as EditorView);
  if (!done) return "not done";
  const { from, to } = state.selection.main;
  const text = state.doc.toString();
  return from === to
    ? `${text.slice(0, from)}‸${text.slice(from)}`
    : `${text.slice(0, from)}‸${text.slice(from, to)}‸${text.slice(to)}`;
}

test("marks are put around words and selections, and removed again", () => {
  const check = (command: Command, before: string, after: string): void =>
    assert.equal(typed(command, before), after, before);
  check(around("**"), "a wo‸rd b", "a **‸word‸** b");
  check(around("**"), "a **‸word‸** b", "a ‸word‸ b");
  check(around("**"), "‸**word**‸", "‸word‸");
  check(around("*"), "**‸word‸**", "***‸word‸***");
  check(around("*"), "*‸word‸*", "‸word‸");
  check(code, "‸x‸", "`‸x‸`");
  check(code, "‸a\nb‸", "```‸\na\nb\n```");
});

test("lines become items, tasks and headings, and plain lines again", () => {
  const check = (command: Command, before: string, after: string): void =>
    assert.equal(typed(command, before), after, before);
  check(asList("list"), "‸a\n\nb‸", "- ‸a\n\n- b‸");
  check(asList("list"), "- ‸a\n- b‸", "‸a\nb‸");
  check(asList("tasks"), "  - a‸", "  - [ ] a‸");
  check(asList("tasks"), "- [x] a‸", "a‸");
  check(asList("list"), "- [ ] a‸", "- a‸");
  check(asList("list"), "‸", "- ‸");
  check(heading(1), "a‸", "# a‸");
  check(heading(1), "###### a‸", "a‸");
  check(heading(-1), "## a‸", "# a‸");
  check(link("text"), "see ‸here‸", "see [here](‸https://‸)");
  check(link("text"), "‸https://x.org/a‸", "[‸text‸](https://x.org/a)");
});

test("tables are inserted and aligned, and the cursor stays in its cell", () => {
  const insert = insertTable({ column: "Column", cell: "Text" });
  assert.equal(
    typed(insert, "before‸"),
    "before\n\n| ‸Column 1‸ | Column 2 |\n| -------- | -------- |\n| Text     | Text     |\n",
  );
  assert.equal(
    typed(alignTable, "| a | b |\n|-|-|\n| long | x‸y |"),
    "| a    | b   |\n| ---- | --- |\n| long | x‸y  |",
  );
  assert.equal(typed(alignTable, "no table‸"), "not done");
});

test("the cursor goes by paragraphs and to what is not ASCII", () => {
  assert.equal(typed(byParagraph(1), "‸a\nb\n\nc"), "a\nb\n‸\nc");
  assert.equal(typed(byParagraph(1), "a\n\nc‸"), "a\n\nc‸");
  assert.equal(typed(byParagraph(-1), "a\n\nb\nc‸"), "a\n‸\nb\nc");
  assert.equal(typed(byParagraph(-1), "a\nb‸"), "‸a\nb");
  assert.equal(typed(toNonAscii, "‸aüb🎉"), "a‸ü‸b🎉");
  assert.equal(typed(toNonAscii, "aü‸b🎉"), "aüb‸🎉‸");
  assert.equal(typed(toNonAscii, "aüb🎉‸"), "a‸ü‸b🎉");
  assert.equal(typed(toNonAscii, "‸plain"), "not done");
});

const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});

test("a text is saved as it was: ends of lines, mark, time of its version; and a newer version is not overwritten", async () => {
  const sent: string[] = [];
  const answers: Response[] = [];
  globalThis.fetch = async (_, request) => {
    sent.push(String(request?.body ?? request?.method));
    return answers.shift() ?? Response.error();
  };
  const file = new TextFile(new Api(""), "/a.md", undefined);
  answers.push(new Response(new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 13, 10]), { headers: { "X-Lastmod3": "1234" } }));
  const version = await file.read(new AbortController().signal);
  answers.push(Response.json({ ok: true, lastmod: 5678, size: 9 }), new Response("\ufeffa\r\nb\r\n"));
  const saved = await file.save("a\nb\n", version, version);
  assert.match(sent[1] ?? "", /name="act"\r\n\r\ntput\r\n/);
  assert.match(sent[1] ?? "", /name="lastmod"\r\n\r\n1234\r\n/);
  assert.match(sent[1] ?? "", /name="body"\r\n\r\n\ufeffa\r\nb\r\n\r\n--/);
  assert.equal(saved.kind === "saved" && saved.version.lastmod, 5678);
  answers.push(Response.json({ ok: false, lastmod: 9999, now: 1 }));
  assert.equal((await file.save("x", version, version)).kind, "changed");
  answers.push(new Response("", { status: 404 }));
  assert.equal((await file.save("x", version, version)).kind, "gone");
  answers.push(Response.json({ ok: true, lastmod: 1, size: 1 }), new Response("\ufeffx"));
  await file.save("x", version, undefined);
  assert.match(sent[5] ?? "", /name="lastmod"\r\n\r\n-1\r\n/);
  const { signal } = new AbortController();
  answers.push(new Response(null, { headers: { "X-Lastmod3": "1234" } }));
  assert.equal(await file.compare(version, signal), "same");
  answers.push(new Response(null, { headers: { "X-Lastmod3": "1235" } }));
  assert.equal(await file.compare(version, signal), "changed");
  answers.push(new Response(null, { status: 404 }));
  assert.equal(await file.compare(version, signal), "gone");
  assert.equal(await file.compare(version, signal), "unknown");
});

test("a text counts as saved once the server has what was sent: read again until then, and else it is told", async () => {
  const asked: string[] = [];
  const stored: (string | undefined)[] = [];
  globalThis.fetch = async (url, request) => {
    if (request?.method === "POST") return Response.json({ ok: true, lastmod: 2, size: 2 });
    asked.push(String(url));
    const text = stored.shift();
    return text === undefined ? Response.error() : new Response(text);
  };
  const file = new TextFile(new Api(""), "/a.md", "key");
  const version = { text: "", ending: "\n", hasMark: false, lastmod: 1 } as const;
  const save = async (...texts: (string | undefined)[]): Promise<[string, number]> => {
    [asked.length, stored.length] = [0, 0];
    stored.push(...texts);
    const { kind } = await file.save("ü\n", version, version);
    return [kind, asked.length];
  };
  assert.deepEqual(await save("ü\n"), ["saved", 1]);
  assert.match(asked[0] ?? "", /^\/a\.md\?raw&k=key&_=\d+$/);
  assert.deepEqual(await save("old", "ü\n"), ["saved", 2]);
  assert.deepEqual(await save(...Array<string>(20).fill("ü\r\n")), ["differs", 10]);
  assert.deepEqual(await save(undefined), ["saved", 1], "the answer of the save holds");
});

test("why a text cannot be edited does not depend on which answer comes first", async (context) => {
  // The page is told of refusals.
  Object.assign(globalThis, { window: new EventTarget() });
  context.after(() => Reflect.deleteProperty(globalThis, "window"));
  const { signal } = new AbortController();
  const file = new TextFile(new Api(""), "/a.md", undefined);
  const why = async (answer: Response): Promise<string> => {
    globalThis.fetch = async () => answer.clone();
    const refusals = [file.read(signal), file.mayEdit(undefined, signal)].map((asked) =>
      asked.then(
        () => "none",
        (error: unknown) => (error instanceof NotEditable ? error.why : "another error"),
      ),
    );
    return (await Promise.all(refusals)).join(" ");
  };
  assert.equal(await why(Response.json({}, { status: 404 })), "gone gone");
  assert.equal(await why(Response.json({}, { status: 403 })), "denied denied");
  assert.equal(await why(Response.json({}, { status: 503 })), "lost lost");
  assert.equal(await why(Response.error()), "lost lost");
});

test("two versions of a text become one in which nothing is missing", () => {
  const check = (common: string | undefined, theirs: string, mine: string, expected: string): void =>
    assert.equal(mergeBoth(theirs, mine, common), expected, JSON.stringify([common, theirs, mine]));
  // Different lines: both changes.
  check("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n", "A\nb\nC\n");
  check("a\nb\nc", "a\nx\nb\nc", "a\nb\nc\ny", "a\nx\nb\nc\ny");
  check("one\n\ntwo\n", "one\n\ntwo of others\n", "one\n\ntwo\nmine", "one\n\ntwo of others\nmine");
  // The same lines: theirs, then mine.
  check("a\nb\nc", "a\ntheirs\nc", "a\nmine\nc", "a\ntheirs\nmine\nc");
  check("a\nb", "a\ntheirs\nb", "a\nmine\nb", "a\ntheirs\nmine\nb");
  check("a\nb\nc\nd", "a\nB\nC\nd", "a\nb\nc!\nd!", "a\nB\nC\nd\nb\nc!\nd!");
  check("", "theirs", "mine", "theirs\nmine");
  // What one has deleted is gone, unless the other has changed it.
  check("a\nb\nc", "a\nc", "a\nb\nC", "a\nC");
  check("a\nb\nc\nd", "a\nd", "a\nb\nc\nD", "a\nD");
  check("a\nb\nc", "a\nb!\nc", "a\nc", "a\nb!\nc");
  // The same change is there once.
  check("a\nb", "a\nB\nnew", "a\nB\nnew", "a\nB\nnew");
  check("a\nb\nc", "a\nB\nc", "a\nB\nmine\nc", "a\nB\nmine\nc");
  // A line that is added above or below one that the other has changed.
  check("a\nb\nc", "a\nnew\nb\nc", "a\nB\nc", "a\nnew\nB\nc");
  check("a\nb\nc", "a\nb\nnew\nc", "a\nB\nc", "a\nB\nnew\nc");
  // Without the text that both were made from.
  check(undefined, "a\nb\nc", "a\nc\nd", "a\nb\nc\nd");
  check(undefined, "same", "same", "same");
});

test("lines that only one version has are in the merged text, whatever the changes", () => {
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const edited = (lines: readonly string[], sign: string): string[] =>
    lines.flatMap((line, at) => {
      const chance = random(8);
      if (chance === 0) return [];
      if (chance === 1) return [`${line} ${sign}${at}`];
      return chance === 2 ? [line, `${sign}${at}`] : [line];
    });
  for (let round = 0; round < 300; round++) {
    const common = Array.from({ length: random(12) + 1 }, () => `line ${random(5)}`);
    const [theirs, mine] = [edited(common, "theirs"), edited(common, "mine")];
    for (const known of [common, undefined]) {
      const merged = mergeBoth(theirs.join("\n"), mine.join("\n"), known?.join("\n")).split("\n");
      for (const line of [...theirs, ...mine])
        if (/theirs|mine/.test(line) || !known) assert.ok(merged.includes(line), `${round}: ${line} is missing`);
    }
  }
});
