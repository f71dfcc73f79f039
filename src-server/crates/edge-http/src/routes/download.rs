//! A file that somebody asked for by its path: its bytes, or, for texts, a page to read or edit it.

use super::text;
use crate::extract::Request;
use crate::reply::{self, Failure, RouteResult};
use engine::files::read::Download;
use http::StatusCode;

/// Sends it.
pub async fn file(request: &Request, download: Download) -> RouteResult {
    if loads_as_script(request) {
        return Err(Failure::text(StatusCode::FORBIDDEN, "files of users are no scripts or styles of pages here"));
    }
    match text::requested_view(request, &download) {
        Some(view) => text::page(request, download, view).await,
        None => reply::file::send(request, download),
    }
}

/// Whether a page is about to load a user's file as a script or a worker. Our pages never do, so somebody found a way to
/// write into one of them; a sandboxed page of a user's could not run it anyway.
fn loads_as_script(request: &Request) -> bool {
    let script = ["script", "worker", "sharedworker", "serviceworker", "audioworklet", "paintworklet", "xslt"];
    request.head.text("sec-fetch-dest").is_some_and(|destination| script.contains(&destination))
}
