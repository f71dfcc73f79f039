//! File operations: reading files, and changing the tree (make, move, copy, delete, edit).

pub mod body;
pub mod condition;
pub mod key;
pub mod link_text;
pub mod ops;
pub mod read;
pub mod service;
mod stream;
pub mod transfer;
