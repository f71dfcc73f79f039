//! Bounds of rendering.

/// Longest text that is rendered, in bytes. A longer one is shown as plain text.
pub const TEXT_MAX: usize = 512 << 10;
/// Longest HTML, in bytes.
pub(super) const HTML_MAX: usize = 4 << 20;
/// Most blocks and emphases inside each other.
pub(super) const DEPTH_MAX: usize = 100;
/// Most headings in a table of contents.
pub(super) const HEADINGS_MAX: usize = 500;
/// Most links whose files are looked for (see [`Rendered::files`]).
pub(super) const FILES_MAX: usize = 64;
