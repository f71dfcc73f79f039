// Runs before the page is shown, so that nothing jumps: marks that scripts run, and applies the chosen theme. A classic script: it
// must not wait for anything.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const theme = localStorage.getItem("potluck.theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch {
    // The browser forbids storage.
  }
})();
