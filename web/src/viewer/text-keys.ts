// Keys of the text viewer.
import { type Hotkey, hotkeysOf } from "../browse/hotkeys.ts";
import type { TextView } from "./text-view.ts";

export function textKeys(view: TextView, mayEdit: () => boolean, isJson: boolean): Hotkey[] {
  const key = hotkeysOf("viewer");
  return [
    key(["Ctrl+KeyF"], "keys.text.find", () => view.find()),
    key(["KeyW"], "keys.text.wrap", () => view.toggleWraps()),
    key(
      ["Shift+KeyJ"],
      "keys.text.pretty",
      () => view.togglePretty(),
      () => isJson,
    ),
    key(["KeyE"], "keys.viewer.edit", () => view.edit(), mayEdit),
    key(["Ctrl+End"], "keys.text.end", () => view.toEnd()),
    key(["Ctrl+Home"], "keys.text.start", () => view.toStart()),
  ];
}
