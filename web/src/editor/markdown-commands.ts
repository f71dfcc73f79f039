// What the toolbar and the keys do to Markdown: marks around words, signs before lines, links, tables.
import { type ChangeSpec, EditorSelection, type Line, type SelectionRange } from "@codemirror/state";
import type { Command, EditorView } from "@codemirror/view";
import { formatTable } from "./table.ts";

/** Puts a mark around the selection or the word at the cursor, or removes it. */
export function around(mark: string): Command {
  return (view) => {
    const { state } = view;
    const changes = state.changeByRange((given) => {
      const range = given.empty ? (state.wordAt(given.head) ?? given) : given;
      const [from, to] = [range.from, range.to];
      const inside = state.sliceDoc(from, to);
      const length = mark.length;
      const hasOutside =
        state.sliceDoc(from - length, from) === mark &&
        state.sliceDoc(to, to + length) === mark &&
        !isLonger(view, from, mark);
      if (hasOutside) {
        const removed = [
          { from: from - length, to: from },
          { from: to, to: to + length },
        ];
        return { changes: removed, range: EditorSelection.range(from - length, to - length) };
      }
      if (inside.length >= 2 * length && inside.startsWith(mark) && inside.endsWith(mark)) {
        const insert = inside.slice(length, -length);
        return { changes: { from, to, insert }, range: EditorSelection.range(from, from + insert.length) };
      }
      return {
        changes: [
          { from, insert: mark },
          { from: to, insert: mark },
        ],
        range: EditorSelection.range(from + length, to + length),
      };
    });
    view.dispatch(state.update(changes, { scrollIntoView: true, userEvent: "input" }));
    return true;
  };
}

/** Whether the mark in front is part of a longer one: `*` of `**`. */
function isLonger(view: EditorView, from: number, mark: string): boolean {
  return mark === "*" && view.state.sliceDoc(from - 2, from) === "**" && view.state.sliceDoc(from - 3, from) !== "***";
}

function selectedLines(view: EditorView, range: SelectionRange): Line[] {
  const { doc } = view.state;
  const lines: Line[] = [];
  for (let line = doc.lineAt(range.from); ; line = doc.line(line.number + 1)) {
    lines.push(line);
    if (line.to >= range.to || line.number === doc.lines) return lines;
  }
}

