// Dialogs. A dialog is an element of the browser (`<dialog>`), which keeps the focus in it and closes on Escape.
import { html, render, type TemplateResult } from "lit";
import { t } from "../../kit/words.ts";
import { icon } from "./icon.ts";

/** An open layer over the page, that holds the focus. `close` ends it with a result. */
export interface Layer<T> {
  readonly element: HTMLDialogElement;
  close: (result?: T) => void;
  /** resolves to the result; undefined if the visitor closed the layer */
  readonly result: Promise<T | undefined>;
}

/** What layers return that are closed because the page shows something else. */
const LEFT = "left";

/** Closes all layers, as their visitor would, before the page shows another place: what they are about is not shown there. */
export function closeLayers(): void {
  for (const element of [...document.querySelectorAll<HTMLDialogElement>("dialog[open]")].reverse())
    element.close(LEFT);
}

/** Opens a layer without content. The focus returns to where it was. */
export function openLayer<T>(className: string): Layer<T> {
  const element = document.createElement("dialog");
  element.className = className;
  const returnTo = document.activeElement;
  document.body.append(element);
  let given: T | undefined;
  const result = new Promise<T | undefined>((resolve) => {
    element.addEventListener("close", () => {
      element.remove();
      const isLeft = element.returnValue === LEFT;
      if (!isLeft && returnTo instanceof HTMLElement && returnTo.isConnected) returnTo.focus({ preventScroll: true });
      resolve(given);
    });
  });
  const close = (value?: T): void => {
    given = value;
    element.close();
  };
  return { element, close, result };
}

/** An open dialog. `draw` shows another content. */
export interface Dialog<T> extends Layer<T> {
  draw: (content: unknown) => void;
}

/** Opens a dialog with a title. `wide`: as wide as a page of text. */
export function openDialog<T>(title: string, wide = false): Dialog<T> {
  const layer = openLayer<T>(wide ? "dialog wide" : "dialog");
  const { element, close } = layer;
  const heading = `dialog-${++count}`;
  element.setAttribute("aria-labelledby", heading);
  const draw = (content: unknown): void => {
    render(
      html`<div class="dialog-head">
          <h2 id=${heading}>${title}</h2>
          <button class="icon" type="button" aria-label=${t("dialog.close")} title=${t("dialog.close")} @click=${() => close()}>
            ${icon("x")}
          </button>
        </div>
        ${content}`,
      element,
    );
  };
  draw("");
  element.showModal();
  return { ...layer, draw };
}

let count = 0;

export interface Choice<T> {
  label: string;
  value: T;
  kind?: "primary" | "bad";
}

/** Asks a question. Resolves to the chosen value; undefined if the visitor closed the dialog. The first choice has the focus. */
export async function ask<T>(
  title: string,
  text: string | TemplateResult,
  choices: readonly Choice<T>[],
): Promise<T | undefined> {
  const dialog = openDialog<T>(title);
  dialog.draw(
    html`<div class="dialog-body">${typeof text === "string" ? html`<p>${text}</p>` : text}</div>
      <div class="dialog-foot">
        ${choices.map(
          (choice, at) =>
            html`<button class="btn ${choice.kind ?? ""}" type="button" ?autofocus=${at === 0} @click=${() => dialog.close(choice.value)}>
              ${choice.label}
            </button>`,
        )}
      </div>`,
  );
  dialog.element.querySelector<HTMLElement>(".dialog-foot .btn")?.focus();
  return dialog.result;
}
