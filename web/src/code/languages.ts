// Syntax colours: the modes of CodeMirror by extension, each loaded when a file of it opens.
import type { StreamParser } from "@codemirror/language";

type Parser = StreamParser<unknown>;
type Load = () => Promise<Parser>;

const clike = (name: "c" | "cpp" | "java" | "csharp" | "kotlin" | "scala"): Load => {
  return async () => (await import("@codemirror/legacy-modes/mode/clike"))[name];
};
const javascript = (name: "javascript" | "typescript" | "json"): Load => {
  return async () => (await import("@codemirror/legacy-modes/mode/javascript"))[name];
};
const css = (name: "css" | "sCSS" | "less"): Load => {
  return async () => (await import("@codemirror/legacy-modes/mode/css"))[name];
};

/** Extensions, or whole names in lower case, separated by blanks. */
const LANGUAGES: readonly [string, Load][] = [
  ["c h", clike("c")],
  ["cc cpp cxx hpp hh ino", clike("cpp")],
  ["java", clike("java")],
  ["cs", clike("csharp")],
  ["kt kts", clike("kotlin")],
  ["scala", clike("scala")],
  ["js mjs cjs jsx", javascript("javascript")],
  ["ts tsx mts cts", javascript("typescript")],
  ["json jsonl ndjson map", javascript("json")],
  ["css", css("css")],
  ["scss", css("sCSS")],
  ["less", css("less")],
  ["html htm vue svelte", async () => (await import("@codemirror/legacy-modes/mode/xml")).html],
  ["xml svg rss atom xsl plist", async () => (await import("@codemirror/legacy-modes/mode/xml")).xml],
  ["py pyi", async () => (await import("@codemirror/legacy-modes/mode/python")).python],
  ["sh bash zsh fish env", async () => (await import("@codemirror/legacy-modes/mode/shell")).shell],
  ["ps1 psm1", async () => (await import("@codemirror/legacy-modes/mode/powershell")).powerShell],
  ["rb rake gemfile", async () => (await import("@codemirror/legacy-modes/mode/ruby")).ruby],
  ["pl pm", async () => (await import("@codemirror/legacy-modes/mode/perl")).perl],
  ["rs", async () => (await import("@codemirror/legacy-modes/mode/rust")).rust],
  ["go", async () => (await import("@codemirror/legacy-modes/mode/go")).go],
  ["swift", async () => (await import("@codemirror/legacy-modes/mode/swift")).swift],
  ["lua", async () => (await import("@codemirror/legacy-modes/mode/lua")).lua],
  ["r", async () => (await import("@codemirror/legacy-modes/mode/r")).r],
  ["jl", async () => (await import("@codemirror/legacy-modes/mode/julia")).julia],
  ["sql", async () => (await import("@codemirror/legacy-modes/mode/sql")).standardSQL],
  ["yml yaml", async () => (await import("@codemirror/legacy-modes/mode/yaml")).yaml],
  ["toml lock", async () => (await import("@codemirror/legacy-modes/mode/toml")).toml],
  ["ini conf cfg properties", async () => (await import("@codemirror/legacy-modes/mode/properties")).properties],
  ["diff patch", async () => (await import("@codemirror/legacy-modes/mode/diff")).diff],
  ["dockerfile", async () => (await import("@codemirror/legacy-modes/mode/dockerfile")).dockerFile],
  ["cmake", async () => (await import("@codemirror/legacy-modes/mode/cmake")).cmake],
  ["gradle groovy", async () => (await import("@codemirror/legacy-modes/mode/groovy")).groovy],
  ["proto", async () => (await import("@codemirror/legacy-modes/mode/protobuf")).protobuf],
  ["hs", async () => (await import("@codemirror/legacy-modes/mode/haskell")).haskell],
  ["erl hrl", async () => (await import("@codemirror/legacy-modes/mode/erlang")).erlang],
  ["clj cljs edn", async () => (await import("@codemirror/legacy-modes/mode/clojure")).clojure],
  ["el lisp", async () => (await import("@codemirror/legacy-modes/mode/commonlisp")).commonLisp],
  ["tex sty bib", async () => (await import("@codemirror/legacy-modes/mode/stex")).stex],
];

const BY_EXTENSION = new Map(
  LANGUAGES.flatMap(([list, load]) => list.split(" ").map((extension): [string, Load] => [extension, load])),
);

/** Returns how to load the mode for a file name; undefined if there is none. */
export function languageOf(name: string): Load | undefined {
  const lower = name.toLowerCase();
  const extension = lower.slice(lower.lastIndexOf(".") + 1);
  return BY_EXTENSION.get(extension);
}
