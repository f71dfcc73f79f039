// What is known of a file or folder, or of several together.

import { html, nothing, type TemplateResult } from "lit";
import { size } from "../../kit/format.ts";
import { listed } from "../../kit/locale.ts";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import type { Counted, EntryInfo, FileProperties, May } from "../api/types.gen.ts";
import { copyText } from "../browse/clipboard-text.ts";
import { decoded } from "../browse/decoded.ts";
import { withoutSlash } from "../browse/place.ts";
import type { Row } from "../browse/rows.ts";
import { counts, shownTime, tagText } from "../browse/texts.ts";
import { type Dialog, openDialog } from "../parts/dialog.ts";
import { loadStyle } from "../parts/style.ts";
import { textOf } from "./changes.ts";
import { ChecksumPart } from "./checksum-part.ts";
import type { Operations } from "./operations.ts";

/** Most paths of one request. */
const PATHS_MAX = 1000;

/** Shows the properties of rows; without rows of the shown folder. */
export async function openProperties(operations: Operations, rows: readonly Row[]): Promise<void> {
  const { app } = operations;
  const shown = withoutSlash(app.path.peek());
  const paths = rows.length > 0 ? operations.pathsOf(rows) : [shown];
  await loadStyle("operations.css");
  const [only] = rows.length === 1 ? rows : [];
  const name = only ? shownName(only.name) : decoded(shown.split("/").pop() ?? "") || t("crumbs.home");
  const title = rows.length > 1 ? t("properties.many", { n: rows.length }) : t("properties.one", { name });
  new Properties(operations, openDialog(title, true), paths, rows.length > 1).start();
}

class Properties {
  private readonly abort = new AbortController();
  private readonly sum: Counted = { files: 0, folders: 0, bytes: 0, truncated: false };
  private isCounting = true;
  private file: FileProperties | undefined;
  private entry: EntryInfo | undefined;
  private failed = 0;
  private fault = "";
  private checksum: ChecksumPart | undefined;

  constructor(
    private readonly operations: Operations,
    private readonly dialog: Dialog<void>,
    private readonly paths: readonly string[],
    private readonly isMany: boolean,
  ) {
    dialog.element.classList.add("properties");
    void dialog.result.then(() => this.abort.abort());
  }

  start(): void {
    this.draw();
    void this.count();
    if (!this.isMany) void this.loadEntry();
  }

  /** What is known of a folder before it was counted. */
  private async loadEntry(): Promise<void> {
    try {
      this.entry = await this.operations.app.api.entry(this.paths[0] ?? "/");
      this.draw();
    } catch {
      // The properties say why.
    }
  }

  private async count(): Promise<void> {
    try {
      for (let at = 0; at < this.paths.length; at += PATHS_MAX)
        await this.countPart(this.paths.slice(at, at + PATHS_MAX));
    } catch (error) {
      if (this.abort.signal.aborted) return;
      this.fault = textOf(error) || t("ops.lost");
    }
    this.isCounting = false;
    this.draw();
  }

  private async countPart(paths: string[]): Promise<void> {
    const before = { ...this.sum };
    for await (const line of this.operations.app.api.properties(paths, this.abort.signal)) {
      if (line.kind === "file") this.file = line;
      else if (line.kind === "failed") this.failed++;
      else {
        this.sum.files = before.files + line.files;
        this.sum.bytes = before.bytes + line.bytes;
        this.sum.truncated ||= line.truncated;
        if (line.folders === undefined || before.folders === undefined) delete this.sum.folders;
        else this.sum.folders = before.folders + line.folders;
      }
      this.draw();
    }
  }

  private draw(): void {
    if (!this.dialog.element.isConnected) return;
    const info = this.file ?? this.entry;
    this.dialog.draw(
      html`<div class="dialog-body">
        <dl class="facts-list wide">
          ${info ? this.place(info) : nothing} ${this.amount()}
          ${info && info.modified_ms > 0 ? fact(t("list.changed"), shownTime(info.modified_ms)) : nothing}
          ${this.file ? this.ofFile(this.file) : nothing} ${info ? fact(t("properties.rights"), rightsText(info.may)) : nothing}
        </dl>
        ${this.file ? this.tags(this.file) : nothing}
        ${this.failed > 0 ? html`<p class="answer bad">${t("properties.failed", { n: this.failed })}</p>` : nothing}
        ${this.fault === "" ? nothing : html`<p class="answer bad" role="alert">${this.fault}</p>`}
      </div>`,
    );
  }

