//! The vocabulary: names, paths, permissions, volumes, settings, configuration files, chunk arithmetic.
//!
//! Pure values. Nothing here opens a file or a socket, reads a clock, or blocks. All other crates use these types, so a
//! value is validated once, by its constructor, and trusted afterwards.
#![warn(missing_docs)]

pub mod account;
pub mod calendar;
pub mod chunking;
pub mod config;
pub mod event;
pub mod fold;
pub mod index_flags;
pub mod invisible;
pub mod language;
pub mod link_id;
pub mod message;
pub mod natural;
pub mod networks;
pub mod options;
pub mod page_list_flags;
pub mod page_text_flags;
pub mod perm;
pub mod portable;
pub mod query;
pub mod settings;
pub mod tag_flags;
pub mod tag_parser;
pub mod thumbnail_settings;
pub mod transcode_settings;
pub mod trash_flags;
pub mod units;
pub mod upload;
pub mod volume;
pub mod vpath;
pub mod wark;

pub use account::{AccountName, GroupName};
pub use event::Event;
pub use link_id::LinkId;
pub use networks::{Cidr, Networks};
pub use perm::{FileKeys, Operation, Perm, PermSet, Verdict, decide};
pub use settings::Settings;
pub use units::{Bytes, UnixMillis};
pub use upload::{OnConflict, Upload};
pub use volume::{Grant, MountPoint, Principal, ShareWho, Volume, VolumeFlags};
pub use vpath::{FileName, PathError, VPath};
pub use wark::{ChunkHash, Wark};
