//! The index of a volume: an SQLite database of all its folders and files, with hashes of their contents and tags.
//!
//! The file system is the truth: the index may be deleted at any time, and is made anew by a scan. It is the file
//! `index.db` in the volume's state folder, apart from the ledger, which cannot be made anew.
//!
//! | file | |
//! |---|---|
//! | `open.rs` | [`Index`] itself |
//! | `compare.rs` | compares one folder on disk with its rows |
//! | `changes.rs` | single files and folders that were created, moved and removed |
//! | `contents.rs` | files to be hashed, and their hashes |
//! | `tags.rs`, `tag_value.rs`, `folder_tags.rs`, `folder_tags_cache.rs` | files of which tags are to be read, and tags; those of a folder |
//! | `tag_words.rs` | names and values of tags, for completions |
//! | `search.rs`, `sql.rs`, `functions.rs` | searches: a query as SQL with bound values, and the tests SQL has no words for |
//! | `rows.rs` | statements that insert and remove rows, with the names' trigrams and the totals of folders |
//! | `rules.rs` | settings under which the rows were made, and what a change of them does to rows |
//! | `verification.rs` | how far the verification of contents is, and what it found |
//! | `totals.rs` | sizes of folders, statistics |

mod changes;
mod compare;
mod content_id;
mod contents;
mod folder_tags;
mod folder_tags_cache;
mod functions;
mod open;
mod rows;
mod rules;
mod search;
mod sql;
mod tag_value;
mod tag_words;
mod tags;
#[cfg(test)]
mod tests;
mod totals;
mod verification;

pub use compare::{FolderContents, FoundFile};
pub use content_id::ContentId;
pub use contents::{Hashed, ToHash};
pub use folder_tags::FOLDER_TAGS_MAX;
pub use folder_tags_cache::{FileTags, FolderTags};
pub use open::Index;
pub use rules::{IndexedFile, RuleChange, RulesDigest};
pub use search::{FolderRow, Hit, SearchLimits, SearchPlace};
pub use tag_value::TagValue;
pub use tags::{Parsed, TagResult, Tagged, ToTag};
pub use totals::IndexStats;
pub use verification::{FINDINGS_MAX, Finding, FindingKind, Verification, Verified};
