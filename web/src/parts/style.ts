// Style sheets of parts that are loaded when they open.

/** addresses of the style sheets, by name; build.mjs defines it */
declare const STYLE_FILES: Record<string, string>;

const loaded = new Map<string, Promise<void>>();

/** Loads a style sheet of web/styles that build.mjs lists as one of its own. Resolves when it is applied, or cannot be loaded. */
export function loadStyle(file: string): Promise<void> {
  let ready = loaded.get(file);
  if (!ready) {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = new URL(STYLE_FILES[file] ?? file, import.meta.url).href;
    ready = new Promise((resolve) => {
      link.onload = () => resolve();
      link.onerror = () => resolve();
    });
    document.head.append(link);
    loaded.set(file, ready);
  }
  return ready;
}
