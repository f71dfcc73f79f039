//! Uploads: every file that arrives, over any protocol. Each upload starts in `admit` and ends in `placing`.
//!
//! ```text
//! handshake ─► admit ─► content known? dedup ──────────────────┐
//!     └─ new ─► registry ─► chunks ─► chunk_writer ─► finish ──┼─► placing ─► store::place ─► ledger ─► reply
//! sink (PUT, forms, other protocols) ─► admit ─► body_writer ──┘
//! ```
//!
//! An upload that is never completed is canceled by its sender (`abandon`) or removed after a time (`cleanup`).
//!
//! Modules by layer; imports lead down or stay in the layer, in no circle, and this file only re-exports:
//!
//! ```text
//! requests   sequential   handshake   chunks   sink   abandon   my_uploads   recent   content_search   extension   cleanup
//! steps      handshake::{decision, fast_path}   chunk_source, chunk_writer   body_writer   dedup   creation   finish
//! placing    handshake::context   placing   naming
//! rules      admit   rules   quota   space_reservations   unverified
//! volume     target   partial_file   claim_guard   links, unknown_links   missing_files   removal   volume
//! state      registry::{unfinished, claims}   body_pipe   core   upload_state   unfinished_limit
//! values     request, reply   sender   allowance   rates   lifetime   rotation   names, numbered   verify   comparisons
//! ```
#![warn(missing_docs)]

mod abandon;
mod admit;
mod allowance;
mod body_dedup;
mod body_pipe;
mod body_writer;
mod checksum;
mod chunk_map;
mod chunk_source;
mod chunk_writer;
mod chunks;
mod claim_guard;
mod cleanup;
mod client_locks;
mod comparisons;
mod content_search;
mod core;
mod creation;
mod dedup;
mod extension;
mod extent;
mod file_record;
mod finish;
mod growing_file;
mod handshake;
mod lifetime;
mod links;
mod missing_files;
mod my_uploads;
mod names;
mod naming;
mod numbered;
mod partial_file;
mod placing;
mod positioned;
mod quota;
mod rate_limited_check;
mod rates;
mod readback_hasher;
mod recent;
mod registry;
mod removal;
mod reply;
mod request;
mod rotation;
mod rules;
mod sender;
mod sequential;
mod sink;
mod sources;
mod space_reservations;
mod spliced;
mod target;
mod unfinished_limit;
mod unknown_links;
mod unverified;
mod upload_progress;
mod upload_state;
mod verify;
mod volume;
mod waiting_entries;

#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use checksum::{ChecksumKind, Digest};
pub use chunks::ChunkLease;
pub use cleanup::{Clock, WeakUploads};
pub use core::Uploads;
pub use extension::UploadService;
pub use my_uploads::OwnUpload;
pub use recent::{RecentUpload, Uploader};
pub use reply::{HandshakeReply, Hit, Stored};
pub use request::{ChunkSelection, Handshake, SinkRequest};
pub use sequential::{Appended, SequentialState};
pub use sink::UploadSink;
/// Lets the engine splice large bodies from a connection into the file.
pub use store::splice::SpliceHandle;
pub use upload_state::UploadState;

#[cfg(test)]
mod tests;
