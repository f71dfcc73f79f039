//! Shared folders as people say them: who, what, until when.

use super::super::FaultAt;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Who is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Who {
    /// Nobody but the owner of this computer; others only by invitation or link.
    #[default]
    OnlyMe,
    /// These accounts.
    People {
        /// Their names; at least one.
        names: Vec<String>,
    },
    /// Everyone who can reach the server.
    Everyone,
    /// Something that these words cannot say; the rights stay as they are.
    Custom,
}

/// What they may do.
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
    /// Add files, and see nothing.
    DropOff,
    /// Something that these words cannot say.
    Custom,
}

/// Limits for what arrives; `null`: none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Limits {
    /// Largest file, bytes.
    pub max_file: Option<u64>,
    /// All files together, bytes.
    pub max_total: Option<u64>,
    /// Keep this much of the disk free, bytes.
    pub min_free: Option<u64>,
    /// Files are deleted after this many days.
    pub keep_days: Option<u64>,
}

/// A shared folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Share {
    /// Where it appears, such as `/photos`; identifies it.
    pub mount: String,
    /// The folder on this computer.
    pub folder: String,
    /// Whether it is offered.
    pub on: bool,
    /// Whether the folder is there just now.
    pub is_there: bool,
    /// Who may use it.
    pub who: Who,
    /// What they may do.
    pub may: May,
    /// The rights in the letters of the command line, such as `r *, rw ann`.
    pub rights: String,
    /// When it turns itself off, milliseconds since 1970.
    pub until_ms: Option<i64>,
    /// Limits.
    pub limits: Limits,
    /// Whether names that begin with a dot are shown.
    pub show_hidden: bool,
    /// Uploads are sorted into folders by month.
    pub by_month: bool,
}

/// A shared folder as somebody wishes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ShareDraft {
    /// Where it shall appear, such as `/photos`.
    pub mount: String,
    /// The folder on this computer, absolute.
    pub folder: String,
    /// Whether it is offered.
    pub on: bool,
    /// Who may use it.
    pub who: Who,
    /// What they may do.
    pub may: May,
    /// When it turns itself off, milliseconds since 1970.
    pub until_ms: Option<i64>,
    /// Limits.
    pub limits: Limits,
    /// Whether names that begin with a dot are shown.
    pub show_hidden: bool,
    /// Uploads are sorted into folders by month.
    pub by_month: bool,
    /// Rights and flags by hand, a line each, as on the command line; then what stands above of who, what, until when
    /// and limits does not count.
    #[serde(default)]
    pub rules: Option<Vec<String>>,
    /// Make the folder if it is missing. Else saving a draft whose folder is new and missing is refused with `NoFolder`.
    #[serde(default)]
    pub make_folder: bool,
}

/// Through whose eyes a preview looks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Viewer {
    /// A guest without an account and without an invitation.
    #[default]
    Guest,
    /// A device that was invited to the share, with the rights that the draft names for that.
    Invited,
    /// An account.
    Person {
        /// Its name.
        name: String,
    },
}

/// What somebody would see if the draft were in force: the answer of the real permission engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Preview {
    /// The top of the tree as that person sees it, in order, at most two levels deep.
    pub rows: Vec<PreviewRow>,
    /// There is more than `rows` shows.
    pub is_cut: bool,
    /// What an owner would not expect.
    pub warnings: Vec<ShareWarning>,
    /// What is wrong with the draft; then nothing of it can be saved.
    pub faults: Vec<FaultAt>,
    /// Arguments of the headless program for the same share, if a command line can say it.
    pub command_line: Option<String>,
    /// The draft's rights and flags as lines; empty if the draft is wrong.
    pub rules: Vec<String>,
}

/// A folder or file as somebody sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PreviewRow {
    /// Its name.
    pub name: String,
    /// Depth, from 0.
    pub depth: u32,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// It belongs to the share that is being edited.
    pub is_here: bool,
    /// No listing shows it to that person, but a request that names it fetches it.
    pub is_hidden: bool,
    /// Rights of that person there, in the letters of the command line.
    pub rights: String,
    /// The same in words: `look`, `add`, `change`, `delete`, `get` (fetch by name); empty: it only leads on.
    pub words: Vec<String>,
}

/// Something that an owner would not expect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ShareWarning {
    /// Whether it should be thought over before saving.
    pub is_serious: bool,
    /// One plain sentence.
    pub sentence: String,
}
