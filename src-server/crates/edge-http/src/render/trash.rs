//! The trash of a folder, and the earlier versions of a file (`web/templates/trash.html`).

use super::escape::{visible, visible_last_name, visible_path};
use super::formatting::{date_words, size_words};
use super::layout::{Layout, to_html};
use crate::request::Request;
use crate::texts::Texts;
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
    let t = request.texts();
    let mut lead = match (list.entries.is_empty(), list.days) {
        (true, _) => t.trash_nothing().to_owned(),
        (false, 0) => t.trash_newest().to_owned(),
        (false, days) => t.trash_days(u64::from(days)),
    };
    if list.has_more {
        lead = format!("{lead} {}", t.trash_more());
    }
    let may_empty = list.entries.iter().any(|entry| entry.may_purge);
    to_html(&TrashPage {
        layout: Layout::small(request, title(request)),
        lead,
        action: urls::trash(request, &request.path),
        rows,
        restore: "only",
        can_select: !list.entries.is_empty(),
        is_file: false,
        empty_href: may_empty.then(|| format!("{}&{}", urls::trash(request, &request.path), urls::EMPTY)),
        actions: vec![(request.folder_href(&request.path), t.page_open_folder())],
    })
}

fn title(request: &Request) -> String {
    let t = request.texts();
    request.path.name().map_or_else(|| t.trash_open().to_owned(), |name| t.trash_of(&visible(name.as_bytes())))
}

/// Returns the question before an entry is deleted for good.
pub fn purge_question(request: &Request, entry: &TrashEntry) -> String {
    let t = request.texts();
    t.trash_purge(&name_of(request, entry), &amount(t, entry))
}

/// Returns the question before the trash is emptied.
pub fn empty_question(t: Texts, list: &TrashList) -> String {
    let own: Vec<&TrashEntry> = list.entries.iter().filter(|entry| entry.may_purge).collect();
    let files: u64 = own.iter().map(|entry| if entry.is_folder { entry.files } else { 1 }).sum();
    let size = size_words(t, own.iter().map(|entry| entry.size).sum());
    let files = t.count_files(files);
    match list.has_more {
        true => t.trash_purge_more(&files, &size),
        false => t.trash_purge_all(&files, &size),
    }
}

/// Returns the path of an entry below the requested folder.
fn name_of(request: &Request, entry: &TrashEntry) -> String {
    let shown = match entry.path.strip_prefix(&request.path).filter(|below| !below.is_root()) {
        Some(below) => visible(below.as_bytes()),
        None => visible_path(&entry.path),
    };
    if entry.is_folder { format!("{shown}/") } else { shown }
}

fn row(request: &Request, entry: &TrashEntry) -> Row {
    let name = name_of(request, entry);
    let purge_href =
        entry.may_purge.then(|| format!("{}&{}={}", urls::trash(request, &request.path), urls::PURGE, entry.id));
    Row { id: entry.id.to_string(), name, href: None, details: details(request.texts(), entry), purge_href }
}

/// Returns the size in words, of a folder also the number of files.
fn amount(t: Texts, entry: &TrashEntry) -> String {
    let size = size_words(t, entry.size);
    if entry.is_folder { t.count_list(&t.count_files(entry.files), &size) } else { size }
}

/// Returns size, time and account in words.
fn details(t: Texts, entry: &TrashEntry) -> String {
    let (size, date) = (amount(t, entry), date_words(entry.removed));
    let done = match entry.cause {
        Cause::Deleted => t.trash_deleted(&size, &date),
        Cause::Replaced => t.trash_replaced(&size, &date),
    };
    let by = match entry.account.as_str() {
        "*" | "" => done,
        account => t.trash_by(&done, account),
    };
    entry.address.as_deref().map(|address| t.trash_from(&by, address)).unwrap_or(by)
}

/// Renders the earlier versions of the requested file.
pub fn versions(request: &Request, versions: &[Version]) -> String {
    let t = request.texts();
    let may_read = request.access.verdict(&request.path, Operation::Download) == Verdict::Allow;
    let version_row = |version: &Version| Row {
        id: version.id.to_string(),
        // Versions of one minute are told apart.
        name: t.time_utc(&format!("{}:{:02}", date_words(version.modified), version.modified.secs().rem_euclid(60))),
        href: may_read.then(|| urls::version(request, &version.id)),
        details: match &version.trashed {
            Some(entry) => details(t, entry),
            None => t.trash_from_editor(&size_words(t, version.size)),
        },
        purge_href: None,
    };
    let name = visible_last_name(&request.path);
    let folder = request.path.parent().unwrap_or_default();
    to_html(&TrashPage {
        layout: Layout::small(request, t.trash_versions_of(&name)),
        lead: match versions.is_empty() {
            true => t.trash_no_versions().to_owned(),
            false => t.trash_versions().to_owned(),
        },
        action: format!("{}?{}", request.href(&request.path), urls::VERSIONS),
        rows: versions.iter().map(version_row).collect(),
        restore: "replace",
        can_select: false,
        is_file: true,
        empty_href: None,
        actions: vec![
            (request.href(&request.path), t.page_open_file()),
            (request.folder_href(&folder), t.page_open_folder()),
        ],
    })
}

/// Returns a sentence about restored paths: `1 file or folder restored.`
pub fn restored_words(t: Texts, paths: &[VPath]) -> String {
    match paths.len() as u64 {
        0 => t.trash_nothing_restored().to_owned(),
        1 => t.trash_restored_one().to_owned(),
        count => t.trash_restored(count),
    }
}
