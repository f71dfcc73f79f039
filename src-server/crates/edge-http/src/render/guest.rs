//! The pages of share links (`web/templates/guest.html`): the entry page, the page of a shared file or folder, the page
//! that asks for files, and the page of a link that has ended. Designed for phones first: each has one obvious action.

use super::formatting::{self, Precision};
use super::{cards, escape, layout, pages};
use crate::request::Request;
use crate::urls;
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

/// Limits that a volume sets for uploads.
#[derive(Clone, Copy, Debug, Default)]
pub struct UploadLimits {
    /// Largest file, in bytes.
    pub max_file: Option<u64>,
    /// Seconds after which files are deleted.
    pub lifetime_secs: Option<u64>,
}

/// Renders the entry page of a link: what it shares, and the button that opens it.
pub fn entry_page(request: &Request, preview: &LinkPreview, problem: Option<EntryProblem>) -> String {
    let link = &preview.info.link;
    let mut out = begin(request, preview, false);
    push_description(&mut out, request, preview);
    if let Some(problem) = problem {
        pages::push_problem(&mut out, &problem_words(problem));
    }
    out.push_str("<form class=\"card\" id=\"enter\" method=\"post\" action=\"");
    escape::push_html(&mut out, &urls::link_page(request, link));
    out.push_str("\">\n");
    if link.has_pin() {
        out.push_str(
            "<p><label for=\"pin\">PIN <small>(from the person who sent you the link)</small></label>\n<input id=\"pin\" \
             type=\"text\" name=\"pin\" maxlength=\"64\" required autocomplete=\"off\" autocapitalize=\"none\" \
             spellcheck=\"false\"></p>\n",
        );
    }
    out.push_str("<p class=\"actions\">");
    match (link.kind, preview.is_folder) {
        (LinkKind::Request, _) => push_buttons(&mut out, &[("open", "Add files")]),
        (LinkKind::Show, false) => push_buttons(&mut out, &[("open", "Open"), ("download", "Download")]),
        (LinkKind::Show, true) if super::archives_are_on(request) => {
            push_buttons(&mut out, &[("open", "Open"), ("zip", "Download all")]);
        }
        (LinkKind::Show, true) => push_buttons(&mut out, &[("open", "Open")]),
    }
    out.push_str("</p>\n</form>\n");
    if request.access.link().is_none() && !request.access.account().is_anonymous() {
        pages::push_lead(&mut out, "You are signed in with an account. If you continue, you are signed out of it.");
    }
    end(out)
}

/// Renders the page of a link that shares a file or folder, for visitors who have opened it.
pub fn shared_page(request: &Request, preview: &LinkPreview) -> String {
    let link = &preview.info.link;
    let mut out = begin(request, preview, false);
    push_description(&mut out, request, preview);
    let path = link.scope.path();
    if preview.is_folder {
        let (open, zip) = (request.folder_href(&path), urls::shared_zip(request, link));
        let all = [(open.as_str(), "Open"), (zip.as_str(), "Download all")];
        pages::push_actions(&mut out, if super::archives_are_on(request) { &all } else { &all[..1] });
    } else {
        let (open, save) = (request.href(&path), urls::shared_download(request, link));
        pages::push_actions(&mut out, &[(&open, "Open"), (&save, "Download")]);
    }
    end(out)
}

/// Renders the page of a link that asks for files, for visitors who have opened it. `uploads`: those of this visitor.
pub fn request_page(request: &Request, preview: &LinkPreview, uploads: &[OwnUpload], limits: UploadLimits) -> String {
    let link = &preview.info.link;
    let mut out = begin(request, preview, true);
    push_description(&mut out, request, preview);
    push_thanks(&mut out, uploads);
    let path = link.scope.path();
    let place = cards::UploadTarget { path: &path, rights: link.scope.rights, lifetime_secs: limits.lifetime_secs };
    cards::push_guest_uploader(&mut out, request, &place);
    push_limits(&mut out, preview, limits);
    if request.unpost_is_on() && !uploads.is_empty() {
        out.push_str("<section class=\"card\" id=\"sent\">\n<h2>What you sent</h2>\n");
        pages::push_upload_list(&mut out, request, uploads, &path);
        out.push_str("</section>\n");
    }
    end(out)
}

/// Renders the page of a link that cannot be opened.
pub fn ended_page(request: &Request, end_of: LinkEnd) -> String {
    let (heading, lead) = match end_of {
        LinkEnd::Unknown => (
            "This link does not work.",
            "It may be mistyped or revoked, or its files are no longer shared. Ask the person who sent it to you for a \
             new one.",
        ),
        LinkEnd::Expired => ("This link has expired.", "Ask the person who sent it to you for a new one."),
        LinkEnd::UsedUp => (
            "This link has been used up.",
            "It was made for a limited number of visitors. Ask the person who sent it to you for a new one. If you \
             opened it before, use the same browser again.",
        ),
    };
    let mut out = String::with_capacity(2048);
    pages::begin(&mut out, request, heading.trim_end_matches('.'));
    pages::push_heading(&mut out, heading);
    pages::push_lead(&mut out, lead);
    end(out)
}

