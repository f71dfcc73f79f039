//! Serves a file requested by its path: its bytes or, for text files, a page to read or edit it.

use super::text;
use crate::failure::{Failure, RouteResult};
use crate::reply;
use crate::request::Request;
use engine::files::read::Download;
use http::StatusCode;

/// Sends the file.
pub async fn file(request: &Request, download: Download) -> RouteResult {
    if loads_as_script(request) {
        return Err(Failure::text(StatusCode::FORBIDDEN, "user files cannot be loaded as scripts or styles of pages"));
    }
    match text::requested_view(request, &download) {
        Some(view) => text::page(request, download, view).await,
        None => reply::file::send(request, download),
    }
}

/// Returns true if a page tries to load a user's file as a script or worker. Our pages never do, so one of them must
/// contain injected markup; a sandboxed user page could not run the script anyway.
fn loads_as_script(request: &Request) -> bool {
    let script = ["script", "worker", "sharedworker", "serviceworker", "audioworklet", "paintworklet", "xslt"];
    request.head.text("sec-fetch-dest").is_some_and(|destination| script.contains(&destination))
}
