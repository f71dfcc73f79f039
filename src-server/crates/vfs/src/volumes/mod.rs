//! Mounted volumes: the tree of mount points, the storage behind each volume, and the path resolver.

pub mod extension;
pub mod hidden_names;
pub mod lock_table;
pub mod mounted;
pub mod open;
pub mod resolve;
pub mod shortage;
pub mod shortage_notice;
pub mod storage;
pub mod store_errors;
pub mod trash;
pub mod tree;
pub mod volume_state;
pub mod writable;
pub mod write_locks;
