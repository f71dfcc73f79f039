//! The virtual file system: mounted volumes, `Access`, the path resolver, listings, file operations, the change feed, and
//! the blocking pool.
//!
//! Services above it decide who gets an [`Access`] (`accounts`), how files arrive (`uploads`), and how they are packed
//! (`archive`). It knows none of them: they implement [`grants::Grants`] and [`volumes::extension::VolumeService`].
//! Errors are [`EngineError`], in no protocol's terms.
#![warn(missing_docs)]

pub mod access;
pub mod blocking_pool;
pub mod budget;
pub mod changes;
pub mod clock;
pub mod core;
pub mod error;
pub mod events;
pub mod files;
pub mod grants;
pub mod listing;
pub mod names;
pub mod numbered;
pub mod paused_transfers;
pub mod pool_threads;
pub mod random;
pub mod running_transfers;
pub mod snapshot;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod undo_log;
pub mod volumes;

pub use access::{Access, Client};
pub use error::{EngineError, Result, UnpostRefused};
