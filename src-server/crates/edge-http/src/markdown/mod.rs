//! Markdown as sanitised HTML (ADR 0028). Knows no request and no disk. Takes milliseconds, so pages ask [`Renderer`], which
//! leaves the reactor.
//!
//! | file | |
//! |---|---|
//! | `place.rs` | where a text stands; what its links lead to |
//! | `render.rs`, `rendered.rs`, `bounds.rs` | the steps, the result, the bounds |
//! | `raw_html.rs` | the HTML in a text: allowed tags only, each closed where it was opened |
//! | `format.rs` | headings, task lists, code, pictures and formulas as HTML |
//! | `highlight.rs`, `math.rs` | colours of code; formulas as MathML |
//! | `plugins.rs` | whether a text has scripts that run in a frame |
//! | `renderer.rs` | threads, and what is remembered |
//! | `sanitise.rs` | the last filter: whatever happened before, only allowed HTML passes |
//!
//! The author of a text is a stranger. Time and memory are bounded: see `bounds.rs` and docs/limits.md.

mod bounds;
mod escape;
mod format;
mod highlight;
mod math;
mod place;
mod plugins;
mod raw_html;
mod render;
mod rendered;
mod renderer;
mod sanitise;
#[cfg(test)]
mod tests;

pub use bounds::TEXT_MAX;
pub use place::{Keys, Place};
pub use plugins::Plugins;
pub use render::{plain, render};
pub use rendered::{Heading, Refusal, Rendered};
pub use renderer::Renderer;
