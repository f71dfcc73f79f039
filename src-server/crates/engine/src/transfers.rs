//! Uploads and downloads that are under way, as far as an account may know of them.

use crate::Engine;
use model::Perm;
use vfs::Access;
pub use vfs::running_transfers::{TransferNow, TransferStart};

/// A transfer that an account may know of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownTransfer {
    /// The transfer.
    pub now: TransferNow,
    /// Whether it is the account's own.
    pub is_own: bool,
    /// Whether the account administers the place.
    pub administers: bool,
}

impl Engine {
    /// Returns the transfers that are under way: all those in volumes that the account administers, and its own. Never
    /// blocks.
    pub fn transfers(&self, access: &Access) -> Vec<KnownTransfer> {
        let running = &self.core.running;
        let in_chunks = self.uploads.under_way().into_iter().map(|(key, transfer)| {
            let rate = running.rate(&key, transfer.done);
            TransferNow { rate, ..transfer }
        });
        let all = running.list().into_iter().chain(in_chunks);
        all.filter_map(|now| known(access, now)).collect()
    }
}

fn known(access: &Access, now: TransferNow) -> Option<KnownTransfer> {
    let TransferStart { path, account, address, .. } = &now.start;
    let is_own = account == access.owner()
        && (!account.is_owned_by_address() || *address == access.client().address.to_string());
    let administers = access.rights_at(path).has(Perm::Admin);
    (is_own || administers).then_some(KnownTransfer { now, is_own, administers })
}
