//! The result of an upload form as lines that clients parse (`web/templates/upload-lines.html`).

use super::layout::to_html;
use askama::Template;

/// The rate, then one line per file.
#[derive(Debug, Template)]
#[template(path = "upload-lines.html")]
pub struct UploadLines<'a> {
    /// `OK` or `ERROR`.
    pub state: &'static str,
    /// Bytes of all files.
    pub bytes: u64,
    /// Rate, with three decimals.
    pub mib_per_sec: String,
    /// The stored files.
    pub files: Vec<UploadLine>,
    /// Number of parts without a file.
    pub discarded: usize,
    /// Why the upload ended early.
    pub error: Option<&'a str>,
}

/// A stored file.
#[derive(Debug)]
pub struct UploadLine {
    /// The client's name for the checksum.
    pub kind: &'static str,
    /// The checksum in hexadecimal.
    pub hex: String,
    /// The checksum in base64.
    pub base64: String,
    /// Bytes.
    pub size: u64,
    /// URL of the file.
    pub href: String,
    /// Name of the file.
    pub name: String,
}

/// The lines alone, for programs.
#[derive(Template)]
#[template(path = "upload-lines-pre.html")]
struct LinesAlone<'a> {
    lines: &'a UploadLines<'a>,
}

/// Returns the body that programs get.
pub fn alone(lines: &UploadLines<'_>) -> String {
    to_html(&LinesAlone { lines })
}
