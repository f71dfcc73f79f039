//! The assets of the pages and the settings window: scripts, styles and icons, all embedded in the program.
//! Names are looked up in a list made at compile time. No path from a request is used, so path traversal is not
//! possible.
//! Debug builds read the assets of the pages from the folder in `POTLUCK_WEB_DIST` instead, if that is set (README.md
//! "Build and test").

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::sync::{LazyLock, OnceLock};

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// An embedded file.
pub struct Asset {
    /// Its name.
    pub name: &'static str,
    /// The content.
    pub bytes: &'static [u8],
    /// The content type.
    pub mime: &'static str,
    /// The first 8 hex digits of the SHA-256. Part of the URL, so that browsers may cache the asset for ever.
    pub version: String,
    /// Compressed on the first request: many runs of the program never serve a page.
    gzip: OnceLock<Bytes>,
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    #[cfg(debug_assertions)]
    if let Some(files) = from_folder() {
        return assets(&files);
    }
    assets(FILES)
});
static ADMIN_ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| assets(ADMIN_FILES));

/// Reads the assets of the pages from the folder that `POTLUCK_WEB_DIST` names, so that a developer sees a change of the web
/// sources without building the server. Read once, when the first page is shown; kept until the program ends.
#[cfg(debug_assertions)]
fn from_folder() -> Option<Vec<(&'static str, &'static [u8])>> {
    let folder = std::env::var_os("POTLUCK_WEB_DIST")?;
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    let file = |entry: std::fs::DirEntry| {
        let name: &'static str = entry.file_name().into_string().ok()?.leak();
        let bytes: &'static [u8] = std::fs::read(entry.path()).ok()?.leak();
        (name != "manifest.json").then_some((name, bytes))
    };
    Some(entries.filter_map(file).collect())
}

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
        Some("png") => "image/png",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        Some("html") => "text/html; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    }
}

/// Returns true for names that change with the content, such as `viewer-7QX2JD3K.js`: parts of the script that are loaded when
/// their feature opens, and that name each other.
pub fn has_hash(name: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let hash = stem.rsplit_once('-').map_or("", |(_, hash)| hash);
    hash.len() == 8 && hash.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Returns the asset of the pages with this name; `None` if the program was built without it.
pub fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// Returns the file of the settings window with this name; `None` if the program was built without it.
pub fn find_admin(name: &str) -> Option<&'static Asset> {
    ADMIN_ASSETS.iter().find(|asset| asset.name == name)
}

impl Asset {
    /// Returns the content compressed by gzip. The first call compresses it.
    pub fn gzipped(&'static self) -> Bytes {
        let zip = || {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            let written = encoder.write_all(self.bytes).and_then(|()| encoder.finish());
            written.expect("writing to memory cannot fail").into()
        };
        self.gzip.get_or_init(zip).clone()
    }
}
