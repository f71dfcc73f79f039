//! The rows of a listing as an HTML table. The page and the simple view have the same columns and differ in how they
//! write sizes, dates and missing values.
//! Rows are the one piece of HTML that is written by hand and not by a template: a folder may have 100,000 of them, and
//! templates take longer for each (docs/adr/0015-compiled-templates.md).

use super::escape::{self, push_href, push_html_bytes, push_number, visible};
use super::formatting::{Precision, Sizes, push_date};
use super::row_stream::RowStream;
use super::tags;
use crate::request::Request;
use crate::texts::Texts;
use crate::urls;
use engine::listing::{Entry, Listing};
use model::{FileName, VPath};
use std::sync::Arc;
use warp::reply::Response;

/// Style of the rows.
pub struct RowStyle {
    /// Query appended to links to folders, to keep the current view.
    pub query: &'static str,
    /// Suffix of a folder's name.
    pub folder_suffix: &'static str,
    /// Whether sizes of folders are shown where they are known. Programs parse the simple view and expect 0.
    pub folder_sizes: bool,
    /// Shown instead of a folder's size.
    pub no_size: &'static str,
    /// Shown instead of a folder's type.
    pub no_type: &'static str,
    /// How sizes are written; `None`: as a number of bytes.
    pub sizes: Option<Sizes>,
    /// Precision of dates.
    pub precision: Precision,
    /// Whether tags are shown.
    pub tags: bool,
    /// Whether browsers get links to what may be changed.
    pub changes: bool,
}

/// Returns the style of the normal page.
pub fn page(texts: Texts) -> RowStyle {
    RowStyle {
        query: "",
        folder_suffix: "",
        folder_sizes: true,
        no_size: "-",
        no_type: "-",
        sizes: Some(Sizes::of(texts)),
        precision: Precision::Minutes,
        tags: true,
        changes: true,
    }
}

/// Style of the simple view; `query` keeps the visitor in it.
pub const fn basic(query: &'static str) -> RowStyle {
    RowStyle {
        query,
        folder_suffix: "/",
        folder_sizes: false,
        no_size: "0",
        no_type: "---",
        sizes: None,
        precision: Precision::Seconds,
        tags: false,
        changes: false,
    }
}

/// Stands in the templates where the rows belong. All values in templates are escaped, and sanitised HTML has no comments
/// and nothing that looks like one, so none of them contains it.
const MARK: &str = "<!-- rows -->";

/// Returns `page` with a row for every folder and file in place of the mark.
pub fn reply(request: &Request, listing: Listing, style: RowStyle, page: String) -> Response {
    let (head, tail) = split_at_mark(page);
    let tags = if style.tags { tags::shown(&listing) } else { Vec::new() };
    let at = request.access.volume_path(&request.path);
    let downloads = at.is_some_and(|at| at.volume.config.flags.page_lists.downloads);
    let changes = style.changes && request.head.is_page_load() && super::may_change_in(request, listing.rights);
    let changes = changes.then(|| Changes { t: request.texts(), mounts: mounts_in(request) });
    let table = Table { style, here: prefix(request), zip: super::archives_are_on(request), tags, downloads, changes };
    let Listing { folders, files, reservation, .. } = listing;
    let rows = folders.len() + files.len();
    let render_row = move |out: &mut String, row: usize| match row.checked_sub(folders.len()) {
        None => table.push_folder(out, &folders[row]),
        Some(at) => table.push_file(out, &files[at]),
    };
    RowStream { head, rows, render_row, reservation, tail }.reply(request, "text/html; charset=utf-8")
}

/// Returns the parts of the page before and after the mark; the whole page and nothing if it has none.
fn split_at_mark(mut page: String) -> (String, String) {
    let Some(at) = page.find(MARK) else { return (page, String::new()) };
    let tail = page[at + MARK.len()..].to_owned();
    page.truncate(at);
    (page, tail)
}

/// Returns the prefix of all links: empty, or the folder's own name if the URL has no slash at its end, since browsers
/// then resolve links against the parent folder.
fn prefix(request: &Request) -> Arc<str> {
    let mut prefix = String::new();
    if let Some(name) = request.path.name().filter(|_| !request.trailing_slash) {
        push_href(&mut prefix, name.as_bytes());
        prefix.push('/');
    }
    prefix.into()
}

struct Table {
    style: RowStyle,
    here: Arc<str>,
    zip: bool,
    /// The columns of tags: [`tags::shown`].
    tags: Vec<(u16, bool)>,
    /// Whether links download files (`dlni`).
    downloads: bool,
    /// `None` without links to what may be changed.
    changes: Option<Changes>,
}

