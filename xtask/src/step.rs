//! A step of `cargo xtask test`: what it is called, what it gets and what it answers.

use std::path::PathBuf;

use crate::workspace::Workspace;

/// One check. The table of them is in `steps.rs`.
pub struct Step {
    /// Its name for `--only`.
    pub name: &'static str,
    /// One line for the headline and the help.
    pub about: &'static str,
    /// Runs it.
    pub run: Run,
    /// Whether `--quick` includes it.
    pub is_quick: bool,
}

type Run = fn(&Context) -> Result<Outcome, String>;

impl Step {
    /// A step for daily work: all of them together answer within three minutes once the workspace is built.
    pub const fn quick(name: &'static str, about: &'static str, run: Run) -> Self {
        Self { name, about, run, is_quick: true }
    }
    /// A step that only the whole command runs.
    pub const fn slow(name: &'static str, about: &'static str, run: Run) -> Self {
        Self { name, about, run, is_quick: false }
    }
}

/// The result of a step that did not fail.
pub enum Outcome {
    /// It ran.
    Passed,
    /// It could not run; the sentence names the missing dependency.
    Skipped(String),
}

/// The context of a step.
pub struct Context<'a> {
    /// The folders.
    pub workspace: &'a Workspace,
    /// The file in which tests record skipped checks, one line each (environment `POTLUCK_SKIPS`).
    pub skips: PathBuf,
    /// Run on after the first failing test, too.
    pub keep_going: bool,
}
