// Markdown as the server renders it. What arrives is sanitised once more before it is shown.
import { signal } from "@preact/signals-core";
import { html, nothing, render } from "lit";
import { t } from "../../kit/words.ts";
import type { MarkdownFile, MarkdownPlugins } from "../api/types.gen.ts";
import { hotkeysOf } from "../browse/hotkeys.ts";
import { canBeEdited, type FileRow } from "../browse/rows.ts";
import { idOf, markCurrent } from "../parts/current-heading.ts";
import { sanitised } from "../parts/sanitised.ts";
import { loadStyle } from "../parts/style.ts";
import { contentsOf } from "./contents.ts";
import type { FileView, Tool } from "./view.ts";
import type { Viewer } from "./viewer.ts";

/** Headings from which on there is a table of contents. */
const CONTENTS_MIN = 3;

export class MarkdownView implements FileView {
  readonly element = document.createElement("div");
  readonly tools = signal<readonly Tool[]>([]);
  readonly keys = [
    hotkeysOf("viewer")(
      ["KeyE"],
      "keys.viewer.edit",
      () => this.edit(),
      () => this.mayEdit,
    ),
  ];
  private readonly abort = new AbortController();
  private mayEdit = false;
  private stopMarking = (): void => {};

  /** `asText`: shows the source, which is also what happens when the server cannot render it. */
  constructor(
    private readonly viewer: Viewer,
    private readonly row: FileRow,
    private readonly asText: () => void,
  ) {
    this.element.className = "viewer-markdown scrolls";
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "region");
    this.element.setAttribute("aria-label", t("viewer.text"));
    this.element.addEventListener("click", (event) => this.click(event));
    void this.load();
  }

  private async load(): Promise<void> {
    const { app } = this.viewer;
    try {
      const rendered = await app.api.markdown(app.pathOf(this.row), this.row.key, this.abort.signal);
      await loadStyle("markdown.css");
      this.show(rendered);
    } catch {
      if (!this.abort.signal.aborted) this.asText();
    }
  }

  private show(rendered: MarkdownFile): void {
    this.mayEdit = rendered.may_edit && canBeEdited(this.row);
    const contents = contentsOf(rendered.toc);
    const article = document.createElement("article");
    article.className = "md";
    article.dir = "auto";
    article.append(sanitised(rendered.html));
    const { plugins } = rendered;
    render(
      html`${
        contents.length < CONTENTS_MIN
          ? nothing
          : html`<nav class="viewer-contents toc" aria-label=${t("viewer.contents")}>
            <ol>
              ${contents.map(({ depth, id, text }) => html`<li class="toc-${depth}"><a dir="auto" href="#${id}">${text}</a></li>`)}
            </ol>
          </nav>`
      }${article}`,
      this.element,
    );
    const headings = this.headings();
    this.stopMarking = markCurrent(
      [...this.element.querySelectorAll<HTMLAnchorElement>(".toc a")],
      (id) => headings.get(id),
      this.element,
    );
    if (plugins) void this.run(article, plugins);
    this.tools.value = [
      { id: "source", label: t("viewer.source"), icon: "text", run: () => this.asText() },
      ...(this.mayEdit
        ? [{ id: "edit", label: t("viewer.edit"), icon: "rename", hint: "E", run: () => this.edit() }]
        : []),
    ];
  }

  private async run(article: HTMLElement, plugins: MarkdownPlugins): Promise<void> {
    const { PluginFrame } = await import("../parts/plugins.ts");
    const { href } = new URL(".", new URL(this.viewer.app.hrefOf(this.row), location.href));
    if (!this.abort.signal.aborted) new PluginFrame(article, { ...plugins, base: href });
  }

  private edit(): void {
    const { app } = this.viewer;
    app.edit(app.pathOf(this.row));
  }

  /** A link to a heading scrolls here; it is no place of its own. */
  private click(event: MouseEvent): void {
    const link = (event.target as Element).closest<HTMLAnchorElement>('a[href^="#"]');
    if (!link) return;
    event.preventDefault();
    this.headings().get(idOf(link))?.scrollIntoView();
  }

  /** What links in the text lead to, by their ids. */
  private headings(): ReadonlyMap<string, Element> {
    return new Map([...this.element.querySelectorAll("[id]")].map((one) => [one.id, one]));
  }

  focus(): void {
    this.element.focus({ preventScroll: true });
  }

  destroy(): void {
    this.abort.abort();
    this.stopMarking();
  }
}
