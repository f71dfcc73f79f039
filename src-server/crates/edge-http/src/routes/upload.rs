//! Shared parts of uploads of whole files: the options in a request, and the formats of the answer (docs/http-api.md
//! "Uploads").

use crate::extract::multipart;
use crate::extract::names::OC_MTIME;
use crate::failure::Failure;
use crate::render::escape::visible;
use crate::render::formatting::size_words;
use crate::render::pages::{RefusedFile, SentFile};
use crate::render::refusal::Refusal;
use crate::render::upload_lines::{UploadLine, UploadLines};
use crate::reply::error::FailureTexts;
use crate::request::Request;
use crate::urls;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use engine::EngineError;
use engine::files::condition::Condition;
use engine::uploads::{ChecksumKind, Handshake, SinkRequest, Stored};
use http::{StatusCode, header};
use model::{OnConflict, Operation, UnixMillis, VPath, Verdict};
use std::borrow::Cow;
use std::fmt::Write as _;

/// Format of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyFormat {
    /// Four lines (PUT), or a page or text (forms).
    Default,
    /// `?j`, `Accept: application/json`
    Json,
    /// `?want=url`, `Accept: url`
    Url,
}

/// Options of an upload, from parameters or headers.
#[derive(Clone, Debug)]
pub struct UploadOptions {
    /// Format of the answer.
    pub format: ReplyFormat,
    /// Links open the viewer (`?media`).
    pub viewer_links: bool,
    /// The checksum, and the client's name for it.
    pub checksum: (ChecksumKind, &'static str),
    /// The client sent a modification time in ownCloud's way, valid or not.
    pub owncloud: bool,
    on_conflict: OnConflict,
    append: bool,
    lmod: Option<UnixMillis>,
    lifetime_secs: Option<u64>,
    random_name: Option<u32>,
    /// A name for the file, where the URL has none.
    name: Option<Vec<u8>>,
}

impl UploadOptions {
    /// Parses the options.
    ///
    /// # Errors
    /// 400 for an unknown checksum.
    pub fn read(request: &Request) -> Result<Self, Failure> {
        let requested = |parameter: &str, header: &str| -> Option<Cow<'_, str>> {
            request.query.text(parameter).or_else(|| request.head.text(header).map(Cow::Borrowed))
        };
        let accept = request.head.text(header::ACCEPT).unwrap_or("");
        let format = if request.query.has("j") || accept == "application/json" {
            ReplyFormat::Json
        } else if request.query.text("want").as_deref() == Some("url") || accept == "url" {
            ReplyFormat::Url
        } else {
            ReplyFormat::Default
        };
        let lmod = request.head.text(OC_MTIME).and_then(|text| text.trim().parse::<f64>().ok());
        let replace = requested("replace", "replace").is_some_and(|text| text != "0" && text != "n");
        let random_name = requested("rand", "rand").map(|text| text.trim().parse().unwrap_or(9).clamp(4, 64));
        Ok(Self {
            format,
            viewer_links: request.query.has("media"),
            checksum: checksum_kind(requested("ck", "ck").as_deref())?,
            owncloud: lmod.is_some(),
            on_conflict: if replace || lmod.is_some() { OnConflict::Replace } else { OnConflict::Rename },
            append: request.query.has("apnd"),
            // Out-of-range numbers are clamped; the engine does not accept such times.
            lmod: lmod.filter(|secs| !secs.is_nan()).map(|secs| UnixMillis((secs * 1000.0) as i64)),
            lifetime_secs: requested("life", "life").and_then(|text| text.trim().parse().ok()).filter(|secs| *secs > 0),
            random_name,
            name: request
                .head
                .headers
                .get(header::CONTENT_DISPOSITION)
                .and_then(|value| multipart::file_name(value.as_bytes())),
        })
    }

    /// Returns the engine's request for one file.
    pub fn sink(&self, folder: VPath, name: Option<Vec<u8>>, size: Option<u64>) -> SinkRequest {
        SinkRequest {
            folder,
            name,
            exact_name: false,
            size,
            lmod: self.lmod,
            on_conflict: self.on_conflict,
            append: self.append,
            keeps_content: false,
            lifetime_secs: self.lifetime_secs,
            random_name: self.random_name,
            checksum: self.checksum.0,
            digests: Vec::new(),
            condition: Condition::default(),
        }
    }

    /// Returns the engine's request for an upload in several requests.
    pub fn handshake(&self, name: Vec<u8>, size: u64) -> Handshake {
        Handshake {
            name,
            size,
            lmod: self.lmod,
            hashes: Vec::new(),
            on_conflict: self.on_conflict,
            lifetime_secs: self.lifetime_secs,
            random_name: self.random_name.is_some(),
            touch_existing: false,
            folders_in_name: false,
        }
    }

