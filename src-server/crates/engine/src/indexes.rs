//! The state of indexes, as far as an account may know of them.

use crate::Engine;
use library::IndexStatus;
use model::Perm;
use vfs::Access;
use vfs::error::Result;

/// The index of a volume that an account may know of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownIndex {
    /// What is done for it.
    pub status: IndexStatus,
    /// Whether the account administers the volume.
    pub administers: bool,
    /// Whether the account may have it compared with the disk.
    pub may_rescan: bool,
}

impl Engine {
    /// Returns the indexes of the volumes that the account may read or administers, sorted by mount point. Volumes without
    /// an index are among them.
    ///
    /// # Errors
    /// Those of [`library::Library::statuses`].
    pub async fn indexes(&self, access: &Access) -> Result<Vec<KnownIndex>> {
        let statuses = self.library.statuses().await?;
        let mut known: Vec<_> = statuses.into_iter().filter_map(|status| known(access, status)).collect();
        known.sort_by(|one, other| one.status.mount.cmp(&other.status.mount));
        Ok(known)
    }
}

/// Returns `None` if the account may not know of the volume, or its snapshot has no such volume.
fn known(access: &Access, status: IndexStatus) -> Option<KnownIndex> {
    let snapshot = access.snapshot();
    let volume = snapshot.tree.volumes.iter().find(|volume| volume.config.mount == status.mount)?;
    let rights = access.rights_in_whole(volume);
    let administers = rights.has(Perm::Admin);
    let has_index = status.state != library::IndexState::Off;
    let may_rescan = administers && has_index && !snapshot.settings.behaviour.no_rescan;
    (administers || rights.has(Perm::Read)).then_some(KnownIndex { status, administers, may_rescan })
}
