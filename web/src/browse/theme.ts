// Light or dark. early.js applies the choice before the page is shown.
import { storage } from "./preferences.ts";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** Where the choice is kept; early.ts reads it, too. */
const KEY = "potluck.theme";

export function theme(): Theme {
  return THEMES.find((name) => name === document.documentElement.dataset.theme) ?? "auto";
}

export function setTheme(chosen: Theme): void {
  const { dataset } = document.documentElement;
  try {
    if (chosen === "auto") {
      delete dataset.theme;
      storage()?.removeItem(KEY);
    } else {
      dataset.theme = chosen;
      storage()?.setItem(KEY, chosen);
    }
  } catch {
    // Storage is full or forbidden: the choice lasts until the page is left.
  }
}
