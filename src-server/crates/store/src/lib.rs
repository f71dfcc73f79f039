//! Storage: file system access, SQLite databases and hashing. All calls block, because file systems have no better
//! interface; callers run them on threads that may block. This crate knows neither accounts nor protocols.
#![warn(missing_docs)]

pub mod db;
pub mod derived;
pub mod disk;
pub mod error;
pub mod hash;
pub mod index;
pub mod ledger;
pub mod links;
pub mod partial;
pub mod place;
mod platform;
pub mod properties;
pub mod run_marker;
pub mod sessions;
pub mod settings_file;
pub mod splice;
pub mod state_folder;
pub mod state_location;
mod totals;
pub mod watch;

pub use error::{ErrorKind, StoreError};
pub use platform::{limit_heap_retention, lower_thread_priority, trim_heap};
pub use totals::Totals;
