//! `Snapshot`: the settings in force with everything made from them, replaced as a whole.
//!
//! A request loads the current snapshot once and keeps it. `Engine::prepare` builds the next snapshot beside it and
//! `Engine::commit` swaps the pointer.

use crate::accounts::Credentials;
use crate::volumes::tree::Tree;
use model::Settings;

/// One state of the settings, with the volumes and credentials that belong to it.
pub struct Snapshot {
    /// The settings as the administrator chose them, without plain-text passwords.
    pub settings: Settings,
    /// The opened volumes.
    pub tree: Tree,
    /// Secrets of the accounts.
    pub credentials: Credentials,
    /// Number of this snapshot, counted from 1. Caches filled under another number are stale.
    pub generation: u64,
}
