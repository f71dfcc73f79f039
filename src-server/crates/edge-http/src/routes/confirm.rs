//! Old forms of the API that change something by GET. A link in a mail must not delete anything, so a browser gets a
//! page that asks; other programs get what a GET means: the thing itself.

use crate::extract::Request;
use crate::render::pages;
use crate::reply::{self, Failure, RouteResult};
use http::StatusCode;

/// Parameters that change something, with the word on the button.
const CHANGES: [(&str, &str); 3] = [("delete", "Delete"), ("move", "Move"), ("copy", "Copy")];

/// Whether a GET would change something if it were a POST, and a browser asks.
pub fn is_change(request: &Request) -> bool {
    request.head.is_page_load() && names_change(request)
}

/// Whether a GET changes something here (`--getmod`).
pub fn is_change_by_get(request: &Request) -> bool {
    request.settings().behaviour.change_by_get && !request.is_head() && names_change(request)
}

fn names_change(request: &Request) -> bool {
    CHANGES.iter().any(|(name, _)| request.query.has(name))
}

/// Asks. The form posts to the same address.
pub fn confirm_page(request: &Request) -> RouteResult {
    let Some((_, deed)) = CHANGES.iter().find(|(name, _)| request.query.has(name)) else {
        return Err(Failure::text(StatusCode::BAD_REQUEST, "nothing to confirm"));
    };
    let action = match request.head.uri.query() {
        Some(query) => format!("{}?{query}", request.self_href()),
        None => request.self_href(),
    };
    let back = request.folder_href(&request.path.parent().unwrap_or_default());
    let heading = match request.query.text("move").or_else(|| request.query.text("copy")) {
        Some(to) => format!("{deed} {} to /{}?", request.path.display(), to.trim_start_matches('/')),
        None => format!("{deed} {}?", request.path.display()),
    };
    Ok(reply::html(StatusCode::OK, pages::confirm(request, &heading, deed, &action, &back)))
}