const ITEM = /^(\s*)(?:([-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?)?/;

/** Makes the selected lines items of a list, or plain lines again. */
export function asList(kind: "list" | "tasks"): Command {
  const isIt = (text: string): boolean =>
    kind === "tasks" ? /^\s*[-*+]\s+\[[ xX]\]\s/.test(text) : /^\s*[-*+]\s+(?!\[[ xX]\]\s)/.test(text);
  const sign = kind === "tasks" ? "- [ ] " : "- ";
  return changeLines((lines) => {
    const used = lines.filter(({ text }) => text.trim() !== "");
    const target = used.length === 0 ? lines : used;
    const removes = used.length > 0 && used.every(({ text }) => isIt(text));
    return target.map((line) => {
      const [whole = "", indent = ""] = ITEM.exec(line.text) ?? [];
      return { from: line.from, to: line.from + whole.length, insert: indent + (removes ? "" : sign) };
    });
  });
}

/** One level of heading more (`by` 1) or less (-1); beyond the sixth, and below the first, none. */
export function heading(by: 1 | -1): Command {
  return changeLines((lines) =>
    lines.map((line) => {
      const [whole = "", hashes = ""] = /^(#{0,6})\s*/.exec(line.text) ?? [];
      const level = (hashes.length + by + 7) % 7;
      return { from: line.from, to: line.from + whole.length, insert: level === 0 ? "" : `${"#".repeat(level)} ` };
    }),
  );
}

function changeLines(make: (lines: Line[]) => ChangeSpec[]): Command {
  return (view) => {
    const changes = make(view.state.selection.ranges.flatMap((range) => selectedLines(view, range)));
    const set = view.state.changes(changes);
    view.dispatch({
      changes: set,
      // A cursor at the start of its line goes behind the new sign.
      selection: view.state.selection.map(set, 1),
      scrollIntoView: true,
      userEvent: "input",
    });
    return true;
  };
}

/** Makes the selection a link, and selects where it leads to; a selected address becomes what the link leads to. */
export function link(title: string): Command {
  return (view) => {
    const { from, to } = view.state.selection.main;
    const selected = view.state.sliceDoc(from, to);
    const isAddress = /^(https?:\/\/|mailto:|\/)\S+$/.test(selected);
    const [text, href] = isAddress ? [title, selected] : [selected || title, "https://"];
    const insert = `[${text}](${href})`;
    const start = isAddress || selected === "" ? from + 1 : from + text.length + 3;
    const selection = { anchor: start, head: start + (isAddress || selected === "" ? text : href).length };
    view.dispatch({ changes: { from, to, insert }, selection, scrollIntoView: true, userEvent: "input" });
    return true;
  };
}

/** Code: between backticks in a line, as a block for several lines. */
export const code: Command = (view) => {
  const { from, to } = view.state.selection.main;
  const { doc } = view.state;
  const [first, last] = [doc.lineAt(from), doc.lineAt(to)];
  if (first.number === last.number) return around("`")(view);
  view.dispatch({
    changes: [
      { from: first.from, insert: "```\n" },
      { from: last.to, insert: "\n```" },
    ],
    selection: { anchor: first.from + 3 },
    scrollIntoView: true,
    userEvent: "input",
  });
  return true;
};

/** Aligns the table at the cursor. Returns false if there is none. */
export const alignTable: Command = (view) => {
  const { doc, selection } = view.state;
  const line = doc.lineAt(selection.main.head);
  const lines = doc.toString().split("\n");
  const table = formatTable(lines, line.number - 1);
  if (!table) return false;
  const [first, last] = [doc.line(table.from + 1), doc.line(table.to + 1)];
  const insert = table.lines.join("\n");
  if (insert === doc.sliceString(first.from, last.to)) return true;
  // The cursor stays in its cell.
  const before = line.text.slice(0, selection.main.head - line.from);
  const bars = before.replace(/\\./g, "xx").split("|").length - 1;
  const own = table.lines[line.number - 1 - table.from] ?? "";
  const start = table.lines
    .slice(0, line.number - 1 - table.from)
    .reduce((sum, one) => sum + one.length + 1, first.from);
  view.dispatch({
    changes: { from: first.from, to: last.to, insert },
    selection: { anchor: start + placeInCell(own, line.text.trimStart().startsWith("|") ? bars : bars + 1, before) },
    scrollIntoView: true,
    userEvent: "input",
  });
  return true;
};

function placeInCell(line: string, bars: number, before: string): number {
  let [at, seen] = [0, 0];
  while (at < line.length && seen < bars) {
    if (line[at] === "\\") at++;
    else if (line[at] === "|") seen++;
    at++;
  }
  const typed = before.replace(/^.*(?<!\\)\|/, "").trimStart().length;
  return Math.min(at + 1 + typed, line.length);
}

/** Inserts a table behind the line of the cursor, with its first cell selected. `words`: "Column" and "Text". */
export function insertTable(words: { column: string; cell: string }): Command {
  return (view) => {
    if (alignTable(view)) return true;
    const { doc, selection } = view.state;
    const line = doc.lineAt(selection.main.head);
    const columns = [`${words.column} 1`, `${words.column} 2`];
    const table = formatTable([`| ${columns.join(" | ")} |`, "|-|-|", `| ${words.cell} | ${words.cell} |`], 0);
    const start = line.text.trim() === "" ? "" : `${line.text}\n\n`;
    const next = line.number < doc.lines ? doc.line(line.number + 1).text : "";
    const insert = `${start}${table?.lines.join("\n")}\n${next.trim() === "" ? "" : "\n"}`;
    const anchor = line.from + start.length + 2;
    view.dispatch({
      changes: { from: line.from, to: line.to, insert },
      selection: { anchor, head: anchor + (columns[0]?.length ?? 0) },
      scrollIntoView: true,
      userEvent: "input",
    });
    return true;
  };
}
