// Progress in the tab's title and icon, for those who look at another tab meanwhile.
import { percent } from "../../kit/format.ts";
import { t } from "../../kit/words.ts";
import type { Queue } from "../up2k/queue.ts";

/** Pixels of the icon. */
const SIZE = 32;
const FULL_TURN = 2 * Math.PI;

export class Signs {
  private prefix = "";
  private drawn = "";
  private ownIcon: string | undefined;

  show(queue: Queue): void {
    const { totals, counts } = queue;
    const share = totals.bytes > 0 ? totals.sent / totals.bytes : 0;
    this.title(queue.busy ? t("sign.title", { percent: percent(totals.sent, totals.bytes) }) : "");
    if (!queue.busy) this.icon(undefined);
    else this.icon({ share, bad: counts.failed > 0 || queue.connectivity.isLost });
  }

  /** Puts a text in front of the title, which the page may have changed meanwhile. */
  private title(prefix: string): void {
    const { title } = document;
    const own = this.prefix !== "" && title.startsWith(this.prefix) ? title.slice(this.prefix.length) : title;
    this.prefix = prefix;
    if (title !== prefix + own) document.title = prefix + own;
  }

  private icon(state: { share: number; bad: boolean } | undefined): void {
    const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    if (!link) return;
    const wanted = state ? `${Math.floor(state.share * 50)} ${state.bad}` : "";
    if (wanted === this.drawn) return;
    this.drawn = wanted;
    this.ownIcon ??= link.href;
    link.href = (state && draw(state.share, state.bad)) ?? this.ownIcon;
  }
}

/** Returns a ring that is closed as far as `share` says, as a URL; undefined where there is no canvas. */
function draw(share: number, bad: boolean): string | undefined {
  const canvas = document.createElement("canvas");
  canvas.width = SIZE;
  canvas.height = SIZE;
  const pen = canvas.getContext("2d");
  if (!pen) return undefined;
  const colours = getComputedStyle(document.documentElement);
  const ring = (colour: string, part: number): void => {
    pen.strokeStyle = colours.getPropertyValue(colour).trim();
    pen.beginPath();
    pen.arc(SIZE / 2, SIZE / 2, SIZE / 2 - 4, -FULL_TURN / 4, FULL_TURN * (part - 0.25));
    pen.stroke();
  };
  pen.lineWidth = 7;
  ring("--line", 1);
  ring(bad ? "--bad" : "--accent", Math.max(0.02, share));
  return canvas.toDataURL("image/png");
}
