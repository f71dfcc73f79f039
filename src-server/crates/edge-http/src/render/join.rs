//! The page that redeems an invitation (`web/templates/join.html`).

use super::layout::{Layout, to_html, without_stop};
use crate::request::Request;
use crate::urls;
use askama::Template;
use engine::accounts::DEVICE_NAME_MAX;

/// Content of the page.
#[derive(Clone, Copy, Debug)]
pub struct Form<'a> {
    /// The code, if the URL contains it; `None` if the visitor has to type six digits.
    pub code: Option<&'a str>,
    /// Suggested name of the device.
    pub device: &'a str,
    /// The digits typed before.
    pub typed: &'a str,
    /// What was wrong with the submitted form, as a sentence.
    pub problem: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "join.html")]
struct JoinPage<'a> {
    layout: Layout<'a>,
    form: &'a Form<'a>,
    /// What the visitor gives up by continuing.
    replaced: Option<String>,
    action: String,
    device_max: usize,
}

/// Renders the page.
pub fn page(request: &Request, form: &Form<'_>) -> String {
    let t = request.texts();
    let title = if form.code.is_some() { without_stop(t.join_invited()) } else { t.join_digits() };
    to_html(&JoinPage {
        layout: Layout::new(request, title, "narrow"),
        form,
        replaced: replaced_sign_in(request),
        action: urls::join_page(request, form.code),
        device_max: DEVICE_NAME_MAX,
    })
}

/// Returns what the visitor gives up by continuing: a browser keeps one sign-in.
fn replaced_sign_in(request: &Request) -> Option<String> {
    if !request.access.has_session() {
        return None;
    }
    let t = request.texts();
    Some(match request.access.is_guest() {
        true => t.join_replaces_guest().to_owned(),
        false => t.join_replaces_account(request.access.shown_account()),
    })
}
