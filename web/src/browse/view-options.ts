// The dialog "More view options": what is rarely chosen. Loaded when it opens.
import { effect, type Signal } from "@preact/signals-core";
import { html, nothing, type TemplateResult } from "lit";
import { size } from "../../kit/format.ts";
import { t } from "../../kit/words.ts";
import { openDialog } from "../parts/dialog.ts";
import type { App } from "./app.ts";
import { autoGrid, opensByDouble, readmes, SIZE_STYLES, sizeStyle, treeTexts, utc } from "./choices.ts";
import { type IndexChoice, indexChoice, keepIndexChoice } from "./index-page.ts";
import type { View, ViewStore } from "./view.ts";

/** A size that the three ways write differently. */
const EXAMPLE = 4_301_233;

/** `base`: path that the server is hosted under. */
export function openViewOptions({ view, base, head }: Pick<App, "view" | "base" | "head">): void {
  const dialog = openDialog<void>(t("view.moreTitle"));
  const stop = effect(() => {
    dialog.draw(
      html`<div class="dialog-body view-options">${content(view, base, head.value?.index_page === true)}</div>`,
    );
  });
  void dialog.result.then(stop);
}

/** Where a finger does all, taps open. */
const hasMouse = (): boolean => matchMedia("(any-pointer: fine)").matches;
/** Narrow windows have no tree (styles/browse/tree.css). */
const hasTree = (): boolean => matchMedia("(min-width: 961px)").matches;

/** `hasPages`: folders may have pages of their own here. */
function content(view: ViewStore, base: string, hasPages: boolean): TemplateResult {
  const sizes = SIZE_STYLES.map((style) => [style, size(EXAMPLE, style)] as const);
  const zones = [
    ["local", t("view.times.local")],
    ["utc", "UTC"],
  ] as const;
  const pages: [IndexChoice, string][] = [
    ["", t("view.indexes.server")],
    ["y", t("view.indexes.page")],
    ["n", t("view.list")],
  ];
  return html`${select("view.sizes", sizeStyle.value, sizes, (style) => {
    sizeStyle.value = style;
  })}
    ${select("view.times", utc.value ? "utc" : "local", zones, (zone) => {
      utc.value = zone === "utc";
    })}
    ${hasPages || indexChoice() !== "" ? select("view.indexes", indexChoice(), pages, (choice) => keepIndexChoice(base, choice)) : nothing}
    ${hasMouse() ? check("view.double", opensByDouble) : nothing}
    ${hasTree() ? check("view.treeTexts", treeTexts) : nothing} ${check("view.autoGrid", autoGrid)}
    ${checkOf("view.whole", view, "whole")} ${checkOf("view.fine", view, "fine")} ${check("view.readmes", readmes)}
    <p><a class="btn quiet" href=${`${base}/?reset`}>${t("view.reset")}</a></p>`;
}

type Name = "double" | "treeTexts" | "autoGrid" | "whole" | "fine" | "readmes";

function check(label: `view.${Name}`, value: Signal<boolean>): TemplateResult {
  return box(label, value.value, (on) => {
    value.value = on;
  });
}

function checkOf(label: `view.${Name}`, view: ViewStore, part: keyof View & ("whole" | "fine")): TemplateResult {
  return box(label, view.value.value[part], (on) => view.change({ [part]: on }));
}

function box(label: `view.${Name}`, checked: boolean, change: (on: boolean) => void): TemplateResult {
  return html`<label class="switch"
    ><input type="checkbox" .checked=${checked} @change=${(event: Event) => change((event.target as HTMLInputElement).checked)} />
    <span>${t(label)}<small>${t(`${label}.why`)}</small></span></label
  >`;
}

function select<T extends string>(
  label: "view.sizes" | "view.times" | "view.indexes",
  value: T,
  options: readonly (readonly [T, string])[],
  change: (value: T) => void,
): TemplateResult {
  return html`<label class="choice"
    ><span>${t(label)}<small>${t(`${label}.why`)}</small></span
    ><select @change=${(event: Event) => change((event.target as HTMLSelectElement).value as T)}>
      ${options.map(([one, text]) => html`<option value=${one} ?selected=${one === value}>${text}</option>`)}
    </select></label
  >`;
}
