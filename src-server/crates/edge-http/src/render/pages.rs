//! The small pages: messages, confirmations, errors (`web/templates`: message, confirm, error, missing, denied).

use super::cards::FilledForm;
use super::escape::{visible, visible_path};
use super::layout::{self, Layout, to_html, without_stop};
use super::refusal::Refusal;
use crate::request::Request;
use crate::texts::Markup;
use crate::urls;
use askama::Template;
use http::StatusCode;
use model::VPath;

/// Content of a page that reports a result.
#[derive(Debug, Default)]
pub struct Message<'a> {
    /// A sentence: `2 files uploaded.`
    pub heading: &'a str,
    /// If something went wrong: what to do next, as a sentence.
    pub problem: Option<&'a str>,
    /// Files of an upload form that were refused.
    pub refused: &'a [RefusedFile],
    /// The protocol's text.
    pub result: MessageResult<'a>,
    /// Links as URL and label; the first is the primary action.
    pub actions: &'a [(&'a str, &'a str)],
    /// URL that undoes the change.
    pub undo: Option<&'a str>,
}

/// A file of an upload form that was refused.
#[derive(Debug)]
pub struct RefusedFile {
    /// Its name, as it was sent.
    pub name: String,
    /// What happened and what to do next, as sentences.
    pub why: String,
}

/// A file of an upload form that was stored.
#[derive(Debug)]
pub struct SentFile {
    /// Its URL; `None`: the sender may not read it.
    pub href: Option<String>,
    /// Its name, as it was sent.
    pub name: String,
    /// What became of it, with its size.
    pub words: String,
}

/// The protocol's text on a page that reports a result.
#[derive(Debug, Default)]
pub enum MessageResult<'a> {
    /// None.
    #[default]
    None,
    /// Lines of text.
    Text(&'a str),
    /// The files of an upload form that were stored.
    Uploads(&'a [SentFile]),
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage<'a> {
    layout: Layout<'a>,
    message: &'a Message<'a>,
}

/// Renders the page that reports a result.
pub fn message(request: &Request, message: &Message<'_>) -> String {
    let layout = Layout::small(request, without_stop(message.heading));
    to_html(&MessagePage { layout, message })
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage<'a> {
    layout: Layout<'a>,
    heading: &'a str,
    label: &'a str,
    action: &'a str,
    back: &'a str,
}

/// Renders a confirmation. `label`: label of the button, which posts to `action`; `back`: URL of the link that cancels.
pub fn confirm(request: &Request, heading: &str, label: &str, action: &str, back: &str) -> String {
    let layout = Layout::small(request, without_stop(heading));
    to_html(&ConfirmPage { layout, heading, label, action, back })
}

/// The protocol's own text at the end of a page, for reports.
struct Detail<'a> {
    status: u16,
    text: &'a str,
    /// The requested path.
    path: String,
}

