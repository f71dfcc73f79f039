//! The folder that receives an upload.

use super::numbered::OtherNames;
use super::volume::{VolumeUploads, uploads_of};
use model::{FileName, Perm, VPath};
use std::sync::Arc;
use store::disk::{Folder, Meta};
use vfs::access::Access;
use vfs::error::Result;
use vfs::volumes::resolve;
use vfs::volumes::store_errors::map_store_error;
use vfs::volumes::tree::MountedVolume;

/// The folder that receives an upload.
#[derive(Clone)]
pub(super) struct Target {
    /// The volume that contains the folder.
    pub volume: Arc<MountedVolume>,
    /// The folder relative to the volume's top folder, with symlinks resolved.
    pub below: VPath,
    /// Open handle; `None` only where nothing is written (`-nw`) and the folder does not exist.
    pub folder: Option<Folder>,
    /// The path shown to the account, if the real one would reveal which names exist.
    pub shown: Option<VPath>,
}

impl Target {
    pub fn uploads(&self) -> &VolumeUploads {
        uploads_of(&self.volume.storage)
    }
    /// Returns the path of the folder with symlinks resolved.
    pub fn canonical(&self) -> VPath {
        self.volume.config.mount.append(&self.below)
    }
    /// Returns the path of the folder as the account may know it.
    pub fn shown(&self) -> VPath {
        self.shown.clone().unwrap_or_else(|| self.canonical())
    }
    /// Returns the metadata of a name in the folder, of the link itself for symlinks.
    pub fn stat(&self, name: &FileName) -> Result<Option<Meta>> {
        match &self.folder {
            Some(folder) => folder.stat(name).map_err(|error| map_store_error(error, &self.canonical().join(name))),
            None => Ok(None),
        }
    }
    /// Returns whether the account may read the folder: only then may a reply depend on existing files.
    pub fn can_read(&self, access: &Access) -> bool {
        access.rights_inside(&self.volume, &self.below).has(Perm::Read)
    }
    /// Returns the kind of name that a file gets if its name is taken.
    pub fn other_names(&self, access: &Access) -> OtherNames {
        if self.can_read(access) { OtherNames::Numbered } else { OtherNames::Marked }
    }
    /// Returns whether the account may learn that a name is taken. See [`may_learn_names`].
    pub fn may_learn_names(&self, access: &Access) -> bool {
        may_learn_names(access, &self.volume, &self.below)
    }
}

/// Returns whether a reply may reveal which names are taken at a path in a volume: to accounts that may list or fetch
/// the files there, and could find out anyway. To all others every name seems free, whatever the file is called on
/// disk.
pub(super) fn may_learn_names(access: &Access, volume: &MountedVolume, below: &VPath) -> bool {
    resolve::may_learn_names(access.rights_inside(volume, below))
}
