//! The small pages: messages, confirmations, errors, signing in (`web/templates`: message, error, login).

use super::layout;
use super::refusal::Refusal;
use super::{escape, formatting};
use crate::request::Request;
use crate::urls;
use engine::uploads::OwnUpload;
use http::StatusCode;
use model::{Perm, PermSet, VPath};

/// Content of a page that reports a result.
#[derive(Clone, Debug, Default)]
pub struct Message<'a> {
    /// A sentence: `2 files uploaded.`
    pub heading: &'a str,
    /// If something went wrong: what to do next, as a sentence.
    pub problem: Option<&'a str>,
    /// The protocol's text, already escaped as HTML (it may contain links).
    pub result_html: Option<&'a str>,
    /// Links as URL and label; the first is the primary action.
    pub actions: &'a [(&'a str, &'a str)],
}

/// Renders the page that reports a result.
pub fn message(request: &Request, message: &Message<'_>) -> String {
    let mut out = String::with_capacity(2048);
    let title = message.heading.trim_end_matches('.');
    begin_with_sign_in_links(&mut out, request, title, &urls::control_page(request));
    push_heading(&mut out, message.heading);
    if let Some(problem) = message.problem {
        push_problem(&mut out, problem);
    }
    if let Some(result) = message.result_html {
        out.push_str("<pre class=\"result\" tabindex=\"0\">");
        out.push_str(result);
        out.push_str("</pre>\n");
    }
    push_actions(&mut out, message.actions);
    end(&mut out);
    out
}

/// Renders a confirmation. `label`: label of the button, which posts to `action`; `back`: URL of the link that cancels.
pub fn confirm(request: &Request, heading: &str, label: &str, action: &str, back: &str) -> String {
    let mut out = String::with_capacity(2048);
    begin_with_sign_in_links(&mut out, request, heading.trim_end_matches('?'), &urls::control_page(request));
    push_heading(&mut out, heading);
    out.push_str("<form class=\"confirm\" method=\"post\" action=\"");
    escape::push_html(&mut out, action);
    out.push_str("\">\n<p class=\"actions\"><button class=\"btn primary\">");
    escape::push_html(&mut out, label);
    out.push_str("</button> <a class=\"btn\" href=\"");
    escape::push_html(&mut out, back);
    out.push_str("\">No, go back</a></p>\n</form>\n");
    end(&mut out);
    out
}

/// Renders any error except refused reads. `again_html`: a form to send again.
pub fn error(
    request: &Request,
    status: StatusCode,
    protocol_text: &str,
    refusal: &Refusal,
    again_html: Option<&str>,
) -> String {
    let mut out = String::with_capacity(2048);
    begin_with_sign_in_links(&mut out, request, refusal.heading.trim_end_matches('.'), &urls::control_page(request));
    push_heading(&mut out, &refusal.heading);
    push_lead(&mut out, &refusal.lead);
    match again_html {
        Some(form) => {
            out.push_str(form);
            push_actions_after(&mut out, &[(&request.self_href(), "Back to the folder")]);
        }
        None => {
            let (folder, home) = (folder_of(request), urls::home(request));
            let ways = [(folder.as_str(), "Back to the folder"), (home.as_str(), "Home")];
            // A visitor whose read was refused may not be able to list that folder either.
            push_actions(&mut out, if request.is_read() { &ways[1..] } else { &ways });
        }
    }
    push_detail(&mut out, request, status, protocol_text);
    end(&mut out);
    out
}

/// Returns the URL of the requested folder, or of the folder that contains the requested file.
fn folder_of(request: &Request) -> String {
    match request.trailing_slash {
        true => request.folder_href(&request.path),
        false => request.folder_href(&request.path.parent().unwrap_or_default()),
    }
}

/// Renders 404 for a visitor who may list the folder.
pub fn missing(request: &Request, protocol_text: &str) -> String {
    let mut out = String::with_capacity(2048);
    begin_with_sign_in_links(&mut out, request, "There is nothing here", "#li-u");
    push_heading(&mut out, "There is nothing here.");
    push_lead(&mut out, "The file or folder may have been moved, renamed or deleted. Look for it in the folder above.");
    let home = urls::home(request);
    let parent = request.path.parent().unwrap_or_default();
    let (href, words) = (request.folder_href(&parent), format!("Open {}", folder_words(&parent)));
    match parent.is_root() {
        true => push_actions(&mut out, &[(&home, "Home")]),
        false => push_actions(&mut out, &[(&href, &words), (&home, "Home")]),
    }
    if layout::has_accounts(request) && request.access.account().is_anonymous() {
        layout::push_form(&mut out, " class=\"card\" id=\"login\"", &request.self_href());
        layout::push_login_fields(&mut out, "btn");
    }
    push_detail(&mut out, request, StatusCode::NOT_FOUND, protocol_text);
    end(&mut out);
    out
}

/// Returns a folder's path for people: `/music/2027/`.
fn folder_words(path: &VPath) -> String {
    let mut words = path.display();
    if !words.ends_with('/') {
        words.push('/');
    }
    words
}

