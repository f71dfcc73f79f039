//! A small icon that shows a file extension (`web/templates/type-icon.svg`).

use super::layout::to_html;
use askama::Template;

#[derive(Template)]
#[template(path = "type-icon.svg")]
struct TypeIcon<'a> {
    label: &'a str,
}

/// Returns the icon. Of `label` only the first five letters and digits are shown.
pub fn svg(label: &str) -> String {
    let shown: String = label.chars().filter(|c| c.is_ascii_alphanumeric()).take(5).collect();
    to_html(&TypeIcon { label: &shown })
}
