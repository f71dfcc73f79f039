//! Which entries a listing of one folder includes, and how its rows are made.

use super::children::Via;
use super::contents::{Entry, ListOptions, Listing};
use super::omitted::Omitted;
use super::tags::EntryTags;
use crate::access::Access;
use crate::files::key::file_key;
use crate::volumes::resolve::Located;
use model::volume::VolumeFlags;
use model::{FileKeys, FileName, Operation, Perm, VPath, Verdict};
use store::disk::{Folder, Kind, Meta};

/// Makes the rows of one folder.
pub(super) struct EntryMaker<'a> {
    access: &'a Access,
    path: VPath,
    secret: &'a [u8; 32],
    /// Of the volume, where the account may learn the keys of files.
    key_flags: Option<VolumeFlags>,
    /// Whether dotfiles are rows.
    dotfiles: bool,
    omitted: Omitted<'a>,
    is_on_disk: bool,
    /// Whether the account may archive files here.
    readable_here: bool,
}

impl<'a> EntryMaker<'a> {
    pub(super) fn of(
        listing: &Listing,
        secret: &'a [u8; 32],
        access: &'a Access,
        located: Option<&'a Located<Folder>>,
        options: ListOptions,
    ) -> Self {
        let keyed = located.filter(|located| {
            located.keys == FileKeys::Required && located.verdict(Operation::LearnKey) == Verdict::Allow
        });
        let flags = || access.volume_path(&listing.path).map(|at| at.volume.config.flags.clone());
        let dotfiles = options.unlisted || (options.dotfiles && listing.rights.has(Perm::Dot));
        let omitted = located.filter(|_| !options.unlisted).map(|located| Omitted::in_folder(located, dotfiles));
        Self {
            access,
            path: listing.path.clone(),
            secret,
            key_flags: keyed.and_then(|_| flags()),
            dotfiles,
            omitted: omitted.unwrap_or_default(),
            is_on_disk: located.is_some(),
            readable_here: located.is_some_and(|located| located.verdict(Operation::Archive) == Verdict::Allow),
        }
    }

    /// Whether an entry is listed.
    pub(super) fn includes(&self, name: &FileName) -> bool {
        (!name.is_dotfile() || self.dotfiles) && !self.omitted.has(name)
    }

    /// Makes the row of an entry, without what an index knows of it.
    pub(super) fn entry(&self, name: FileName, meta: &Meta, via: &Via) -> Entry {
        let is_folder = meta.kind == Kind::Folder;
        let flags = self.key_flags.as_ref().filter(|_| !is_folder);
        let key = flags
            .map(|flags| file_key(self.secret, flags, &self.path.join(&name), meta.size, meta.ino).into_boxed_str());
        let mount_rights = match via {
            Via::Tree(Some(volume)) if !self.is_on_disk => Some(self.access.rights_in_whole(volume)),
            _ => None,
        };
        Entry {
            size: if is_folder { 0 } else { meta.size },
            files_below: None,
            modified: meta.mtime(),
            mount_rights,
            archivable: is_folder && self.is_archivable(&name, via),
            picture: None,
            key,
            tags: EntryTags::default(),
            name,
        }
    }

    /// Whether a child folder contains anything that the account may archive. A symlink is only listed if the account may
    /// read its target, too.
    fn is_archivable(&self, name: &FileName, via: &Via) -> bool {
        let readable = |folder: &VPath| self.access.verdict(folder, Operation::Archive) == Verdict::Allow;
        match via {
            Via::Handle | Via::Link => self.readable_here,
            Via::Tree(Some(volume)) => readable(&volume.config.mount),
            Via::Tree(None) => {
                let below = self.path.join(name);
                self.access.snapshot().tree.below(&below).any(|volume| readable(&volume.config.mount))
            }
            Via::Scope => readable(&self.path.join(name)),
        }
    }
}
