// Where CodeMirror draws: a shadow tree with styles of its own.
import { styleHref } from "../parts/style.ts";

/**
 * Gives an element a shadow tree for CodeMirror. There it adds its styles as objects; as elements of the page, the page's policy would
 * refuse them.
 */
export function codeRoot(element: HTMLElement): ShadowRoot {
  const root = element.attachShadow({ mode: "open", delegatesFocus: true });
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = styleHref("code.css");
  root.append(link);
  return root;
}
