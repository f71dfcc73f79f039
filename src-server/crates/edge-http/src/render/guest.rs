//! The pages of share links (`web/templates/guest.html` and those that extend it): the entry page, the page of a shared
//! file or folder, the page that asks for files, and the page of a link that has ended. Designed for phones first: each
//! has one obvious action.

use super::cards::{UploadRules, Uploader};
use super::escape::visible;
use super::formatting::{date_words, size_words};
use super::layout::{self, Layout, to_html, without_stop};
use super::own_uploads::{self, UploadRow};
use crate::request::Request;
use crate::texts::{Markup, Texts};
use crate::urls;
use askama::Template;
use engine::links::{Link, LinkEnd, LinkKind, LinkPreview};
use engine::uploads::OwnUpload;
use model::Perm;

/// Longest note that is used as the heading, in characters.
const HEADING_MAX: usize = 80;

/// Reason why the entry page refused the visitor.
#[derive(Clone, Copy, Debug)]
pub enum EntryProblem {
    /// The link requires a PIN, and none was sent.
    PinNeeded,
    /// The PIN was wrong.
    PinWrong,
    /// Too many wrong PINs.
    TooMany {
        /// Minutes until the next attempt is allowed.
        minutes: u64,
    },
}

/// What a link shares, and who made it.
struct About {
    /// The note without the heading.
    words: String,
    /// Who made the link, and what for.
    sentence: Markup,
    /// What else is to know: that others do not see what is sent, or until when something shared can be opened.
    more: Option<String>,
}

impl About {
    fn of(request: &Request, preview: &LinkPreview, words: String) -> Self {
        let (t, link) = (request.texts(), &preview.info.link);
        let more = match link.kind {
            LinkKind::Request => uploads_are_hidden(request, link).then(|| t.guest_hidden().to_owned()),
            LinkKind::Show => link.expires.map(|at| t.guest_open_until(&date_words(at))),
        };
        Self { words, sentence: sentence(request, preview), more }
    }
}

/// Returns whether visitors do not see what others send.
fn uploads_are_hidden(request: &Request, link: &Link) -> bool {
    let everyone = request.engine().accounts.anonymous(request.access.client());
    !everyone.rights_at(&link.scope.path()).has(Perm::Read)
}

/// Returns a sentence that says who made the link, and what for. A link without an account is the server owner's.
fn sentence(request: &Request, preview: &LinkPreview) -> Markup {
    let (t, link) = (request.texts(), &preview.info.link);
    let (owner, server) = (link.owner.as_ref().map(|owner| owner.as_str()), layout::server_name(request));
    if link.kind == LinkKind::Request {
        return owner.map_or_else(|| t.guest_asks_unnamed(server), |owner| t.guest_asks(owner));
    }
    if let Some(files) = chosen_files_words(request, link) {
        let unnamed = || t.guest_shares_files_unnamed(server, &files);
        return owner.map_or_else(unnamed, |owner| t.guest_shares_files(owner, &files));
    }
    let path = link.scope.path();
    let name = path.name().map_or_else(|| t.guest_everything().to_owned(), |name| visible(name.as_bytes()));
    if preview.is_folder {
        let unnamed = || t.guest_shares_folder_unnamed(server, &name);
        return owner.map_or_else(unnamed, |owner| t.guest_shares_folder(owner, &name));
    }
    let size = size_words(t, preview.size);
    let unnamed = || t.guest_shares_file_unnamed(server, &name, &size);
    owner.map_or_else(unnamed, |owner| t.guest_shares_file(owner, &name, &size))
}

#[derive(Template)]
#[template(path = "guest-entry.html")]
struct EntryPage<'a> {
    layout: Layout<'a>,
    about: About,
    problem: Option<String>,
    /// URL that the form posts to.
    action: String,
    has_pin: bool,
    /// The value that each button sends, and its label.
    buttons: Vec<(&'static str, &'static str)>,
    /// The visitor is signed in with an account, which opening the link ends.
    replaces_account: bool,
}

/// Renders the entry page of a link: what it shares, and the button that opens it.
pub fn entry_page(request: &Request, preview: &LinkPreview, problem: Option<EntryProblem>) -> String {
    let link = &preview.info.link;
    let (heading, words) = heading(request, preview);
    let t = request.texts();
    to_html(&EntryPage {
        layout: Layout::new(request, heading, "narrow guest"),
        about: About::of(request, preview, words),
        problem: problem.map(|problem| problem_words(t, problem)),
        action: urls::link_page(request, link),
        has_pin: link.has_pin(),
        buttons: match (link.kind, preview.is_folder) {
            (LinkKind::Request, _) => vec![("open", t.guest_add())],
            (LinkKind::Show, false) => vec![("open", t.guest_open()), ("download", t.guest_download())],
            (LinkKind::Show, true) if super::archives_are_on(request) => {
                vec![("open", t.guest_open()), ("zip", t.guest_download_all())]
            }
            (LinkKind::Show, true) => vec![("open", t.guest_open())],
        },
        replaces_account: request.access.link().is_none() && !request.access.account().is_anonymous(),
    })
}

#[derive(Template)]
#[template(path = "guest-shared.html")]
struct SharedPage<'a> {
    layout: Layout<'a>,
    about: About,
    actions: Vec<(String, &'static str)>,
}

