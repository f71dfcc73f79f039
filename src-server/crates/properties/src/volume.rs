//! The properties of one volume, as an extension of its storage: they follow changes of names.

use model::VPath;
use std::any::Any;
use std::sync::Arc;
use store::StoreError;
use store::properties::PropertyTable;
use store::state_location::StateLocation;
use vfs::changes::Change;
use vfs::volumes::extension::{OpeningVolume, PreparedChange, VolumeExtension, VolumeService};
use vfs::volumes::storage::VolumeStorage;

/// Opens the properties of every volume.
#[derive(Clone, Copy, Debug, Default)]
pub struct PropertyService;

impl VolumeService for PropertyService {
    fn open(&self, volume: &OpeningVolume<'_>) -> Box<dyn VolumeExtension> {
        let opened = PropertyTable::open(volume.state.location.clone());
        let table = opened.or_else(|error| {
            tracing::warn!(%error, "the properties of files in a volume cannot be used; new ones are kept in memory");
            PropertyTable::open(StateLocation::Memory)
        });
        Box::new(VolumeProperties(Arc::new(table.expect("nothing is opened in memory"))))
    }
}

/// The properties of one volume.
pub(crate) struct VolumeProperties(pub Arc<PropertyTable>);

/// Returns the properties of a volume; `None` if it was opened without this service.
pub(crate) fn properties_of(storage: &VolumeStorage) -> Option<&PropertyTable> {
    storage.extension::<VolumeProperties>().map(|volume| &*volume.0)
}

impl VolumeExtension for VolumeProperties {
    fn prepare(&self, change: &Change) -> Option<Box<dyn PreparedChange>> {
        let is_followed = matches!(change, Change::Removed { .. } | Change::Moved { .. }) && !self.0.is_unused();
        is_followed.then(|| {
            let followed: Box<dyn PreparedChange> =
                Box::new(Followed { table: self.0.clone(), change: change.clone() });
            followed
        })
    }

    fn copied(&self, from: &VPath, target: &dyn VolumeExtension, to: &VPath) {
        let target: &dyn Any = target;
        if let Some(target) = target.downcast_ref::<Self>() {
            log(self.0.copy(from, &target.0, to));
        }
    }
}

/// A change of a name that the properties will follow.
struct Followed {
    table: Arc<PropertyTable>,
    change: Change,
}

impl PreparedChange for Followed {
    fn commit(self: Box<Self>) {
        log(match &self.change {
            Change::Moved { from, to, .. } => self.table.rename(from, to),
            Change::Removed { path, .. } => self.table.remove(path),
            Change::Created { .. } | Change::Replaced { .. } => Ok(()),
        });
    }

    fn cancel(self: Box<Self>) {}
}

fn log(done: Result<(), StoreError>) {
    if let Err(error) = done {
        tracing::warn!(%error, "the properties of a file could not follow it");
    }
}
