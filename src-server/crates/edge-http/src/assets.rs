//! The assets of the pages and the settings window: scripts, styles and icons, all embedded in the program.
//! Names are looked up in a list made at compile time. No path from a request is used, so path traversal is not
//! possible.

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::sync::{LazyLock, OnceLock};

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// An embedded file.
pub struct Asset {
    name: &'static str,
    /// The content.
    pub bytes: &'static [u8],
    /// The content type.
    pub mime: &'static str,
    /// The first 8 hex digits of the SHA-256. Part of the URL, so that browsers may cache the asset for ever.
    pub version: String,
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