/// Links to what may be changed.
struct Changes {
    /// Their language.
    t: Texts,
    /// Names of volumes, which stay where they are.
    mounts: Vec<FileName>,
}

/// Returns the names in the requested folder at which volumes begin.
fn mounts_in(request: &Request) -> Vec<FileName> {
    let volumes = &request.access.snapshot().tree.volumes;
    let mounts = volumes.iter().map(|volume| &volume.config.mount);
    mounts.filter(|mount| mount.parent().as_ref() == Some(&request.path)).filter_map(VPath::name).collect()
}

impl Table {
    fn push_folder(&self, out: &mut String, entry: &Entry) {
        out.push_str("<tr><td>");
        if self.zip && entry.archivable {
            self.push_link(out, entry);
            out.push_str("/?zip\" rel=\"nofollow\">zip</a>");
        } else {
            out.push('-');
        }
        out.push_str("</td><td>");
        self.push_link(out, entry);
        for part in ["/", self.style.query, "\">"] {
            out.push_str(part);
        }
        push_html_bytes(out, entry.name.as_bytes());
        out.push_str(self.style.folder_suffix);
        out.push_str("</a>");
        self.push_change(out, entry, "/?");
        out.push_str("</td><td>");
        match entry.files_below.filter(|_| self.style.folder_sizes) {
            Some(_) => self.push_size(out, entry.size),
            None => out.push_str(self.style.no_size),
        }
        out.push_str("</td>");
        self.tags.iter().for_each(|_| out.push_str("<td></td>"));
        out.push_str("\n<td>");
        out.push_str(self.style.no_type);
        self.push_end(out, entry);
    }

    fn push_file(&self, out: &mut String, entry: &Entry) {
        out.push_str("<tr><td>-</td><td>");
        self.push_link(out, entry);
        super::json::push_key(out, entry);
        if self.downloads {
            out.push_str(if entry.key.is_some() { "&amp;dl" } else { "?dl" });
        }
        out.push_str("\">");
        push_html_bytes(out, entry.name.as_bytes());
        out.push_str("</a>");
        self.push_change(out, entry, "?");
        out.push_str("</td><td>");
        self.push_size(out, entry.size);
        out.push_str("</td>");
        for (position, is_duration) in &self.tags {
            out.push_str("<td>");
            if let Ok(at) = entry.tags.binary_search_by_key(position, |(own, _)| *own) {
                tags::push_value(out, &entry.tags[at].1, *is_duration);
            }
            out.push_str("</td>");
        }
        out.push_str("\n<td>");
        push_extension(out, entry);
        self.push_end(out, entry);
    }

    /// Appends the link to what may be changed. `query`: what begins it.
    fn push_change(&self, out: &mut String, entry: &Entry, query: &str) {
        let Some(Changes { t, mounts }) = &self.changes else { return };
        if mounts.contains(&entry.name) {
            return;
        }
        out.push(' ');
        self.push_link(out, entry);
        out.push_str(query);
        out.push_str(urls::CHANGE);
        if let Some(key) = &entry.key {
            out.push_str("&amp;k=");
            out.push_str(key);
        }
        out.push_str("\" class=\"change\" aria-label=\"");
        out.push_str(&escape::html(&t.change_of(&visible(entry.name.as_bytes()))));
        out.push_str("\">");
        out.push_str(t.change_link());
        out.push_str("</a>");
    }

    fn push_size(&self, out: &mut String, bytes: u64) {
        match &self.style.sizes {
            Some(sizes) => sizes.push(out, bytes),
            None => push_number(out, bytes),
        }
    }

    /// Appends the start of a link up to the name.
    fn push_link(&self, out: &mut String, entry: &Entry) {
        out.push_str("<a href=\"");
        out.push_str(&self.here);
        push_href(out, entry.name.as_bytes());
    }

    fn push_end(&self, out: &mut String, entry: &Entry) {
        out.push_str("</td><td>");
        match entry.modified.0 == 0 && self.style.precision == Precision::Minutes {
            // A folder that exists only as a parent of volumes has no date.
            true => out.push('-'),
            false => push_date(out, entry.modified, self.style.precision),
        }
        out.push_str("</td></tr>\n");
    }
}

/// Appends the extension, or `-` if there is none or it is too long to be one.
fn push_extension(out: &mut String, entry: &Entry) {
    match entry.name.extension().filter(|extension| (1..=16).contains(&extension.len())) {
        Some(extension) => push_html_bytes(out, extension),
        None => out.push('-'),
    }
}
