//! From SVG to pixels.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

/// The states of the tray icon, and the parts of `tray.svg` that show them.
pub const STATES: &[(&str, &[&str])] = &[
    ("on", &["whole"]),
    ("transferring", &["with-wide-corner", "arrows"]),
    ("paused", &["with-corner", "bars"]),
    ("waiting", &["hollow"]),
    ("attention", &["with-edge", "mark"]),
    ("off", &["hollow-crossed", "slash"]),
];

/// Every part of `tray.svg` that only some states have.
const PARTS: &[&str] = &[
    "whole",
    "with-corner",
    "with-wide-corner",
    "with-edge",
    "hollow",
    "hollow-crossed",
    "slash",
    "arrows",
    "bars",
    "mark",
];

/// Where a tray icon is shown, and its colour there.
pub const VARIANTS: &[(&str, &str)] = &[
    ("light", "#1f1d1a"),
    ("dark", "#ffffff"),
    // macOS paints it as it likes.
    ("template", "#000000"),
    // Linux does not say how dark a panel is; this can be seen on any.
    ("colour", "#e8590c"),
];

/// `tray.svg` in one state and colour.
pub fn tray(source: &str, parts: &[&str], colour: &str) -> String {
    let hidden: Vec<String> =
        PARTS.iter().filter(|part| !parts.contains(part)).map(|part| format!("#{part}")).collect();
    let style = format!("<style>svg{{color:{colour}}}{}{{display:none}}</style><defs>", hidden.join(","));
    source.replacen("<defs>", &style, 1)
}

/// The picture as a square of `size` pixels, `margin` of them (of each side) empty.
///
/// # Errors
/// A sentence, if the SVG cannot be read.
pub fn square(svg: &str, size: u32, margin: f32) -> Result<Pixmap, String> {
    let tree = Tree::from_str(svg, &Options::default()).map_err(|error| format!("the SVG cannot be read: {error}"))?;
    let mut pixels = Pixmap::new(size, size).ok_or("a picture needs at least one pixel")?;
    let scale = (size as f32 - 2.0 * margin) / tree.size().width();
    resvg::render(&tree, Transform::from_scale(scale, scale).post_translate(margin, margin), &mut pixels.as_mut());
    Ok(pixels)
}
