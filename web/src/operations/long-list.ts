// A list of which only the lines in its box are drawn. All lines have the same height.
import { html, LitElement } from "lit";
import { visibleRows } from "../../kit/visible-rows.ts";
import { scaled } from "../parts/text-size.ts";

export class LongList<T> extends LitElement {
  static override properties = {
    items: { attribute: false },
    draw: { attribute: false },
    lineHeight: { attribute: false },
    label: { attribute: false },
  };
  declare items: readonly T[];
  declare draw: (item: T, at: number) => unknown;
  /** pixels, for texts of the usual size */
  declare lineHeight: number;
  declare label: string;
  private readonly resized = new ResizeObserver(() => this.requestUpdate());

  constructor() {
    super();
    this.items = [];
    this.lineHeight = 36;
    this.label = "";
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.resized.observe(this);
    // It scrolls with the keys, too.
    this.tabIndex = 0;
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", this.label);
    this.addEventListener("scroll", () => this.requestUpdate(), { passive: true });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resized.disconnect();
  }

  protected override render(): unknown {
    const { items } = this;
    const lineHeight = scaled(this.lineHeight);
    const { from, to } = visibleRows(this.scrollTop, this.clientHeight || 400, lineHeight, items.length);
    return html`<ul class="lines" aria-label=${this.label} .style=${`height:${items.length * lineHeight}px`}>
      ${items.slice(from, to).map(
        (item, at) =>
          html`<li
            aria-setsize=${items.length}
            aria-posinset=${from + at + 1}
            .style=${`top:${(from + at) * lineHeight}px;height:${lineHeight}px`}
          >
            ${this.draw(item, from + at)}
          </li>`,
      )}
    </ul>`;
  }
}

customElements.define("pl-long-list", LongList);
