//! The control page (`web/templates/control.html`): the folders of the account, what is going on, what arrived lately,
//! share links, and signing in and out. The script takes over what changes while one looks (`web/src/control`).

use super::escape::visible;
use super::folder_path;
use super::formatting::{date_words, rounded_duration, size_words};
use super::languages::{self, LanguageChoice};
use super::layout::{self, Layout, to_html};
use super::rights_words::rights_words;
use crate::request::Request;
use crate::texts::Texts;
use crate::urls;
use askama::Template;
use engine::files::trash::Trash;
use engine::indexes::KnownIndex;
use engine::library::IndexState;
use engine::links::{LinkInfo, LinkKind, LinkState};
use engine::transfers::KnownTransfer;
use engine::uploads::{OwnUpload, RecentUpload};
use model::{Operation, Perm, PermSet, VPath, Verdict};

/// Most uploads that are drawn.
const RECENT_SHOWN: usize = 20;

/// What the account may know of the server.
pub struct Overview {
    /// Sorted by mount point.
    pub indexes: Vec<KnownIndex>,
    /// The oldest first.
    pub transfers: Vec<KnownTransfer>,
    /// Uploads in folders that the account may read, the newest first.
    pub recent: Vec<RecentUpload>,
    /// The account's own uploads that it may delete.
    pub own: Vec<OwnUpload>,
    /// The account's own.
    pub links: Vec<LinkInfo>,
}

#[derive(Template)]
#[template(path = "control.html")]
struct ControlPage<'a> {
    layout: Layout<'a>,
    visitor: Visitor<'a>,
    /// URL of the requested folder, and its name; `None` for the root.
    back: Option<(String, String)>,
    /// URL that the sign-in form posts to, for visitors who have not signed in.
    login_action: Option<String>,
    code_href: String,
    volumes: Vec<VolumeRow>,
    transfers: Vec<TransferRow>,
    uploads: Vec<UploadRow>,
    /// The account can make links.
    has_links: bool,
    links: Vec<LinkRow>,
    own_uploads: Option<String>,
    /// URL that the forms that sign out post to.
    sign_out: String,
    /// URL of the settings window, for administrators.
    settings: Option<String>,
    /// URL that the form for the language asks for.
    language_action: String,
    /// The languages that can be chosen.
    languages: Vec<LanguageChoice>,
}

/// Who looks at the page.
enum Visitor<'a> {
    /// Has not signed in.
    Stranger,
    /// Came by an invitation or a share link.
    Guest,
    /// Has signed in to the account.
    Account(&'a str),
}

/// A folder that the visitor can open.
struct VolumeRow {
    /// The path as the page API has it.
    path: String,
    href: String,
    name: String,
    /// `You can view and add files.`
    rights: String,
    index: Option<IndexRow>,
    trash: Option<TrashRow>,
}

/// The index of a folder.
struct IndexRow {
    words: String,
    /// What is done of what is to be done.
    progress: Option<(u64, u64)>,
    may_rescan: bool,
}

/// The trash of a folder.
struct TrashRow {
    href: String,
    size: String,
}

/// An upload or download that is under way.
struct TransferRow {
    is_upload: bool,
    folder_href: String,
    name: String,
    /// Who, how much, how fast, how long.
    details: String,
    progress: Option<(u64, u64)>,
}

/// A file that arrived.
struct UploadRow {
    folder_href: String,
    name: String,
    details: String,
    /// URL that a form posts to in order to delete it; `None`: this visitor cannot delete it here.
    delete: Option<String>,
}

/// A share link.
struct LinkRow {
    id: String,
    url: String,
    name: String,
    details: String,
}

/// Renders the page.
pub fn page(request: &Request, overview: &Overview) -> String {
    let is_stranger = request.access.account().is_anonymous() && request.access.link().is_none();
    let mut layout = Layout::new(request, request.texts().account_overview(), "control")
        .with_style(request, "control.css")
        .with_script(request)
        .with_account(request);
    // The form is on this page.
    if let Some(links) = layout.menu.as_mut().and_then(|menu| menu.sign_in.as_mut()) {
        links.login = links.login.take().map(|_| "#li-u".to_owned());
    }
    let may_add = request.access.entry_points().iter().any(|(_, rights)| rights.has(Perm::Write));
    to_html(&ControlPage {
        layout,
        visitor: Visitor::of(request),
        back: back(request),
        login_action: (is_stranger && layout::has_accounts(request)).then(|| request.self_href()),
        code_href: urls::join_page(request, None),
        volumes: volume_rows(request, &overview.indexes),
        transfers: overview.transfers.iter().map(|one| transfer_row(request, one)).collect(),
        uploads: upload_rows(request, overview),
        has_links: matches!(Visitor::of(request), Visitor::Account(_)),
        links: overview.links.iter().map(|info| link_row(request, info)).collect(),
        own_uploads: (request.unpost_is_on() && may_add).then(|| urls::own_uploads(request)),
        sign_out: request.self_href(),
        settings: request.is_admin().then(|| urls::admin_page(request)),
        language_action: request.self_href(),
        languages: languages::choices(request),
    })
}

