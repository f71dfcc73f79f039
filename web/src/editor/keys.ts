// The keys of the editor, those of copyparty's among them. The text has most of them itself; here they are listed, and hold outside of it.
import type { Key } from "../../kit/words.ts";
import { type Hotkey, hotkeysOf } from "../browse/hotkeys.ts";
import { showKeys } from "../browse/keys.ts";
import type { Editor } from "./editor.ts";

/** Keys that the text handles. */
const IN_TEXT: readonly [string, Key][] = [
  ["Ctrl+KeyF", "keys.editor.find"],
  ["Ctrl+KeyZ", "keys.editor.undo"],
  ["Ctrl+KeyY", "keys.editor.redo"],
  ["Tab", "keys.editor.indent"],
  ["Shift+Tab", "keys.editor.dedent"],
  ["Escape Tab", "keys.editor.leave"],
  ["Ctrl+ArrowUp", "keys.editor.paragraphUp"],
  ["Ctrl+ArrowDown", "keys.editor.paragraphDown"],
  ["Home", "keys.editor.home"],
  ["Ctrl+KeyU", "keys.editor.nonAscii"],
];
const IN_MARKDOWN: readonly [string, Key][] = [
  ["Ctrl+KeyB", "keys.editor.bold"],
  ["Ctrl+KeyI", "keys.editor.italic"],
  ["Ctrl+KeyH", "keys.editor.heading"],
  ["Ctrl+Shift+KeyH", "keys.editor.headingLess"],
  ["Ctrl+KeyK", "keys.editor.table"],
];

export function editorKeys(editor: Editor): Hotkey[] {
  const key = hotkeysOf("editor");
  const listed = [...IN_TEXT, ...(editor.isProse ? IN_MARKDOWN : [])];
  return [
    key(["Ctrl+KeyS"], "keys.editor.save", () => editor.saveByKey()),
    ...(editor.isProse ? [key(["Ctrl+KeyE"], "keys.editor.preview", () => editor.togglePreview())] : []),
    ...listed.map(([name, label]) =>
      name === "Ctrl+KeyF"
        ? key([name], label, () => editor.find())
        : key(
            [name],
            label,
            () => {},
            () => false,
          ),
    ),
    key(["Escape"], "keys.editor.close", () => editor.back()),
    key(["?"], "keys.help", () => showKeys(editor.app)),
  ];
}
