//! Legacy parts of the API that change something by GET. A link in a mail must not delete anything, so a browser gets a
//! confirmation page, and other programs get the file itself, as GET demands.

use crate::failure::RouteResult;
use crate::render::escape::{visible, visible_last_name, visible_path};
use crate::render::pages;
use crate::reply;
use crate::request::Request;
use crate::urls;
use http::StatusCode;
use model::VPath;
use warp::reply::Response;

/// Parameters that change something.
const CHANGES: [&str; 3] = [urls::DELETE, "move", "copy"];

/// Returns true if a browser sent the GET and it would change something as a POST.
pub fn is_change(request: &Request) -> bool {
    request.head.is_page_load() && names_change(request)
}

/// Returns true if this GET is carried out as a change (`--getmod`).
pub fn is_change_by_get(request: &Request) -> bool {
    request.settings().behaviour.change_by_get && !request.is_head() && names_change(request)
}

fn names_change(request: &Request) -> bool {
    CHANGES.iter().any(|name| request.query.has(name))
}

/// Renders the confirmation page. Its form posts to the same URL.
pub fn confirm_page(request: &Request) -> RouteResult {
    let action = match request.head.uri.query() {
        Some(query) => format!("{}?{query}", request.self_href()),
        None => request.self_href(),
    };
    let (t, from) = (request.texts(), visible_path(&request.path));
    let target = |name: &str| {
        let path = request.query.bytes(name).unwrap_or_default();
        format!("/{}", visible(path).trim_start_matches('/'))
    };
    let (heading, label) = match () {
        () if request.query.has(urls::DELETE) => (t.confirm_delete_it(&from), t.confirm_delete()),
        () if request.query.has("move") => (t.confirm_move_to(&from, &target("move")), t.confirm_move()),
        () => (t.confirm_copy_to(&from, &target("copy")), t.confirm_copy()),
    };
    Ok(page(request, &heading, label, &action))
}

/// Asks whether the requested file or folder should move to `target`.
pub fn confirm_move(request: &Request, target: &VPath) -> RouteResult {
    let t = request.texts();
    let from = visible_path(&request.path);
    let (heading, label) = match is_rename(&request.path, target) {
        true => (t.confirm_rename_to(&from, &visible_last_name(target)), t.confirm_rename()),
        false => (t.confirm_move_to(&from, &visible_path(target)), t.confirm_move()),
    };
    let action = format!("{}?move={}", request.self_href(), request.href(target));
    Ok(page(request, &heading, label, &action))
}

/// Whether a move changes the name alone.
pub fn is_rename(from: &VPath, to: &VPath) -> bool {
    from != to && from.parent() == to.parent()
}

fn page(request: &Request, heading: &str, label: &str, action: &str) -> Response {
    let back = request.folder_href(&request.path.parent().unwrap_or_default());
    reply::html(StatusCode::OK, pages::confirm(request, heading, label, action, &back))
}
