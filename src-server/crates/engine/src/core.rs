//! What every service shares: the current snapshot, the gate, the announcements, the hashers.

use crate::blocking_pool::BlockingPool;
use crate::events::Events;
use crate::links::LinkRegistry;
use crate::paused_transfers::PausedTransfers;
use crate::snapshot::Snapshot;
use arc_swap::ArcSwap;
use std::path::PathBuf;

/// Shared by all services of one engine.
pub struct Core {
    /// The snapshot in force.
    pub snapshot: ArcSwap<Snapshot>,
    /// The way to blocking code.
    pub pool: BlockingPool,
    /// Announcements.
    pub events: Events,
    /// A text that is shown for a while.
    pub banner: crate::banner::Banner,
    /// Paused transfers.
    pub(crate) paused_transfers: PausedTransfers,
    /// Links, and what is counted of them.
    pub(crate) links: LinkRegistry,
    /// Where sessions and secrets live.
    pub state_folder: PathBuf,
    /// Key for file keys, collision names and remembered passwords; random, kept in the state folder.
    pub secret: [u8; 32],
    /// What archives share.
    pub(crate) archives: crate::archive::ArchiveLimits,
    /// Rows of big listings that are held.
    pub(crate) listings: crate::budget::Budget,
    /// What uploads share over all volumes.
    pub arrivals: crate::uploads::Arrivals,
}
