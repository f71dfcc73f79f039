// Entry of every page: finds what the server marked with data-enhance and loads the feature for it.
import { enhance as form } from "./features/forms.ts";
import { enhance as login } from "./features/login.ts";
import { enhance as uploader } from "./features/uploader.ts";

const FEATURES: Record<string, (element: HTMLElement) => void> = { form, login, uploader };

for (const element of document.querySelectorAll<HTMLElement>("[data-enhance]")) {
  FEATURES[element.dataset.enhance ?? ""]?.(element);
}
