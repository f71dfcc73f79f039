// Runs before the page is shown, so that nothing jumps: marks that scripts run, applies the chosen theme, leads from the form of a text
// (`?edit`) to the editor, and writes the server's times by the visitor's clock. A classic script: it must not wait for anything. It runs on
// every page, so that `?reset` is its, too.
import { writeLocalTimes } from "./features/local-times.ts";
import { resetSettings } from "./features/reset-settings.ts";

(() => {
  const root = document.documentElement;
  root.classList.add("js");
  let wantsUtc = false;
  try {
    wantsUtc = localStorage.getItem("potluck.utc") === "true";
    if (location.search === "?reset") resetSettings(localStorage);
    const theme = localStorage.getItem("potluck.theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    // A page that has no button to show the navigation again (features/reader.ts) keeps it.
    if (localStorage.getItem("potluck.reader.bare") === "true" && !location.pathname.endsWith("/")) {
      root.classList.add("bare");
      document.addEventListener("DOMContentLoaded", () => {
        if (!document.querySelector(".bare-switch")) root.classList.remove("bare");
      });
    }
  } catch {
    // The browser forbids storage.
  }
  if (!wantsUtc) document.addEventListener("DOMContentLoaded", () => writeLocalTimes(root));
  const { pathname, search } = location;
  // Browsers without modules keep the form, and so do links with the key of a file: the editor is in the folder's page.
  if (/^\?edit2?$/.test(search) && !pathname.endsWith("/") && "noModule" in HTMLScriptElement.prototype) {
    const name = pathname.lastIndexOf("/") + 1;
    const edited = pathname.slice(name).replace(/\+/g, "%2B").replace(/&/g, "%26");
    location.replace(`${pathname.slice(0, name)}?edit=${edited}`);
  }
})();
