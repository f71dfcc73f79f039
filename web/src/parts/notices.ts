// One line at the bottom of the page: what was just done, with a way to undo it. Read out by screen readers.
import { signal } from "@preact/signals-core";
import { html, nothing } from "lit";
import { t } from "../../kit/words.ts";
import { icon } from "./icon.ts";
import { Part } from "./part.ts";

export interface Notice {
  text: string;
  bad?: boolean;
  /** 0 to 1: shows a progress bar */
  progress?: number;
  action?: NoticeAction;
  /** a second thing to do: where to look, for example */
  other?: NoticeAction;
}

export interface NoticeAction {
  label: string;
  run: () => void;
}

/** Milliseconds for which a notice without action stays. */
const SHOWN_MS = 6000;
/** With an action there is time to read and decide. */
const SHOWN_WITH_ACTION_MS = 20_000;

export class Notices {
  readonly current = signal<Notice | undefined>(undefined);
  private timer = 0;

  /** Shows a notice instead of the one before. One with progress stays until another one follows. */
  show(notice: Notice): void {
    clearTimeout(this.timer);
    this.current.value = notice;
    if (notice.progress !== undefined) return;
    const shown = notice.action ? SHOWN_WITH_ACTION_MS : SHOWN_MS;
    this.timer = setTimeout(() => this.dismiss(), shown) as unknown as number;
  }

  dismiss(): void {
    clearTimeout(this.timer);
    this.current.value = undefined;
  }
}

export class NoticeLine extends Part {
  notices!: Notices;

  protected override render(): unknown {
    const notice = this.notices.current.value;
    const button = (action: NoticeAction | undefined): unknown => {
      const act = (): void => {
        this.notices.dismiss();
        action?.run();
      };
      return action ? html`<button class="tool" type="button" @click=${act}>${action.label}</button>` : nothing;
    };
    return html`<div class="notice ${notice ? "shown" : ""} ${notice?.bad ? "bad" : ""}" role="status">
      ${
        notice
          ? html`<span>${notice.text}</span>
            ${notice.progress === undefined ? nothing : html`<progress max="1" .value=${notice.progress} aria-label=${notice.text}></progress>`}
            ${button(notice.action)} ${button(notice.other)}
            <button class="icon" type="button" aria-label=${t("notice.dismiss")} @click=${() => this.notices.dismiss()}>
              ${icon("x")}
            </button>`
          : nothing
      }
    </div>`;
  }
}

customElements.define("pl-notices", NoticeLine);
