// Keys of the text viewer.
import type { Key } from "../../kit/words.ts";
import type { Hotkey } from "../browse/hotkeys.ts";
import type { TextView } from "./text-view.ts";

export function textKeys(view: TextView, mayEdit: boolean, isJson: boolean): Hotkey[] {
  const key = (keys: string[], label: Key, run: () => void, when?: () => boolean): Hotkey => ({
    keys,
    label,
    group: "viewer",
    run,
    ...(when ? { when } : {}),
  });
  return [
    key(["Ctrl+KeyF"], "keys.text.find", () => view.find()),
    key(["KeyW"], "keys.text.wrap", () => view.toggleWraps()),
    key(
      ["Shift+KeyJ"],
      "keys.text.pretty",
      () => view.togglePretty(),
      () => isJson,
    ),
    key(
      ["KeyE"],
      "keys.viewer.edit",
      () => view.edit(),
      () => mayEdit,
    ),
    key(["Ctrl+End"], "keys.text.end", () => view.toEnd()),
    key(["Ctrl+Home"], "keys.text.start", () => view.toStart()),
  ];
}
