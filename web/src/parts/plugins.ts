// Markdown with plugins (`-emp`): the text is shown in a frame without our origin, in which its scripts run. They have no access to
// this page or to the account; the page believes nothing of the frame but a height. People can look at the text without them.
import { t } from "../../kit/words.ts";
import type { MarkdownPlugins } from "../api/types.gen.ts";
import { type Given, heightOf } from "../plugin-frame/messages.ts";
import { styleHref } from "./style.ts";

/** A text with plugins. */
export interface PluginText extends MarkdownPlugins {
  /** address of the text's folder */
  base: string;
}

export class PluginFrame {
  private readonly element = document.createElement("div");
  private readonly frame = document.createElement("iframe");
  private readonly toggle = document.createElement("button");
  private readonly heading = document.createElement("h1");
  private readonly abort = new AbortController();
  private loads = 0;
  private waits = true;

  /**
   * Shows `text` before `article`, which has the same without plugins and is hidden when the frame is ready. `previous`: the frame of
   * an earlier text, which stays until then.
   */
  constructor(
    private readonly article: HTMLElement,
    private readonly text: PluginText,
    private readonly previous?: PluginFrame,
  ) {
    const { element, frame, toggle } = this;
    element.className = "plugins is-waiting";
    toggle.type = "button";
    toggle.className = "tool";
    toggle.addEventListener("click", () => this.choose(frame.hidden === true));
    const note = document.createElement("p");
    note.className = "plugins-note";
    note.append(`${t("plugins.note")} `, toggle);
    frame.title = t("plugins.frame");
    frame.setAttribute("sandbox", "allow-scripts");
    frame.referrerPolicy = "no-referrer";
    frame.addEventListener("load", () => this.loaded());
    addEventListener("message", (event) => this.hear(event), { signal: this.abort.signal });
    frame.src = styleHref("plugin-frame.html");
    element.append(note, frame);
    const title = article.querySelector("h1");
    if (title) {
      // That of the text is in the frame, which is no part of this page's outline.
      this.heading.className = "sr";
      this.heading.textContent = title.textContent;
      element.prepend(this.heading);
    }
    this.choose(!previous?.frame.hidden);
    article.before(element);
  }

  private loaded(): void {
    this.loads++;
    // It has gone elsewhere: what is there now is not what was asked for.
    if (this.loads > 1) {
      this.remove();
      return;
    }
    const { documentElement } = document;
    const { text, breaks, base } = this.text;
    const given: Given = {
      text,
      breaks,
      base,
      page: location.href,
      theme: documentElement.dataset.theme ?? "",
      lang: documentElement.lang,
      failed: t("plugins.failed"),
    };
    // The frame has no origin that could be named.
    this.frame.contentWindow?.postMessage(given, "*");
  }

  private hear({ source, data }: MessageEvent): void {
    if (!this.frame.isConnected) {
      this.abort.abort();
      return;
    }
    const height = source === this.frame.contentWindow ? heightOf(data) : undefined;
    if (height === undefined) return;
    this.frame.height = String(height);
    if (!this.waits) return;
    this.waits = false;
    this.previous?.remove();
    this.element.classList.remove("is-waiting");
    this.choose(!this.frame.hidden);
  }

  /** Shows the text with its plugins, or without. */
  private choose(withPlugins: boolean): void {
    this.frame.hidden = !withPlugins;
    this.toggle.textContent = t(withPlugins ? "plugins.off" : "plugins.on");
    if (!this.waits) this.article.hidden = withPlugins;
    this.heading.hidden = !withPlugins;
  }

  /** Shows the text without plugins, for good. */
  remove(): void {
    this.abort.abort();
    this.element.remove();
    this.article.hidden = false;
  }
}

/** Upgrades the article of a page that is marked `data-enhance="plugins"`. */
export function enhanceArticle(article: HTMLElement): void {
  const { text = "", breaks } = article.dataset;
  new PluginFrame(article, { text, breaks: breaks !== undefined, base: new URL(".", location.href).href });
}
