//! Serves a file: 200, 206, 304, 412, 416, and the headers that keep its content from acting in our origin
//! (docs/http-api.md "Files").

use super::conditional::{self, Decision, Validators};
use super::headers::{ACTIVE_FILE_POLICY, FILE_POLICY, UNBUFFERED, X_ACCEL_BUFFERING};
use super::mime::{self, ContentKind};
use super::range::{self, RequestedRange};
use super::response;
use crate::extract::Query;
use crate::failure::{Failure, RouteResult};
use crate::request::Request;
use crate::urls;
use bytes::Bytes;
use engine::files::read::{BodyKind, Download};
use futures_util::stream::{self, StreamExt};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use model::Perm;
use model::portable::portable;
use std::borrow::Cow;
use std::ops::Range;
use warp::reply::{Reply, Response};

/// Responses up to this size are read synchronously if the page cache holds the data.
const INLINE_MAX: u64 = 256 << 10;

/// Least size of files that proxies are told to pass on unbuffered. Smaller files fit into the memory and disk buffers
/// of nginx, and it is better if they leave this server early.
const UNBUFFERED_MIN: u64 = 64 << 20;

const BYTES: HeaderValue = HeaderValue::from_static("bytes");
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
const LAST_MODIFIED_MS: HeaderName = HeaderName::from_static("x-lastmod3");

/// Sends an open file, or the requested part of it.
pub fn send(request: &Request, download: Download) -> RouteResult {
    let request_headers = &request.head.headers;
    let modified_secs = conditional::http_secs(download.modified);
    let now = Validators { etag: &download.etag, modified_secs };
    let decision = conditional::evaluate(request_headers, now);
    if decision == Decision::Failed {
        return Err(Failure::text(StatusCode::PRECONDITION_FAILED, "the file is another one now"));
    }
    let size = download.size;
    let mut headers = HeaderMap::with_capacity(16);
    put_file_headers(request, &download, now, &mut headers);
    if decision == Decision::NotModified {
        let mut response = Response::new("".into());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        headers.remove(header::CONTENT_TYPE);
        *response.headers_mut() = headers;
        return Ok(response);
    }
    let wanted = match request_headers.get(header::RANGE) {
        Some(value) if *request.method() == Method::GET && conditional::if_range_holds(request_headers, now) => {
            value.to_str().map_or(RequestedRange::Unsatisfiable, |value| range::parse(value, size))
        }
        _ => RequestedRange::Whole,
    };
    let mut response = match wanted {
        RequestedRange::Whole => body(request, download, 0..size, &mut headers),
        RequestedRange::Single(piece) => {
            headers.insert(header::CONTENT_RANGE, content_range(&piece, size));
            partial(body(request, download, piece, &mut headers))
        }
        RequestedRange::Multiple(pieces) => partial(multipart(request, download, pieces, &mut headers)),
        RequestedRange::Unsatisfiable => return Ok(unsatisfiable(size)),
    };
    *response.headers_mut() = headers;
    Ok(response)
}

fn partial(mut response: Response) -> Response {
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    response
}

fn unsatisfiable(size: u64) -> Response {
    let mut response = response::text(StatusCode::RANGE_NOT_SATISFIABLE, "invalid range\n");
    if let Ok(value) = HeaderValue::from_str(&format!("bytes */{size}")) {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    response
}

fn content_range(piece: &Range<u64>, size: u64) -> HeaderValue {
    let text = format!("bytes {}-{}/{size}", piece.start, piece.end - 1);
    HeaderValue::from_str(&text).expect("digits and blanks")
}

/// Returns a response with one range as its body, and sets its length.
fn body(request: &Request, download: Download, piece: Range<u64>, headers: &mut HeaderMap) -> Response {
    let length = piece.end - piece.start;
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    if download.size >= UNBUFFERED_MIN {
        headers.insert(X_ACCEL_BUFFERING, UNBUFFERED);
    }
    if request.is_head() || length == 0 {
        return Response::new("".into());
    }
    if length <= INLINE_MAX
        && let Some(bytes) = download.read_cached(piece.clone())
    {
        return Response::new(bytes.into());
    }
    warp::reply::stream(download.stream(piece, body_kind(request))).into_response()
}

/// Returns several ranges as `multipart/byteranges` (RFC 9110 14.6).
fn multipart(request: &Request, download: Download, pieces: Vec<Range<u64>>, headers: &mut HeaderMap) -> Response {
    // The boundary cannot occur in the file by accident or design, because it is not predictable.
    let boundary = boundary(&download);
    let mime = headers.get(header::CONTENT_TYPE).cloned();
    let mime = mime.as_ref().and_then(|mime| mime.to_str().ok()).unwrap_or(mime::OCTET_STREAM).to_owned();
    let size = download.size;
    if size >= UNBUFFERED_MIN {
        headers.insert(X_ACCEL_BUFFERING, UNBUFFERED);
    }
    let head = |piece: &Range<u64>| {
        format!(
            "\r\n--{boundary}\r\nContent-Type: {mime}\r\nContent-Range: bytes {}-{}/{size}\r\n\r\n",
            piece.start,
            piece.end - 1
        )
    };
    let heads: Vec<String> = pieces.iter().map(head).collect();
    let tail = format!("\r\n--{boundary}--\r\n");
    let bodies: u64 = pieces.iter().map(|piece| piece.end - piece.start).sum();
    let around: usize = heads.iter().map(String::len).sum::<usize>() + tail.len();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bodies + around as u64));
    let kind_header = format!("multipart/byteranges; boundary={boundary}");
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(&kind_header).expect("plain characters"));
    let bodies = download.streams(pieces, body_kind(request));
    let parts = heads.into_iter().zip(bodies).map(|(head, body)| stream::iter([Ok(Bytes::from(head))]).chain(body));
    let whole = stream::iter(parts).flatten().chain(stream::iter([Ok(Bytes::from(tail))]));
    warp::reply::stream(whole).into_response()
}