impl<'a> Detail<'a> {
    fn new(request: &Request, status: StatusCode, protocol_text: &'a str) -> Self {
        let text = protocol_text.strip_prefix(status.as_str()).unwrap_or(protocol_text).trim_start();
        Self { status: status.as_u16(), text, path: visible(request.shown_path().as_bytes()) }
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    layout: Layout<'a>,
    refusal: &'a Refusal,
    /// A form to send again.
    again: Option<&'a FilledForm<'a>>,
    actions: Vec<(String, &'static str)>,
    detail: Detail<'a>,
}

/// Renders any error except refused reads. `again`: a form to send again.
pub fn error(
    request: &Request,
    status: StatusCode,
    protocol_text: &str,
    refusal: &Refusal,
    again: Option<&FilledForm<'_>>,
) -> String {
    let t = request.texts();
    let home = (urls::home(request), t.page_home());
    let actions = match again {
        Some(_) => vec![(request.self_href(), t.page_back())],
        // A visitor whose read was refused may not be able to list that folder either.
        None if request.is_read() => vec![home],
        None => vec![(folder_href(request), t.page_back()), home],
    };
    let layout = Layout::small(request, without_stop(&refusal.heading));
    to_html(&ErrorPage { layout, refusal, again, actions, detail: Detail::new(request, status, protocol_text) })
}

/// Returns the URL of the requested folder, or of the folder that contains the requested file.
fn folder_href(request: &Request) -> String {
    match request.trailing_slash {
        true => request.folder_href(&request.path),
        false => request.folder_href(&request.path.parent().unwrap_or_default()),
    }
}

#[derive(Template)]
#[template(path = "missing.html")]
struct MissingPage<'a> {
    layout: Layout<'a>,
    actions: Vec<(String, String)>,
    /// URL that the sign-in form posts to; `None` without the form.
    login_action: Option<String>,
    detail: Detail<'a>,
}

/// Renders 404 for a visitor who may list the folder.
pub fn missing(request: &Request, protocol_text: &str) -> String {
    let t = request.texts();
    let parent = request.path.parent().unwrap_or_default();
    let open = (request.folder_href(&parent), t.missing_open(&folder_words(&parent)));
    let home = (urls::home(request), t.page_home().to_owned());
    let signs_in = layout::has_accounts(request) && request.access.account().is_anonymous();
    to_html(&MissingPage {
        layout: Layout::new(request, without_stop(t.missing_title()), "narrow").with_sign_in(request, "#li-u"),
        actions: if parent.is_root() { vec![home] } else { vec![open, home] },
        login_action: signs_in.then(|| request.self_href()),
        detail: Detail::new(request, StatusCode::NOT_FOUND, protocol_text),
    })
}

/// Returns a folder's path for people: `/music/2027/`.
fn folder_words(path: &VPath) -> String {
    let mut words = visible_path(path);
    if !words.ends_with('/') {
        words.push('/');
    }
    words
}

/// Returns title and lead of the refusal of a read: the reason is a share link to something else, that the visitor has not
/// signed in, that there are no accounts, or an account with too few rights.
fn denied_words(request: &Request) -> (&'static str, Markup) {
    let (t, path) = (request.texts(), visible_path(&request.path));
    match (request.access.account().is_anonymous(), layout::has_accounts(request)) {
        _ if request.access.link().is_some() => (t.denied_link_title(), t.denied_link(&path)),
        (true, true) => (t.denied_sign_in_title(), t.denied_sign_in(&path)),
        (true, false) => (t.denied_no_accounts_title(), t.denied_no_accounts(&path)),
        (false, _) => (t.denied_account_title(), t.denied_account(request.access.shown_account(), &path)),
    }
}

#[derive(Template)]
#[template(path = "denied.html")]
struct DeniedPage<'a> {
    layout: Layout<'a>,
    lead: Markup,
    /// URL that the sign-in form posts to; `None` without the form.
    login_action: Option<String>,
    code_href: String,
    detail: Option<Detail<'a>>,
}

/// The protocol's text for the usual refusal of a read, of which the lead of the page says more.
const FORBIDDEN: &str = "403 forbidden";

/// Renders the refusal of a read, with the sign-in form.
pub fn denied(request: &Request, protocol_text: &str) -> String {
    let (title, lead) = denied_words(request);
    to_html(&DeniedPage {
        layout: Layout::new(request, title, "narrow"),
        lead,
        login_action: layout::has_accounts(request).then(|| request.self_href()),
        code_href: urls::join_page(request, None),
        detail: (protocol_text != FORBIDDEN).then(|| Detail::new(request, StatusCode::FORBIDDEN, protocol_text)),
    })
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct PlainRefusal<'a> {
    text: &'a str,
    path: String,
}

/// Renders the body of a refusal that clients parse. It is HTML, so the texts are escaped.
pub fn plain_refusal(request: &Request, text: &str) -> String {
    to_html(&PlainRefusal { text, path: request.shown_path() })
}
