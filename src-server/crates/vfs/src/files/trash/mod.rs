//! The trash as a service: what accounts see of it, restoring, purging, undoing.
//!
//! Who may delete at the former path of an item sees it and may restore it. Deleting it for good needs, beside that right, the
//! right `admin` there, or the account must have removed it itself: else the right to delete would be the right to
//! destroy, which the trash is there to prevent.

mod list;
mod service;
mod versions;

#[cfg(test)]
mod tests;

pub use list::{TrashEntry, TrashList};
pub use service::{Restored, Trash, WeakTrash};
pub use versions::{Version, VersionId};
