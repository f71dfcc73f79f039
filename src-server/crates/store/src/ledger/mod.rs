//! The ledger of a volume: an SQLite database of known files (size, dates, content, uploader) and of unfinished
//! uploads.
//!
//! The file system is the truth: a row is a claim that is checked before it is used, and the whole ledger may be
//! deleted. Lost then: the right of uploaders to delete their uploads, expiry dates, and the received chunks of
//! unfinished uploads. The database is `potluck.db` in the volume's state folder, created at the first write; where it
//! cannot be created it is kept in memory.
//!
//! | file | |
//! |---|---|
//! | `open.rs` | [`Ledger`] itself |
//! | `queries.rs`, `changes.rs` | questions about known files, and changes of their rows |
//! | `records.rs`, `deferred.rs` | what has happened on disk; if it cannot be written now, applied before the next change |
//! | `folder_moves.rs` | renames of folders that have begun |
//! | `unfinished.rs` | rows of unfinished uploads |
//! | `fast_path/` | what exists for the speed of small files alone; the rest reads without it |
//! | `file_table.rs`, `totals.rs`, `columns.rs` | rows of known files, their number and size, values in columns |
//! | `boot.rs` | identity of the current boot of the machine |

mod boot;
mod changes;
mod columns;
mod deferred;
mod fast_path;
mod file_table;
mod folder_moves;
mod open;
mod queries;
mod records;
mod totals;
mod unfinished;

pub use boot::boot_id;
pub use file_table::{FileRow, VerifiedState};
pub use folder_moves::FolderMove;
pub use open::Ledger;
pub use unfinished::UnfinishedRow;

#[cfg(test)]
mod tests;