/// Renders the refusal of a read, with the sign-in form.
pub fn denied(request: &Request, protocol_text: &str) -> String {
    let mut out = String::with_capacity(2048);
    let account = request.access.account();
    let by_link = request.access.link().is_some();
    let title = match (account.is_anonymous(), layout::has_accounts(request)) {
        _ if by_link => "Your link does not give access to this",
        (true, true) => "A password is needed here",
        (true, false) => "This is not shared with visitors",
        (false, _) => "This account has no access",
    };
    begin(&mut out, request, title);
    push_heading(&mut out, title);
    let place = escape::html(&request.path.display());
    let lead = match (account.is_anonymous(), layout::has_accounts(request)) {
        _ if by_link => format!("Ask the person who sent it for a link to <b>{place}</b>, or sign in with an account."),
        (true, true) => format!("Sign in with an account that has access to <b>{place}</b>."),
        (true, false) => format!("Ask the owner of this server for access to <b>{place}</b>."),
        (false, _) => {
            let name = escape::html(request.access.shown_account());
            format!(
                "You are signed in as <b>{name}</b>, which has no access to <b>{place}</b>. Another account may have it."
            )
        }
    };
    push_lead_html(&mut out, &lead);
    if layout::has_accounts(request) {
        layout::push_form(&mut out, " class=\"card\" id=\"login\"", &request.self_href());
        layout::push_login_fields(&mut out, "btn primary");
    }
    push_code_link(&mut out, request);
    push_detail(&mut out, request, StatusCode::FORBIDDEN, protocol_text);
    end_with_home(&mut out, request);
    out
}

/// Renders the control page (`?h`), which is also the answer to a failed login: the sign-in form, and the folders that
/// the visitor can open.
pub fn login(request: &Request, heading: &str, problem: Option<&str>) -> String {
    let mut out = String::with_capacity(4096);
    begin(&mut out, request, heading.trim_end_matches('.'));
    push_heading(&mut out, heading);
    if let Some(problem) = problem {
        push_problem(&mut out, problem);
    }
    if layout::has_accounts(request) {
        layout::push_form(&mut out, " class=\"card\" id=\"login\"", &request.self_href());
        layout::push_login_fields(&mut out, "btn primary");
    }
    push_code_link(&mut out, request);
    push_volumes(&mut out, request);
    end_with_home(&mut out, request);
    out
}

/// Most rows on the page of the visitor's own uploads.
const UPLOAD_ROWS_MAX: usize = 500;

/// Renders the page of the visitor's own uploads, each with a button that deletes it.
pub fn my_uploads(request: &Request, uploads: &[OwnUpload]) -> String {
    let mut out = String::with_capacity(4096);
    begin_with_sign_in_links(&mut out, request, "Your uploads", &urls::control_page(request));
    push_heading(&mut out, "Your uploads");
    push_lead(
        &mut out,
        match (request.unpost_is_on(), uploads.is_empty()) {
            (false, _) => "On this server uploads cannot be deleted by their senders.",
            (true, true) => "You have not sent anything recently.",
            (true, false) => "What you sent recently, newest first. You can delete it.",
        },
    );
    if request.unpost_is_on() && !uploads.is_empty() {
        push_upload_list(&mut out, request, uploads, &VPath::root());
    }
    if let Some(page) = urls::request_link_page(request) {
        push_actions(&mut out, &[(&page, "Add more")]);
    }
    end_with_home(&mut out, request);
    out
}

/// Appends a list of uploads, each with a button that deletes it. Paths are relative to `top`.
pub(super) fn push_upload_list(out: &mut String, request: &Request, uploads: &[OwnUpload], top: &VPath) {
    out.push_str("<ul class=\"links\">\n");
    uploads.iter().take(UPLOAD_ROWS_MAX).for_each(|upload| push_upload(out, request, upload, top));
    out.push_str("</ul>\n");
}

fn push_upload(out: &mut String, request: &Request, upload: &OwnUpload, top: &VPath) {
    out.push_str("<li><span><b>");
    match upload.path.strip_prefix(top).filter(|_| !top.is_root()) {
        Some(below) => escape::push_html_bytes(out, below.as_bytes()),
        None => escape::push_html(out, &upload.path.display()),
    }
    out.push_str("</b> <small>");
    formatting::push_size(out, upload.size);
    out.push_str(", ");
    match upload.unfinished {
        Some(percent) => {
            escape::push_number(out, u64::from(percent));
            out.push_str(" % received");
        }
        None => {
            formatting::push_date(out, upload.at, formatting::Precision::Minutes);
            out.push_str(" UTC");
        }
    }
    out.push_str("</small></span>\n");
    layout::push_form(out, "", &urls::unpost(request, upload));
    out.push_str("<button class=\"btn\">Delete</button>\n</form></li>\n");
}

