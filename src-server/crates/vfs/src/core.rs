//! `Core`: the state that all services of one engine share.

use crate::blocking_pool::BlockingPool;
use crate::events::Events;
use crate::grants::Grants;
use crate::paused_transfers::PausedTransfers;
use crate::snapshot::Snapshot;
use crate::volumes::extension::VolumeService;
use arc_swap::ArcSwap;
use std::path::PathBuf;
use std::sync::Arc;

/// State shared by all services of one engine.
pub struct Core {
    /// The current snapshot.
    pub snapshot: ArcSwap<Snapshot>,
    /// The blocking pool.
    pub pool: BlockingPool,
    /// The event broadcast.
    pub events: Events,
    /// Paused transfers.
    pub paused_transfers: PausedTransfers,
    /// Decides whether accesses by share links are still in force.
    pub grants: Arc<dyn Grants>,
    /// Services with state for each volume.
    pub volume_services: Vec<Arc<dyn VolumeService>>,
    /// Folder for sessions and secrets.
    pub state_folder: PathBuf,
    /// Key for file keys, collision names and remembered passwords. Random, kept in the state folder.
    pub secret: [u8; 32],
    /// Budget of rows held by big listings.
    pub listings: crate::budget::Budget,
}