    /// Returns the options with a name for the file, which the client has sent apart from the URL.
    pub fn with_name(self, name: Option<Vec<u8>>) -> Self {
        Self { name: name.or(self.name), ..self }
    }

    /// Returns the name of a file that is sent to a folder: that of `Content-Disposition`, or a new one.
    pub fn name_of(&self, request: &Request) -> Vec<u8> {
        self.name.clone().unwrap_or_else(|| request.engine().uploads.new_name(&request.access).as_bytes().to_vec())
    }

    /// Whether the body is appended to an existing file.
    pub fn appends(&self) -> bool {
        self.append
    }

    /// Returns the options with the checksum switched off (`act=uput`).
    pub fn without_checksum(mut self) -> Self {
        self.checksum = (ChecksumKind::None, "no");
        self
    }

    /// Returns true if the file got the modification time that the client sent.
    pub fn keeps_time(&self, stored: &Stored) -> bool {
        self.lmod == Some(stored.lmod)
    }

    /// Returns the URL of a stored file, without scheme and host.
    pub fn href(&self, request: &Request, stored: &Stored) -> String {
        let mut href = request.href(&stored.path);
        let mut mark = '?';
        if let Some(key) = &stored.key {
            write!(href, "?{}={key}", urls::KEY).expect("writing to a string cannot fail");
            mark = '&';
        }
        if self.viewer_links {
            href.push(mark);
            href.push_str(urls::VIEW);
        }
        href
    }
}

/// Whether the sender may get a stored file.
fn may_get(request: &Request, stored: &Stored) -> bool {
    match request.access.verdict(&stored.path, Operation::Download) {
        Verdict::Allow => true,
        Verdict::NeedsKey => stored.key.is_some(),
        Verdict::ContentsHidden | Verdict::IndexOnly | Verdict::Deny => false,
    }
}

fn checksum_kind(name: Option<&str>) -> Result<(ChecksumKind, &'static str), Failure> {
    use ChecksumKind as Kind;
    let known = match name.map(|name| name.trim().to_ascii_lowercase()).as_deref() {
        None | Some("" | "sha512") => (Kind::Sha512, "sha512"),
        Some("md5") => (Kind::Md5, "md5"),
        Some("sha1") => (Kind::Sha1, "sha1"),
        Some("sha256") => (Kind::Sha256, "sha256"),
        Some("b2") => (Kind::Blake2b, "b2"),
        Some("blake2") => (Kind::Blake2b, "blake2"),
        Some("b2s") => (Kind::Blake2s, "b2s"),
        Some("blake2s") => (Kind::Blake2s, "blake2s"),
        Some("no") => (Kind::None, "no"),
        Some(_) => {
            let known = "unknown checksum; there are md5, sha1, sha256, sha512, b2, b2s and no";
            return Err(Failure::text(StatusCode::BAD_REQUEST, known));
        }
    };
    Ok(known)
}

/// A checksum as clients get it: at most 56 hexadecimal digits, and at most 33 bytes in base64.
pub struct ChecksumText {
    /// Hexadecimal.
    pub hex: String,
    /// URL-safe base64.
    pub base64: String,
}

impl ChecksumText {
    /// Returns the checksum of a stored file.
    pub fn of(stored: &Stored) -> Self {
        if stored.checksum.is_empty() {
            return Self { hex: "checksum-disabled".into(), base64: "checksum-disabled".into() };
        }
        let hex = stored.checksum.iter().take(28).fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("writing to a string cannot fail");
            hex
        });
        Self { hex, base64: URL_SAFE_NO_PAD.encode(&stored.checksum[..stored.checksum.len().min(33)]) }
    }
}

/// Formats the four lines of PUT: size, base64, hexadecimal, URL.
pub fn put_lines(stored: &Stored, url: &str) -> String {
    let sums = ChecksumText::of(stored);
    format!("{}\n{}\n{}\n{url}\n", stored.size, sums.base64, sums.hex)
}

/// Formats the same as JSON.
pub fn put_json(stored: &Stored, url: &str, checksum_name: &str) -> String {
    let sums = ChecksumText::of(stored);
    let mut object = serde_json::json!({ "fileurl": url, "filesz": stored.size, "sha_b64": sums.base64 });
    object[checksum_name] = sums.hex.into();
    format!("{object}\n")
}

