//! Archives of folders: `?zip` and `?tar` in all their variants (docs/http-api.md "Folders").

use crate::failure::{Failure, RouteResult};
use crate::reply::file::attachment;
use crate::reply::headers::{UNBUFFERED, X_ACCEL_BUFFERING};
use crate::request::Request;
use crate::urls;
use bytes::Bytes;
use engine::EngineError;
use engine::archive::{ArchiveRequest, Format, Packing, ZipNames};
use engine::error::Denial;
use http::{HeaderValue, StatusCode, header};
use model::FileName;
use warp::reply::Reply;

/// Returns the archive format that a request asks for, if any.
///
/// # Errors
/// 400: a word after `?tar=` is unknown, or two words contradict each other.
pub fn requested_format(request: &Request) -> Result<Option<Format>, Failure> {
    let query = &request.query;
    if let Some(words) = query.text(urls::TAR) {
        let wrong = |sentence: String| Failure::text(StatusCode::BAD_REQUEST, sentence);
        return tar_format(&words).map(Some).map_err(wrong);
    }
    Ok(query.text(urls::ZIP).map(|kind| match &*kind {
        "" | "utf8" => Format::Zip(ZipNames::Utf8),
        "crc" => Format::Zip(ZipNames::DosCrcFirst),
        _ => Format::Zip(ZipNames::Dos),
    }))
}

/// Parses the words after `?tar=`, separated by commas, in any order: `gnu` or `pax`; `gz`, `bz2` or `xz`, optionally
/// with `:LEVEL`.
fn tar_format(words: &str) -> Result<Format, String> {
    let (mut pax, mut packing) = (None, None);
    for word in words.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let (name, level) = word.split_once(':').map_or((word, None), |(name, level)| (name, Some(level)));
        let is_new = match (name, level) {
            ("gnu" | "pax", None) => pax.replace(name == "pax").is_none(),
            ("gz", level) => packing.replace(Packing::Gzip(level_of(word, level, 0, 3)?)).is_none(),
            ("bz2", level) => packing.replace(Packing::Bzip2(level_of(word, level, 1, 2)?)).is_none(),
            ("xz", level) => packing.replace(Packing::Xz(level_of(word, level, 0, 1)?)).is_none(),
            _ => return Err(format!("?tar={words}: '{word}' is unknown; known are gnu, pax, gz, bz2, xz, and xz:9")),
        };
        if !is_new {
            return Err(format!("?tar={words}: '{word}' contradicts an earlier word"));
        }
    }
    Ok(Format::Tar { pax: pax.unwrap_or(false), packing: packing.unwrap_or(Packing::Plain) })
}

fn level_of(word: &str, level: Option<&str>, least: u32, usual: u32) -> Result<u32, String> {
    let Some(level) = level else { return Ok(usual) };
    let level = level.parse().ok().filter(|level| (least..=9).contains(level));
    level.ok_or_else(|| format!("'{word}' in ?tar= needs a level from {least} to 9 behind the colon"))
}

fn extension_and_type(format: Format) -> (&'static str, &'static str) {
    match format {
        Format::Zip(_) => (".zip", "application/zip"),
        Format::Tar { packing: Packing::Plain, .. } => (".tar", "application/x-tar"),
        Format::Tar { packing: Packing::Gzip(_), .. } => (".tar.gz", "application/gzip"),
        Format::Tar { packing: Packing::Bzip2(_), .. } => (".tar.bz2", "application/x-bzip2"),
        Format::Tar { packing: Packing::Xz(_), .. } => (".tar.xz", "application/x-xz"),
    }
}

/// Sends the whole requested folder.
pub async fn folder(request: &Request, format: Format) -> RouteResult {
    let name = request.path.name().map(|name| name.as_bytes().to_vec()).unwrap_or_else(|| host_name(request));
    let top = top_folder(request);
    send(request, format, None, top, &name).await
}

/// Sends some direct children of the requested folder (`act=zip`). `names`: percent-decoded; names with a slash and
/// names that do not exist are skipped.
///
/// # Errors
/// 422 if both `?zip` and `?tar` are missing.
pub async fn selection(request: &Request, names: Vec<FileName>) -> RouteResult {
    let Some(format) = requested_format(request)? else {
        return Err(Failure::text(StatusCode::UNPROCESSABLE_ENTITY, "need zip or tar keyword"));
    };
    let folder = request.path.name().map_or_else(|| "top".to_owned(), |name| name.display());
    send(request, format, Some(names), None, format!("sel-{folder}").as_bytes()).await
}

/// Returns the name of the top folder in the archive: `?name=`, else the folder's own name; `None` if the server packs
/// as copyparty 0.11 did.
fn top_folder(request: &Request) -> Option<FileName> {
    if request.settings().behaviour.archive_contents_at_root && !request.query.has("name") {
        return None;
    }
    let asked = request.query.bytes("name").and_then(|name| FileName::new(name).ok());
    asked.or_else(|| request.path.name()).or_else(|| FileName::new(b"top").ok())
}

/// Returns the archive's name for the root folder, which has no name of its own: the host name that the client used.
fn host_name(request: &Request) -> Vec<u8> {
    let authority = request.connection.authority.as_deref().unwrap_or("top");
    crate::extract::host::without_port(authority).trim_matches(['[', ']']).as_bytes().to_vec()
}

async fn send(
    request: &Request,
    format: Format,
    only: Option<Vec<FileName>>,
    top: Option<FileName>,
    name: &[u8],
) -> RouteResult {
    if request.settings().behaviour.no_archives {
        return Err(EngineError::Denied(Denial::SwitchedOff("zip")).into());
    }
    let wanted =
        ArchiveRequest { folder: request.path.clone(), only, format, dotfiles: !request.query.has("nodot"), top };
    let (ending, mime) = extension_and_type(format);
    let mut response = if request.is_head() {
        request.engine().archives.check(&request.access, &wanted).await?;
        // A body of unknown length, so that the headers equal those of the archive; HEAD does not send it.
        warp::reply::stream(futures_util::stream::empty::<std::io::Result<Bytes>>()).into_response()
    } else {
        warp::reply::stream(request.engine().archives.pack(&request.access, wanted).await?).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(mime));
    headers.insert(X_ACCEL_BUFFERING, UNBUFFERED);
    headers.insert(header::CONTENT_DISPOSITION, attachment(&[name, ending.as_bytes()].concat()));
    Ok(response)
}
