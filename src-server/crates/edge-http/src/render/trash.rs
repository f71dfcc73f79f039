//! The trash of a folder, and the earlier versions of a file (`web/templates/trash.html`).

use super::escape::visible;
use super::formatting::{date_words, size_words};
use super::layout::{Layout, to_html};
use crate::request::Request;
use crate::urls;
use askama::Template;
use engine::files::trash::{TrashEntry, TrashList, Version};
use engine::volumes::trash::record::Cause;
use model::VPath;

/// A row of the list.
struct Row {
    /// Identifies it in the form.
    id: String,
    /// The former path, or the time of the version.
    name: String,
    /// Size, when and by whom.
    details: String,
    /// URL of the question before it is deleted for good; `None` if the visitor may not.
    purge_href: Option<String>,
}

#[derive(Template)]
#[template(path = "trash.html")]
struct TrashPage<'a> {
    layout: Layout<'a>,
    lead: String,
    action: String,
    rows: Vec<Row>,
    /// Name of the button that restores a row.
    restore: &'static str,
    /// Whether several rows can be restored at once.
    can_select: bool,
    /// Whether the rows are versions of a file, which can be restored beside it.
    is_file: bool,
    empty_href: Option<String>,
    actions: Vec<(String, &'static str)>,
}

/// Renders what is in the trash below the requested folder.
pub fn trash(request: &Request, list: &TrashList) -> String {
    let rows = list.entries.iter().map(|entry| row(request, entry)).collect();
    let lead = match (list.entries.is_empty(), list.days) {
        (true, _) => "There is nothing in the trash that you could restore.".to_owned(),
        (false, 0) => "What was deleted or replaced here, newest first.".to_owned(),
        (false, 1) => "What was deleted or replaced here, newest first. It is kept for one day.".to_owned(),
        (false, days) => format!("What was deleted or replaced here, newest first. It is kept for {days} days."),
    };
    let more =
        if list.has_more { " Older files are in the trash, too; they show once newer ones are gone." } else { "" };
    let may_empty = list.entries.iter().any(|entry| entry.may_purge);
    to_html(&TrashPage {
        layout: Layout::small(request, "Trash"),
        lead: lead + more,
        action: urls::trash(request, &request.path),
        rows,
        restore: "only",
        can_select: !list.entries.is_empty(),
        is_file: false,
        empty_href: may_empty.then(|| format!("{}&{}", urls::trash(request, &request.path), urls::EMPTY)),
        actions: vec![(request.folder_href(&request.path), "Open the folder")],
    })
}

fn row(request: &Request, entry: &TrashEntry) -> Row {
    let shown = match entry.path.strip_prefix(&request.path).filter(|below| !below.is_root()) {
        Some(below) => visible(below.as_bytes()),
        None => entry.path.display(),
    };
    let name = if entry.is_folder { format!("{shown}/") } else { shown };
    let purge_href =
        entry.may_purge.then(|| format!("{}&{}={}", urls::trash(request, &request.path), urls::PURGE, entry.id));
    Row { id: entry.id.to_string(), name, details: details(entry), purge_href }
}

/// Returns size, time and account in words.
fn details(entry: &TrashEntry) -> String {
    let size = match (entry.is_folder, entry.files) {
        (false, _) => size_words(entry.size),
        (true, 1) => format!("1 file, {}", size_words(entry.size)),
        (true, files) => format!("{files} files, {}", size_words(entry.size)),
    };
    let done = match entry.cause {
        Cause::Deleted => "deleted",
        Cause::Replaced => "replaced",
    };
    let by = match entry.account.as_str() {
        "*" | "" => String::new(),
        account => format!(" by {account}"),
    };
    let from = entry.address.as_deref().map(|address| format!(" from {address}")).unwrap_or_default();
    format!("{size}, {done} {} UTC{by}{from}", date_words(entry.removed))
}

/// Renders the earlier versions of the requested file.
pub fn versions(request: &Request, versions: &[Version]) -> String {
    let version_row = |version: &Version| Row {
        id: version.id.to_string(),
        name: format!("{} UTC", date_words(version.modified)),
        details: match &version.trashed {
            Some(entry) => details(entry),
            None => format!("{}, from the editor", size_words(version.size)),
        },
        purge_href: None,
    };
    let name = request.path.name().map_or_else(|| request.path.display(), |name| visible(name.as_bytes()));
    let folder = request.path.parent().unwrap_or_default();
    to_html(&TrashPage {
        layout: Layout::small(request, format!("Versions of {name}")),
        lead: match versions.is_empty() {
            true => "There are no earlier versions of this file.".into(),
            false => "Earlier versions, newest first. The present one is kept when you restore another.".into(),
        },
        action: format!("{}?{}", request.href(&request.path), urls::VERSIONS),
        rows: versions.iter().map(version_row).collect(),
        restore: "replace",
        can_select: false,
        is_file: true,
        empty_href: None,
        actions: vec![
            (request.href(&request.path), "Open the file"),
            (request.folder_href(&folder), "Open the folder"),
        ],
    })
}

/// Returns a sentence about restored paths: `1 file or folder restored.`
pub fn restored_words(paths: &[VPath]) -> String {
    match paths.len() {
        0 => "Nothing was restored.".into(),
        1 => "Restored.".into(),
        count => format!("{count} files and folders restored."),
    }
}