impl<'a> Visitor<'a> {
    fn of(request: &'a Request) -> Self {
        match request.access.account() {
            _ if request.access.is_guest() || request.access.link().is_some() => Self::Guest,
            account if account.is_anonymous() => Self::Stranger,
            account => Self::Account(account.as_str()),
        }
    }
}

/// Returns where the visitor came from, if that is a folder below the root.
fn back(request: &Request) -> Option<(String, String)> {
    let name = visible(request.path.name()?.as_bytes());
    Some((request.self_href(), name))
}

fn volume_rows(request: &Request, indexes: &[KnownIndex]) -> Vec<VolumeRow> {
    let mut entry_points = request.access.entry_points();
    entry_points.sort_by(|one, other| one.0.cmp(&other.0));
    let row = |(path, rights): &(VPath, PermSet)| VolumeRow {
        path: format!("/{}", path.to_url()),
        href: request.folder_href(path),
        name: folder_path(request.texts(), path),
        rights: rights_words(request, *rights),
        index: indexes
            .iter()
            .find(|known| known.status.mount == *path)
            .and_then(|known| index_row(request.texts(), known)),
        trash: trash_row(request, path, *rights),
    };
    entry_points.iter().map(row).collect()
}

fn index_row(t: Texts, known: &KnownIndex) -> Option<IndexRow> {
    let progress = &known.status.progress;
    let (words, progress) = match &known.status.state {
        IndexState::Off => return None,
        IndexState::Paused => (t.index_paused().to_owned(), None),
        IndexState::WaitingForDisk => (t.index_waiting().to_owned(), None),
        IndexState::Failed(why) if known.administers => (t.index_failed_why(why), None),
        IndexState::Failed(_) => (t.index_failed().to_owned(), None),
        IndexState::Scanning => (
            t.index_scanning(progress.files),
            (progress.files_expected > 0)
                .then_some((progress.files.min(progress.files_expected), progress.files_expected)),
        ),
        IndexState::Hashing if progress.bytes_total > 0 => (
            t.index_hashing(&size_words(t, progress.bytes), &size_words(t, progress.bytes_total)),
            Some((progress.bytes, progress.bytes_total)),
        ),
        IndexState::Hashing | IndexState::UpToDate if known.status.files() == 0 => (t.index_ready().to_owned(), None),
        IndexState::Hashing | IndexState::UpToDate => (t.index_ready_files(known.status.files()), None),
    };
    Some(IndexRow { words, progress, may_rescan: known.may_rescan })
}

/// Returns the trash of a whole volume, once its size is known and if it holds something.
fn trash_row(request: &Request, path: &VPath, rights: PermSet) -> Option<TrashRow> {
    let at = request.access.volume_path(path).filter(|at| at.below.is_root() && rights.has(Perm::Delete))?;
    let counts = Trash::size(&at.volume.storage).filter(|counts| counts.files + counts.folders > 0)?;
    Some(TrashRow { href: urls::trash(request, path), size: size_words(request.texts(), counts.size) })
}

fn transfer_row(request: &Request, known: &KnownTransfer) -> TransferRow {
    let (t, now, start) = (request.texts(), &known.now, &known.now.start);
    let who = match request.name_of(&start.account, &start.address) {
        _ if known.is_own => t.who_you().to_owned(),
        Some(name) => visible(name.as_bytes()),
        None => t.who_visitor().to_owned(),
    };
    let address = (known.administers && !known.is_own).then(|| start.address.clone());
    let amount = match start.size {
        Some(size) => t.amount_of(&size_words(t, now.done), &size_words(t, size)),
        None => size_words(t, now.done),
    };
    let rate = (now.rate > 0).then(|| t.amount_rate(&size_words(t, now.rate)));
    let left = start.size.and_then(|size| size.saturating_sub(now.done).checked_div(now.rate));
    let left = left.map(|secs| t.amount_left(&rounded_duration(t, secs)));
    let parts = [Some(who), address, Some(amount), rate, left];
    TransferRow {
        is_upload: start.is_upload,
        folder_href: request.folder_href(&start.path.parent().unwrap_or_default()),
        name: name_of(request, &start.path),
        details: joined(parts),
        progress: start.size.filter(|size| *size > 0).map(|size| (now.done.min(size), size)),
    }
}

