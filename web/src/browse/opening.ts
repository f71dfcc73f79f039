// The time between a press on a file and the viewer or editor that covers the list: the list is still there, but keys are not meant
// for it any more.
import { isTyping } from "./hotkeys.ts";

/** Keys of the browser, such as those that reload the page. */
const isBrowsers = (event: KeyboardEvent): boolean =>
  event.ctrlKey || event.metaKey || event.altKey || /^(Tab|F\d+)$/.test(event.key);

/** Keeps keys from the list until something covers it, or the returned function is called. `cancel`: for Escape. */
export function holdKeys(cancel: () => void): () => void {
  const end = (): void => document.removeEventListener("keydown", press, true);
  const press = (event: KeyboardEvent): void => {
    if (document.documentElement.classList.contains("viewing")) {
      end();
      return;
    }
    if (isTyping(event)) return;
    event.stopImmediatePropagation();
    if (!isBrowsers(event)) event.preventDefault();
    if (event.key !== "Escape") return;
    end();
    cancel();
  };
  document.addEventListener("keydown", press, true);
  return end;
}
