//! Shared folders as people see them: who may do what, and until when.

use super::error::FaultAt;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Who may use a share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Who {
    /// Only the owner of this computer; other people by invitation or share link.
    #[default]
    OnlyMe,
    /// These accounts.
    People {
        /// Their names; at least one.
        names: Vec<String>,
    },
    /// Everyone who can reach the server.
    Everyone,
    /// Grants that none of these values can express; they stay as they are.
    Custom,
}

/// What the users of a share may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum May {
    /// Look and download.
    #[default]
    Look,
    /// Also add files.
    Add,
    /// Also change and delete.
    Change,
    /// Add files without seeing any.
    DropOff,
    /// Rights that none of these values can express.
    Custom,
}

/// Limits on uploads; `null`: no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Limits {
    /// Largest file, bytes.
    pub max_file: Option<u64>,
    /// Total size of all files, bytes.
    pub max_total: Option<u64>,
    /// Free space to leave on the disk, bytes.
    pub min_free: Option<u64>,
    /// Days after which files are deleted.
    pub keep_days: Option<u64>,
}

/// A shared folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Share {
    /// Mount point, such as `/photos`; identifies the share.
    pub mount: String,
    /// The folder on this computer.
    pub folder: String,
    /// Whether the share is on.
    pub on: bool,
    /// Whether the folder exists now.
    pub is_there: bool,
    /// Who may use it.
    pub who: Who,
    /// What they may do.
    pub may: May,
    /// The grants in the letters of the command line, such as `r *, rw ann`.
    pub rights: String,
    /// When the share turns itself off, milliseconds since 1970.
    pub until_ms: Option<i64>,
    /// Limits on uploads.
    pub limits: Limits,
    /// Whether names that begin with a dot are shown.
    pub show_hidden: bool,
    /// Uploads are sorted into folders by month.
    pub by_month: bool,
    /// Whether the share has an index, for searches and sizes of folders.
    pub index: bool,
}

/// The values of a share to be saved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ShareDraft {
    /// Mount point, such as `/photos`.
    pub mount: String,
    /// Absolute path of the folder on this computer.
    pub folder: String,
    /// Whether the share is on.
    pub on: bool,
    /// Who may use it.
    pub who: Who,
    /// What they may do.
    pub may: May,
    /// When the share turns itself off, milliseconds since 1970.
    pub until_ms: Option<i64>,
    /// Limits on uploads.
    pub limits: Limits,
    /// Whether names that begin with a dot are shown.
    pub show_hidden: bool,
    /// Uploads are sorted into folders by month.
    pub by_month: bool,
    /// Whether the share has an index of all its files; `null`: as before, off for a new share.
    #[serde(default)]
    pub index: Option<bool>,
    /// Grants and flags as lines, written as on the command line. If given, `who`, `may`, `until_ms` and `limits` are
    /// ignored.
    #[serde(default)]
    pub rules: Option<Vec<String>>,
    /// Creates the folder if it is missing. Without this, a draft with a new folder that does not exist is refused with
    /// `NoFolder`.
    #[serde(default)]
    pub make_folder: bool,
}

/// Whose view a preview shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Viewer {
    /// A guest without an account and without an invitation.
    #[default]
    Guest,
    /// A device invited to the share, with the rights that the draft gives to invited devices.
    Invited,
    /// An account.
    Person {
        /// Its name.
        name: String,
    },
}

/// What a viewer would see if the draft were in force, as decided by the real permission checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Preview {
    /// The top of the tree in listing order, at most two levels deep.
    pub rows: Vec<PreviewRow>,
    /// True if there are more entries than `rows` holds.
    pub is_cut: bool,
    /// Consequences that the owner may not expect.
    pub warnings: Vec<ShareWarning>,
    /// Faults of the draft. A draft with faults cannot be saved.
    pub faults: Vec<FaultAt>,
    /// The same share as arguments of the headless program; `null` if a command line cannot express it.
    pub command_line: Option<String>,
    /// Grants and flags of the draft as lines; empty if the draft has faults.
    pub rules: Vec<String>,
}

/// A folder or file in a preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PreviewRow {
    /// Its name.
    pub name: String,
    /// Depth, from 0.
    pub depth: u32,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// True if it belongs to the share that is edited.
    pub is_here: bool,
    /// True if no listing shows it to the viewer, but a request for its name is answered.
    pub is_hidden: bool,
    /// The viewer's rights on it, in the letters of the command line.
    pub rights: String,
    /// The same rights as words: `look`, `add`, `change`, `delete`, `get` (fetch by name); empty: the folder only leads
    /// to something visible.
    pub words: Vec<String>,
}

/// A consequence of a share that its owner may not expect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ShareWarning {
    /// True if the owner should reconsider before saving.
    pub is_serious: bool,
    /// One plain sentence.
    pub sentence: String,
}
