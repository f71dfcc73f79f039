//! What the index of a volume holds, and what searches find in it.

use serde::{Deserialize, Serialize};

/// Which files a volume's index holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndexMode {
    /// There is no index.
    #[default]
    Off,
    /// `e2d`: files that change while the program runs.
    Changes,
    /// `e2ds`: all files, if some account may write to the volume; else as [`IndexMode::Changes`].
    ScanWritable,
    /// `e2dsa`: all files.
    ScanAll,
}

/// Settings of a volume's index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexFlags {
    /// `e2d`, `e2ds`, `e2dsa`.
    pub mode: IndexMode,
    /// `d2ds`: existing files are not scanned, whatever the mode.
    pub no_scan: bool,
    /// `nohash`, `dhash`, `ehash`: the contents of files are not read if their absolute path on disk matches this
    /// regular expression.
    pub no_hash: Option<String>,
    /// `noidx`: files and folders are not in the index if their absolute path on disk matches this regular expression.
    pub exclude: Option<String>,
    /// `xdev`: folders on other file systems are not in the index.
    pub one_file_system: bool,
    /// `scan`: seconds after which the volume is scanned again; 0: only at the start, and where changes were missed.
    pub rescan_secs: u64,
    /// `e2v`: all contents are read again at the start and compared with the index.
    pub verify: bool,
    /// `e2vu`: as [`IndexFlags::verify`], and the index is updated where a content differs.
    pub verify_updates: bool,
    /// `e2vp`: as [`IndexFlags::verify`], and the program ends when a content differs.
    pub verify_stops: bool,
    /// `d2v`: contents are not compared at the start, whatever the other settings say.
    pub no_verify: bool,
    /// `nodirsz`: listings show no sizes of folders.
    pub hide_folder_sizes: bool,
    /// `srch_excl`: searches do not find files if their path, with the mount point and without a slash before it,
    /// matches this regular expression.
    pub search_exclude: Option<String>,
    /// `dotsrch`, `nodotsrch`: searches find dotfiles for accounts that may see them.
    pub search_dotfiles: bool,
}

impl Default for IndexFlags {
    fn default() -> Self {
        Self {
            mode: IndexMode::Off,
            no_scan: false,
            no_hash: None,
            exclude: None,
            one_file_system: false,
            rescan_secs: 0,
            verify: false,
            verify_updates: false,
            verify_stops: false,
            no_verify: false,
            hide_folder_sizes: false,
            search_exclude: None,
            search_dotfiles: true,
        }
    }
}

impl IndexFlags {
    /// Returns whether contents are compared with the index at the start.
    pub fn verifies_at_start(&self) -> bool {
        (self.verify || self.verify_updates || self.verify_stops) && !self.no_verify
    }

    /// Returns the settings that are regular expressions, with the names of their flags.
    pub fn patterns(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [("nohash", &self.no_hash), ("noidx", &self.exclude), ("srch_excl", &self.search_exclude)];
        all.into_iter().filter_map(|(flag, pattern)| Some((flag, pattern.as_deref()?)))
    }
}
