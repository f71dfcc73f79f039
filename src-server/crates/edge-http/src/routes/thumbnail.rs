//! `?th=`: a small picture of a file or folder (docs/http-api.md "Thumbnails").

use super::derived::{self, Shown};
use super::{assets, audio, download};
use crate::failure::RouteResult;
use crate::reply::{headers, mime};
use crate::request::Request;
use crate::urls;
use engine::files::read::{Download, Found};
use engine::library::thumbnails::{Candidate, Format, ThumbnailRequest};
use http::header;
use model::{FileName, VPath};
use warp::reply::Response;

/// Answers with a thumbnail, or with an icon that shows the extension if there is none: also for missing and forbidden
/// files, since pages request icons before they know. Pictures that only browsers can decode are sent themselves.
pub async fn picture(request: &Request) -> RouteResult {
    let kind = request.query.text("th").unwrap_or_default();
    if let Some(answer) = audio::requested(&kind, request.head.text("accept")) {
        return audio::send(request, answer).await;
    }
    let (asked, is_negotiated) = requested(&kind, request.head.text("accept"));
    let (engine, access, path) = (request.engine(), &request.access, &request.path);
    let thumbnails = engine.library.thumbnails();
    let key = request.query.text(urls::KEY);
    match engine.reader.open(access, path, key.as_deref()).await {
        Ok(Found::File(file)) => {
            let candidate = thumbnails.of_file(access, path, &file, asked);
            match send_first(request, candidate, is_negotiated).await {
                Some(sent) => sent,
                None if is_shown_by_browsers(&file) => download::file(request, file).await,
                None => Ok(icon(path)),
            }
        }
        Ok(Found::Folder { verdict, .. }) => {
            let found = thumbnails.of_folder(access, path, verdict, asked).await.unwrap_or_default();
            send_first(request, found, is_negotiated).await.unwrap_or_else(|| Ok(icon_for_now("dir")))
        }
        Err(_) => Ok(icon(path)),
    }
}

/// Returns the icon of a file's type.
fn icon(path: &VPath) -> Response {
    let name = path.name();
    let extension = name.as_ref().and_then(FileName::extension).unwrap_or(b"?");
    icon_for_now(&String::from_utf8_lossy(extension))
}

/// Returns an icon that the client does not keep: the file may be complete, or readable, at the next request.
fn icon_for_now(label: &str) -> Response {
    let mut response = assets::type_icon(label);
    response.headers_mut().insert(header::CACHE_CONTROL, headers::NO_STORE);
    response
}

/// Whether the file is a picture that browsers show where FFmpeg is missing. Not SVG: what takes too long to draw here would
/// take as long there.
fn is_shown_by_browsers(file: &Download) -> bool {
    mime::by_extension(file.name.extension()) == "image/avif"
}

/// Sends the first thumbnail that can be made; `None` if none can.
async fn send_first(
    request: &Request,
    candidates: impl IntoIterator<Item = Candidate>,
    is_negotiated: bool,
) -> Option<RouteResult> {
    for candidate in candidates {
        let shown = Shown { media_type: candidate.media_type, of: |bytes| bytes };
        if let Some(sent) = derived::send(request, candidate, shown, is_negotiated).await {
            return Some(sent);
        }
    }
    None
}

/// Returns what is asked for, and whether `Accept` has decided. `w` is WebP, `j` JPEG; `f`: the whole picture; `3`: three
/// times the size. Everything else means: as the client and the server like.
fn requested(kind: &str, accept: Option<&str>) -> (ThumbnailRequest, bool) {
    let format = match kind.as_bytes().first() {
        Some(b'w') => Some(Format::WebP),
        Some(b'j') => Some(Format::Jpeg),
        _ => None,
    };
    let rest = kind.get(1..).filter(|rest| format.is_some() && rest.bytes().all(|letter| b"f3".contains(&letter)));
    let accepted = || match accept.is_some_and(|accept| accept.contains("image/webp")) {
        true => Format::WebP,
        false => Format::Jpeg,
    };
    let format = format.filter(|_| rest.is_some());
    let has = |letter| rest.is_some_and(|rest| rest.contains(letter));
    let asked = ThumbnailRequest {
        format: format.unwrap_or_else(accepted),
        crop: has('f').then_some(false),
        triple: has('3').then_some(true),
    };
    (asked, format.is_none())
}
