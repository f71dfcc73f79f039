//! Volumes in force: the tree of mount points, what is behind each, and the one resolver of paths.

pub(crate) mod mounted;
pub(crate) mod open;
pub(crate) mod resolve;
pub mod shortage;
pub mod storage;
pub(crate) mod store_errors;
pub mod tree;
pub(crate) mod writable;
pub(crate) mod write_locks;
