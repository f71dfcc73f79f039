//! Mounted volumes: the tree of mount points, the storage behind each volume, and the path resolver.

pub(crate) mod mounted;
pub(crate) mod open;
pub(crate) mod resolve;
pub mod shortage;
pub mod storage;
pub(crate) mod store_errors;
pub mod tree;
pub(crate) mod writable;
pub(crate) mod write_locks;
