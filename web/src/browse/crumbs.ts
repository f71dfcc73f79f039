// The path in the header, as links.
import { html, nothing } from "lit";
import { t } from "../../kit/words.ts";
import { isNarrow } from "../parts/device.ts";
import { icon } from "../parts/icon.ts";
import { Part } from "../parts/part.ts";
import type { App } from "./app.ts";
import { decoded } from "./decoded.ts";
import { parentOf } from "./place.ts";

export class Crumbs extends Part {
  app!: App;

  private readonly resized = new ResizeObserver(() => this.updated());

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.parentElement) this.resized.observe(this.parentElement);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resized.disconnect();
  }

  /** The shown folder is in sight, however long the way to it is. */
  protected override updated(): void {
    // Narrow screens show its name alone.
    if (!isNarrow()) this.querySelector("b")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  protected override render(): unknown {
    const { base } = this.app;
    const names = this.app.path.value.split("/").filter(Boolean);
    const parent = parentOf(this.app.path.value);
    let path = `${base}/`;
    const links = names.map((name, at) => {
      path += `${name}/`;
      return html`<i>/</i>${at === names.length - 1 ? html`<b aria-current="page"><bdi>${decoded(name)}</bdi></b>` : html`<a href=${path}><bdi>${decoded(name)}</bdi></a>`}`;
    });
    return html`${parent === undefined ? nothing : html`<a class="back" href=${base + parent} aria-label=${t("crumbs.up")} title=${t("crumbs.up")}>${icon("left")}</a>`}
    ${names.length === 0 ? html`<b aria-current="page">${t("crumbs.home")}</b>` : html`<a href=${`${base}/`}>${t("crumbs.home")}</a>${links}`}`;
  }
}

customElements.define("pl-crumbs", Crumbs);
