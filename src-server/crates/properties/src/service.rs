//! The service: who may read and change properties.

use crate::volume::properties_of;
use model::{FileName, Operation, VPath};
use std::collections::HashMap;
use std::sync::Arc;
use store::properties::{Property, PropertyChange};
use vfs::access::Access;
use vfs::core::Core;
use vfs::error::{EngineError, Result};
use vfs::files::name_in_volume::NameInVolume;
use vfs::volumes::lock_table::ChangeScope;
use vfs::volumes::resolve::{self, Resolved};
use vfs::volumes::store_errors::map_store_error;

/// The properties of everything directly in a folder, by name.
pub type PropertiesInFolder = HashMap<FileName, Vec<Property>>;

/// The service for properties.
#[derive(Clone)]
pub struct Properties {
    core: Arc<Core>,
}

impl Properties {
    /// Over the volumes and the pool of `core`.
    pub fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// Returns the properties of `path`. The caller has checked that the account may see it. Touches no disk while no volume
    /// has any.
    ///
    /// # Errors
    /// Those of the disk and of the database.
    pub async fn of(&self, access: &Access, path: &VPath) -> Result<Vec<Property>> {
        if !are_used(access) {
            return Ok(Vec::new());
        }
        let (access, path) = (access.clone(), path.clone());
        let work = move || {
            let Some(at) = NameInVolume::of_visible(&access, &path)? else { return Ok(Vec::new()) };
            let Some(table) = properties_of(&at.volume.storage) else { return Ok(Vec::new()) };
            table.of(&at.below).map_err(|error| map_store_error(error, &path))
        };
        self.core.pool.try_run(work).await
    }

    /// Returns the properties of everything in `folder`. The caller has checked that the account may list it. Touches no
    /// disk while no volume has any.
    ///
    /// # Errors
    /// Those of [`Properties::of`].
    pub async fn in_folder(&self, access: &Access, folder: &VPath) -> Result<PropertiesInFolder> {
        if !are_used(access) {
            return Ok(PropertiesInFolder::new());
        }
        let (access, folder) = (access.clone(), folder.clone());
        let work = move || {
            let Resolved::OnDisk(located) = resolve::find_folder(&access, &folder)? else {
                return Ok(PropertiesInFolder::new());
            };
            let Some(table) = properties_of(&located.volume.storage) else { return Ok(PropertiesInFolder::new()) };
            table.in_folder(&located.below).map_err(|error| map_store_error(error, &folder))
        };
        self.core.pool.try_run(work).await
    }

    /// Makes all `changes` of the properties of `path`. Returns false, and makes none, if it would have too many.
    ///
    /// # Errors
    /// `Denied` (write and delete, as for replacing the file); `NotFound`; `Locked`.
    pub async fn change(&self, access: &Access, path: &VPath, changes: Vec<PropertyChange>) -> Result<bool> {
        let (access, path) = (access.clone(), path.clone());
        let work = move || {
            let at = NameInVolume::for_change(&access, &path, Operation::Overwrite)?;
            if matches!(resolve::find(&access, &path)?, Resolved::Absent) {
                return Err(resolve::absence(&access, &path));
            }
            let locks = &at.volume.storage.state.lock_table;
            locks.check(&at.below, ChangeScope::Content, access.owner(), access.lock_tokens())?;
            let Some(table) = properties_of(&at.volume.storage) else { return Err(EngineError::NotFound(path)) };
            table.change(&at.below, changes).map_err(|error| map_store_error(error, &path))
        };
        self.core.pool.try_run(work).await
    }
}

/// Whether any volume has properties.
fn are_used(access: &Access) -> bool {
    let volumes = &access.snapshot().tree.volumes;
    volumes.iter().any(|volume| properties_of(&volume.storage).is_some_and(|table| !table.is_unused()))
}
