//! Fixture for unit tests: volumes with ledgers.

use crate::cleanup::remove_orphans;
use crate::volume::uploads_of;
use crate::{UploadService, UploadState, Uploads};
use std::path::Path;
use std::sync::Arc;
use store::disk::Faults;
use vfs::files::service::FileService;
use vfs::testing::Services;
use vfs::volumes::extension::VolumeService;
use vfs::volumes::storage::VolumeStorage;

/// Volumes of one run of the program, with ledgers.
pub type Site = vfs::testing::SiteWith<UploadServices>;

/// The services of a [`Site`].
pub struct UploadServices {
    /// What uploads of all volumes share.
    pub state: Arc<UploadState>,
}

impl Services for UploadServices {
    fn start(_: &Path) -> Self {
        Self { state: Arc::default() }
    }
    fn of_volumes(&self) -> Vec<Arc<dyn VolumeService>> {
        vec![Arc::new(UploadService::new(self.state.clone()))]
    }
    fn of_files(&self) -> Vec<Arc<dyn FileService>> {
        vec![Arc::new(UploadService::new(self.state.clone()))]
    }
    fn set_faults(&self, storage: &VolumeStorage, faults: &Arc<Faults>) {
        uploads_of(storage).set_faults(faults.clone());
    }
    fn clean_up(&self, storage: &VolumeStorage) {
        remove_orphans(storage);
    }
}

/// Returns the upload service of a [`Site`].
pub fn uploads_at(site: &Site) -> Uploads {
    Uploads::new(site.core.clone(), site.services.state.clone())
}
