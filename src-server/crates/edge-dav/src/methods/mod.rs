//! Methods, one file each.

pub(crate) mod delete;
pub(crate) mod lock;
pub(crate) mod mkcol;
pub(crate) mod propfind;
pub(crate) mod proppatch;
pub(crate) mod put;
pub(crate) mod relocate;
mod rows;
pub(crate) mod unlock;
mod walk;
