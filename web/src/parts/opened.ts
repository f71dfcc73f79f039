// What opens below the edge of the window is not seen.

/** Scrolls what a `<details>` shows into view. For its event `toggle`. */
export function showOpened(event: Event): void {
  const details = event.currentTarget as HTMLDetailsElement;
  if (details.open) details.scrollIntoView({ block: "nearest" });
}
