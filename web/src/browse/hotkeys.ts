// Keys of the page. They name positions of a US keyboard, as copyparty's do, and do nothing while a text is typed.

import type { Key } from "../../kit/words.ts";

export interface Hotkey {
  /** `KeyboardEvent.code`, with "Ctrl+", "Alt+", "Shift+" in front: "KeyB", "Shift+KeyA", "Alt+Enter", "F2"; "?" is the character */
  keys: readonly string[];
  /** key of the sentence in the list of keys */
  label: Key;
  group: "browse" | "files" | "player" | "viewer" | "editor" | "page";
  run: (event: KeyboardEvent) => void;
  /** whether the key has a meaning now; else the browser gets it */
  when?: () => boolean;
  /** while the key is held it runs once, not again and again */
  once?: boolean;
}

/** Returns a function that makes the keys of a group. */
export function hotkeysOf(group: Hotkey["group"]) {
  return (keys: readonly string[], label: Key, run: Hotkey["run"], when?: () => boolean): Hotkey => ({
    keys,
    label,
    group,
    run,
    ...(when ? { when } : {}),
  });
}

/** Returns the name of the pressed key. On a Mac, Command counts as Ctrl. */
export function nameOf(event: KeyboardEvent): string {
  if (event.key === "?") return "?";
  const ctrl = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  return `${ctrl}${event.altKey ? "Alt+" : ""}${event.shiftKey ? "Shift+" : ""}${event.code}`;
}

/** What is printed on keys whose names say something else. */
const PRINTED: Readonly<Record<string, string>> = {
  Quote: "'",
  Slash: "/",
  BracketLeft: "[",
  BracketRight: "]",
  Equal: "=",
  "Shift+Equal": "+",
  Minus: "-",
  NumpadAdd: "+",
  NumpadSubtract: "-",
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
};

/** Returns what people press, as it is printed on the keys: "Shift + A", "'", "Home". `name`: as in `Hotkey.keys`. */
export function shownKey(name: string): string {
  const printed = (key: string): string => PRINTED[key] ?? key.replace(/^(?:Key|Digit|Numpad)(?=.$)/, "");
  return PRINTED[name] ?? name.split("+").map(printed).join(" + ");
}

/** Whether a key was pressed in a field or a text, in shadow trees, too. */
export function isTyping(event: KeyboardEvent): boolean {
  const [target] = event.composedPath();
  if (target instanceof HTMLElement && target.isContentEditable) return true;
  const element = target instanceof Element ? target.closest("input, textarea, select") : null;
  if (!element) return false;
  const type = element instanceof HTMLInputElement ? element.type : "";
  return !["checkbox", "radio", "range", "button", "submit"].includes(type);
}

export class Hotkeys {
  /** later layers come first: those of an open viewer hide those of the list */
  private readonly layers: Hotkey[][] = [[]];

  constructor() {
    document.addEventListener("keydown", (event) => this.press(event));
  }

  /** Adds keys that hold until the page is left. */
  add(...hotkeys: Hotkey[]): void {
    this.layers[0]?.push(...hotkeys);
  }

  /** Adds keys that hold, instead of all others, until the returned function is called. */
  layer(hotkeys: Hotkey[]): () => void {
    this.layers.unshift(hotkeys);
    return () => {
      const at = this.layers.indexOf(hotkeys);
      if (at >= 0) this.layers.splice(at, 1);
    };
  }

  all(): readonly Hotkey[] {
    return this.layers.flat();
  }

  private press(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing || isTyping(event)) return;
    // A dialog has its own keys.
    if (document.querySelector("dialog[open]:not([data-keys])")) return;
    const name = nameOf(event);
    const [layer] = this.layers;
    const hotkey = layer?.find(({ keys, when }) => keys.includes(name) && (when?.() ?? true));
    if (!hotkey) return;
    event.preventDefault();
    if (!hotkey.once || !event.repeat) hotkey.run(event);
  }
}
