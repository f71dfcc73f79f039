//! The page as an installed app (W3C Web Application Manifest, Web Share Target): which name, icons and address it has, and where
//! the system sends what other apps share with it.

use crate::assets;
use crate::render::layout::server_name;
use crate::reply;
use crate::request::Request;
use crate::urls;
use http::StatusCode;
use serde_json::{Value, json};
use warp::reply::Response;

/// Files of the mark, and their sizes.
const ICONS: [(&str, &str, &str); 3] = [
    ("app-icon-256.png", "256x256", "image/png"),
    ("app-icon-512.png", "512x512", "image/png"),
    ("icon.svg", "any", "image/svg+xml"),
];

/// Handles `GET /.potluck/app.webmanifest`. It says nothing of accounts: browsers ask for it without cookies.
pub fn manifest(request: &Request) -> Response {
    let (home, name) = (urls::home(request), server_name(request));
    let icons: Vec<Value> = ICONS
        .iter()
        .filter_map(|(file, sizes, kind)| {
            let src = urls::asset(request, file, &assets::find(file)?.version);
            Some(json!({ "src": src, "sizes": sizes, "type": kind }))
        })
        .collect();
    let manifest = json!({
        "id": home,
        "name": name,
        "short_name": name,
        "start_url": home,
        "scope": home,
        "display": "standalone",
        "icons": icons,
        "share_target": {
            "action": format!("{}/{}", request.policy.base, urls::SHARED),
            "method": "POST",
            "enctype": "multipart/form-data",
            "params": { "files": [{ "name": "files", "accept": ["*/*"] }] },
        },
    });
    reply::typed(StatusCode::OK, "application/manifest+json", manifest.to_string())
}
