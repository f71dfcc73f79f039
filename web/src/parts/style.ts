// Style sheets of features that are loaded when the feature opens (styles/*.css that build.mjs lists as LATER).

/** Names of these files with the first characters of their hashes, so that a kept page never shows a sheet of another build. */
declare const STYLES: Record<string, string>;

const loading = new Map<string, Promise<void>>();

/** Adds a style sheet to the page, once. Resolves when it is there, and also if it cannot be loaded: without it the page works. */
export function loadStyle(name: string): Promise<void> {
  const known = loading.get(name);
  if (known) return known;
  const added = new Promise<void>((resolve) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = new URL(`${name}?v=${STYLES[name] ?? ""}`, import.meta.url).href;
    link.addEventListener("load", () => resolve());
    link.addEventListener("error", () => resolve());
    document.head.append(link);
  });
  loading.set(name, added);
  return added;
}
