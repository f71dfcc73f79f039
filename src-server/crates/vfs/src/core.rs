//! `Core`: the state that all services of one engine share.

use crate::access::Access;
use crate::blocking_pool::BlockingPool;
use crate::error::Result;
use crate::events::Events;
use crate::files::service::{Admission, FileService, GrowingContent};
use crate::grants::Grants;
use crate::paused_transfers::PausedTransfers;
use crate::running_transfers::RunningTransfers;
use crate::snapshot::Snapshot;
use crate::undo_log::UndoLog;
use crate::volumes::extension::VolumeService;
use crate::volumes::resolve::Located;
use crate::volumes::tree::MountedVolume;
use arc_swap::ArcSwap;
use model::{FileName, VPath};
use std::path::PathBuf;
use std::sync::Arc;
use store::disk::Folder;

/// State shared by all services of one engine.
pub struct Core {
    /// The current snapshot.
    pub snapshot: ArcSwap<Snapshot>,
    /// The blocking pool.
    pub pool: BlockingPool,
    /// The event broadcast.
    pub events: Events,
    /// Transfers that are under way.
    pub running: RunningTransfers,
    /// Paused transfers.
    pub paused_transfers: PausedTransfers,
    /// Decides whether accesses by share links are still in force.
    pub grants: Arc<dyn Grants>,
    /// Services with state for each volume.
    pub volume_services: Vec<Arc<dyn VolumeService>>,
    /// Services that limit new files, or know files that are not complete.
    pub file_services: Vec<Arc<dyn FileService>>,
    /// Folder for sessions and secrets.
    pub state_folder: PathBuf,
    /// Key for file keys, collision names and remembered passwords. Random, kept in the state folder.
    pub secret: [u8; 32],
    /// Budget of rows held by big listings.
    pub listings: crate::budget::Budget,
    /// Moves that can be undone.
    pub undo_log: UndoLog,
}

impl Core {
    /// Starts the admission of files that an operation creates in `folder`, with every service that limits new files.
    pub fn admissions<'a>(&self, access: &'a Access, folder: &Located<Folder>) -> Vec<Box<dyn Admission + 'a>> {
        self.file_services.iter().map(|service| service.admission(&self.grants, access, folder)).collect()
    }

    /// Opens a file of `volume` that is being received for reading, if its received part may be served. Does not check
    /// permissions. Blocks.
    ///
    /// # Errors
    /// Disk errors.
    pub fn open_growing(
        &self,
        volume: &Arc<MountedVolume>,
        folder: &VPath,
        name: &FileName,
    ) -> Result<Option<Box<dyn GrowingContent>>> {
        for service in &self.file_services {
            if let Some(content) = service.open_growing(volume, folder, name)? {
                return Ok(Some(content));
            }
        }
        Ok(None)
    }

    /// Returns the bytes that count towards the limit of a volume. Blocks.
    ///
    /// # Errors
    /// `Internal`.
    pub fn stored_bytes(&self, volume: &MountedVolume) -> Result<u64> {
        self.file_services.iter().try_fold(0, |sum: u64, service| Ok(sum.saturating_add(service.stored_bytes(volume)?)))
    }
}
