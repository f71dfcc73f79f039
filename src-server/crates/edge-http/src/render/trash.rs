//! The trash of a folder, and the earlier versions of a file (`web/templates/trash.html`).

use super::escape::visible;
use super::formatting::{date_words, size_words};
use super::layout::{Layout, to_html};
use crate::request::Request;
use crate::urls;
use askama::Template;
use engine::files::trash::{TrashEntry, TrashList, Version};
use engine::volumes::trash::record::Cause;
use model::{Operation, VPath, Verdict};

/// A row of the list.
struct Row {
    /// Identifies it in the form.
    id: String,
    /// The former path, or the time of the version.
    name: String,
    /// Shows a version that the visitor may read.
    href: Option<String>,
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
        (false, 1) => "What was deleted or replaced here, newest first. It is kept for up to one day.".to_owned(),
        (false, days) => format!("What was deleted or replaced here, newest first. It is kept for up to {days} days."),
    };
    let more =
        if list.has_more { " Older files are in the trash, too; they show once newer ones are gone." } else { "" };
    let may_empty = list.entries.iter().any(|entry| entry.may_purge);
    to_html(&TrashPage {
        layout: Layout::small(request, title(request)),
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

fn title(request: &Request) -> String {
    request.path.name().map_or_else(|| "Trash".to_owned(), |name| format!("Trash of {}", visible(name.as_bytes())))
}

/// Returns the question before an entry is deleted for good.
pub fn purge_question(request: &Request, entry: &TrashEntry) -> String {
    format!("Delete {} ({}) for good? This cannot be undone.", name_of(request, entry), amount(entry))
}

/// Returns the question before the trash is emptied.
pub fn empty_question(list: &TrashList) -> String {
    let own: Vec<&TrashEntry> = list.entries.iter().filter(|entry| entry.may_purge).collect();
    let files: u64 = own.iter().map(|entry| if entry.is_folder { entry.files } else { 1 }).sum();
    let size = size_words(own.iter().map(|entry| entry.size).sum());
    let more = if list.has_more { "more than " } else { "" };
    let words = if files == 1 { "1 file".to_owned() } else { format!("{files} files") };
    format!(
        "Delete everything in this trash that you may delete, {more}{words} ({size}), for good? This cannot be undone."
    )
}

/// Returns the path of an entry below the requested folder.
fn name_of(request: &Request, entry: &TrashEntry) -> String {
    let shown = match entry.path.strip_prefix(&request.path).filter(|below| !below.is_root()) {
        Some(below) => visible(below.as_bytes()),
        None => entry.path.display(),
    };
    if entry.is_folder { format!("{shown}/") } else { shown }
}

fn row(request: &Request, entry: &TrashEntry) -> Row {
    let name = name_of(request, entry);
    let purge_href =
        entry.may_purge.then(|| format!("{}&{}={}", urls::trash(request, &request.path), urls::PURGE, entry.id));
    Row { id: entry.id.to_string(), name, href: None, details: details(entry), purge_href }
}

/// Returns the size in words, of a folder also the number of files.
fn amount(entry: &TrashEntry) -> String {
    match (entry.is_folder, entry.files) {
        (false, _) => size_words(entry.size),
        (true, 1) => format!("1 file, {}", size_words(entry.size)),
        (true, files) => format!("{files} files, {}", size_words(entry.size)),
    }
}

/// Returns size, time and account in words.
fn details(entry: &TrashEntry) -> String {
    let size = amount(entry);
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
    let may_read = request.access.verdict(&request.path, Operation::Download) == Verdict::Allow;
    let version_row = |version: &Version| Row {
        id: version.id.to_string(),
        // Versions of one minute are told apart.
        name: format!("{}:{:02} UTC", date_words(version.modified), version.modified.secs().rem_euclid(60)),
        href: may_read.then(|| urls::version(request, &version.id)),
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
            false => "Earlier versions, newest first. Restoring one keeps what is there now as a version; restored beside it, a version \
                      becomes a file of its own.".into(),
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
