// Where CodeMirror draws: a shadow tree with styles of its own.
import { styleHref } from "../parts/style.ts";

/**
 * Gives an element a shadow tree for CodeMirror. There it adds its styles as objects; as elements of the page, the page's policy would
 * refuse them. `applyStyles` has to follow, once the editor is there.
 */
export function codeRoot(element: HTMLElement): ShadowRoot {
  const root = element.attachShadow({ mode: "open", delegatesFocus: true });
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = styleHref("code.css");
  root.append(link);
  return root;
}

/** Makes the styles that an editor has added hold in every browser. */
export function applyStyles(root: ShadowRoot): void {
  if ("adoptedStyleSheets" in root) {
    // All trees share one sheet, and Firefox takes what it had worked out for another tree with the same sheets, although the sheet
    // has got more rules since. With a sheet of its own, each tree is another one.
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, new CSSStyleSheet()];
    return;
  }
  // Safari before 16.4: an element with styles, which the policy refuses. Its rules go into the sheet of the link, in front.
  const tree = root as ShadowRoot;
  const link = tree.querySelector("link");
  const rules = (tree.querySelector("style")?.textContent ?? "").split("\n").filter((rule) => rule.trim() !== "");
  const insert = (): void => {
    for (const [at, rule] of rules.entries()) link?.sheet?.insertRule(rule, at);
  };
  if (link?.sheet) insert();
  else link?.addEventListener("load", insert);
}
