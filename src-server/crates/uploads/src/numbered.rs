//! Which kind of name a file gets if its name is taken.

pub(super) use vfs::numbered::{Numbered, is_numbered};

/// Kind of name for a file whose name is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OtherNames {
    /// The next free number: the sender may read the folder.
    Numbered,
    /// Time of day and the sender's address as a keyed hash.
    Marked,
}