fn boundary(download: &Download) -> String {
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let seed = format!("{nanos}{}{:p}", download.etag, download);
    let digest = ring::digest::digest(&ring::digest::SHA256, seed.as_bytes());
    digest.as_ref().iter().take(15).map(|byte| format!("{byte:02x}")).collect()
}

/// Returns how the body is sent. The kernel can copy bodies from the file to the socket if the connection offers maps; all
/// others pass through the program's memory.
fn body_kind(request: &Request) -> BodyKind {
    request.head.file_maps.clone().map_or(BodyKind::Buffered, BodyKind::Mapped)
}

/// Adds the headers that do not depend on the requested range.
fn put_file_headers(request: &Request, download: &Download, now: Validators<'_>, headers: &mut HeaderMap) {
    let query = &request.query;
    let keyless = query.is_empty();
    headers.insert(header::ACCEPT_RANGES, BYTES);
    let mut tag = Vec::with_capacity(now.etag.len() + 2);
    tag.push(b'"');
    tag.extend_from_slice(now.etag.as_bytes());
    tag.push(b'"');
    if let Ok(tag) = HeaderValue::from_maybe_shared(Bytes::from(tag)) {
        headers.insert(header::ETAG, tag);
    }
    if let Ok(date) = HeaderValue::from_maybe_shared(Bytes::from(conditional::http_date(now.modified_secs))) {
        headers.insert(header::LAST_MODIFIED, date);
    }
    headers.insert(header::CACHE_CONTROL, if keyless { NO_CACHE } else { cache_control(query) });
    if download.rights.has(Perm::Write) {
        headers.insert(LAST_MODIFIED_MS, HeaderValue::from(download.modified.0));
    }
    let (kind, mime) = content_type(request, download);
    headers.insert(header::CONTENT_TYPE, mime);
    let saved = kind == ContentKind::Active && !request.shows_user_pages(download.rights);
    match kind {
        ContentKind::Active => {
            headers.insert(header::CONTENT_SECURITY_POLICY, ACTIVE_FILE_POLICY);
        }
        ContentKind::Passive => {
            headers.insert(header::CONTENT_SECURITY_POLICY, FILE_POLICY);
        }
        ContentKind::Document => {}
    }
    if saved || (!keyless && query.has(urls::DOWNLOAD)) {
        let requested_name = query.bytes(urls::DOWNLOAD).filter(|name| !name.is_empty());
        let name = requested_name.unwrap_or(download.name.as_bytes());
        headers.insert(header::CONTENT_DISPOSITION, attachment(name));
    }
}

/// Returns how long clients may keep the file without asking: `?cache=`.
pub fn cache_control(query: &Query) -> HeaderValue {
    match query.text("cache").as_deref() {
        None => NO_CACHE,
        Some("i") => HeaderValue::from_static("max-age=604869"),
        Some(text) => match text.parse::<u32>() {
            Ok(secs) => HeaderValue::from_str(&format!("max-age={secs}")).unwrap_or(NO_CACHE),
            Err(_) => HeaderValue::from_static("max-age=69"),
        },
    }
}

fn content_type(request: &Request, download: &Download) -> (ContentKind, HeaderValue) {
    let query = &request.query;
    if !query.is_empty() {
        if let Some(charset) = query.text("txt") {
            let plain = !charset.is_empty() && charset.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
            let text = if plain { format!("text/plain; charset={charset}").into() } else { Cow::Borrowed(mime::TEXT) };
            let value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(mime::TEXT));
            return (ContentKind::Passive, value);
        }
        if let Some((text, value)) =
            query.text("mime").and_then(|text| Some((text.clone(), mime::requested_type(&text)?)))
        {
            return match mime::content_kind(&text) {
                // A parameter must not turn a file into a script or a page.
                ContentKind::Active => (ContentKind::Passive, HeaderValue::from_static(mime::TEXT)),
                nature => (nature, value),
            };
        }
    }
    let by_name = mime::by_extension(download.name.extension());
    let nature = mime::content_kind(by_name);
    if nature == ContentKind::Active && hides_html(request) {
        return (ContentKind::Passive, HeaderValue::from_static(mime::TEXT));
    }
    (nature, HeaderValue::from_static(by_name))
}

/// Returns true if the volume serves pages as text (`nohtml`).
fn hides_html(request: &Request) -> bool {
    request.access.volume_path(&request.path).is_some_and(|at| at.volume.config.flags.no_html)
}

/// Returns `Content-Disposition` for a name of arbitrary bytes: an ASCII form for old clients, and the whole name
/// percent-encoded.
pub fn attachment(name: &[u8]) -> HeaderValue {
    let name = &*portable(name);
    let mut text = String::from("attachment; filename=\"");
    for c in String::from_utf8_lossy(name).chars() {
        let plain = c.is_ascii_alphanumeric() || " .,-_()[]{}+=@~!#$&'".contains(c);
        text.push(if plain { c } else { '_' });
    }
    text.push_str("\"; filename*=UTF-8''");
    let mut buffer = [0; 4];
    for c in String::from_utf8_lossy(name).chars() {
        // A slash cannot be part of a name, and bidirectional control characters would make the text around them read
        // differently.
        let c = if c == '/' || model::invisible::is_invisible(c) { '_' } else { c };
        model::vpath::push_percent_encoded(&mut text, c.encode_utf8(&mut buffer).as_bytes());
    }
    HeaderValue::from_str(&text).expect("plain characters only")
}
