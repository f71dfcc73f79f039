// The frame of the viewer over the page: name and tools, previous and next, facts, film strip, and the room for the file.
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import { Cover, keepFocus } from "../browse/cover.ts";
import type { FileRow } from "../browse/rows.ts";
import { icon } from "../parts/icon.ts";
import { openMenu } from "../parts/menu.ts";
import { Part } from "../parts/part.ts";
import { SwipeDown } from "./swipe.ts";
import { isFullScreen, menuOf, toggleFullScreen, toolsOf } from "./tools.ts";
import type { Tool } from "./view.ts";
import type { Viewer } from "./viewer.ts";
import "./facts-panel.ts";
import "./film-strip.ts";

/** Milliseconds without movement after which a slide show hides the bars. */
const IDLE_MS = 2500;
/** Buttons of the bar at the bottom of phones, besides "More". */
const BOTTOM_MAX = 4;
/** What Tab reaches. */
const REACHED = "a[href], button:not([disabled]), input, select, video, audio, iframe, .viewer-pane, [tabindex='0']";

export class ViewerOverlay extends Part {
  viewer!: Viewer;
  /** where the stage puts the files */
  readonly room = document.createElement("div");
  private cover: Cover | undefined;
  private idleTimer = 0;

  constructor() {
    super();
    this.room.className = "viewer-room";
    this.className = "viewer";
    this.tabIndex = -1;
    this.setAttribute("role", "dialog");
    this.addEventListener("keydown", (event) => keepFocus(this, event, REACHED));
    this.addEventListener("pointermove", () => this.awake());
    new SwipeDown(this, ".viewer-top", () => this.viewer.close());
  }

  /** Puts the overlay over the page. */
  open(): void {
    this.cover = new Cover(this.viewer.app, this);
    void this.cover.show();
  }

  /** Removes the overlay. The focus returns to the row of the file that was shown last. */
  close(row: FileRow | undefined): void {
    clearTimeout(this.idleTimer);
    this.cover?.remove(row);
    if (isFullScreen()) void toggleFullScreen();
  }

  /** Pictures and films have a dark ground in every theme. */
  setMedia(isMedia: boolean): void {
    this.classList.toggle("media", isMedia);
    this.classList.toggle("always-dark", isMedia);
  }

  /** Hides or shows the bars, as a tap on a picture does. */
  toggleBars(): void {
    this.classList.toggle("bare");
  }

  private awake(): void {
    clearTimeout(this.idleTimer);
    this.classList.remove("idle");
    if (!this.viewer.slideShow.isOn.peek()) return;
    this.idleTimer = setTimeout(() => this.classList.add("idle"), IDLE_MS) as unknown as number;
  }

  protected override render(): unknown {
    const { viewer } = this;
    const row = viewer.row.value;
    if (!row) return nothing;
    const name = shownName(row.name);
    const { n, total } = viewer.place.value;
    const place = total > 1 ? t("viewer.place", { n, total }) : "";
    this.setAttribute("aria-label", t("viewer.label", { name }));
    const hasStrip = this.classList.contains("media") && viewer.stripShown.value && total > 1;
    this.classList.toggle("with-strip", hasStrip);
    this.classList.toggle("with-facts", viewer.infoShown.value);
    return html`<div class="viewer-top">
        <button class="icon" type="button" aria-label=${t("viewer.close")} title=${`${t("viewer.close")} (Esc)`} @click=${() => viewer.close()}>
          ${icon("x")}
        </button>
        <h2><bdi>${name}</bdi>${place ? html`<small>${place}</small>` : nothing}</h2>
        ${total > 1 ? html`<div class="viewer-steps">${this.arrows(n, total, "icon")}</div>` : nothing} ${this.slides()}
        ${this.tools()}
      </div>
      ${this.room} ${total > 1 ? this.arrows(n, total, "viewer-arrow") : nothing}
      ${viewer.infoShown.value ? html`<pl-viewer-facts .viewer=${viewer}></pl-viewer-facts>` : nothing}
      ${hasStrip ? html`<pl-viewer-strip .viewer=${viewer}></pl-viewer-strip>` : nothing} ${this.bottom()}
      <p class="sr" role="status">${place ? t("viewer.said", { name, place }) : name}</p>`;
  }

