//! The pages of share links (`web/templates/guest.html` and those that extend it): the entry page, the page of a shared
//! file or folder, the page that asks for files, and the page of a link that has ended. Designed for phones first: each
//! has one obvious action.

use super::cards::{UploadRules, Uploader};
use super::formatting::{date_words, size_words};
use super::layout::{self, Layout, to_html};
use super::own_uploads::{self, UploadRow};
use crate::request::Request;
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
struct About<'a> {
    /// The note without the heading.
    words: String,
    /// Name of the account that made the link; `None` for the owner of the server.
    owner: Option<&'a str>,
    shared: Shared,
    /// Size of a shared file.
    size: Option<String>,
    /// Until when something shared can be opened.
    expires: Option<String>,
}

/// What a link is for.
enum Shared {
    /// Files are asked for.
    Request {
        /// Visitors do not see what others send.
        uploads_are_hidden: bool,
    },
    /// Individually chosen files: their number in words.
    ChosenFiles(String),
    /// A folder with this name.
    Folder(String),
    /// A file with this name.
    File(String),
}

impl<'a> About<'a> {
    fn of(request: &Request, preview: &'a LinkPreview, words: String) -> Self {
        let link = &preview.info.link;
        let shows = link.kind == LinkKind::Show;
        Self {
            words,
            owner: link.owner.as_ref().map(|owner| owner.as_str()),
            shared: Shared::of(request, preview),
            size: (shows && !preview.is_folder).then(|| size_words(preview.size)),
            expires: link.expires.filter(|_| shows).map(date_words),
        }
    }

    /// Returns true if the link shows something; false if it asks for files.
    fn shows(&self) -> bool {
        !matches!(self.shared, Shared::Request { .. })
    }
}

impl Shared {
    fn of(request: &Request, preview: &LinkPreview) -> Self {
        let link = &preview.info.link;
        let path = link.scope.path();
        if link.kind == LinkKind::Request {
            let everyone = request.engine().accounts.anonymous(request.access.client());
            return Self::Request { uploads_are_hidden: !everyone.rights_at(&path).has(Perm::Read) };
        }
        if let Some(count) = chosen_files_words(request, link) {
            return Self::ChosenFiles(count);
        }
        let name = path.name().map_or_else(|| "everything".to_owned(), |name| name.display());
        if preview.is_folder { Self::Folder(name) } else { Self::File(name) }
    }
}

#[derive(Template)]
#[template(path = "guest-entry.html")]
struct EntryPage<'a> {
    layout: Layout<'a>,
    about: About<'a>,
    problem: Option<String>,
    /// URL that the form posts to.
    action: String,
    has_pin: bool,
    /// The value that each button sends, and its label.
    buttons: &'static [(&'static str, &'static str)],
    /// The visitor is signed in with an account, which opening the link ends.
    replaces_account: bool,
}

/// Renders the entry page of a link: what it shares, and the button that opens it.
pub fn entry_page(request: &Request, preview: &LinkPreview, problem: Option<EntryProblem>) -> String {
    let link = &preview.info.link;
    let (heading, words) = heading(request, preview);
    to_html(&EntryPage {
        layout: Layout::new(request, heading, "narrow guest"),
        about: About::of(request, preview, words),
        problem: problem.map(problem_words),
        action: urls::link_page(request, link),
        has_pin: link.has_pin(),
        buttons: match (link.kind, preview.is_folder) {
            (LinkKind::Request, _) => &[("open", "Add files")],
            (LinkKind::Show, false) => &[("open", "Open"), ("download", "Download")],
            (LinkKind::Show, true) if super::archives_are_on(request) => &[("open", "Open"), ("zip", "Download all")],
            (LinkKind::Show, true) => &[("open", "Open")],
        },
        replaces_account: request.access.link().is_none() && !request.access.account().is_anonymous(),
    })
}

#[derive(Template)]
#[template(path = "guest-shared.html")]
struct SharedPage<'a> {
    layout: Layout<'a>,
    about: About<'a>,
    actions: Vec<(String, &'static str)>,
}

