//! What every service shares: the current snapshot, the gate, the announcements, the hashers.

use crate::blocking::Gate;
use crate::events::Events;
use crate::holds::Holds;
use crate::links::Book;
use crate::live::Live;
use arc_swap::ArcSwap;
use std::path::PathBuf;

/// Shared by all services of one engine.
pub struct Core {
    /// The snapshot in force.
    pub live: ArcSwap<Live>,
    /// The way to blocking code.
    pub gate: Gate,
    /// Announcements.
    pub events: Events,
    /// A text that is shown for a while.
    pub board: crate::board::Board,
    /// Paused transfers.
    pub(crate) holds: Holds,
    /// Links, and what is counted of them.
    pub(crate) links: Book,
    /// Where sessions and secrets live.
    pub state_folder: PathBuf,
    /// Key for file keys, collision names and remembered passwords; random, kept in the state folder.
    pub secret: [u8; 32],
    /// What archives share.
    pub(crate) archives: crate::archive::Workshop,
    /// Rows of big listings that are held.
    pub(crate) listings: crate::budget::Budget,
    /// What uploads share over all volumes.
    pub arrivals: crate::uploads::Arrivals,
}