fn name_of(request: &Request, path: &VPath) -> String {
    path.name().map_or_else(|| request.texts().page_home().to_owned(), |name| visible(name.as_bytes()))
}

fn joined(parts: impl IntoIterator<Item = Option<String>>) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Returns what arrived lately: in folders that the visitor may read, and the visitor's own elsewhere.
fn upload_rows(request: &Request, overview: &Overview) -> Vec<UploadRow> {
    let known = |path: &VPath| overview.recent.iter().any(|one| one.path == *path);
    let own = overview.own.iter().filter(|one| one.unfinished.is_none() && !known(&one.path));
    let mut rows: Vec<_> = overview.recent.iter().map(|one| (one.by.at, recent_row(request, one))).collect();
    rows.extend(own.map(|one| (one.at, own_row(request, one))));
    rows.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    rows.into_iter().take(RECENT_SHOWN).map(|(_, row)| row).collect()
}

fn recent_row(request: &Request, one: &RecentUpload) -> UploadRow {
    let t = request.texts();
    let who = match request.name_of(&one.by.account, &one.by.address) {
        _ if one.by.is_self => Some(t.who_you().to_owned()),
        name if one.administers => {
            Some(name.map_or_else(|| t.who_visitor().to_owned(), |name| visible(name.as_bytes())))
        }
        _ => None,
    };
    let address = (one.administers && !one.by.is_self).then(|| one.by.address.clone());
    let delete = one.may_delete.then(|| delete_href(request, &one.path)).flatten();
    let at = t.time_utc(&date_words(one.by.at));
    let parts = [Some(place_words(request, &one.path)), Some(size_words(t, one.size)), who, address, Some(at)];
    upload_row(request, &one.path, joined(parts), delete)
}

/// Returns the URL to which a form posts to delete a file. Not a link: with `--getmod` a program that follows the links of
/// a page would delete what it finds. Where there is no trash, the page of the folder asks first.
fn delete_href(request: &Request, path: &VPath) -> Option<String> {
    let href = format!("{}?{}", request.href(path), urls::DELETE);
    if request.access.verdict(path, Operation::Delete) != Verdict::Allow {
        return Some(format!("{href}&{}", urls::UNPOST));
    }
    request.access.volume_path(path).filter(|at| at.volume.config.flags.trash.is_on()).map(|_| href)
}

fn own_row(request: &Request, one: &OwnUpload) -> UploadRow {
    let t = request.texts();
    let at = t.time_utc(&date_words(one.at));
    let parts =
        [Some(place_words(request, &one.path)), Some(size_words(t, one.size)), Some(t.who_you().to_owned()), Some(at)];
    upload_row(request, &one.path, joined(parts), Some(urls::unpost(request, one)))
}

fn upload_row(request: &Request, path: &VPath, details: String, delete: Option<String>) -> UploadRow {
    let folder_href = request.folder_href(&path.parent().unwrap_or_default());
    UploadRow { folder_href, name: name_of(request, path), details, delete }
}

/// Returns the folder of a path for people.
fn place_words(request: &Request, path: &VPath) -> String {
    folder_path(request.texts(), &path.parent().unwrap_or_default())
}

fn link_row(request: &Request, info: &LinkInfo) -> LinkRow {
    let (t, link) = (request.texts(), &info.link);
    let kind = match link.kind {
        LinkKind::Show => t.link_show(),
        LinkKind::Request => t.link_request(),
    };
    let uses = match (info.uses, link.max_uses) {
        (uses, Some(most)) => t.link_opened_of(u64::from(uses), u64::from(most)),
        (0, None) => t.link_unopened().to_owned(),
        (uses, None) => t.link_opened(uses.into()),
    };
    let end = match (info.state, link.expires) {
        (LinkState::Works, Some(end)) => Some(t.link_until(&t.time_utc(&date_words(end)))),
        (LinkState::Works, None) => None,
        (LinkState::Expired, _) => Some(t.link_expired().to_owned()),
        (LinkState::UsedUp, _) => Some(t.link_used_up().to_owned()),
        (LinkState::Dead, _) => Some(t.link_dead().to_owned()),
    };
    let pin = link.has_pin().then(|| t.link_pin().to_owned());
    let note = Some(link.note.trim()).filter(|note| !note.is_empty()).map(|note| visible(note.as_bytes()));
    LinkRow {
        id: link.id.as_str().to_owned(),
        url: request.absolute_url(&urls::link_page(request, link)),
        name: name_of(request, &link.scope.path()),
        details: joined([Some(kind.to_owned()), Some(uses), end, pin, note]),
    }
}
