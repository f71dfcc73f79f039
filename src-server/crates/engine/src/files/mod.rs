//! File operations: reading files, and changing the tree (make, move, copy, delete, edit).

pub mod condition;
pub(crate) mod key;
pub mod ops;
pub mod read;
mod stream;
pub(crate) mod transfer;
