// What can be done with files: delete, rename, move, copy, cut and paste, undo, trash, versions, properties, share. Registers
// buttons, menus and keys; what is behind them is loaded when it is used.

import { effect } from "@preact/signals-core";
import { type Key, t } from "../../kit/words.ts";
import type { Action, App } from "../browse/app.ts";
import type { Hotkey } from "../browse/hotkeys.ts";
import { withoutSlash } from "../browse/place.ts";
import type { Row } from "../browse/rows.ts";
import type { FolderTree } from "../browse/tree.ts";
import { Operations } from "./operations.ts";

type Rows = readonly Row[];

export function addOperations(app: App, tree: FolderTree): Operations {
  const operations = new Operations(app, tree);
  app.actions.push(...changingActions(operations), ...clipboardActions(operations), ...lookingActions(operations));
  addFolderActions(operations);
  addKeys(operations);
  addTrashLink(operations);
  effect(() => {
    app.pale.value = operations.clipboard.cut.value;
  });
  const stop = effect(() => {
    if (!app.folder.listing.value) return;
    queueMicrotask(() => {
      stop();
      void operations.loadVolumes();
      if (matchMedia("(any-pointer: fine)").matches)
        void import("./drag.ts").then(({ addDrag }) => addDrag(operations));
    });
  });
  return operations;
}

const single = (rows: Rows): boolean => rows.length === 1;
const singleFile = (rows: Rows): boolean => single(rows) && rows[0]?.kind === "file";

const openShare = async (operations: Operations, path: string, isFolder: boolean): Promise<void> =>
  (await import("./share.ts")).openShare(operations, path, isFolder);

const openProperties = async (operations: Operations, rows: Rows): Promise<void> =>
  (await import("./properties.ts")).openProperties(operations, rows);

const openTrash = async (operations: Operations): Promise<void> => {
  const path = operations.app.path.peek();
  (await import("./trash.ts")).openTrash(operations, path);
};

const renameRows = async (operations: Operations, rows: Rows): Promise<void> =>
  single(rows)
    ? (await import("./rename-one.ts")).renameOne(operations, rows)
    : (await import("./rename-many.ts")).renameMany(operations, rows);

const deleteRows = async (operations: Operations, rows: Rows): Promise<void> =>
  (await import("./delete.ts")).deleteRows(operations, rows);

const chooseTarget = async (operations: Operations, rows: Rows, kind: "move" | "copy"): Promise<void> =>
  (await import("./relocate.ts")).relocateRows(operations, rows, kind);

const paste = async (operations: Operations, to: string): Promise<void> =>
  (await import("./relocate.ts")).paste(operations, to);

function changingActions(operations: Operations): Action[] {
  const { app } = operations;
  const isFolder = (rows: Rows): boolean => rows[0]?.kind === "folder";
  return [
    {
      id: "share",
      label: () => t("action.share"),
      icon: "share",
      inBar: true,
      when: (rows) => rows[0] !== undefined && single(rows) && operations.mayShare(app.pathOf(rows[0])),
      run: (rows) => rows[0] && openShare(operations, app.pathOf(rows[0]), isFolder(rows)),
    },
    {
      id: "rename",
      label: () => t("action.rename"),
      icon: "rename",
      hint: "F2",
      inBar: true,
      separated: true,
      when: (rows) => operations.may("move", rows),
      run: (rows) => renameRows(operations, rows),
    },
    {
      id: "move",
      label: () => t("action.move"),
      icon: "move",
      inBar: true,
      when: (rows) => operations.may("move", rows),
      run: (rows) => chooseTarget(operations, rows, "move"),
    },
    {
      id: "copy",
      label: () => t("action.copy"),
      icon: "copy",
      inBar: true,
      when: (rows) => operations.may("copy", rows) && operations.canAddSomewhere,
      run: (rows) => chooseTarget(operations, rows, "copy"),
    },
    {
      id: "delete",
      label: () => t("action.delete"),
      icon: "trash",
      hint: "Ctrl+K",
      inBar: true,
      bad: true,
      when: (rows) => operations.may("delete", rows),
      run: (rows) => deleteRows(operations, rows),
    },
  ];
}

/** Puts rows on the clipboard. */
function keep(operations: Operations, rows: Rows, kind: "move" | "copy"): void {
  const { app, clipboard } = operations;
  clipboard.set({ kind, paths: operations.pathsOf(rows), files: rows.every((row) => row.kind === "file") });
  const text = t(kind === "move" ? "clip.cut" : "clip.copied", { n: rows.length });
  app.notices.show({ text, action: { label: t("dialog.cancel"), run: () => clipboard.set(undefined) } });
}

