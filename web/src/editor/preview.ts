// The preview of a Markdown text: rendered by the server while it is typed, cleaned once more, and scrolled together with the text.
import { signal } from "@preact/signals-core";
import { html, nothing, render } from "lit";
import { t } from "../../kit/words.ts";
import { type Api, ApiRefusal } from "../api/client.ts";
import type { MarkdownPlugins } from "../api/types.gen.ts";
import type { PluginFrame } from "../parts/plugins.ts";
import { sanitised } from "../parts/sanitised.ts";
import type { EditorPane } from "./pane.ts";
import { type Anchor, anchorsOf, blocksOf, lineOfTop, topOfLine } from "./scroll-map.ts";

/** Milliseconds without typing after which the text is rendered. */
const PAUSE_MS = 250;
/** Most bytes that the server renders. */
const RENDERED_MAX = 512 << 10;
/** Milliseconds for which scrolling is taken for what follows from scrolling the other side. */
const ECHO_MS = 120;

export class Preview {
  readonly element = document.createElement("div");
  readonly isBusy = signal(false);
  private readonly article = document.createElement("article");
  private readonly note = document.createElement("div");
  private abort = new AbortController();
  private timer = 0;
  private shownText: string | undefined;
  private anchors: readonly Anchor[] | undefined;
  private plugins: PluginFrame | undefined;
  private leader: "text" | "preview" = "text";
  private ledUntil = 0;
  private readonly sizes: ResizeObserver | undefined;

  constructor(
    private readonly api: Api,
    private readonly path: string,
    private readonly pane: EditorPane,
  ) {
    this.element.className = "editor-preview scrolls own-gestures";
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "region");
    this.element.setAttribute("aria-label", t("editor.preview"));
    this.article.className = "md";
    this.article.dir = "auto";
    this.element.append(this.note, this.article);
    this.element.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.element.addEventListener("click", (event) => this.click(event));
    // Pictures that arrive and windows that change move everything.
    this.sizes = new ResizeObserver(() => {
      this.anchors = undefined;
    });
    this.sizes.observe(this.article);
  }

  /** Renders the text after a pause, or at once. Nothing is done if it is shown already. */
  update(now = false): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.draw(), now ? 0 : PAUSE_MS) as unknown as number;
  }

  private async draw(): Promise<void> {
    // An answer to an earlier text must not come after this one.
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.isBusy.value = false;
    // At least as many bytes as characters: of a long text no copy is made.
    const text = this.pane.doc.length > RENDERED_MAX ? undefined : this.pane.text;
    if (text === undefined || new Blob([text]).size > RENDERED_MAX) {
      this.say(t("editor.previewLarge"));
      return;
    }
    if (text === this.shownText) {
      this.say("");
      return;
    }
    this.isBusy.value = true;
    try {
      const { html: rendered, plugins } = await this.api.previewMarkdown(this.path, text, signal);
      if (signal.aborted) return;
      this.article.replaceChildren(sanitised(rendered));
      await this.run(plugins);
      if (signal.aborted) return;
      this.shownText = text;
      this.anchors = undefined;
      this.say("");
      this.follow();
    } catch (error) {
      if (!signal.aborted)
        this.say(error instanceof ApiRefusal && error.message ? error.message : t("editor.previewLost"));
    } finally {
      if (!signal.aborted) this.isBusy.value = false;
    }
  }

  /** Plugins run in a new frame for each text: what those of an earlier one have started ends with theirs. */
  private async run(plugins: MarkdownPlugins | undefined): Promise<void> {
    if (!plugins) {
      this.plugins?.remove();
      this.plugins = undefined;
      return;
    }
    const { PluginFrame } = await import("../parts/plugins.ts");
    const base = new URL(".", new URL(this.api.href(this.path), location.href)).href;
    this.plugins = new PluginFrame(this.article, { ...plugins, base }, this.plugins);
  }

  private say(text: string): void {
    const retry = (): void => this.update(true);
    render(
      text === ""
        ? nothing
        : html`<p class="note" role="status">${text} <button class="tool" type="button" @click=${retry}>${t("browse.again")}</button></p>`,
      this.note,
    );
  }

  /** The text was scrolled, or is another one: shows the same place. */
  follow(): void {
    if (this.leader === "preview" && performance.now() < this.ledUntil) return;
    this.lead("text");
    const { element, pane } = this;
    const [anchors, end] = this.map();
    element.scrollTop = pane.isAtEnd() ? element.scrollHeight : topOfLine(pane.topLine(), anchors, end);
  }

  private scrolled(): void {
    if (this.leader === "text" && performance.now() < this.ledUntil) return;
    this.lead("preview");
    const { element, pane } = this;
    if (element.scrollTop > 0 && element.scrollTop + element.clientHeight >= element.scrollHeight - 2) {
      pane.scrollToEnd();
      return;
    }
    const [anchors, end] = this.map();
    pane.scrollToLine(lineOfTop(element.scrollTop, anchors, end));
  }

  private lead(side: "text" | "preview"): void {
    this.leader = side;
    this.ledUntil = performance.now() + ECHO_MS;
  }

  private map(): [readonly Anchor[], Anchor] {
    const end = { line: this.pane.doc.lines, top: this.element.scrollHeight };
    this.anchors ??= this.measure();
    return [this.anchors, end];
  }

  private measure(): readonly Anchor[] {
    // What a frame with plugins shows cannot be measured: positions are interpolated over the whole.
    if (this.article.hidden) return [];
    const top = this.element.getBoundingClientRect().top - this.element.scrollTop;
    const shown = [...this.article.children].map((child) => ({
      kind: kindOf(child),
      top: child.getBoundingClientRect().top - top,
    }));
    return anchorsOf(blocksOf((this.shownText ?? "").split("\n")), shown);
  }

  /** Links to headings scroll here; others open beside the editor. */
  private click(event: MouseEvent): void {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[href]");
    if (!link) return;
    event.preventDefault();
    const href = link.getAttribute("href") ?? "";
    if (!href.startsWith("#")) {
      window.open(link.href, "_blank", "noopener");
      return;
    }
    const id = decodeURIComponent(href.slice(1));
    [...this.article.querySelectorAll("[id]")].find((one) => one.id === id)?.scrollIntoView();
  }

  destroy(): void {
    clearTimeout(this.timer);
    this.abort.abort();
    this.sizes?.disconnect();
  }
}

function kindOf(element: Element): string {
  const name = element.localName;
  if (/^(h[1-6]|p|ul|ol|pre|table|blockquote|hr)$/.test(name)) return name;
  // Alerts are quotes in the text.
  return element.classList.contains("markdown-alert") ? "blockquote" : "html";
}
