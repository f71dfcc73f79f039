//! A listing as text for terminals: `?ls=t`, and with colours `?ls=v`.

use super::formatting::{Precision, push_date, size_words, with_commas};
use super::row_stream::RowStream;
use crate::request::Request;
use crate::texts::Texts;
use engine::listing::{Entry, Listing};
use model::invisible::is_invisible;
use warp::reply::Response;

/// Style of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `?ls=t`: sizes in bytes, no colours.
    Plain,
    /// `?ls=v`: short sizes, colours.
    Colored,
}

/// Renders a listing.
pub fn listing(request: &Request, listing: Listing, style: Style) -> Response {
    let mut head = String::with_capacity(256);
    head.push_str("# acct: ");
    head.push_str(request.access.shown_account());
    head.push_str("\n# perms: ");
    head.push_str(&listing.rights.names().collect::<Vec<_>>().join(","));
    head.push_str("\n# srvinf: ");
    head.push_str(&super::space_info(&listing).unwrap_or_default());
    head.push('\n');
    let largest = listing.files.iter().map(|entry| entry.size).max().unwrap_or(0);
    let width = match style {
        Style::Plain => with_commas(largest).len().max(1),
        Style::Colored => "1023 MiB".len(),
    };
    let Listing { folders, files, reservation, .. } = listing;
    let rows = folders.len() + files.len();
    let render_row = move |out: &mut String, row: usize| match row.checked_sub(folders.len()) {
        None => push_row(out, &folders[row], "/", width, style),
        Some(at) => push_row(out, &files[at], "", width, style),
    };
    RowStream { head, rows, render_row, reservation, tail: String::new() }.reply(request, "text/plain; charset=utf-8")
}

fn push_row(out: &mut String, entry: &Entry, ending: &str, width: usize, style: Style) {
    let colored = style == Style::Colored;
    if colored {
        out.push_str("\u{1b}[90m");
    }
    push_date(out, entry.modified, Precision::Seconds);
    out.push_str(if colored { "\u{1b}[0m " } else { " " });
    let size = match (ending, style) {
        ("/", _) => "-".to_owned(),
        (_, Style::Plain) => with_commas(entry.size),
        (_, Style::Colored) => size_words(Texts::english(), entry.size),
    };
    out.extend(std::iter::repeat_n(' ', width.saturating_sub(size.len())));
    out.push_str(&size);
    out.push_str("  ");
    if colored && ending == "/" {
        out.push_str("\u{1b}[36m");
    }
    push_name(out, entry.name.as_bytes());
    out.push_str(ending);
    if colored && ending == "/" {
        out.push_str("\u{1b}[0m");
    }
    out.push('\n');
}

/// Appends a name for a terminal. Control characters could move the cursor or set the window title, and bidirectional
/// marks could make a name read as another one, so both are replaced.
fn push_name(out: &mut String, name: &[u8]) {
    for c in String::from_utf8_lossy(name).chars() {
        out.push(if is_invisible(c) { '\u{fffd}' } else { c });
    }
}
