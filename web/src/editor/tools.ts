// The toolbar of Markdown.
import type { Command } from "@codemirror/view";
import { type Key, t } from "../../kit/words.ts";
import type { Editor } from "./editor.ts";
import { alignTable, around, asList, code, heading, insertTable, link } from "./markdown-commands.ts";
import { toNonAscii } from "./moves.ts";

export interface FormatTool {
  label: string;
  icon: string;
  hint?: string;
  command: Command;
}

/** Aligns the table at the cursor; says so if there is none. */
export const align = (editor: Editor): Command => telling(editor, alignTable, "editor.noTable");

/** Goes to the next character that is not ASCII; says so if there is none. */
export const nonAscii = (editor: Editor): Command => telling(editor, toNonAscii, "editor.noNonAscii");

/** Returns a command that says why it does nothing. */
function telling(editor: Editor, command: Command, why: Key): Command {
  return (view) => {
    if (!command(view)) editor.app.notices.show({ text: t(why) });
    return true;
  };
}

export function formatTools(editor: Editor): FormatTool[] {
  const table = insertTable({ column: t("editor.column"), cell: t("editor.cell") });
  return [
    { label: t("editor.bold"), icon: "bold", hint: "Ctrl+B", command: around("**") },
    { label: t("editor.italic"), icon: "italic", hint: "Ctrl+I", command: around("*") },
    { label: t("editor.heading"), icon: "heading", hint: "Ctrl+H", command: heading(1) },
    { label: t("editor.link"), icon: "link", command: link(t("editor.linkText")) },
    { label: t("editor.list"), icon: "list", command: asList("list") },
    { label: t("editor.tasks"), icon: "tasks", command: asList("tasks") },
    { label: t("editor.code"), icon: "code", command: code },
    { label: t("editor.table"), icon: "table", command: table },
    { label: t("editor.alignTable"), icon: "columns", hint: "Ctrl+K", command: align(editor) },
  ];
}
