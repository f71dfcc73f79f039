//! Reads the beginning of a file of a folder.

use model::{FileName, VPath};
use store::disk::{Folder, Node};

/// Most bytes shown of a readme, prologue or epilogue.
const TEXT_MAX: usize = 64 << 10;

/// Reads the first [`TEXT_MAX`] bytes of a file; `None` if it cannot be read.
pub(super) fn start_of(folder: &Folder, name: &FileName) -> Option<Vec<u8>> {
    let Ok(Node::File(open)) = folder.open(&VPath::root().join(name)) else { return None };
    let mut bytes = Vec::new();
    open.read_at(0, TEXT_MAX, &mut bytes).ok()?;
    Some(bytes)
}
