//! Drawing: one `Listing`, and the small pages around it. The pages are those of `web/templates`, which say what varies.

pub mod escape;
pub mod pages;
pub mod shell;
