// The language of the settings window: the one that was chosen, else that of the system.
import { chosenLanguage, keepLanguage } from "../../web/kit/language-cookie.ts";
import { bestLanguage, LANGUAGES, type Language } from "../../web/kit/languages.ts";

/** The choice of the desktop program, whose windows have no cookies on every system. */
const KEY = "potluck.language";

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** Returns the chosen language; undefined if it follows the system. */
export function ownLanguage(): Language | undefined {
  const tag = stored() ?? chosenLanguage();
  return LANGUAGES.find((one) => one === tag);
}

export function windowLanguage(): Language {
  return ownLanguage() ?? bestLanguage(navigator.languages);
}

/** Keeps the choice. It holds from the next load of the window. `language`: empty: as the system. */
export function chooseLanguage(language: string): void {
  try {
    if (language === "") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, language);
  } catch {
    // Storage is forbidden; the cookie may be allowed.
  }
  keepLanguage(location.pathname.replace(/\/\.potluck\/.*/, ""), language || undefined);
}
