//! The assets of the pages: scripts, styles and icons, all embedded in the program.
//! Names are looked up in a list made at compile time. No path from a request is used, so path traversal is not
//! possible.

use crate::extract::Request;
use crate::reply::{self, Failure, RouteResult};
use bytes::Bytes;
use engine::files::read::Found;
use flate2::{Compression, write::GzEncoder};
use http::{HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::sync::{LazyLock, OnceLock};
use warp::reply::Response;

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

struct Asset {
    name: &'static str,
    bytes: &'static [u8],
    mime: &'static str,
    /// The first 8 hex digits of the SHA-256. Part of the URL, so that browsers may cache the asset for ever.
    version: String,
    /// Compressed on the first request: many runs of the program never serve a page.
    gzip: OnceLock<Bytes>,
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| assets(FILES));
static ADMIN_ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| assets(ADMIN_FILES));

fn assets(files: &[(&'static str, &'static [u8])]) -> Vec<Asset> {
    let asset = |(name, bytes): &(&'static str, &'static [u8])| {
        let digest = Sha256::digest(bytes);
        let version = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        Asset { name, bytes, mime: mime_of(name), version, gzip: OnceLock::new() }
    };
    files.iter().map(asset).collect()
}

fn mime_of(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        Some("html") => "text/html; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    }
}

fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// Returns the version of an asset for its URL; `None` if the program was built without it.
pub fn version(name: &str) -> Option<&'static str> {
    find(name).map(|asset| &asset.version[..])
}

/// Serves `/.cpr/w/<file>` and `/.cpr/ico/<ext>`.
pub fn asset(request: &Request) -> RouteResult {
    let path = String::from_utf8_lossy(request.path.as_bytes());
    if let Some(asset) = path.strip_prefix(".cpr/w/").and_then(find) {
        return Ok(send(request, asset));
    }
    if let Some(label) = path.strip_prefix(".cpr/ico/") {
        return Ok(type_icon(label));
    }
    Err(Failure::text(StatusCode::NOT_FOUND, "404 not found"))
}

/// Serves a file of the settings window.
pub fn admin_asset(request: &Request, name: &str) -> RouteResult {
    let missing = "the settings page was not built into this program; `cargo xtask run` builds it";
    let found = ADMIN_ASSETS.iter().find(|asset| asset.name == name);
    found.map(|asset| send(request, asset)).ok_or_else(|| Failure::text(StatusCode::NOT_FOUND, missing))
}

fn send(request: &Request, asset: &'static Asset) -> Response {
    let etag = HeaderValue::from_str(&format!("\"{}\"", asset.version));
    let unchanged = request.head.text(header::IF_NONE_MATCH).is_some_and(|sent| sent.contains(&asset.version));
    let zipped = request.head.text(header::ACCEPT_ENCODING).is_some_and(|sent| sent.contains("gzip"));
    let mut response = match (unchanged, zipped) {
        (true, _) => Response::new("".into()),
        (false, true) => Response::new(gzipped(asset).into()),
        (false, false) => Response::new(Bytes::from_static(asset.bytes).into()),
    };
    let headers = response.headers_mut();
    if zipped && !unchanged {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.mime));
    // The response does not depend on the account.
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    // Cached for ever if the URL contains the version; under any other URL it is revalidated.
    let kept = request.query.text("v").is_some_and(|version| version == asset.version);
    let cache = if kept { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(etag) = etag {
        headers.insert(header::ETAG, etag);
    }
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    response
}

fn gzipped(asset: &'static Asset) -> Bytes {
    let zip = || {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let written = encoder.write_all(asset.bytes).and_then(|()| encoder.finish());
        written.expect("writing to memory cannot fail").into()
    };
    asset.gzip.get_or_init(zip).clone()
}

/// Returns a small icon that shows a file extension.
pub fn type_icon(label: &str) -> Response {
    let shown: String = label.chars().filter(|c| c.is_ascii_alphanumeric()).take(5).collect();
    let picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 100 100\"><rect width=\"100\" height=\"100\" rx=\"12\" \
         fill=\"#8a8178\"/><text x=\"50\" y=\"58\" font-family=\"sans-serif\" font-size=\"26\" text-anchor=\"middle\" \
         fill=\"#fff\">{shown}</text></svg>"
    );
    let mut response = reply::typed(StatusCode::OK, "image/svg+xml", picture);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=604869"));
    response
}

/// `/favicon.ico`: serves the file in the root folder, else the built-in icon.
pub async fn favicon(request: &Request) -> RouteResult {
    if let Some(own) = in_top_folder(request).await {
        return own;
    }
    match find("icon.svg") {
        Some(icon) => Ok(send(request, icon)),
        None => Err(Failure::text(StatusCode::NOT_FOUND, "404 not found")),
    }
}

/// `/robots.txt`: serves the file in the root folder, else rules according to the settings.
pub async fn robots(request: &Request) -> RouteResult {
    if let Some(own) = in_top_folder(request).await {
        return own;
    }
    let rules = match request.settings().behaviour.no_robots {
        true => "User-agent: *\nDisallow: /\n",
        false => "User-agent: *\nDisallow:\n",
    };
    Ok(reply::text(StatusCode::OK, rules))
}

async fn in_top_folder(request: &Request) -> Option<RouteResult> {
    match request.engine().reader.open(&request.access, &request.path, None).await {
        Ok(Found::File(download)) => Some(reply::file::send(request, download)),
        _ => None,
    }
}
