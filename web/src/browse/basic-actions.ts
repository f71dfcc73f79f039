// Actions on rows that change nothing: open, download, copy the link.
import { t } from "../../kit/words.ts";
import type { App } from "./app.ts";
import { copyText } from "./clipboard-text.ts";
import { keyOf, type Row, withParameter } from "./rows.ts";

export function addBasicActions(app: App): void {
  const single = (rows: readonly Row[]): boolean => rows.length === 1;
  const files = (rows: readonly Row[]): boolean => rows.every((row) => row.kind === "file");
  app.actions.push(
    {
      id: "open",
      label: () => t("action.open"),
      icon: "open",
      when: single,
      run: ([row]) => row && app.open(row),
    },
    {
      id: "download",
      label: () => t("action.download"),
      icon: "download",
      hint: "Y",
      inBar: true,
      when: (rows) => single(rows) && files(rows) && app.may.peek().download,
      run: ([row]) => row && download(withParameter(app.hrefOf(row), "dl")),
    },
    {
      id: "zip",
      label: () => t("action.zip"),
      icon: "archive",
      inBar: true,
      when: (rows) => canArchive(app, rows),
      run: (rows) => archive(app, rows, "zip"),
    },
    {
      id: "tar",
      label: () => t("action.tar"),
      icon: "archive",
      when: (rows) => canArchive(app, rows),
      run: (rows) => archive(app, rows, "tar"),
    },
    {
      id: "link",
      label: () => t("action.link"),
      icon: "link",
      when: single,
      run: async ([row]) => {
        if (!row) return;
        const done = await copyText(new URL(app.hrefOf(row), location.href).href);
        app.notices.show({ text: t(done ? "action.linkCopied" : "action.linkFailed"), bad: !done });
      },
    },
  );
}

/** Has the browser save what a URL leads to. */
export function download(href: string): void {
  const link = document.createElement("a");
  link.href = href;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
}

function canArchive(app: App, rows: readonly Row[]): boolean {
  const isFolder = rows.length === 1 && rows[0]?.kind === "folder" && rows[0].archive;
  return isFolder || (rows.length > 1 && app.may.peek().archive && rows.every((row) => row.folder === undefined));
}

/** Sends a form, as the browser's own download needs no memory of the page. */
function archive(app: App, rows: readonly Row[], format: "zip" | "tar"): void {
  const [first] = rows;
  if (rows.length === 1 && first?.kind === "folder") {
    download(withParameter(app.hrefOf(first), format));
    return;
  }
  const form = document.createElement("form");
  form.method = "post";
  form.enctype = "multipart/form-data";
  form.action = `${app.base}${app.listed()}?${format}`;
  const field = (name: string, value: string): void => {
    const input = document.createElement("textarea");
    [input.name, input.value] = [name, value];
    form.append(input);
  };
  field("act", "zip");
  field("files", rows.map((row) => keyOf(row).replace(/\/$/, "")).join("\n"));
  form.hidden = true;
  document.body.append(form);
  form.submit();
  form.remove();
}
