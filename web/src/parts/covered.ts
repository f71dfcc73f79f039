// Status lines at the bottom of the window, of views that cover the page: notices are shown above them.

let last: HTMLElement | undefined;

/** Keeps notices above a status line. Returns a function that ends it. */
export function keepNoticesAbove(line: HTMLElement): () => void {
  const { style } = document.documentElement;
  const observer = new ResizeObserver(() => {
    const { top, height } = line.getBoundingClientRect();
    if (height === 0) return;
    last = line;
    style.setProperty("--covered", `${window.innerHeight - top}px`);
  });
  observer.observe(line);
  return () => {
    observer.disconnect();
    // Another line may have taken its place.
    if (last === line) style.removeProperty("--covered");
  };
}
