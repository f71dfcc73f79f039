// Times that the server wrote: it knows UTC alone ("2026-12-01 14:23 UTC"), the browser knows the visitor's clock.
// Only in elements that are marked with `data-times`: others may show names that look so.

const WRITTEN = /\b(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}) UTC\b/g;

/** Returns a text with its times in the visitor's own. `language`: a tag. */
export function withLocalTimes(text: string, language: string, timeZone?: string): string {
  const format = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", timeZone });
  return text.replace(WRITTEN, (whole, day: string, time: string) => {
    const at = Date.parse(`${day}T${time}Z`);
    return Number.isNaN(at) ? whole : format.format(at);
  });
}

/** Writes the times of a page anew. Marked elements have no other elements in them. */
export function writeLocalTimes(root: HTMLElement): void {
  for (const element of root.querySelectorAll("[data-times]"))
    element.textContent = withLocalTimes(element.textContent ?? "", root.lang);
}
