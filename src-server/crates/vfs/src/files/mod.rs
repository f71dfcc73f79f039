//! File operations: reading files, and changing the tree (make, move, copy, delete, edit).

pub mod body;
pub mod checksum;
pub mod client_locks;
pub mod condition;
mod content;
pub mod digests;
pub mod findable;
pub mod handle;
pub mod key;
pub mod link_text;
pub mod name_in_volume;
pub mod ops;
pub mod read;
pub mod service;
pub mod stat;
mod stream;
pub mod target;
pub mod transfer;
pub mod trash;