/// Renders the page of a link that shares a file or folder, for visitors who have opened it.
pub fn shared_page(request: &Request, preview: &LinkPreview) -> String {
    let link = &preview.info.link;
    let path = link.scope.path();
    let mut actions = Vec::with_capacity(2);
    if preview.is_folder {
        actions.push((request.folder_href(&path), "Open"));
        if super::archives_are_on(request) {
            actions.push((urls::shared_zip(request, link), "Download all"));
        }
    } else {
        actions.push((request.href(&path), "Open"));
        actions.push((urls::shared_download(request, link), "Download"));
    }
    let (heading, words) = heading(request, preview);
    let layout = Layout::new(request, heading, "narrow guest");
    to_html(&SharedPage { layout, about: About::of(request, preview, words), actions })
}

#[derive(Template)]
#[template(path = "guest-request.html")]
struct RequestPage<'a> {
    layout: Layout<'a>,
    about: About<'a>,
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
        received: received_words(uploads),
        limits: limits_words(preview, &uploader.rules),
        uploader,
        uploads: own_uploads::rows(request, uploads, &path),
    })
}

#[derive(Template)]
#[template(path = "guest-ended.html")]
struct EndedPage<'a> {
    layout: Layout<'a>,
    end: LinkEnd,
}

/// Renders the page of a link that cannot be opened.
pub fn ended_page(request: &Request, end: LinkEnd) -> String {
    let title = match end {
        LinkEnd::Unknown => "This link does not work",
        LinkEnd::Expired => "This link has expired",
        LinkEnd::UsedUp => "This link has been used up",
    };
    to_html(&EndedPage { layout: Layout::new(request, title, "narrow"), end })
}

/// Returns heading and text: the note's first line and the rest of it. Without a note the heading says what the link
/// is.
fn heading(request: &Request, preview: &LinkPreview) -> (String, String) {
    let note = preview.info.link.note.trim();
    let (first, rest) = note.split_once('\n').unwrap_or((note, ""));
    let first = first.trim();
    if first.is_empty() {
        let name = preview.info.link.scope.path().name().map(|name| name.display());
        let heading = match (preview.info.link.kind, name) {
            (LinkKind::Request, _) => "Send files".to_owned(),
            (LinkKind::Show, Some(name)) => chosen_files_words(request, &preview.info.link).unwrap_or(name),
            (LinkKind::Show, None) => layout::server_name(request).to_owned(),
        };
        return (heading, String::new());
    }
    if first.chars().count() <= HEADING_MAX {
        return (first.to_owned(), rest.trim().to_owned());
    }
    let what = match preview.info.link.kind {
        LinkKind::Request => "Send files",
        LinkKind::Show => "Shared with you",
    };
    (what.to_owned(), note.to_owned())
}

/// Returns `3 files` for a link to individually chosen files; `None` for any other link.
fn chosen_files_words(request: &Request, link: &Link) -> Option<String> {
    let volume_path = request.access.volume_path(&link.scope.path()).filter(|at| at.below.is_root())?;
    let count = volume_path.volume.config.flags.only.len();
    (count > 0).then(|| if count == 1 { "1 file".to_owned() } else { format!("{count} files") })
}

/// Returns the number of files received so far in words; `None` before the first.
fn received_words(uploads: &[OwnUpload]) -> Option<String> {
    match uploads.iter().filter(|upload| upload.unfinished.is_none()).count() {
        0 => None,
        1 => Some("1 file received".to_owned()),
        count => Some(format!("{count} files received")),
    }
}

/// Returns the limits for uploads in words; an empty text if there are none.
fn limits_words(preview: &LinkPreview, rules: &UploadRules) -> String {
    let link = &preview.info.link;
    let room = link.max_bytes.map(|most| most.saturating_sub(preview.info.received));
    // What may be added in all is said once.
    let rules = UploadRules { max_file: rules.max_file.filter(|most| Some(*most) != room), ..*rules };
    let room = room.map(|room| format!("You can add {} more.", size_words(room)));
    let end = link.expires.map(|end| format!("You can add files until {} UTC.", date_words(end)));
    room.into_iter().chain(rules.sentences()).chain(end).collect::<Vec<_>>().join(" ")
}

fn problem_words(problem: EntryProblem) -> String {
    match problem {
        EntryProblem::PinNeeded => "Type the PIN. You get it from the person who sent you the link.".into(),
        EntryProblem::PinWrong => "Wrong PIN. Check it with the person who sent you the link, then try again.".into(),
        EntryProblem::TooMany { minutes: 1 } => "Too many wrong PINs. Try again in a minute.".into(),
        EntryProblem::TooMany { minutes } => format!("Too many wrong PINs. Try again in {minutes} minutes."),
    }
}