/// Renders the page of a link that shares a file or folder, for visitors who have opened it.
pub fn shared_page(request: &Request, preview: &LinkPreview) -> String {
    let link = &preview.info.link;
    let path = link.scope.path();
    let (t, mut actions) = (request.texts(), Vec::with_capacity(2));
    if preview.is_folder {
        actions.push((request.folder_href(&path), t.guest_open()));
        if super::archives_are_on(request) {
            actions.push((urls::shared_zip(request, link), t.guest_download_all()));
        }
    } else {
        actions.push((request.href(&path), t.guest_open()));
        actions.push((urls::shared_download(request, link), t.guest_download()));
    }
    let (heading, words) = heading(request, preview);
    let layout = Layout::new(request, heading, "narrow guest");
    to_html(&SharedPage { layout, about: About::of(request, preview, words), actions })
}

#[derive(Template)]
#[template(path = "guest-request.html")]
struct RequestPage<'a> {
    layout: Layout<'a>,
    about: About,
    /// The number of files received from this visitor, in words.
    received: Option<String>,
    uploader: Uploader,
    /// The limits for uploads, in words.
    limits: String,
    uploads: Vec<UploadRow>,
}

/// Renders the page of a link that asks for files, for visitors who have opened it. `uploads`: those of this visitor.
pub fn request_page(request: &Request, preview: &LinkPreview, uploads: &[OwnUpload]) -> String {
    let link = &preview.info.link;
    let path = link.scope.path();
    let (heading, words) = heading(request, preview);
    let uploader = Uploader::new(request, &path, link.scope.rights);
    to_html(&RequestPage {
        layout: Layout::new(request, heading, "narrow guest").with_script(request),
        about: About::of(request, preview, words),
        received: received_words(request.texts(), uploads),
        limits: limits_words(request.texts(), preview, &uploader.rules),
        uploader,
        uploads: own_uploads::rows(request, uploads, &path),
    })
}

#[derive(Template)]
#[template(path = "guest-ended.html")]
struct EndedPage<'a> {
    layout: Layout<'a>,
    heading: &'static str,
    lead: &'static str,
}

/// Renders the page of a link that cannot be opened.
pub fn ended_page(request: &Request, end: LinkEnd) -> String {
    let t = request.texts();
    let (heading, lead) = match end {
        LinkEnd::Unknown => (t.guest_unknown(), t.guest_unknown_lead()),
        LinkEnd::Expired => (t.guest_expired(), t.guest_expired_lead()),
        LinkEnd::UsedUp => (t.guest_used_up(), t.guest_used_up_lead()),
    };
    to_html(&EndedPage { layout: Layout::new(request, without_stop(heading), "narrow"), heading, lead })
}

/// Returns heading and text: the note's first line and the rest of it. Without a note the heading says what the link
/// is.
fn heading(request: &Request, preview: &LinkPreview) -> (String, String) {
    let t = request.texts();
    let note = preview.info.link.note.trim();
    let (first, rest) = note.split_once('\n').unwrap_or((note, ""));
    let first = first.trim();
    if first.is_empty() {
        let name = preview.info.link.scope.path().name().map(|name| visible(name.as_bytes()));
        let heading = match (preview.info.link.kind, name) {
            (LinkKind::Request, _) => t.guest_send().to_owned(),
            (LinkKind::Show, Some(name)) => chosen_files_words(request, &preview.info.link).unwrap_or(name),
            (LinkKind::Show, None) => layout::server_name(request).to_owned(),
        };
        return (heading, String::new());
    }
    if first.chars().count() <= HEADING_MAX {
        return (first.to_owned(), rest.trim().to_owned());
    }
    let what = match preview.info.link.kind {
        LinkKind::Request => t.guest_send(),
        LinkKind::Show => t.guest_shared(),
    };
    (what.to_owned(), note.to_owned())
}

/// Returns `3 files` for a link to individually chosen files; `None` for any other link.
fn chosen_files_words(request: &Request, link: &Link) -> Option<String> {
    let volume_path = request.access.volume_path(&link.scope.path()).filter(|at| at.below.is_root())?;
    let count = volume_path.volume.config.flags.only.len();
    (count > 0).then(|| request.texts().count_files(count as u64))
}

/// Returns the number of files received so far in words; `None` before the first.
fn received_words(t: Texts, uploads: &[OwnUpload]) -> Option<String> {
    let count = uploads.iter().filter(|upload| upload.unfinished.is_none()).count();
    (count > 0).then(|| t.guest_received(count as u64))
}

/// Returns the limits for uploads in words; an empty text if there are none.
fn limits_words(t: Texts, preview: &LinkPreview, rules: &UploadRules) -> String {
    let link = &preview.info.link;
    let room = link.max_bytes.map(|most| most.saturating_sub(preview.info.received));
    // What may be added in all is said once.
    let rules = UploadRules { max_file: rules.max_file.filter(|most| Some(*most) != room), ..*rules };
    let room = room.map(|room| t.guest_limit_room(&size_words(t, room)));
    let end = link.expires.map(|end| t.guest_limit_until(&date_words(end)));
    room.into_iter().chain(rules.sentences(t)).chain(end).collect::<Vec<_>>().join(" ")
}

fn problem_words(t: Texts, problem: EntryProblem) -> String {
    match problem {
        EntryProblem::PinNeeded => t.guest_pin_needed().to_owned(),
        EntryProblem::PinWrong => t.guest_pin_wrong().to_owned(),
        EntryProblem::TooMany { minutes } => t.guest_pin_tries(minutes),
    }
}
