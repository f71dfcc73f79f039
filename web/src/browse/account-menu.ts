// The account menu, which the server draws: opens as the menus of the page do, with what only the script can do.
import { LANGUAGE, languageName } from "../../kit/locale.ts";
import { t } from "../../kit/words.ts";
import { signOut } from "../features/sign-out-form.ts";
import { type MenuItem, openMenu } from "../parts/menu.ts";
import type { App } from "./app.ts";
import { showKeys } from "./keys.ts";
import { setTheme, THEMES, theme } from "./theme.ts";

export function addAccountMenu(app: App): void {
  const summary = document.querySelector("details#account summary");
  summary?.setAttribute("aria-haspopup", "menu");
  summary?.addEventListener("click", (event) => {
    event.preventDefault();
    openMenu(summary, summary.textContent?.trim() ?? "", accountItems(app));
  });
}

/** Returns what belongs to the account and to this browser: the server's links, then theme, keys and the way out. */
export function accountItems(app: App): MenuItem[] {
  const links = [
    ...document.querySelectorAll<HTMLAnchorElement>(".account.sign-in a, details#account li:not(.plain) a"),
  ];
  const form = document.querySelector<HTMLFormElement>("details#account form");
  const current = theme();
  return [
    ...links.map((link) => ({
      label: link.textContent ?? "",
      // "Sign in" opens a form of the page.
      ...(link.dataset.enhance ? { run: () => link.click() } : { href: link.href }),
    })),
    ...THEMES.map((name, at) => ({
      label: t(`theme.${name}`),
      checked: name === current,
      separated: at === 0,
      run: () => setTheme(name),
    })),
    {
      label: t("language.now", { language: languageName(LANGUAGE) }),
      icon: "globe",
      separated: true,
      run: () => void import("./language.ts").then(({ chooseLanguage }) => chooseLanguage()),
    },
    { label: t("keys.title"), icon: "keyboard", hint: "?", run: () => showKeys(app) },
    ...(form
      ? [{ label: form.textContent?.trim() ?? "", icon: "sign-out", separated: true, run: () => signOut(form) }]
      : []),
  ];
}
