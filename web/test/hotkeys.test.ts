// Keys are shown as they are printed on keyboards, never by the names that browsers give them.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { type Hotkey, Hotkeys, shownKey } from "../src/browse/hotkeys.ts";

test("keys are shown as they are printed", () => {
  const shown = {
    Quote: "'",
    Slash: "/",
    BracketLeft: "[",
    "Shift+Equal": "+",
    Numpad7: "7",
    Digit7: "7",
    ArrowLeft: "←",
    KeyB: "B",
    "Shift+KeyA": "Shift + A",
    "Ctrl+Shift+KeyH": "Ctrl + Shift + H",
    F2: "F2",
    "?": "?",
  };
  for (const [name, printed] of Object.entries(shown)) assert.equal(shownKey(name), printed, name);
});

test("no key of the page is shown by a name that is on no keyboard", () => {
  // Tests run from a folder in node_modules.
  const folder = new URL("../../src/", import.meta.url);
  const code =
    /"((?:(?:Ctrl|Alt|Shift)\+)*(?:Key|Digit|Numpad|Arrow(?=[A-Z])|Bracket|Comma|Period|Semi|Back|Intl)\w+|Quote|Slash|Equal|Minus)"/g;
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .flatMap((path) => [...readFileSync(new URL(path, folder), "utf8").matchAll(code)].map(([, name = ""]) => name));
  assert.ok(names.length > 30);
  for (const name of new Set(names)) {
    const key = shownKey(name).split(" + ").at(-1) ?? "";
    assert.ok(key.length <= 1 || key === "Backspace", `${name} is shown as ${key}`);
  }
});

test("a held key deletes once", () => {
  const listeners: ((event: KeyboardEvent) => void)[] = [];
  const before = globalThis.document;
  const stub = {
    addEventListener: (_: string, listener: (event: KeyboardEvent) => void) => void listeners.push(listener),
    querySelector: () => null,
  };
  Object.assign(globalThis, { document: stub, HTMLElement: class {}, Element: class {} });
  try {
    const ran: string[] = [];
    const key = (code: string, once: boolean): Hotkey => ({
      keys: [code],
      label: "keys.delete",
      group: "files",
      run: () => void ran.push(code),
      once,
    });
    new Hotkeys().add(key("Delete", true), key("KeyI", false));
    const press = (code: string, repeat: boolean): void => {
      const event = { code, key: code, repeat, composedPath: () => [], preventDefault: () => {} };
      for (const listener of listeners) listener(event as unknown as KeyboardEvent);
    };
    for (const code of ["Delete", "KeyI"]) for (const repeat of [false, true, true]) press(code, repeat);
    assert.deepEqual(ran, ["Delete", "KeyI", "KeyI", "KeyI"]);
  } finally {
    Object.assign(globalThis, { document: before, HTMLElement: undefined, Element: undefined });
  }
});