/// Results of the files of one form.
#[derive(Default)]
pub struct UploadResults {
    /// Name as sent, and the stored file.
    pub files: Vec<(String, Stored)>,
    /// Number of parts without a file.
    pub discarded: usize,
    /// Files that a page's form has sent and that were refused, the first [`REFUSED_SHOWN`].
    pub refused: Vec<RefusedFile>,
    /// Number of refused files.
    pub refused_count: usize,
    /// Status of the first refused file.
    pub refused_status: Option<StatusCode>,
    /// Why the upload ended early, or why the first file was refused: text for programs.
    pub error: Option<String>,
    /// The same for people, if a browser sent the form.
    pub refusal: Option<Refusal>,
    /// Duration in seconds.
    pub secs: f64,
}

/// Most refused files that a page names.
const REFUSED_SHOWN: usize = 100;
/// Most stored files that a page names; its heading has their number.
const STORED_SHOWN: usize = 1000;

impl UploadResults {
    /// Enters a file that was refused. `sent`: its name.
    pub fn refuse(&mut self, request: &Request, sent: &str, error: EngineError) {
        let FailureTexts { protocol, refusal } = FailureTexts::of(request, error.into());
        self.refused_count += 1;
        self.refused_status.get_or_insert(protocol.status);
        self.error.get_or_insert_with(|| protocol.text.clone().into_owned());
        if self.refused.len() < REFUSED_SHOWN {
            let why = refusal.map_or_else(
                || protocol.text.into_owned(),
                |refusal| request.texts().followed_by(&refusal.heading, &refusal.lead),
            );
            self.refused.push(RefusedFile { name: visible(sent.as_bytes()), why });
        }
    }

    fn bytes(&self) -> u64 {
        self.files.iter().map(|(_, stored)| stored.size).sum()
    }
    fn mib_per_sec(&self) -> f64 {
        let rate = self.bytes() as f64 / (1024.0 * 1024.0) / self.secs.max(0.001);
        (rate * 1000.0).round() / 1000.0
    }

    /// Formats the answer for `?j`.
    pub fn json(&self, request: &Request, options: &UploadOptions) -> String {
        let file = |(sent, stored): &(String, Stored)| {
            let sums = ChecksumText::of(stored);
            let href = options.href(request, stored);
            let mut object = serde_json::json!({
                "fn": stored.name.display(), "fn_orig": sent, "path": model::vpath::percent_decode_lossy(&href),
                "sha_b64": sums.base64, "sz": stored.size, "url": request.absolute_url(&href),
            });
            object[options.checksum.1] = sums.hex.into();
            object
        };
        let files: Vec<_> = self.files.iter().map(file).collect();
        let mut object = serde_json::json!({
            "mbps": self.mib_per_sec(), "sz": self.bytes(),
            "status": if self.error.is_some() { "ERROR" } else { "OK" },
        });
        if let Some(first) = files.first() {
            object["fileurl"] = first["url"].clone();
        }
        object["files"] = files.into();
        if let Some(error) = &self.error {
            object["error"] = error.clone().into();
        }
        format!("{object:#}\n")
    }

    /// Formats the answer for `?want=url`: one URL per line.
    pub fn urls(&self, request: &Request, options: &UploadOptions) -> String {
        let line = |(_, stored): &(String, Stored)| request.absolute_url(&options.href(request, stored)) + "\n";
        self.files.iter().map(line).collect()
    }

    /// Returns the stored files for people, the first [`STORED_SHOWN`].
    pub fn sent(&self, request: &Request, options: &UploadOptions) -> Vec<SentFile> {
        let t = request.texts();
        let file = |(sent, stored): &(String, Stored)| {
            let (size, stored_as) = (size_words(t, stored.size), visible(stored.name.as_bytes()));
            let words = if *sent == stored.name.display() {
                t.upload_stored(&size)
            } else {
                t.upload_stored_as(&stored_as, &size)
            };
            SentFile {
                href: may_get(request, stored).then(|| options.href(request, stored)),
                name: visible(sent.as_bytes()),
                words,
            }
        };
        self.files.iter().take(STORED_SHOWN).map(file).collect()
    }

    /// Returns the lines that clients parse: the rate, then one line per file.
    pub fn lines(&self, request: &Request, options: &UploadOptions) -> UploadLines<'_> {
        let line = |(_, stored): &(String, Stored)| {
            let ChecksumText { hex, base64 } = ChecksumText::of(stored);
            let (href, name) = (options.href(request, stored), stored.name.display());
            UploadLine { kind: options.checksum.1, hex, base64, size: stored.size, href, name }
        };
        UploadLines {
            state: if self.error.is_some() { "ERROR" } else { "OK" },
            bytes: self.bytes(),
            mib_per_sec: format!("{:.3}", self.mib_per_sec()),
            files: self.files.iter().map(line).collect(),
            discarded: self.discarded,
            error: self.error.as_deref(),
        }
    }
}
