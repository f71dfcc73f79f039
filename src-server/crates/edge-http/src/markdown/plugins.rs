//! Plugins (`-emp`): blocks of script in a text. This server only looks whether there are some; they run in a frame without our
//! origin (`web/src/plugin-frame`), which renders the text itself. Without script the blocks are shown as code.

use super::bounds::TEXT_MAX;
use model::page_text_flags::PageTextFlags;

/// A text with plugins that run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugins {
    /// The text, with its plugins.
    pub text: String,
    /// Whether a line break in the text is one on the page.
    pub breaks_lines: bool,
}

/// The fences that begin a plugin: one changes the parser, the other what it has made.
const FENCES: [&str; 2] = ["```copyparty_pre", "```copyparty_post"];

impl Plugins {
    /// Returns a copy of `text` if it has plugins, the volume's `flags` let them run, and it is short enough to be rendered.
    pub fn of(flags: &PageTextFlags, text: &str) -> Option<Self> {
        let has_some = || text.lines().any(|line| FENCES.contains(&line.trim_end()));
        let runs = flags.runs_plugins && text.len() <= TEXT_MAX && has_some();
        runs.then(|| Self { text: text.to_owned(), breaks_lines: !flags.joins_lines })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_begins_with_its_fence_on_a_line_of_its_own() {
        let on = PageTextFlags { runs_plugins: true, ..PageTextFlags::default() };
        let long = format!("```copyparty_pre\n```\n{}", "a".repeat(TEXT_MAX));
        for (text, runs) in [
            ("```copyparty_pre\n```", true),
            ("a\r\n```copyparty_post \r\nrender(dom) {}\r\n```", true),
            ("```copyparty_post2\n```", false),
            (" copyparty_pre", false),
            ("see ```copyparty_pre", false),
            (&*long, false),
        ] {
            assert_eq!(Plugins::of(&on, text).is_some(), runs, "{}", text.len());
            assert_eq!(Plugins::of(&PageTextFlags::default(), text), None);
        }
    }
}
