//! `Live`: the settings in force with everything made from them, swapped whole.
//!
//! A request takes the current one once and keeps it; `apply` builds the next beside it and then swaps the pointer.

use crate::accounts::Credentials;
use crate::volumes::tree::Tree;
use model::Settings;

/// One snapshot.
pub struct Live {
    /// As the person chose; passwords in clear are gone from it.
    pub settings: Settings,
    /// The volumes, opened.
    pub tree: Tree,
    /// Secrets of the accounts.
    pub credentials: Credentials,
    /// Counts the snapshots, from 1; a cache made under another number is stale.
    pub generation: u64,
}
