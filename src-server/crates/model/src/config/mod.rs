//! Reads [`Settings`](crate::settings::Settings) from command lines and configuration files, and prints them.
//!
//! ```text
//! words ─► arguments ─┐                        ┌─► toml_out
//!                     ├─► Draft ─► Settings ───┤
//! files ─► toml_in    │  as        (build)     └─► command_line
//!          conf     ──┘  written
//!          conf_old
//! ```
//!
//! The readers only collect what is written, with its location; `build` resolves the draft when all of it is known.
//! Every fault is reported, not only the first. The grammar is that of copyparty 0.11 and 1.x, and our TOML.
//!
//! Reference: docs/configuration.md.

mod ambiguous;
mod arguments;
mod build;
mod cli;
pub mod command_line;
mod conf;
mod conf_old;
mod draft;
mod environment;
mod files;
mod grants;
mod help;
mod line;
pub mod rules;
mod toml_in;
pub mod toml_out;
mod volume_argument;
mod volume_items;

pub use cli::{Action, ExitAfter, ListRequest, Parsed, Serve, parse_args, parse_toml};
pub use environment::{FileKind, ParseEnv};

#[cfg(test)]
mod tests;
