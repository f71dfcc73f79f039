//! The sign-in page (`web/templates/login.html`).

use super::folder_path;
use super::layout::{self, Layout, to_html};
use super::rights_words::rights_words;
use crate::request::Request;
use crate::urls;
use askama::Template;
use model::{Perm, PermSet};

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    layout: Layout<'a>,
    heading: &'a str,
    problem: Option<&'a str>,
    /// URL that the sign-in form posts to; `None` without the form.
    login_action: Option<String>,
    code_href: String,
    volumes: Vec<Volume>,
    own_uploads: Option<String>,
}

/// A folder that the visitor can open.
struct Volume {
    href: String,
    name: String,
    rights: String,
}

/// Renders the answer to a failed login, and the page where administrators sign in: the sign-in form, and the folders
/// that the visitor can open.
pub fn page(request: &Request, heading: &str, problem: Option<&str>) -> String {
    let entry_points = request.access.entry_points();
    let uploads = request.unpost_is_on() && entry_points.iter().any(|(_, rights)| rights.has(Perm::Write));
    let t = request.texts();
    let volume = |(top, rights): &(model::VPath, PermSet)| Volume {
        href: request.folder_href(top),
        name: folder_path(t, top),
        rights: rights_words(request, *rights),
    };
    to_html(&LoginPage {
        layout: Layout::new(request, layout::without_stop(heading), "narrow"),
        heading,
        problem,
        login_action: layout::has_accounts(request).then(|| request.self_href()),
        code_href: urls::join_page(request, None),
        volumes: entry_points.iter().map(volume).collect(),
        own_uploads: uploads.then(|| urls::own_uploads(request)),
    })
}