function clipboardActions(operations: Operations): Action[] {
  const { app, clipboard } = operations;
  return [
    {
      id: "cut",
      label: () => t("action.cut"),
      icon: "cut",
      hint: "Ctrl+X",
      separated: true,
      when: (rows) => operations.may("move", rows),
      run: (rows) => keep(operations, rows, "move"),
    },
    {
      id: "copy-clip",
      label: () => t("action.copyClip"),
      icon: "copy",
      hint: "Ctrl+C",
      when: (rows) => operations.may("copy", rows) && operations.canAddSomewhere,
      run: (rows) => keep(operations, rows, "copy"),
    },
    {
      id: "paste",
      label: () => t("action.pasteInto"),
      icon: "paste",
      when: (rows) =>
        clipboard.clip.value !== undefined &&
        rows.length === 1 &&
        rows[0]?.kind === "folder" &&
        app.mayOf(rows[0]).upload,
      run: ([row]) => row && paste(operations, `${app.pathOf(row)}/`),
    },
  ];
}

function lookingActions(operations: Operations): Action[] {
  const { app } = operations;
  return [
    {
      id: "properties",
      label: () => t("action.properties"),
      icon: "info",
      hint: "Alt+Enter",
      separated: true,
      when: () => app.may.value.list,
      run: (rows) => openProperties(operations, rows),
    },
    {
      id: "versions",
      label: () => t("action.versions"),
      icon: "versions",
      when: (rows) => singleFile(rows) && (operations.may("delete", rows) || operations.may("edit", rows)),
      run: async ([row]) => row && (await import("./versions.ts")).openVersions(operations, row),
    },
  ];
}

function addFolderActions(operations: Operations): void {
  const { app, clipboard } = operations;
  app.folderActions.push(
    {
      id: "paste",
      label: () => t("action.pasteHere", { n: clipboard.clip.value?.paths.length ?? 0 }),
      icon: "paste",
      hint: "Ctrl+V",
      inBar: true,
      when: () => clipboard.clip.value !== undefined && app.may.value.upload && !app.search.question.value,
      run: () => paste(operations, app.path.peek()),
    },
    {
      id: "share",
      label: () => t("action.shareFolder"),
      icon: "share",
      when: () => operations.mayShare(folderPath(app)),
      run: () => openShare(operations, folderPath(app), true),
    },
    {
      id: "trash",
      label: () => t("action.trash"),
      icon: "trash",
      when: () => app.may.value.delete,
      run: () => openTrash(operations),
    },
    {
      id: "properties",
      label: () => t("action.folderProperties"),
      icon: "info",
      when: () => app.may.value.list,
      run: () => openProperties(operations, []),
    },
  );
}

/** Returns the path of the shown folder without a slash at its end. */
const folderPath = (app: App): string => withoutSlash(app.path.value);

function addKeys(operations: Operations): void {
  const { app, clipboard } = operations;
  app.undo = {
    may: () => operations.canUndo,
    run: async () => (await import("./undo.ts")).undoLast(operations),
  };
  const may = (id: string): Action | undefined => {
    const rows = operations.current;
    return rows.length > 0 ? app.actions.find((action) => action.id === id && action.when(rows)) : undefined;
  };
  const onRows = (keys: string[], label: Key, id: string, when = (): boolean => true): Hotkey => ({
    keys,
    label,
    group: "files",
    when: () => when() && may(id) !== undefined,
    run: () => {
      const action = may(id);
      if (action) app.run(action, operations.current);
    },
  });
  // A text that is marked in the page is copied as everywhere.
  const noText = (): boolean => getSelection()?.isCollapsed !== false;
  app.hotkeys.add(
    onRows(["F2"], "keys.rename", "rename"),
    { ...onRows(["Delete", "Ctrl+KeyK"], "keys.delete", "delete"), once: true },
    onRows(["Ctrl+KeyX"], "keys.cut", "cut", noText),
    onRows(["Ctrl+KeyC"], "keys.copy", "copy-clip", noText),
    // The browser's own event follows: files of the computer are uploaded, others are pasted.
    { keys: ["Ctrl+KeyV"], label: "keys.paste", group: "files", when: () => false, run: () => {} },
    onRows(["Alt+Enter"], "keys.properties", "properties"),
    { keys: ["Ctrl+KeyZ"], label: "keys.undo", group: "files", when: app.undo.may, run: app.undo.run },
  );
  document.addEventListener("paste", (event) => {
    const target = event.target instanceof Element ? event.target : undefined;
    const isText = target?.closest("input, textarea, [contenteditable], dialog") != null;
    const hasFiles = event.clipboardData?.types.includes("Files") === true;
    if (event.defaultPrevented || isText || hasFiles || !clipboard.clip.peek() || !app.may.peek().upload) return;
    event.preventDefault();
    void paste(operations, app.path.peek());
  });
}

/** The server draws the link to the trash for the first folder. It follows the shown one, and opens in the page. */
function addTrashLink(operations: Operations): void {
  const { app } = operations;
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest('.foot a[href="?trash"]') : null;
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    void openTrash(operations);
  });
  effect(() => {
    const link = document.querySelector<HTMLElement>('.foot a[href="?trash"]');
    if (link?.parentElement) link.parentElement.hidden = app.head.value !== undefined && !app.may.value.delete;
  });
}
