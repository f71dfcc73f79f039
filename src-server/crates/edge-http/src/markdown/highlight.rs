//! Colours of code: a span with a class for what has one, by the grammars of syntect. Colours are in
//! `web/styles/later/markdown.css`.

use std::fmt::{self, Write};
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};
use syntect::util::LinesWithEndings;

/// Most bytes of code that are coloured in a text; the rest is plain.
const CODE_MAX: usize = 64 << 10;
/// Longest line that is coloured, in bytes: the time of a line is not linear in its length.
const LINE_MAX: usize = 500;
/// Time for all code of a text. The first use of a grammar compiles it, which takes most of the time.
const TIME: Duration = Duration::from_secs(1);

static GRAMMARS: LazyLock<SyntaxSet> = LazyLock::new(SyntaxSet::load_defaults_newlines);

/// Which class a scope has: the first that fits, looked for from the innermost scope.
const CLASSES: [(&str, &str); 24] = [
    ("comment", "hl-c"),
    ("punctuation.definition.comment", "hl-c"),
    ("constant.numeric", "hl-n"),
    ("constant.character.escape", "hl-n"),
    ("constant.language", "hl-n"),
    ("constant", "hl-n"),
    ("string", "hl-s"),
    ("punctuation.definition.string", "hl-s"),
    ("markup.inserted", "hl-s"),
    ("markup.raw", "hl-s"),
    ("markup.deleted", "hl-d"),
    ("invalid", "hl-d"),
    ("keyword.operator", ""),
    ("keyword", "hl-k"),
    ("storage", "hl-k"),
    ("entity.name.tag", "hl-k"),
    ("markup.heading", "hl-f"),
    ("entity.name.function", "hl-f"),
    ("support.function", "hl-f"),
    ("variable.function", "hl-f"),
    ("meta.diff", "hl-f"),
    ("entity.name", "hl-t"),
    ("entity.other", "hl-t"),
    ("support", "hl-t"),
];

static SCOPES: LazyLock<Vec<(Scope, &'static str)>> =
    LazyLock::new(|| CLASSES.iter().filter_map(|(scope, class)| Some((Scope::new(scope).ok()?, *class))).collect());

/// The classes in use.
pub fn classes() -> impl Iterator<Item = &'static str> {
    CLASSES.iter().map(|(_, class)| *class).filter(|class| !class.is_empty())
}

/// Colours the code of one text, within bounds.
pub struct Highlighter {
    left: usize,
    deadline: Option<Instant>,
    /// Whether the time was over before the end of the code.
    pub is_late: bool,
}

impl Default for Highlighter {
    fn default() -> Self {
        Self { left: CODE_MAX, deadline: None, is_late: false }
    }
}

impl Highlighter {
    /// Writes `code`, escaped, in the colours of `language`, the word after the fence.
    pub fn write(&mut self, out: &mut dyn Write, language: &str, code: &str) -> fmt::Result {
        let grammar = grammar(language).filter(|_| self.left >= code.len());
        let Some(grammar) = grammar else { return write_escaped(out, code) };
        self.left -= code.len();
        let deadline = *self.deadline.get_or_insert_with(|| Instant::now() + TIME);
        let mut state = ParseState::new(grammar);
        let mut stack = ScopeStack::new();
        let mut is_plain = false;
        for line in LinesWithEndings::from(code) {
            let is_late = !is_plain && Instant::now() >= deadline;
            self.is_late |= is_late;
            is_plain |= is_late || line.len() > LINE_MAX;
            // After a line that was not parsed the state means nothing.
            let ops = if is_plain { None } else { state.parse_line(line, &GRAMMARS).ok() };
            match ops {
                Some(ops) => write_line(out, line, &ops, &mut stack)?,
                None => {
                    is_plain = true;
                    write_escaped(out, line)?;
                }
            }
        }
        Ok(())
    }
}