  protected override updated(): void {
    this.viewer.resize();
    this.awake();
    // What had the focus may be gone: a tool of another kind of file, an arrow at the end.
    if (document.activeElement === document.body) this.focus({ preventScroll: true });
  }

  private slides(): unknown {
    const { slideShow } = this.viewer;
    if (!slideShow.isOn.value) return nothing;
    return html`<button class="tool" type="button" @click=${() => slideShow.stop()}>${icon("pause")}<span>${t("viewer.stop")}</span></button>`;
  }

  private tools(): TemplateResult {
    const tools = toolsOf(this.viewer);
    return html`<div class="viewer-tools">${repeat(tools, ({ id }) => id, button)}</div>
      <button class="tool" type="button" aria-haspopup="menu" title=${t("row.more")} @click=${(event: Event) => this.more(event)}>
        ${icon("more")}<span>${t("row.more")}</span>
      </button>`;
  }

  /** On phones: the first tools within reach of the thumb, with words; all others in the menu. */
  private bottom(): TemplateResult {
    const tools = toolsOf(this.viewer);
    const wanted = ["music", "download", "delete", "share", "link", "info"];
    const first = wanted.flatMap((id) => tools.find((tool) => tool.id === id) ?? []).slice(0, BOTTOM_MAX);
    return html`<div class="viewer-bottom" role="group" aria-label=${t("list.actions")}>
      ${repeat(first, ({ id }) => id, button)}
      <button class="tool" type="button" aria-haspopup="menu" @click=${(event: Event) => this.more(event, first)}>
        ${icon("more")}<span>${t("row.more")}</span>
      </button>
    </div>`;
  }

  /** `shown`: tools that have a button beside; undefined: all of them have. */
  private more(event: Event, shown?: readonly Tool[]): void {
    const anchor = event.currentTarget as Element;
    const tools = shown ? toolsOf(this.viewer).filter((tool) => !shown.some(({ id }) => id === tool.id)) : [];
    openMenu(anchor, t("row.more"), [
      ...tools.map((tool) => ({
        label: tool.label,
        icon: tool.icon,
        bad: tool.bad ?? false,
        ...(tool.pressed === undefined ? {} : { checked: tool.pressed }),
        ...(tool.hint === undefined ? {} : { hint: tool.hint }),
        run: () => tool.run(anchor),
      })),
      ...menuOf(this.viewer),
    ]);
  }

  /** Beside pictures and films; for what is read, in the bar. */
  private arrows(n: number, total: number, classes: string): TemplateResult {
    const { viewer } = this;
    const arrow = (by: number, name: "previous" | "next", isEnd: boolean): TemplateResult => {
      const step = (): void => viewer.step(by);
      const label = t(`viewer.${name}`);
      return html`<button class="${classes} ${name}" type="button" aria-label=${label} title=${label} ?disabled=${isEnd} @click=${step}>
        ${icon(by < 0 ? "left" : "right")}
      </button>`;
    };
    return html`${arrow(-1, "previous", n === 1)}${arrow(1, "next", n === total)}`;
  }
}

function button(tool: Tool): TemplateResult {
  const press = (event: Event): void => tool.run(event.currentTarget as Element);
  const title = tool.hint ? `${tool.label} (${tool.hint})` : tool.label;
  return html`<button
    class="tool ${tool.bad ? "bad" : ""}"
    type="button"
    data-tool=${tool.id}
    title=${title}
    aria-pressed=${tool.pressed === undefined ? nothing : String(tool.pressed)}
    @click=${press}
  >
    ${icon(tool.icon)}<span>${tool.label}</span>
  </button>`;
}

customElements.define("pl-viewer", ViewerOverlay);
