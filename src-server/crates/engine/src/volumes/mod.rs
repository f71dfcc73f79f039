//! Volumes in force: the tree of mount points, and the one resolver of paths.

pub(crate) mod open;
pub mod tree;