fn grammar(language: &str) -> Option<&'static SyntaxReference> {
    if language.is_empty() || language.len() > 32 {
        return None;
    }
    let language = language.trim_start_matches('{').trim_start_matches('.').trim_end_matches('}').to_ascii_lowercase();
    let name = match &*language {
        // Close relatives of what there are grammars for.
        "typescript" | "ts" | "tsx" | "jsx" | "mjs" => "js",
        "toml" | "ini" | "conf" => "properties",
        "console" | "shell-session" | "zsh" | "dockerfile" => "sh",
        "jsonc" | "json5" => "json",
        "kotlin" | "kt" | "swift" => "java",
        other => other,
    };
    let grammar = GRAMMARS.find_syntax_by_token(name)?;
    (grammar.name != "Plain Text").then_some(grammar)
}

fn write_line(
    out: &mut dyn Write,
    line: &str,
    ops: &[(usize, syntect::parsing::ScopeStackOp)],
    stack: &mut ScopeStack,
) -> fmt::Result {
    let (mut start, mut class) = (0, class_of(stack));
    for (at, op) in ops {
        stack.apply(op).map_err(|_| fmt::Error)?;
        let next = class_of(stack);
        if next != class {
            write_piece(out, line.get(start..*at).unwrap_or_default(), class)?;
            (start, class) = ((*at).max(start), next);
        }
    }
    write_piece(out, line.get(start..).unwrap_or_default(), class)
}

fn class_of(stack: &ScopeStack) -> &'static str {
    let of = |scope: &Scope| SCOPES.iter().find(|(prefix, _)| prefix.is_prefix_of(*scope)).map(|(_, class)| *class);
    stack.as_slice().iter().rev().find_map(of).unwrap_or_default()
}

fn write_piece(out: &mut dyn Write, text: &str, class: &str) -> fmt::Result {
    if class.is_empty() || text.trim().is_empty() {
        return write_escaped(out, text);
    }
    write!(out, "<span class=\"{class}\">")?;
    write_escaped(out, text)?;
    out.write_str("</span>")
}

/// Writes text between tags.
pub fn write_escaped(out: &mut dyn Write, text: &str) -> fmt::Result {
    let mut escaped = String::with_capacity(text.len() + 16);
    super::escape::push_escaped(&mut escaped, text);
    out.write_str(&escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coloured(language: &str, code: &str) -> String {
        let mut out = String::new();
        Highlighter::default().write(&mut out, language, code).expect("a string");
        out
    }

    #[test]
    fn code_is_coloured_and_escaped() {
        let rust = coloured("rust", "fn main() { let a = \"<b>\"; } // x\n");
        for part in
            ["<span class=\"hl-k\">fn</span>", "&lt;b&gt;", "<span class=\"hl-c\">// x", "<span class=\"hl-f\">main"]
        {
            assert!(rust.contains(part), "{part}: {rust}");
        }
        assert!(coloured("js", "const a = 1;").contains("hl-n"));
        assert!(coloured("ts", "const a = 1;").contains("hl-n"));
        assert!(coloured("diff", "+a\n-b\n").contains("hl-d"));
        assert_eq!(coloured("nosuch", "a < b"), "a &lt; b");
        assert_eq!(coloured("", "a < b"), "a &lt; b");
    }

    #[test]
    fn colours_never_change_the_text() {
        let code = "fn a() {\n\t\"é\u{1f600}\" /* x\n*/ }\n";
        let text = coloured("rust", code).replace("</span>", "");
        let text: String =
            text.split("<span class=\"").map(|part| part.split_once("\">").map_or(part, |(_, rest)| rest)).collect();
        assert_eq!(text.replace("&quot;", "\""), code);
    }

    #[test]
    fn long_code_is_plain_and_ends_soon() {
        let long = "a + ".repeat(CODE_MAX / 4 + 1);
        assert!(!coloured("rust", &long).contains("<span"));
        assert!(!coloured("rust", &"\"a\" + ".repeat(100)).contains("<span"), "a long line");
        let line = format!("{}\n", "((((([[[[[{{{{\"'`<?php ".repeat(20));
        for language in ["rust", "js", "html", "php", "md"] {
            // The first use compiles the grammar.
            coloured(language, &line);
            let start = Instant::now();
            coloured(language, &line.repeat(CODE_MAX / line.len()));
            assert!(start.elapsed() < TIME * 10, "{language}: {:?}", start.elapsed());
        }
    }
}
