// Entry point of the settings window: loads the texts of the person's language, then the window.
import { RIGHT_TO_LEFT } from "../../web/kit/languages.ts";
import { windowLanguage } from "./language.ts";

const language = windowLanguage();
document.documentElement.lang = language;
document.documentElement.dir = RIGHT_TO_LEFT.includes(language) ? "rtl" : "ltr";
const texts = new URL(`i18n-${language}.js`, import.meta.url).href;
await import(texts);
await import("./open.ts");
