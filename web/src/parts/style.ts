// Styles of features that are loaded when they open: `styles/later/NAME.css`, which the build puts beside the scripts.

/** Versions of these styles, so that the browser can keep each for ever. Set by the build. */
declare const STYLE_VERSIONS: Record<string, string>;

/** Returns the address of a style: for parts of the page that styles of the page do not reach. */
export function styleHref(name: string): string {
  return new URL(`${name}?v=${STYLE_VERSIONS[name] ?? ""}`, import.meta.url).href;
}

const loading = new Map<string, Promise<void>>();

/** Loads a style, once. Resolves when it holds, or cannot be loaded: the feature then works without it. */
export function loadStyle(name: string): Promise<void> {
  const known = loading.get(name);
  if (known) return known;
  const link = document.createElement("link");
  link.rel = "stylesheet";
  // As the styles of the page: paper has its own.
  link.media = "screen";
  link.href = styleHref(name);
  const loaded = new Promise<void>((resolve) => {
    link.addEventListener("load", () => resolve());
    link.addEventListener("error", () => resolve());
  });
  document.head.append(link);
  loading.set(name, loaded);
  return loaded;
}

/** Has the browser print the text that covers the page, and not the page, until the returned function is called. */
export function printText(): () => void {
  if (document.querySelector('link[rel="stylesheet"][media="print"]')) return () => {};
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.media = "print";
  link.href = styleHref("print.css");
  document.head.append(link);
  return () => link.remove();
}
