//! What touches disk and SQLite. Blocking on purpose, and with no idea who is asking or by which protocol: callers put
//! a thread around it, a file system has no better interface to offer.
#![warn(missing_docs)]

pub mod db;
pub mod disk;
pub mod error;
pub mod hash;
pub mod ledger;
pub mod links;
pub mod partial;
pub mod place;
mod platform;
pub mod run_marker;
pub mod sessions;
pub mod settings_file;
pub mod splice;
pub mod state_folder;

pub use error::{ErrorKind, StoreError};
pub use platform::{limit_heap_retention, trim_heap};
