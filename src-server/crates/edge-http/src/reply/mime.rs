//! Content types by extension, and which of them are active content in a browser.

use http::HeaderValue;

/// Returns the content type for a file extension. Text is declared as UTF-8.
///
/// Scripts are served as plain text: a user file that browsers accept as a script would circumvent the rule that only
/// our own scripts run in our pages.
pub fn by_extension(extension: Option<&[u8]>) -> &'static str {
    let Some(extension) = extension.filter(|extension| extension.len() <= 8) else { return OCTET_STREAM };
    let mut lower = [0u8; 8];
    for (to, from) in lower.iter_mut().zip(extension) {
        *to = from.to_ascii_lowercase();
    }
    match &lower[..extension.len()] {
        b"txt" | b"md" | b"log" | b"ini" | b"conf" | b"cfg" | b"nfo" | b"toml" | b"yaml" | b"yml" | b"rs" | b"py"
        | b"c" | b"h" | b"cpp" | b"hpp" | b"cc" | b"go" | b"java" | b"sh" | b"bat" | b"ps1" | b"js" | b"mjs"
        | b"cjs" | b"ts" | b"tsx" | b"jsx" | b"lua" | b"pl" | b"rb" | b"php" | b"sql" | b"diff" | b"patch" | b"srt"
        | b"tex" | b"sha1" | b"sha256" | b"sha512" | b"md5" | b"m3u" | b"m3u8" | b"cue" | b"env" | b"lock" => TEXT,
        b"csv" => "text/csv; charset=utf-8",
        b"vtt" => "text/vtt; charset=utf-8",
        b"css" => "text/css; charset=utf-8",
        b"html" | b"htm" | b"shtml" => "text/html; charset=utf-8",
        b"xhtml" | b"xht" => "application/xhtml+xml",
        b"xml" | b"xsl" | b"xslt" | b"rss" | b"atom" | b"rdf" => "text/xml; charset=utf-8",
        b"mht" | b"mhtml" => "multipart/related",
        b"ics" => "text/calendar; charset=utf-8",
        b"vcf" => "text/vcard; charset=utf-8",
        b"rtf" => "application/rtf",
        b"json" | b"map" | b"ipynb" => "application/json",
        b"jpg" | b"jpeg" | b"jfif" => "image/jpeg",
        b"png" => "image/png",
        b"gif" => "image/gif",
        b"webp" => "image/webp",
        b"avif" => "image/avif",
        b"jxl" => "image/jxl",
        b"heic" => "image/heic",
        b"heif" => "image/heif",
        b"bmp" => "image/bmp",
        b"ico" => "image/x-icon",
        b"tif" | b"tiff" => "image/tiff",
        b"svg" | b"svgz" => "image/svg+xml",
        b"mp3" => "audio/mpeg",
        b"ogg" | b"oga" => "audio/ogg",
        b"opus" => "audio/ogg; codecs=opus",
        b"flac" => "audio/flac",
        b"m4a" | b"m4b" => "audio/mp4",
        b"aac" => "audio/aac",
        b"wav" => "audio/wav",
        b"weba" => "audio/webm",
        b"aif" | b"aiff" => "audio/aiff",
        b"caf" => "audio/x-caf",
        b"mid" | b"midi" => "audio/midi",
        b"mp4" | b"m4v" => "video/mp4",
        b"mov" => "video/quicktime",
        b"mkv" => "video/x-matroska",
        b"webm" => "video/webm",
        b"ogv" => "video/ogg",
        b"avi" => "video/x-msvideo",
        b"mpg" | b"mpeg" => "video/mpeg",
        b"3gp" => "video/3gpp",
        b"wmv" => "video/x-ms-wmv",
        b"pdf" => "application/pdf",
        b"epub" => "application/epub+zip",
        b"zip" | b"cbz" => "application/zip",
        b"gz" | b"tgz" => "application/gzip",
        b"bz2" => "application/x-bzip2",
        b"xz" => "application/x-xz",
        b"zst" => "application/zstd",
        b"7z" => "application/x-7z-compressed",
        b"rar" | b"cbr" => "application/vnd.rar",
        b"tar" => "application/x-tar",
        b"wasm" => "application/wasm",
        b"woff" => "font/woff",
        b"woff2" => "font/woff2",
        b"ttf" => "font/ttf",
        b"otf" => "font/otf",
        b"doc" => "application/msword",
        b"docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        b"xls" => "application/vnd.ms-excel",
        b"xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        b"ppt" => "application/vnd.ms-powerpoint",
        b"pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        b"odt" => "application/vnd.oasis.opendocument.text",
        b"ods" => "application/vnd.oasis.opendocument.spreadsheet",
        b"apk" => "application/vnd.android.package-archive",
        b"iso" => "application/x-iso9660-image",
        _ => OCTET_STREAM,
    }
}

/// Plain text in UTF-8.
pub const TEXT: &str = "text/plain; charset=utf-8";
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
            (b"nonsense", OCTET_STREAM),
            (b"waytoolongforus", OCTET_STREAM),
            (b"", OCTET_STREAM),
        ] {
            assert_eq!(by_extension(Some(extension)), want);
        }
        assert_eq!(by_extension(None), OCTET_STREAM);
    }

    #[test]
    fn natures() {
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
