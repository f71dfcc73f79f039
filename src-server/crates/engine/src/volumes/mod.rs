//! Volumes in force: the tree of mount points, and the one resolver of paths.

pub mod tree;
