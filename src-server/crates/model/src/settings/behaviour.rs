//! Settings of what the server offers, and how it answers.

use crate::thumbnail_settings::ThumbnailSettings;
use crate::transcode_settings::TranscodeSettings;
use std::path::PathBuf;

/// What the server does with messages from the message form (`--urlform`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MessageMode {
    /// Log it, answer with the folder's page (`print,get`, `print,xm`).
    #[default]
    PrintGet,
    /// Store it, answer with the page (`save,get`).
    SaveGet,
    /// Store it, answer as PUT does.
    Stash,
    /// Ignore it, answer with the page.
    Get,
    /// Log it, answer 405.
    Print,
    /// Store it, answer 405.
    Save,
}

/// Defaults of the upload page; visitors can change some of them. `None`: the page decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploaderDefaults {
    /// `--u2j`: number of parallel requests.
    pub parallel: Option<u32>,
    /// `--u2sz`: largest body of a request, in MiB.
    pub request_mib: Option<u32>,
    /// `--u2sort`
    pub order: Option<UploadOrder>,
}

/// The order in which the upload page sends the selected files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadOrder {
    /// Small files first, so that most files are complete early.
    SmallestFirst,
    /// By path, in natural order.
    ByName,
}

/// Settings of the server's behaviour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// `--salt`, `--warksalt`
    pub wark_salt: String,
    /// `--hist PATH`: one folder for the state of all volumes.
    pub hist: Option<PathBuf>,
    /// `-nw`: write nothing to disk; uploads are received, verified and discarded.
    pub write_nothing: bool,
    /// `-nid`: no disk usage in pages.
    pub hide_disk: bool,
    /// `--no-zip`
    pub no_archives: bool,
    /// `--no-del`
    pub no_delete: bool,
    /// `--no-mv`
    pub no_move: bool,
    /// `--no-cp`
    pub no_copy: bool,
    /// `--urlform`
    pub messages: MessageMode,
    /// `--ih`: folders with an `index.html` show it.
    pub index_html: bool,
    /// `--snap-drop MIN`: minutes after which an idle unfinished upload is dropped.
    pub drop_unfinished_mins: u64,
    /// `--blank-wt`: seconds during which an empty file may be overwritten by PUT.
    pub blank_overwrite_secs: u64,
    /// `--plain-ip`: uploads that are renamed get the client's address in their name.
    pub plain_ip: bool,
    /// `--unpost`: seconds during which users may delete their own uploads.
    pub unpost_secs: u64,
    /// `--srch-time`: seconds after which a search ends with what it has found.
    pub search_secs: u64,
    /// `--srch-hits`: most results of one search.
    pub search_hits: usize,
    /// `--mtag-to`: seconds after which the tags of a file are given up.
    pub tag_secs: u64,
    /// `--no-mtag-ff`: tags are never read with FFprobe.
    pub no_ffprobe: bool,
    /// `--no-mutagen`: tags of sounds and videos are read with FFprobe alone, where it is there.
    pub only_ffprobe: bool,
    /// `--hash-idle`: contents are read for the index only while no file is transferred.
    pub hash_when_idle: bool,
    /// `no-rescan`: administrators cannot start scans over HTTP.
    pub no_rescan: bool,
    /// Thumbnails.
    pub thumbnails: ThumbnailSettings,
    /// Converting sound.
    pub transcoding: TranscodeSettings,
    /// `--name`: name of the server in pages.
    pub name: String,
    /// `--vague-403`: forbidden paths look as if they did not exist.
    pub vague_denial: bool,
    /// `--getmod`: carry out changes by GET without asking for confirmation on a page.
    pub change_by_get: bool,
    /// `--allow-csrf`: skip the origin check.
    pub allow_foreign_origin: bool,
    /// `--css-browser URL`
    pub extra_css: Option<String>,
    /// `--lang`: tag of the language of pages, one of [`crate::language::tags`], for visitors who have not chosen one;
    /// `None`: what their browser asks for.
    pub language: Option<&'static str>,
    /// `--zip-root`: archives have the files at their root, as in copyparty 0.11, instead of in one folder.
    pub archive_contents_at_root: bool,
    /// `--no-robots`
    pub no_robots: bool,
    /// Defaults of the upload page.
    pub uploader: UploaderDefaults,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            wark_salt: "hunter2".into(),
            hist: None,
            write_nothing: false,
            hide_disk: false,
            no_archives: false,
            no_delete: false,
            no_move: false,
            no_copy: false,
            messages: MessageMode::PrintGet,
            index_html: false,
            drop_unfinished_mins: 1440,
            blank_overwrite_secs: 300,
            plain_ip: false,
            unpost_secs: 43_200,
            search_secs: 45,
            search_hits: 7999,
            hash_when_idle: false,
            no_rescan: false,
            tag_secs: 60,
            no_ffprobe: false,
            only_ffprobe: false,
            thumbnails: ThumbnailSettings::default(),
            transcoding: TranscodeSettings::default(),
            name: "Potluck".into(),
            vague_denial: false,
            change_by_get: false,
            allow_foreign_origin: false,
            extra_css: None,
            language: None,
            archive_contents_at_root: false,
            no_robots: false,
            uploader: UploaderDefaults::default(),
        }
    }
}
