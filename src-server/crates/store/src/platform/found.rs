//! The result of opening a path.

use crate::disk::Meta;
use std::fs::File;

/// What a path led to. `D`: the system's type for an open folder.
pub(crate) enum Found<D> {
    File(File, Meta),
    Folder(D, Meta),
    /// A pipe, socket or device.
    Special,
}
