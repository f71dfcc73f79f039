// The keys of the list (spec: copyparty's hotkeys of both generations), and the list of all keys.
import { html } from "lit";
import { type Key, t } from "../../kit/words.ts";
import { openDialog } from "../parts/dialog.ts";
import { closeMenu } from "../parts/menu.ts";
import type { App } from "./app.ts";
import { download } from "./basic-actions.ts";
import { treeTexts } from "./choices.ts";
import { focusCursor } from "./focus.ts";
import { type Hotkey, shownKey } from "./hotkeys.ts";
import { parentOf } from "./place.ts";
import { withParameter } from "./rows.ts";
import type { FolderTree } from "./tree.ts";

export function addBrowseKeys(app: App, tree: FolderTree): void {
  const { view, selection } = app;
  const inGrid = (): boolean => view.value.peek().mode === "grid";
  const isThere = (): boolean => !app.isStale.peek();
  const neighbour = async (step: number): Promise<void> => {
    const path = app.path.peek();
    const folders = await tree.neighbours(path);
    const to = folders[(folders.indexOf(path) + step + folders.length) % folders.length];
    if (to !== undefined && to !== path) app.go(to);
  };
  const key = (
    keys: string[],
    label: Key,
    group: Hotkey["group"],
    run: Hotkey["run"],
    when?: () => boolean,
  ): Hotkey => ({
    keys,
    label,
    group,
    run,
    ...(when ? { when } : {}),
  });
  app.hotkeys.add(
    key(["KeyB"], "keys.tree", "browse", () => {
      tree.isShown.value = !tree.isShown.peek();
    }),
    key(["KeyV"], "view.treeTexts", "browse", () => {
      treeTexts.value = !treeTexts.peek();
      if (treeTexts.peek()) tree.isShown.value = true;
    }),
    key(["KeyI"], "keys.previousFolder", "browse", () => void neighbour(-1)),
    key(["KeyK"], "keys.nextFolder", "browse", () => void neighbour(1)),
    key(["KeyM", "Backspace"], "keys.up", "browse", () => {
      const parent = parentOf(app.path.peek());
      if (parent !== undefined) app.go(parent);
    }),
    key(["KeyG"], "keys.grid", "browse", () => view.change({ mode: inGrid() ? "list" : "grid" })),
    key(["KeyT"], "keys.thumbnails", "browse", () => view.change({ thumbnails: !view.value.peek().thumbnails })),
    key(["Shift+KeyA"], "keys.smaller", "browse", () => view.zoom(-1)),
    key(["Shift+KeyD"], "keys.larger", "browse", () => view.zoom(1)),
    key(["KeyA"], "keys.narrower", "browse", () => (inGrid() ? view.zoom(-1) : tree.widen(-1))),
    key(["KeyD"], "keys.wider", "browse", () => (inGrid() ? view.zoom(1) : tree.widen(1))),
    key(
      ["Quote"],
      "keys.findName",
      "browse",
      () => void import("./jump.ts").then(({ jumpToName }) => jumpToName(app)),
      () => isThere() && app.rows.peek().length > 0,
    ),
    key(["F4"], "keys.refresh", "browse", () => {
      tree.refresh();
      void app.refresh();
    }),
    key(["Ctrl+KeyA"], "keys.all", "files", () => isThere() && selection.all()),
    key(["KeyS"], "keys.select", "files", () => {
      const row = app.rows.peek()[selection.cursorIndex()];
      if (row && isThere()) selection.toggle(row);
    }),
    key(["KeyY"], "keys.download", "files", () => {
      for (const row of isThere() ? selection.rows.peek() : [])
        if (row.kind === "file") download(withParameter(app.hrefOf(row), "dl"));
    }),
    key(
      ["ArrowDown", "ArrowUp", "Home", "End"],
      "keys.cursor",
      "files",
      ({ key }) => focusRows(app, key),
      () => isThere() && app.rows.peek().length > 0,
    ),
    key(["Escape"], "keys.close", "page", () => {
      closeMenu();
      selection.clear();
    }),
    key(["?"], "keys.help", "page", () => showKeys(app)),
  );
}

/** Gives the focus to the first or the last row, as `key` says; else to the row of the keyboard, first to the first one. */
function focusRows(app: App, key: string): void {
  const rows = app.rows.peek();
  const to = key === "End" ? rows.at(-1) : rows[0];
  const isNamed = key === "End" || key === "Home";
  if (to && (isNamed || app.selection.cursorIndex() < 0)) app.selection.moveTo(to);
  focusCursor();
}

const GROUPS: readonly Hotkey["group"][] = ["browse", "files", "player", "viewer", "editor", "page"];

/** Shows all keys. */
export function showKeys(app: App): void {
  const dialog = openDialog(t("keys.title"), true);
  const all = app.hotkeys.all();
  dialog.draw(
    html`<div class="dialog-body keys">
      ${GROUPS.map((group) => {
        const keys = all.filter((hotkey) => hotkey.group === group);
        return keys.length === 0
          ? ""
          : html`<section>
              <h3>${t(`keys.group.${group}`)}</h3>
              <dl>
                ${keys.map((hotkey) => html`<dt>${[...new Set(hotkey.keys.map(shownKey))].map((one) => html`<kbd>${one}</kbd> `)}</dt><dd>${t(hotkey.label as Key)}</dd>`)}
              </dl>
            </section>`;
      })}
    </div>`,
  );
}
