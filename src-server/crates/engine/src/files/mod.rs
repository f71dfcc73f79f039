//! Files: reading them, and changing the tree (make, move, copy, delete, edit).

pub mod ops;
pub mod read;
