//! Serves the assets of the pages, icons, `/favicon.ico` and `/robots.txt`.

use crate::assets::{self, Asset};
use crate::failure::{Failure, RouteResult};
use crate::render::type_icon;
use crate::reply;
use crate::reply::headers::PLUGIN_FRAME_POLICY;
use crate::request::Request;
use crate::urls;
use bytes::Bytes;
use engine::files::read::Found;
use http::{HeaderName, HeaderValue, StatusCode, header};
use warp::reply::Response;

/// Name of the service worker of the installed page.
const SERVICE_WORKER: &str = "service-worker.js";
/// Name of the document in which plugins of Markdown run.
const PLUGIN_FRAME: &str = "plugin-frame.html";
/// How far a service worker may reach (W3C Service Workers, section 3.1.3).
const SERVICE_WORKER_ALLOWED: HeaderName = HeaderName::from_static("service-worker-allowed");

/// With `off` a browser does not look up the names of servers in links, which would tell others who reads.
const X_DNS_PREFETCH_CONTROL: HeaderName = HeaderName::from_static("x-dns-prefetch-control");

/// Serves `/.cpr/w/<file>` and `/.cpr/ico/<ext>`.
pub fn asset(request: &Request) -> RouteResult {
    if let Some(asset) = urls::asset_name(&request.path).and_then(|name| assets::find(&name)) {
        return Ok(send(request, asset));
    }
    if let Some(label) = urls::icon_label(&request.path) {
        return Ok(type_icon(&label));
    }
    Err(Failure::text(StatusCode::NOT_FOUND, "404 not found"))
}

/// Serves a file of the settings window.
pub fn admin_asset(request: &Request, name: &str) -> RouteResult {
    let missing = "the settings page was not built into this program; `cargo xtask run` builds it";
    assets::find_admin(name)
        .map(|asset| send(request, asset))
        .ok_or_else(|| Failure::text(StatusCode::NOT_FOUND, missing))
}

fn send(request: &Request, asset: &'static Asset) -> Response {
    let etag = HeaderValue::from_str(&format!("\"{}\"", asset.version));
    let unchanged = request.head.text(header::IF_NONE_MATCH).is_some_and(|sent| sent.contains(&asset.version));
    let zipped = request.head.text(header::ACCEPT_ENCODING).is_some_and(|sent| sent.contains("gzip"));
    let mut response = match (unchanged, zipped) {
        (true, _) => Response::new("".into()),
        (false, true) => Response::new(asset.gzipped().into()),
        (false, false) => Response::new(Bytes::from_static(asset.bytes).into()),
    };
    let headers = response.headers_mut();
    if zipped && !unchanged {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.mime));
    if asset.name == SERVICE_WORKER {
        // It serves the whole site, not only the folder of the assets.
        let scope = HeaderValue::from_str(&format!("{}/", request.policy.base));
        headers.extend(scope.ok().map(|scope| (SERVICE_WORKER_ALLOWED, scope)));
    }
    if asset.name == PLUGIN_FRAME {
        headers.insert(header::CONTENT_SECURITY_POLICY, PLUGIN_FRAME_POLICY);
        headers.insert(X_DNS_PREFETCH_CONTROL, HeaderValue::from_static("off"));
    }
    // The response does not depend on the account.
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    // Cached for ever if the URL or the name contains the version; under any other URL it is revalidated.
    let versioned = request.query.text("v").is_some_and(|version| version == asset.version);
    let kept = versioned || assets::has_hash(asset.name);
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

/// Returns a small icon that shows a file extension.
pub fn type_icon(label: &str) -> Response {
    let mut response = reply::typed(StatusCode::OK, "image/svg+xml", type_icon::svg(label));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=604869"));
    response
}

/// `/favicon.ico`: serves the file in the root folder, else the built-in icon.
pub async fn favicon(request: &Request) -> RouteResult {
    if let Some(own) = in_top_folder(request).await {
        return own;
    }
    match assets::find("icon.svg") {
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
