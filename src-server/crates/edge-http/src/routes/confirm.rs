//! Legacy parts of the API that change something by GET. A link in a mail must not delete anything, so a browser gets a
//! confirmation page, and other programs get the file itself, as GET demands.

use crate::failure::{Failure, RouteResult};
use crate::render::pages;
use crate::reply;
use crate::request::Request;
use crate::urls;
use http::StatusCode;

/// Parameters that change something, with the label of the button.
const CHANGES: [(&str, &str); 3] = [(urls::DELETE, "Delete"), ("move", "Move"), ("copy", "Copy")];

/// Returns true if a browser sent the GET and it would change something as a POST.
pub fn is_change(request: &Request) -> bool {
    request.head.is_page_load() && names_change(request)
}

/// Returns true if this GET is carried out as a change (`--getmod`).
pub fn is_change_by_get(request: &Request) -> bool {
    request.settings().behaviour.change_by_get && !request.is_head() && names_change(request)
}

fn names_change(request: &Request) -> bool {
    CHANGES.iter().any(|(name, _)| request.query.has(name))
}

/// Renders the confirmation page. Its form posts to the same URL.
pub fn confirm_page(request: &Request) -> RouteResult {
    let Some((_, label)) = CHANGES.iter().find(|(name, _)| request.query.has(name)) else {
        return Err(Failure::text(StatusCode::BAD_REQUEST, "nothing to confirm"));
    };
    let action = match request.head.uri.query() {
        Some(query) => format!("{}?{query}", request.self_href()),
        None => request.self_href(),
    };
    let back = request.folder_href(&request.path.parent().unwrap_or_default());
    let heading = match request.query.text("move").or_else(|| request.query.text("copy")) {
        Some(to) => format!("{label} {} to /{}?", request.path.display(), to.trim_start_matches('/')),
        None => format!("{label} {}?", request.path.display()),
    };
    Ok(reply::html(StatusCode::OK, pages::confirm(request, &heading, label, &action, &back)))
}
