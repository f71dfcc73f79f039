//! Opens files for background work, if they are still the ones that the index knows.

use crate::walk::{is_absence, open_target};
use model::VPath;
use store::StoreError;
use store::disk::{Folder, Node, OpenFile};

/// The outcome of [`open_unchanged`].
pub(crate) enum Opening {
    /// The file.
    Open(OpenFile),
    /// It has changed, or is gone.
    Changed,
    /// It cannot be opened.
    Failed(StoreError),
}

/// Opens a file if it has the size and time that the index knows. Blocks.
pub(crate) fn open_unchanged(root: &Folder, path: &VPath, size: u64, mtime_ns: i64) -> Opening {
    let opened = root.open(path).or_else(|error| match error.kind() {
        store::ErrorKind::Link => open_target(root, path).unwrap_or(Err(error)),
        _ => Err(error),
    });
    match opened {
        Ok(Node::File(open)) if open.meta.size == size && open.meta.mtime_ns == mtime_ns => Opening::Open(open),
        Ok(_) => Opening::Changed,
        Err(error) if is_absence(&error) => Opening::Changed,
        Err(error) => Opening::Failed(error),
    }
}
