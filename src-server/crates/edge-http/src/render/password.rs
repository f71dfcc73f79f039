//! The page on which people change the password of their account (`web/templates/password.html`).

use super::layout::{Layout, to_html};
use crate::request::Request;
use crate::urls;
use askama::Template;

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage<'a> {
    layout: Layout<'a>,
    /// What was wrong, and what to do next.
    problem: Option<&'a str>,
    /// URL that the form posts to.
    action: String,
    account: &'a str,
    /// Minimum length of the new password, in characters.
    least: u32,
    /// URL of the page that people came from.
    back: String,
}

/// Renders the form. `problem`: why the last attempt was refused.
pub fn page(request: &Request, problem: Option<&str>) -> String {
    let t = request.texts();
    to_html(&PasswordPage {
        layout: Layout::new(request, t.account_password(), "narrow"),
        problem,
        action: request.self_href(),
        account: request.access.account().as_str(),
        least: request.settings().login.own_password_chars,
        back: format!("{}?{}", request.self_href(), urls::CONTROL),
    })
}