fn push_volumes(out: &mut String, request: &Request) {
    let seen = request.access.entry_points();
    if seen.is_empty() {
        return;
    }
    out.push_str("<section class=\"card\" id=\"volumes\">\n<h2>What you can open</h2>\n<ul class=\"links\">\n");
    for (top, rights) in &seen {
        out.push_str("<li><a href=\"");
        out.push_str(&request.folder_href(top));
        out.push_str("\">");
        match top.is_root() {
            true => out.push_str("Home"),
            false => escape::push_html_bytes(out, top.as_bytes()),
        }
        out.push_str("</a> <small>");
        out.push_str(rights_words(*rights));
        out.push_str("</small></li>\n");
    }
    out.push_str("</ul>\n");
    if request.unpost_is_on() && seen.iter().any(|(_, rights)| rights.has(Perm::Write)) {
        push_my_uploads_link(out, request);
    }
    out.push_str("</section>\n");
}

/// Appends the link for visitors who have a six-digit code.
fn push_code_link(out: &mut String, request: &Request) {
    out.push_str("<p class=\"page-link\">");
    layout::push_code_link(out, request);
    out.push_str("</p>\n");
}

/// Appends the link to the visitor's own uploads.
pub fn push_my_uploads_link(out: &mut String, request: &Request) {
    out.push_str("<p class=\"page-link\"><a href=\"");
    escape::push_html(out, &urls::own_uploads(request));
    out.push_str("\">Your uploads</a></p>\n");
}

/// Returns rights in words for people.
pub fn rights_words(rights: PermSet) -> &'static str {
    match (rights.has(Perm::Read), rights.has(Perm::Write)) {
        (true, true) => "read, add files",
        (true, false) => "read",
        (false, true) => "add files",
        (false, false) => "open files by their exact link",
    }
}

/// Appends the top of a small page without sign-in links.
pub(super) fn begin(out: &mut String, request: &Request, title: &str) {
    begin_with(out, request, title, None);
}

/// Appends the top of a small page with sign-in links for visitors who have not signed in. `login`: URL of the form.
pub(super) fn begin_with_sign_in_links(out: &mut String, request: &Request, title: &str, login: &str) {
    begin_with(out, request, title, Some(login));
}

fn begin_with(out: &mut String, request: &Request, title: &str, login: Option<&str>) {
    layout::begin_page(out, request, title, "narrow", false);
    out.push_str("<header class=\"top\">\n");
    layout::push_brand(out, request);
    if let Some(login) = login {
        layout::push_sign_in_links(out, request, login);
    }
    out.push_str("</header>\n<main>\n");
}

fn end(out: &mut String) {
    out.push_str("</main>\n");
    layout::end_page(out);
}

pub(super) fn end_with_home(out: &mut String, request: &Request) {
    out.push_str("</main>\n<footer class=\"foot\">\n<p class=\"page-link\"><a href=\"");
    out.push_str(&request.policy.base);
    out.push_str("/\">Home</a></p>\n</footer>\n");
    layout::end_page(out);
}

pub(super) fn push_heading(out: &mut String, heading: &str) {
    out.push_str("<h1>");
    escape::push_html(out, heading);
    out.push_str("</h1>\n");
}

pub(super) fn push_lead(out: &mut String, lead: &str) {
    push_lead_html(out, &escape::html(lead));
}

fn push_lead_html(out: &mut String, lead: &str) {
    out.push_str("<p class=\"lead\">");
    out.push_str(lead);
    out.push_str("</p>\n");
}

pub(super) fn push_problem(out: &mut String, problem: &str) {
    out.push_str("<p class=\"note bad\" role=\"alert\">");
    escape::push_html(out, problem);
    out.push_str("</p>\n");
}

fn push_detail(out: &mut String, request: &Request, status: StatusCode, protocol_text: &str) {
    let protocol_text = protocol_text.strip_prefix(status.as_str()).unwrap_or(protocol_text).trim_start();
    out.push_str("<p class=\"detail\"><code>");
    out.push_str(status.as_str());
    out.push(' ');
    escape::push_html(out, protocol_text);
    out.push_str(": /");
    escape::push_html(out, &request.shown_path());
    out.push_str("</code></p>\n");
}

/// Appends links as buttons, the first one emphasized.
pub(super) fn push_actions(out: &mut String, actions: &[(&str, &str)]) {
    push_links(out, actions, "btn primary");
}

/// Appends links as buttons below a form, which has the emphasized button.
fn push_actions_after(out: &mut String, actions: &[(&str, &str)]) {
    push_links(out, actions, "btn");
}

fn push_links(out: &mut String, actions: &[(&str, &str)], first: &str) {
    if actions.is_empty() {
        return;
    }
    out.push_str("<p class=\"actions\">");
    for (at, (href, words)) in actions.iter().enumerate() {
        out.push_str(if at == 0 { "<a class=\"" } else { " <a class=\"" });
        out.push_str(if at == 0 { first } else { "btn" });
        out.push_str("\" href=\"");
        escape::push_html(out, href);
        out.push_str("\">");
        escape::push_html(out, words);
        out.push_str("</a>");
    }
    out.push_str("</p>\n");
}
