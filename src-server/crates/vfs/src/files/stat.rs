//! Attributes of a path, for protocols that ask for them apart from the content.

use crate::access::Access;
use model::{PermSet, UnixMillis, VPath};

/// Whether a path is a file or a folder. Symlinks are what they lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A file, complete or still being received.
    File,
    /// A folder.
    Folder,
}

/// What a path is in the tree of volumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A name in a volume.
    Inside,
    /// The top folder of a volume; it can be neither renamed nor removed.
    VolumeTop,
    /// A folder above volumes that is not on disk, or of which the account sees only the volumes below it.
    Virtual,
}

impl Place {
    /// Returns the place of a path that is on disk. Never blocks.
    pub(crate) fn on_disk(access: &Access, path: &VPath) -> Self {
        match access.volume_path(path) {
            Some(at) if at.below.is_root() => Self::VolumeTop,
            Some(_) => Self::Inside,
            None => Self::Virtual,
        }
    }
}

/// Attributes of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    /// File or folder.
    pub kind: FileKind,
    /// What it is in the tree of volumes.
    pub place: Place,
    /// Size in bytes; 0 for folders; for a file that is being received, its final size.
    pub size: u64,
    /// Modification time; `None` for a virtual folder.
    pub modified: Option<UnixMillis>,
    /// Strong validator of a file without quotes: changes whenever the content may have changed.
    pub etag: Option<String>,
    /// The account's rights there.
    pub rights: PermSet,
}