  private place({ path }: EntryInfo): TemplateResult {
    const { app } = this.operations;
    const url = new URL(app.api.href(path), location.href).href;
    const shown = `/${path.split("/").filter(Boolean).map(decoded).join("/")}`;
    return fact(
      t("properties.path"),
      html`<code>${shown}</code> ${copyButton(shown, t("properties.copyPath"))} ${copyButton(url, t("action.link"))}`,
    );
  }

  private amount(): TemplateResult {
    const { files, folders, bytes, truncated } = this.sum;
    const exact = html`${size(bytes)} <small>${t("list.bytes", { n: bytes })}</small>`;
    if (this.file) return fact(t("list.size"), exact);
    const busy = this.isCounting ? html` <progress aria-label=${t("properties.counting")}></progress>` : nothing;
    // The folder itself is among the counted ones.
    const inside = folders === undefined ? 0 : Math.max(0, folders - (this.isMany ? 0 : 1));
    const more = truncated ? html` <small>${t("properties.atLeast")}</small>` : nothing;
    return html`${fact(t("list.size"), html`${exact}${busy}`)}${fact(t("properties.content"), html`${counts(inside, files) || t("properties.empty")}${more}`)}`;
  }

  private ofFile(file: FileProperties): TemplateResult {
    const { picture, uploaded, versions } = file;
    const { app } = this.operations;
    this.checksum ??= new ChecksumPart();
    this.checksum.api = app.api;
    this.checksum.file = file;
    const openVersions = async (): Promise<void> => {
      this.dialog.close();
      await (await import("./versions.ts")).openVersionsOf(this.operations, file.path, file.name);
    };
    return html`${picture ? fact(t("properties.picture"), t("properties.pixels", { width: picture.width, height: picture.height })) : nothing}
      ${uploaded ? fact(t("properties.uploaded"), uploadedText(uploaded)) : nothing}
      ${
        versions === undefined
          ? nothing
          : fact(
              t("properties.versions"),
              versions === 0
                ? t("properties.noVersions")
                : html`<button class="tool" type="button" @click=${() => void openVersions()}>${t("properties.versionsCount", { n: versions })}</button>`,
            )
      }
      ${fact(t("properties.checksum"), this.checksum)}`;
  }

  private tags({ tags }: FileProperties): unknown {
    const labels = new Map((this.operations.app.head.peek()?.tags ?? []).map(({ name, label }) => [name, label]));
    const all = Object.entries(tags).filter(([, value]) => value !== null && value !== "");
    if (all.length === 0) return nothing;
    return html`<h3>${t("properties.tags")}</h3>
      <dl class="facts-list wide">
        ${all.map(([name, value]) => fact(shownName(labels.get(name) ?? name.replace(/^\./, "")), html`<bdi>${tagText(name, value)}</bdi>`))}
      </dl>`;
  }
}

const fact = (label: string, value: unknown): TemplateResult => html`<dt>${label}</dt><dd>${value}</dd>`;

function copyButton(text: string, label: string): TemplateResult {
  const copy = async (event: Event): Promise<void> => {
    const button = event.currentTarget as HTMLElement;
    const done = await copyText(text);
    button.textContent = t(done ? "properties.copied" : "properties.notCopied");
    setTimeout(() => {
      button.textContent = label;
    }, 2000);
  };
  return html`<button class="tool" type="button" @click=${copy}>${label}</button>`;
}

function uploadedText({ at_ms, own, by, address }: NonNullable<FileProperties["uploaded"]>): string {
  const when = shownTime(at_ms);
  if (own) return t("properties.uploadedByYou", { when });
  const who = listed([by === undefined ? "" : shownName(by), address ?? ""]);
  return who === "" ? when : t("properties.uploadedBy", { when, who });
}

const RIGHTS = ["list", "download", "upload", "overwrite", "edit", "move", "copy", "delete"] as const;

/** "See the list, download, add files": what the account may do there, in words. */
function rightsText(may: May): string {
  const words = RIGHTS.filter((right) => may[right]).map((right) => t(`rights.${right}`));
  return words.length === 0 ? t("rights.none") : listed(words);
}
