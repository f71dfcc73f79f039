//! Volumes in force: the tree of mount points, what is behind each, and the one resolver of paths.

pub mod backing;
pub(crate) mod lift;
pub(crate) mod mounted;
pub(crate) mod open;
pub(crate) mod resolve;
pub mod shortage;
pub mod tree;
pub(crate) mod writable;
pub(crate) mod write_locks;
