//! A way to connect, as the page shows it.

/// A way to connect.
#[derive(Default)]
pub(super) struct Way {
    pub title: String,
    /// What it is good for, and what it needs.
    pub about: String,
    /// Commands to type, one for each line.
    pub commands: Vec<String>,
    /// Steps to take, where there is nothing to type.
    pub steps: Vec<String>,
    /// A link: URL, label, and the name under which a browser saves it.
    pub link: Option<WayLink>,
}

/// A link of a way to connect.
pub(super) struct WayLink {
    pub href: String,
    pub label: &'static str,
    pub is_download: bool,
}
