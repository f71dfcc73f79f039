// Runs in the frame with plugins (plugin-frame.html): renders the text that the page gives, with the plugins in it. The policy of the
// document and its sandbox keep everything here away from page and server; nothing in this file has to.
import { Marked, type MarkedExtension } from "marked";
import { expressionOf, type Stage, takeBlocks } from "./blocks.ts";
import type { Given } from "./messages.ts";

/** A plugin of stage `post`; one of stage `pre` is what `marked.use` takes. */
interface Plugin extends MarkedExtension {
  ctor?: () => void;
  render?: (dom: HTMLElement) => void;
  render2?: (dom: HTMLElement) => void;
}

/** Called by another name, it evaluates in the global scope, without the names of this module. */
// biome-ignore lint/security/noGlobalEval: running scripts of users is what this frame is for.
const evaluate: (script: string) => unknown = eval;

/** Names that plugins written for copyparty use. */
interface Globals {
  /** for state that plugins share */
  md_plug: Record<string, unknown>;
  /** the address of the page */
  loc: URL;
  ebi: (id: string) => HTMLElement | null;
}

const failures = document.createElement("div");
const dom = document.createElement("article");
let failed = "";

/** Shows what went wrong; the text stays. */
function report(where: string, error: unknown): void {
  const note = document.createElement("div");
  note.className = "plugin-failure";
  note.setAttribute("role", "alert");
  const lead = document.createElement("p");
  lead.textContent = failed;
  const what = document.createElement("pre");
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  // What marked adds to every error of a plugin.
  what.textContent = `${where}: ${said.replace(/\nPlease report this to \S+$/, "")}`;
  note.append(lead, what);
  // A plugin that fails in a loop must not fill the page.
  if (failures.childElementCount < 10) failures.append(note);
}

function attempt(where: string, act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    report(where, error);
    return false;
  }
}

function load(stage: Stage, code: string): Plugin | undefined {
  let plugin: Plugin | undefined;
  attempt(`copyparty_${stage}`, () => {
    const made = evaluate(expressionOf(code)) as Plugin;
    made.ctor?.();
    plugin = made;
  });
  return plugin;
}

function parsed(text: string, breaks: boolean, plugins: readonly Plugin[]): string {
  const options = { gfm: true, breaks };
  const marked = new Marked(options);
  let html = "";
  const works = attempt("copyparty_pre", () => {
    for (const { ctor: _ctor, ...extension } of plugins) marked.use(extension);
    html = marked.parse(text) as string;
  });
  return works ? html : (new Marked(options).parse(text) as string);
}

/** Addresses in the text are relative to its folder, not to this document. */
function resolveAddresses(base: string): void {
  for (const [selector, name] of [
    ["a[href]:not([href^='#'])", "href"],
    ["img[src]", "src"],
  ] as const) {
    for (const element of dom.querySelectorAll(selector)) {
      element.setAttribute(name, absolute(element.getAttribute(name) ?? "", base));
    }
  }
}

function absolute(address: string, base: string): string {
  try {
    return new URL(address, base).href;
  } catch {
    return address;
  }
}

function nameHeadings(): void {
  const taken = new Set<string>();
  for (const heading of dom.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const words = (heading.textContent ?? "").toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "");
    const id = words.trim().replace(/\s/g, "-");
    if (heading.id || id === "" || taken.has(id)) continue;
    taken.add(id);
    heading.id = id;
  }
}

function show({ text, breaks, base, page, theme, lang, failed: sentence }: Given): void {
  failed = sentence;
  const root = document.documentElement;
  if (theme) root.dataset.theme = theme;
  root.lang = lang;
  const globals: Globals = { md_plug: {}, loc: new URL(page), ebi: (id) => document.getElementById(id) };
  Object.assign(globalThis, globals);
  const { blocks, rest } = takeBlocks(text);
  const loaded = blocks.map(({ stage, code }) => ({ stage, plugin: load(stage, code) }));
  const of = (stage: Stage): Plugin[] =>
    loaded.flatMap((one) => (one.stage === stage && one.plugin ? [one.plugin] : []));
  // No element of the text acts before it is shown: a parsed document has no window.
  const made = new DOMParser().parseFromString(parsed(rest, breaks, of("pre")), "text/html").body;
  for (const plugin of of("post")) attempt("render", () => plugin.render?.(made));
  dom.append(...made.childNodes);
  nameHeadings();
  resolveAddresses(base);
  for (const plugin of of("post")) attempt("render2", () => plugin.render2?.(dom));
}

/** Tells the page the height whenever it changes. */
function watchHeight(): void {
  let told = -1;
  const tell = (): void => {
    const height = document.body.offsetHeight;
    if (height !== told) parent.postMessage(height, "*");
    told = height;
  };
  new ResizeObserver(tell).observe(document.body);
  tell();
}

/** A link cannot be followed from here: it would open in the frame, and what it leads to is not for the frame. */
function holdLinks(): void {
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest?.("a[href]");
    if (!link || event.defaultPrevented) return;
    event.preventDefault();
    const href = link.getAttribute("href") ?? "";
    if (href.startsWith("#")) document.getElementById(decodeURIComponent(href.slice(1)))?.scrollIntoView();
  });
}

dom.className = "md";
dom.dir = "auto";
document.body.append(failures, dom);
addEventListener("error", (event) => report("copyparty", event.error ?? event.message));
addEventListener("unhandledrejection", (event) => report("copyparty", event.reason));
addEventListener(
  "message",
  ({ source, data }) => {
    if (source !== parent) return;
    holdLinks();
    attempt("copyparty", () => show(data as Given));
    watchHeight();
  },
  { once: true },
);
