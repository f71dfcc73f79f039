//! Files that an operation creates in a folder: their admission to the volume, and the names that they may have.

use crate::access::Access;
use crate::core::Core;
use crate::error::Result;
use crate::files::service::Admission;
use crate::names::{Mark, mask_special_name};
use crate::volumes::resolve::Located;
use model::page_list_flags::PageListFlags;
use model::{FileName, Perm, VPath};
use store::disk::{Folder, Meta};

/// The new files of one operation in one volume. Dropped without [`NewFiles::complete`], it takes back what was counted
/// for them.
pub(super) struct NewFiles<'a> {
    core: &'a Core,
    access: &'a Access,
    /// Set if names of files that change how a folder looks are masked.
    masks_names: Option<PageListFlags>,
    admissions: Vec<Box<dyn Admission + 'a>>,
}

impl<'a> NewFiles<'a> {
    /// For files in `folder` and below it.
    pub fn within(core: &'a Core, access: &'a Access, folder: &Located<Folder>) -> Self {
        let volume = &folder.volume;
        let can_read = access.rights_inside(volume, &folder.below).has(Perm::Read);
        let flags = &volume.config.flags;
        let masks_names = (!flags.write_only_may_add_readme && !can_read).then(|| flags.page_lists.clone());
        Self { core, access, masks_names, admissions: core.admissions(access, folder) }
    }

    /// Checks whether a file of `size` bytes may be created, and counts it. `goal`: its future path in the volume;
    /// `replaced`: size of the file that it replaces, if any. Blocks.
    ///
    /// # Errors
    /// Those of [`Admission::admit`].
    pub fn admit(&mut self, goal: &VPath, size: u64, replaced: Option<u64>) -> Result<()> {
        self.admissions.iter_mut().try_for_each(|admission| admission.admit(goal, size, replaced))
    }

    /// Checks whether a file that was in the volume before may come back, and counts it. Blocks.
    ///
    /// # Errors
    /// Those of [`Admission::readmit`].
    pub fn readmit(&mut self, size: u64) -> Result<()> {
        self.admissions.iter_mut().try_for_each(|admission| admission.readmit(size))
    }

    /// Remembers a created file; `below`: its future path in the volume.
    pub fn created(&mut self, below: &VPath, meta: &Meta) {
        self.admissions.iter_mut().for_each(|admission| admission.created(below, meta));
    }

    /// Records the files once all of them are visible. Blocks.
    pub fn complete(self) {
        self.admissions.into_iter().for_each(Admission::complete);
    }

    /// Returns the name to use for a new file: accounts that may not read the folder cannot create files that change
    /// how it looks.
    pub fn name(&self, name: FileName) -> FileName {
        match &self.masks_names {
            Some(flags) => mask_special_name(name, flags),
            None => name,
        }
    }

    /// Returns another name for a file whose name is taken.
    pub fn other_name(&self, name: &FileName) -> FileName {
        let (address, plain) = (self.access.client().address, self.access.snapshot().settings.behaviour.plain_ip);
        Mark { secret: &self.core.secret, address, plain }.other(name)
    }

    /// Whether [`NewFiles::name`] changes some names.
    pub fn masks_names(&self) -> Option<&PageListFlags> {
        self.masks_names.as_ref()
    }
}
