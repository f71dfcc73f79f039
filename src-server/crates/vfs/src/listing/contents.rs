//! The contents of a folder as a value.

use super::order::NameOrder;
use super::rows::RowsReservation;
use super::tags::{EntryTags, TagColumn};
use crate::access::Access;
use crate::volumes::extension::Picture;
use crate::volumes::resolve::Located;
use model::{Bytes, FileName, Perm, PermSet, UnixMillis, VPath, Verdict};
use std::sync::Arc;
use store::disk::Folder;

/// Which entries to include.
#[derive(Clone, Copy, Debug, Default)]
pub struct ListOptions {
    /// Dotfiles too, if the account may see them.
    pub dotfiles: bool,
    /// Dotfiles even if the account may not see them: clients that know their names can fetch them. For previews.
    pub unlisted: bool,
    /// No tags of files: the listing will not show them.
    pub without_tags: bool,
    /// Nothing of what files show ([`Entry::picture`]).
    pub without_pictures: bool,
    /// No prologue, readme and their like, and no free space: only the entries are wanted.
    pub without_texts: bool,
}

/// Only names, sizes and times: for sums.
pub const SIZES_ONLY: ListOptions =
    ListOptions { dotfiles: false, unlisted: false, without_tags: true, without_pictures: true, without_texts: true };

/// One entry of a listing.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its name.
    pub name: FileName,
    /// Size in bytes. For a folder: of all files below it, or 0 if that is not known.
    pub size: u64,
    /// Number of files below a folder, if it is known.
    pub files_below: Option<u64>,
    /// Modification time.
    pub modified: UnixMillis,
    /// For a volume in a virtual folder: the account's rights there.
    pub mount_rights: Option<PermSet>,
    /// For a folder: whether it contains anything that the account may archive.
    pub archivable: bool,
    /// What a file shows, where it is known.
    pub picture: Option<Box<Picture>>,
    /// The key of a file, where files need keys and the account may learn them.
    pub key: Option<Box<str>>,
    /// The tags of a file.
    pub tags: EntryTags,
}

/// A text of a folder, and the name of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedText {
    /// Name of the file.
    pub name: FileName,
    /// What is in it.
    pub text: String,
}

/// The visible contents of a folder, folders and files each sorted by name in the order of the volume.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Path of the folder.
    pub path: VPath,
    /// `Allow`: everything is listed. `ContentsHidden`: the account may upload but not list; only volumes mounted below
    /// are listed.
    pub verdict: Verdict,
    /// The account's rights here.
    pub rights: PermSet,
    /// The order of names in this listing.
    pub order: NameOrder,
    /// Folders.
    pub folders: Vec<Entry>,
    /// Files.
    pub files: Vec<Entry>,
    /// The tags that the volume keeps, in the order in which they are shown; [`Entry::tags`] names them by position.
    pub tags: Arc<[TagColumn]>,
    /// Whether the volume has an index.
    pub has_index: bool,
    /// Whether it has tags in it.
    pub has_tags: bool,
    /// `.prologue.html` and `.epilogue.html`, or what the volume names instead; at most 64 KiB each.
    pub prologue: Option<String>,
    /// The epilogue; see `prologue`.
    pub epilogue: Option<String>,
    /// The folder's readmes above and below the list (`PREADME.md`, `README.md`, in any case), at most 64 KiB each.
    pub preadme: Option<NamedText>,
    /// The readme below the list; see `preadme`.
    pub readme: Option<NamedText>,
    /// Free and total bytes of the disk, unless the settings hide them.
    pub space: Option<(Bytes, Bytes)>,
    /// Seconds after which uploads here are deleted.
    pub lifetime_secs: Option<u64>,
    /// Whether uploads here get random names.
    pub random_names: bool,
    /// Counts the rows against the budget; keep it as long as the rows.
    pub reservation: Option<RowsReservation>,
}

impl Listing {
    pub(super) fn empty(access: &Access, path: &VPath, located: Option<&Located<Folder>>, verdict: Verdict) -> Self {
        Self {
            path: path.clone(),
            verdict,
            rights: located.map_or_else(|| access.rights_at(path), |located| located.rights),
            order: NameOrder::of(access, path),
            folders: Vec::new(),
            files: Vec::new(),
            tags: Arc::default(),
            has_index: false,
            has_tags: false,
            prologue: None,
            epilogue: None,
            preadme: None,
            readme: None,
            space: None,
            lifetime_secs: None,
            random_names: false,
            reservation: None,
        }
    }

    /// Adds what holds for the folder as a whole.
    pub(super) fn fill_facts(&mut self, access: &Access, located: Option<&Located<Folder>>, options: ListOptions) {
        let Some(located) = located else { return };
        let flags = &located.volume.config.flags;
        self.lifetime_secs = flags.lifetime_secs;
        self.random_names = flags.random_names;
        // Visitors of a link who add nothing need not know it.
        let may_know = access.link().is_none() || located.rights.has(Perm::Write);
        if may_know && !options.without_texts && !access.snapshot().settings.behaviour.hide_disk {
            self.space = located.node.free_space().ok().map(|space| (space.free, space.total));
        }
    }
}
