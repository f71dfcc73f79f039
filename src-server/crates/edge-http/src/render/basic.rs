//! The simple view (`?b`, `web/templates/basic.html`): one table that any browser of any age can show; with `?b=u` also
//! an upload form. Programs parse it too, so sizes are in bytes and times include seconds.

use super::layout::{self, SignIn, to_html};
use super::search_form::SearchForm;
use super::{folder_title, rows, space_words};
use crate::reply::headers::{NO_ROBOTS, X_ROBOTS_TAG};
use crate::request::Request;
use crate::texts::Texts;
use crate::urls;
use askama::Template;
use engine::listing::Listing;
use model::Perm;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "basic.html")]
struct BasicPage<'a> {
    t: Texts,
    title: String,
    server_name: &'a str,
    path: String,
    space: Option<String>,
    /// URL that the upload form posts to; `None` without the form.
    upload_action: Option<String>,
    /// URL of the parent folder.
    parent: Option<String>,
    sign_in: Option<SignIn>,
    /// The search form, where there is an index.
    search: Option<SearchForm<'a>>,
}

/// Renders the simple view of a listing.
pub fn listing(request: &Request, listing: Listing) -> Response {
    let uploads = request.query.text(urls::BASIC).is_some_and(|value| value == "u");
    let keep = if uploads { "?b=u" } else { "?b" };
    let upload_action = uploads && listing.rights.has(Perm::Write);
    let t = request.texts();
    let page = to_html(&BasicPage {
        t,
        title: folder_title(t, &listing.path),
        server_name: layout::server_name(request),
        path: listing.path.display(),
        space: space_words(t, &listing),
        upload_action: upload_action.then(|| format!("{}?b=u", request.folder_href(&listing.path))),
        parent: listing.path.parent().map(|parent| format!("{}{keep}", request.folder_href(&parent))),
        search: SearchForm::of(request, &listing.path),
        sign_in: layout::sign_in(request, urls::control_page(request)),
    });
    let mut response = rows::reply(request, listing, rows::basic(keep), page);
    response.headers_mut().insert(X_ROBOTS_TAG, NO_ROBOTS);
    response
}
