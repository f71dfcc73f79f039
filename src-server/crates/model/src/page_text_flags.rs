//! What pages show of the texts of a folder: readmes, prologue, epilogue.

/// Settings of one volume for the texts in its folders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageTextFlags {
    /// `no_readme`: no readme and preadme.
    pub no_readme: bool,
    /// `no_logues`: no prologue and epilogue.
    pub no_logues: bool,
    /// `plainreadme`: readmes are shown as they were written.
    pub plain_readme: bool,
    /// `plainlogues`: prologue and epilogue are shown as text.
    pub plain_logues: bool,
    /// `md_no_br`: a line break in Markdown is a blank, as in the standard.
    pub joins_lines: bool,
    /// `emp`: scripts in Markdown run, in a frame without our origin.
    pub runs_plugins: bool,
}
