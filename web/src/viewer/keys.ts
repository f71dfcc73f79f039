// The keys of the viewer, those of both generations of copyparty's among them.
import { type Hotkey, hotkeysOf } from "../browse/hotkeys.ts";
import { showKeys } from "../browse/keys.ts";
import { kindOf } from "../browse/rows.ts";
import { hasMusic, runAction, toggleFullScreen } from "./tools.ts";
import type { FileView } from "./view.ts";
import type { Viewer } from "./viewer.ts";

/** Returns the keys that hold while `view` is shown; its own come first. */
export function viewerKeys(viewer: Viewer, view: FileView | undefined): Hotkey[] {
  const key = hotkeysOf("viewer");
  const forward = (): number => (getComputedStyle(document.documentElement).direction === "rtl" ? -1 : 1);
  const row = viewer.row.peek();
  const isRead = row !== undefined && ["text", "markdown", "pdf", "other"].includes(kindOf(row));
  return [
    ...(view?.keys ?? []),
    key(["ArrowRight"], "keys.viewer.next", () => viewer.step(forward()), notScrolling),
    key(["ArrowLeft"], "keys.viewer.previous", () => viewer.step(-forward()), notScrolling),
    key(isRead ? ["KeyL", "KeyK"] : ["KeyL"], "keys.viewer.next", () => viewer.step(1)),
    key(isRead ? ["KeyJ", "KeyI"] : ["KeyJ"], "keys.viewer.previous", () => viewer.step(-1)),
    key(["Home"], "keys.viewer.first", () => viewer.goTo(0), notScrolling),
    key(["End"], "keys.viewer.last", () => viewer.goTo(viewer.files.peek().length - 1), notScrolling),
    key(
      ["KeyP"],
      "keys.video.play",
      () => viewer.app.music.peek()?.toggle(),
      () => hasMusic(viewer),
    ),
    key(["KeyF"], "keys.viewer.full", () => void toggleFullScreen()),
    key(["KeyS"], "keys.select", () => {
      const shown = viewer.row.peek();
      if (shown) viewer.app.selection.toggle(shown);
    }),
    key(["KeyY"], "keys.download", () => runAction(viewer, "download")),
    { ...key(["Delete", "Ctrl+KeyK"], "keys.viewer.delete", () => runAction(viewer, "delete")), once: true },
    key(["Ctrl+KeyZ"], "keys.undo", viewer.app.undo.run, viewer.app.undo.may),
    key(["F2"], "keys.viewer.rename", () => runAction(viewer, "rename")),
    key(["Shift+KeyI"], "keys.viewer.info", () => {
      viewer.infoShown.value = !viewer.infoShown.peek();
    }),
    key(isRead ? ["Escape", "KeyM"] : ["Escape"], "keys.viewer.close", () => viewer.close()),
    key(["?"], "keys.help", () => showKeys(viewer.app)),
  ];
}

/** Whether the focus is not in something that scrolls or is set by these keys. */
function notScrolling(): boolean {
  return !document.activeElement?.closest(".scrolls, input[type=range], select, [role=toolbar]");
}
