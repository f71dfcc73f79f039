// The choice of a language. The server draws pages in it, so the choice is a cookie that it reads.
import { chosenLanguage, keepLanguage } from "../../kit/language-cookie.ts";
import { namedLanguages } from "../../kit/locale.ts";
import { t } from "../../kit/words.ts";
import { openMenu } from "../parts/menu.ts";

/** Opens the list of languages, each named in itself, so that everyone finds the own one. */
export function chooseLanguage(): void {
  const at = document.querySelector("details#account summary") ?? { x: 0, y: 0 };
  const chosen = chosenLanguage();
  openMenu(at, t("language.title"), [
    { label: t("language.auto"), checked: chosen === undefined, run: () => apply(undefined) },
    ...namedLanguages().map(({ tag, name }, index) => ({
      label: name,
      lang: tag,
      checked: tag === chosen,
      separated: index === 0,
      run: () => apply(tag),
    })),
  ]);
}

/** `tag`: undefined for the browser's language. */
function apply(tag: string | undefined): void {
  const { base = "" } = document.documentElement.dataset;
  keepLanguage(base, tag);
  location.reload();
}
