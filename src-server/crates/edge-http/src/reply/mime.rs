//! Content types by extension, and which of them are active content in a browser.

use http::HeaderValue;

/// Longest extension that is looked up, bytes.
const LONGEST_EXTENSION: usize = 16;

/// Types by extension where `mime_guess` knows none, an outdated one, or one of another file format with that extension.
const OVERRIDES: &[(&str, &str)] = &[
    ("atom", XML),
    ("bat", TEXT),
    ("cbr", "application/vnd.rar"),
    ("cbz", "application/zip"),
    ("cjs", TEXT),
    ("css", "text/css; charset=utf-8"),
    ("csv", "text/csv; charset=utf-8"),
    ("cue", TEXT),
    ("diff", TEXT),
    ("env", TEXT),
    ("go", TEXT),
    ("ics", "text/calendar; charset=utf-8"),
    ("ipynb", "application/json"),
    ("iso", "application/x-iso9660-image"),
    ("java", TEXT),
    ("lock", TEXT),
    ("m3u", TEXT),
    ("m3u8", TEXT),
    ("m4a", "audio/mp4"),
    ("m4b", "audio/mp4"),
    ("m4v", "video/mp4"),
    ("map", "application/json"),
    ("md5", TEXT),
    ("mid", "audio/midi"),
    ("midi", "audio/midi"),
    ("opus", "audio/ogg; codecs=opus"),
    ("otf", "font/otf"),
    ("patch", TEXT),
    ("php", TEXT),
    ("pl", TEXT),
    ("ps1", TEXT),
    ("rar", "application/vnd.rar"),
    ("rb", TEXT),
    ("rdf", XML),
    ("rss", XML),
    ("sh", TEXT),
    ("sha1", TEXT),
    ("sha256", TEXT),
    ("sha512", TEXT),
    ("sql", TEXT),
    ("srt", TEXT),
    ("tex", TEXT),
    ("tgz", "application/gzip"),
    ("ts", TEXT),
    ("tsx", TEXT),
    ("vcf", "text/vcard; charset=utf-8"),
    ("vtt", "text/vtt; charset=utf-8"),
    ("woff", "font/woff"),
    ("zst", "application/zstd"),
];

/// Returns the content type for a file extension, compared without regard to case; `None` and unknown ones are
/// [`OCTET_STREAM`].
///
/// Text is served as UTF-8, and scripts and other text without a type of its own in browsers as [`TEXT`]: an uploaded
/// script that a browser accepted as one would get around the rule that only the server's own scripts run in its pages.
pub fn by_extension(extension: Option<&[u8]>) -> &'static str {
    let Some(extension) = extension.filter(|extension| extension.len() <= LONGEST_EXTENSION) else {
        return OCTET_STREAM;
    };
    let Ok(extension) = std::str::from_utf8(extension) else { return OCTET_STREAM };
    let extension = extension.to_ascii_lowercase();
    if let Ok(at) = OVERRIDES.binary_search_by_key(&extension.as_str(), |(known, _)| known) {
        return OVERRIDES[at].1;
    }
    match mime_guess::from_ext(&extension).first_raw() {
        Some("text/html") => "text/html; charset=utf-8",
        Some("text/xml") => XML,
        Some(kind) if kind.starts_with("text/") || kind.ends_with("/javascript") => TEXT,
        Some(kind) => kind,
        None => OCTET_STREAM,
    }
}

/// Lines of JSON.
pub const NDJSON: &str = "application/x-ndjson";

/// Plain text in UTF-8.
pub const TEXT: &str = "text/plain; charset=utf-8";
/// XML in UTF-8.
const XML: &str = "text/xml; charset=utf-8";
/// Arbitrary bytes.
pub const OCTET_STREAM: &str = "application/octet-stream";

/// How a browser treats a content type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentKind {
    /// Shown or played; nothing in it runs.
    Passive,
    /// Shown in a built-in viewer that a sandbox would break (PDF); nothing in it runs.
    Document,
    /// Active content: the browser may run what it contains.
    Active,
}

/// Classifies a content type, whether it comes from our table or from a client. Unknown types count as passive:
/// browsers save them, and `nosniff` forbids them to guess.
pub fn content_kind(mime: &str) -> ContentKind {
    let kind = mime.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    if kind == "application/pdf" {
        return ContentKind::Document;
    }
    let active = ["html", "xml", "svg", "script", "xsl", "multipart/", "message/", "x-shockwave", "wasm"];
    if active.iter().any(|part| kind.contains(part)) { ContentKind::Active } else { ContentKind::Passive }
}

/// Validates a content type from a client (`?mime=`): `type/subtype`, with parameters of plain characters.
pub fn requested_type(text: &str) -> Option<HeaderValue> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"!#$&^_.+-/;= \"".contains(&b);
    let shaped = text.split_once('/').is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty());
    (text.len() <= 100 && shaped && text.bytes().all(plain)).then(|| HeaderValue::from_str(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types() {
        for (extension, want) in [
            (&b"JPG"[..], "image/jpeg"),
            (b"Html", "text/html; charset=utf-8"),
            (b"js", TEXT),
            (b"mjs", TEXT),
            (b"jsx", TEXT),
            (b"ts", TEXT),
            (b"md", TEXT),
            (b"yml", TEXT),
            (b"shtml", "text/html; charset=utf-8"),
            (b"xml", "text/xml; charset=utf-8"),
            (b"rss", "text/xml; charset=utf-8"),
            (b"mp3", "audio/mpeg"),
            (b"mkv", "video/x-matroska"),
            (b"avif", "image/avif"),
            (b"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            (b"nonsense", OCTET_STREAM),
            (b"waytoolongforus", OCTET_STREAM),
            (b"", OCTET_STREAM),
        ] {
            assert_eq!(by_extension(Some(extension)), want);
        }
        assert_eq!(by_extension(None), OCTET_STREAM);
        assert_eq!(by_extension(Some(b"\xff\xfe")), OCTET_STREAM);
    }

    #[test]
    fn overrides_are_sorted_and_differ_from_the_library() {
        assert!(OVERRIDES.is_sorted_by(|(one, _), (next, _)| one < next));
        for (extension, ours) in OVERRIDES {
            assert_ne!(mime_guess::from_ext(extension).first_raw(), Some(*ours), "{extension}");
        }
    }

    #[test]
    fn no_extension_has_the_type_of_a_script() {
        for kind in ["text/javascript", "application/javascript", "text/ecmascript"] {
            for extension in mime_guess::get_mime_extensions_str(kind).into_iter().flatten() {
                assert_eq!(by_extension(Some(extension.as_bytes())), TEXT, "{extension}");
            }
        }
    }

    #[test]
    fn content_kinds() {
        for (mime, want) in [
            ("text/html; charset=utf-8", ContentKind::Active),
            ("TEXT/HTML", ContentKind::Active),
            ("application/xhtml+xml", ContentKind::Active),
            ("image/svg+xml", ContentKind::Active),
            ("text/javascript", ContentKind::Active),
            ("multipart/x-mixed-replace", ContentKind::Active),
            ("application/pdf", ContentKind::Document),
            ("image/png", ContentKind::Passive),
            ("text/plain; charset=html", ContentKind::Passive),
        ] {
            assert_eq!(content_kind(mime), want, "{mime}");
        }
        assert_eq!(requested_type("text/html\r\nx: y"), None);
        assert_eq!(requested_type("nothing"), None);
        assert!(requested_type("text/plain; charset=utf-8").is_some());
    }
}