fn begin(request: &Request, preview: &LinkPreview, script: bool) -> String {
    let mut out = String::with_capacity(6 << 10);
    let (heading, rest) = heading(request, preview);
    layout::begin_page(&mut out, request, &heading, "narrow guest", script);
    out.push_str("<header class=\"top\">\n");
    layout::push_brand(&mut out, request);
    out.push_str("</header>\n<main>\n<h1>");
    escape::push_html(&mut out, &heading);
    out.push_str("</h1>\n");
    if !rest.is_empty() {
        out.push_str("<p class=\"lead words\">");
        escape::push_text(&mut out, &rest);
        out.push_str("</p>\n");
    }
    out
}

fn end(mut out: String) -> String {
    out.push_str("</main>\n");
    layout::end_page(&mut out);
    out
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

/// Appends who shares, and what.
fn push_description(out: &mut String, request: &Request, preview: &LinkPreview) {
    let link = &preview.info.link;
    out.push_str("<p class=\"lead\">");
    push_owner(out, request, link);
    match link.kind {
        LinkKind::Request => {
            out.push_str(" asks you for files.");
            let everyone = request.engine().accounts.anonymous(request.access.client());
            if !everyone.rights_at(&link.scope.path()).has(Perm::Read) {
                out.push_str(" Other guests cannot see what you send.");
            }
        }
        LinkKind::Show => {
            if let Some(count) = chosen_files_words(request, link) {
                out.push_str(" shares <b>");
                out.push_str(&count);
                out.push_str("</b> with you");
            } else {
                out.push_str(if preview.is_folder {
                    " shares a folder with you: <b>"
                } else {
                    " shares a file with you: <b>"
                });
                let path = link.scope.path();
                let name = path.name().map_or_else(|| "everything".to_owned(), |name| name.display());
                escape::push_html(out, &name);
                out.push_str("</b>");
            }
            if !preview.is_folder {
                out.push_str(", ");
                formatting::push_size(out, preview.size);
            }
            out.push('.');
            if let Some(end) = link.expires {
                out.push_str(" It can be opened until ");
                formatting::push_date(out, end, Precision::Minutes);
                out.push_str(" UTC.");
            }
        }
    }
    out.push_str("</p>\n");
}

fn push_owner(out: &mut String, request: &Request, link: &Link) {
    match &link.owner {
        Some(owner) => {
            out.push_str("<b>");
            escape::push_html(out, owner.as_str());
            out.push_str("</b>");
        }
        None => {
            out.push_str("The owner of <b>");
            escape::push_html(out, layout::server_name(request));
            out.push_str("</b>");
        }
    }
}

/// Appends thanks for the files received so far.
fn push_thanks(out: &mut String, uploads: &[OwnUpload]) {
    let count = uploads.iter().filter(|upload| upload.unfinished.is_none()).count() as u64;
    if count == 0 {
        return;
    }
    out.push_str("<div class=\"arrived complete\"><p>");
    escape::push_number(out, count);
    out.push_str(if count == 1 { " file received" } else { " files received" });
    out.push_str("</p>\n<p class=\"thanks\">Thank you! You can add more.</p></div>\n");
}

/// Appends the limits for uploads in words; nothing if there are none.
fn push_limits(out: &mut String, preview: &LinkPreview, limits: UploadLimits) {
    let link = &preview.info.link;
    let mut sentences = Vec::new();
    let size = |bytes| {
        let mut size = String::new();
        formatting::push_size(&mut size, bytes);
        size
    };
    if let Some(most) = link.max_bytes {
        sentences.push(format!("There is room for {} more.", size(most.saturating_sub(preview.info.received))));
    }
    if let Some(most) = limits.max_file {
        sentences.push(format!("A file may have up to {}.", size(most)));
    }
    if let Some(secs) = limits.lifetime_secs {
        sentences.push(format!("Files are deleted after {}.", cards::duration_words(secs)));
    }
    if let Some(end) = link.expires {
        let mut date = String::new();
        formatting::push_date(&mut date, end, Precision::Minutes);
        sentences.push(format!("You can add files until {date} UTC."));
    }
    if !sentences.is_empty() {
        pages::push_lead(out, &sentences.join(" "));
    }
}

fn problem_words(problem: EntryProblem) -> String {
    match problem {
        EntryProblem::PinNeeded => "Type the PIN. You get it from the person who sent you the link.".into(),
        EntryProblem::PinWrong => "Wrong PIN. Check it with the person who sent you the link, then try again.".into(),
        EntryProblem::TooMany { minutes: 1 } => "Too many wrong PINs. Try again in a minute.".into(),
        EntryProblem::TooMany { minutes } => format!("Too many wrong PINs. Try again in {minutes} minutes."),
    }
}

/// Appends the buttons of a form: the value that each sends, and its label. Enter activates the first one.
fn push_buttons(out: &mut String, buttons: &[(&str, &str)]) {
    for (at, (then, words)) in buttons.iter().enumerate() {
        let class = if at == 0 { "btn primary" } else { "btn" };
        for part in ["<button class=\"", class, "\" name=\"then\" value=\"", then, "\">", words, "</button> "] {
            out.push_str(part);
        }
    }
}
