//! Serves a file requested by its path: its bytes or, for text files, a page to read or edit it.

use super::text;
use crate::extract::wanted_digest;
use crate::failure::{Failure, RouteResult};
use crate::reply;
use crate::request::Request;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use engine::files::digests::{DigestKind, SHORT_MAX};
use engine::files::read::Download;
use http::{HeaderName, HeaderValue, StatusCode, header};
use std::ops::Range;
use warp::reply::Response;

const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");

/// Most bytes that are read for a digest before the first byte is sent: a second or two.
const DIGEST_MAX: u64 = 1 << 30;

/// Sends the file.
pub async fn file(request: &Request, download: Download) -> RouteResult {
    if loads_as_script(request) {
        return Err(Failure::text(StatusCode::FORBIDDEN, "user files cannot be loaded as scripts or styles of pages"));
    }
    match text::requested_view(request, &download) {
        Some(view) => text::page(request, download, view).await,
        None => send(request, download).await,
    }
}

/// Sends its bytes, with the digests that the client wants, as far as they are soon computed (RFC 9530).
async fn send(request: &Request, download: Download) -> RouteResult {
    let headers = &request.head.headers;
    let wanted = [
        (REPR_DIGEST, wanted_digest::preferred(headers, wanted_digest::REPRESENTATION)),
        (CONTENT_DIGEST, wanted_digest::preferred(headers, wanted_digest::CONTENT)),
    ];
    if wanted.iter().all(|(_, kind)| kind.is_none()) {
        return reply::file::send(request, download);
    }
    let (source, size) = (download.digest_source(), download.size);
    let mut response = reply::file::send(request, download)?;
    let has_content = matches!(response.status(), StatusCode::OK | StatusCode::PARTIAL_CONTENT);
    let reader = &request.engine().reader;
    let digester = match size <= SHORT_MAX {
        true => Ok(reader.short_digester()),
        false => reader.digester(&request.access),
    };
    // What is too much for the server now, or was changed, is left out, as the RFC allows.
    let (Ok(source), Ok(digester), true) = (source, digester, has_content) else { return Ok(response) };
    for (name, kind) in wanted {
        let range = if name == REPR_DIGEST { Some(0..size) } else { sent_range(&response, size) };
        let range = range.filter(|range| range.end.saturating_sub(range.start) <= DIGEST_MAX);
        if let (Some(kind), Some(range)) = (kind, range)
            && let Ok(Some(digest)) = digester.range(&source, kind, range).await
        {
            response.headers_mut().insert(name, digest_value(kind, &digest));
        }
    }
    Ok(response)
}

/// Returns the bytes of the file that an answer contains; `None` if they are not in one piece.
fn sent_range(response: &Response, size: u64) -> Option<Range<u64>> {
    if response.status() == StatusCode::OK {
        return Some(0..size);
    }
    let text = response.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    let (first, last) = text.strip_prefix("bytes ")?.split_once('/')?.0.split_once('-')?;
    Some(first.parse().ok()?..last.parse::<u64>().ok()? + 1)
}

fn digest_value(kind: DigestKind, digest: &[u8]) -> HeaderValue {
    let name = match kind {
        DigestKind::Sha256 => "sha-256",
        DigestKind::Sha512 => "sha-512",
    };
    HeaderValue::from_str(&format!("{name}=:{}:", STANDARD.encode(digest))).expect("base64")
}

/// Returns true if a page tries to load a user's file as a script or worker. Our pages never do, so one of them must
/// contain injected markup; a sandboxed user page could not run the script anyway.
fn loads_as_script(request: &Request) -> bool {
    let script = ["script", "worker", "sharedworker", "serviceworker", "audioworklet", "paintworklet", "xslt"];
    request.head.text("sec-fetch-dest").is_some_and(|destination| script.contains(&destination))
}
