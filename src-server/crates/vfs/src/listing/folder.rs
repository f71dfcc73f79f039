//! Lists one folder in one call.

use super::children::{Dots, visit};
use super::entries::EntryMaker;
use super::order::NameOrder;
use super::rows::{ROWS_UNCOUNTED, RowsReservation};
use super::tags::{EntryTags, KnownTags, TagColumn};
use super::texts::Texts;
use crate::access::Access;
use crate::budget::Reservation;
use crate::core::Core;
use crate::error::{Conflict, EngineError, Result};
use crate::files::read::OpenedFolder;
use crate::volumes::extension::Picture;
use crate::volumes::resolve::{Located, Resolved, absence, find_folder};
use model::index_flags::IndexMode;
use model::{Bytes, FileName, Operation, PermSet, UnixMillis, VPath, Verdict};
use std::sync::Arc;
use store::disk::{Folder, Kind};

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
    pub preadme: Option<String>,
    /// The readme below the list; see `preadme`.
    pub readme: Option<String>,
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
        if !options.without_texts && !access.snapshot().settings.behaviour.hide_disk {
            self.space = located.node.free_space().ok().map(|space| (space.free, space.total));
        }
    }
}

/// Opens a folder to be listed: its handle, if entries on disk are visible, and whether they may be listed (`Allow`), or
/// only volumes below it (`ContentsHidden`). Blocks.
///
/// # Errors
/// `NotFound`, `Denied`, `NotAFolder`, `Unavailable`.
pub(super) fn open_listed(access: &Access, path: &VPath) -> Result<(Option<Located<Folder>>, Verdict)> {
    match find_folder(access, path)? {
        Resolved::OnDisk(located) => as_listed(access, path, Some(as_folder(access, path, located)?)),
        Resolved::VirtualFolder => as_listed(access, path, None),
        Resolved::Absent => Err(absence(access, path)),
    }
}

/// [`open_listed`] for an opened folder; `None`: only volumes below it are visible.
pub(super) fn as_listed(
    access: &Access,
    path: &VPath,
    folder: Option<Located<Folder>>,
) -> Result<(Option<Located<Folder>>, Verdict)> {
    let Some(folder) = folder else { return Ok((None, Verdict::Allow)) };
    match folder.verdict(Operation::List) {
        verdict @ (Verdict::Allow | Verdict::ContentsHidden) => Ok((Some(folder), verdict)),
        // Only other volumes below the folder are visible.
        _ if access.has_visible_below(path) => Ok((None, Verdict::Allow)),
        _ => Err(absence(access, path)),
    }
}

/// Lists a folder; `opened`: the folder, if it was found before.
pub(super) fn list(
    core: &Core,
    access: &Access,
    path: &VPath,
    opened: Option<OpenedFolder>,
    options: ListOptions,
) -> Result<Listing> {
    let (located, verdict) = match opened {
        Some(opened) => as_listed(access, path, opened.located)?,
        None => open_listed(access, path)?,
    };
    let mut reservation = core.listings.reservation(access.client().address);
    let mut listing = Listing::empty(access, path, located.as_ref(), verdict);
    fill(&mut listing, (&core.secret, &mut reservation), access, located.as_ref(), options)?;
    listing.reservation = (!reservation.is_empty()).then(|| RowsReservation::new(reservation));
    listing.fill_facts(access, located.as_ref(), options);
    Ok(listing)
}

fn fill(
    listing: &mut Listing,
    (secret, reservation): (&[u8; 32], &mut Reservation),
    access: &Access,
    located: Option<&Located<Folder>>,
    options: ListOptions,
) -> Result<()> {
    let path = listing.path.clone();
    let may_list = listing.verdict == Verdict::Allow;
    let maker = EntryMaker::of(listing, secret, access, located, options);
    let mut texts = Texts::default();
    let mut count = 0;
    let mut refusal = None;
    // Dotfiles are always visited: prologue and epilogue are among them.
    visit(access, &path, located, may_list, Dots::All, |name, meta, via| {
        texts.record(&name, &meta, &via, located);
        if refusal.is_some() || !maker.includes(&name) {
            return;
        }
        count += 1;
        if count % ROWS_UNCOUNTED == 0
            && let Err(error) = reservation.grow(ROWS_UNCOUNTED)
        {
            refusal = Some(error);
            return;
        }
        let entry = maker.entry(name, &meta, &via);
        if meta.kind == Kind::Folder { listing.folders.push(entry) } else { listing.files.push(entry) }
    })?;
    if let Some(error) = refusal {
        return Err(error);
    }
    if let Some(located) = located.filter(|_| may_list && !listing.folders.is_empty()) {
        fill_totals(&mut listing.folders, located);
    }
    if let Some(located) = located.filter(|_| may_list && !options.without_pictures && !listing.files.is_empty()) {
        fill_pictures(&mut listing.files, located);
    }
    if let Some(located) = located.filter(|_| may_list && !options.without_tags) {
        fill_tags(listing, located, reservation, count)?;
    }
    listing.order.sort(&mut listing.folders, |entry| entry.name.as_bytes());
    listing.order.sort(&mut listing.files, |entry| entry.name.as_bytes());
    if let Some(located) = located.filter(|_| may_list && !options.without_texts) {
        texts.read_into(listing, located);
    }
    Ok(())
}

/// Adds number and size of the files below folders, where an index knows them. Files that the account may not see count,
/// too.
fn fill_totals(folders: &mut [Entry], located: &Located<Folder>) {
    if located.volume.config.flags.index.hide_folder_sizes {
        return;
    }
    let totals = located.volume.storage.totals_in(&located.below);
    for entry in folders.iter_mut().filter(|entry| entry.mount_rights.is_none()) {
        if let Some(known) = totals.get(entry.name.as_bytes()) {
            entry.size = known.bytes;
            entry.files_below = Some(known.files);
        }
    }
}

/// Adds what is known of pictures that have not changed since.
fn fill_pictures(files: &mut [Entry], located: &Located<Folder>) {
    let mut pictures = located.volume.storage.pictures_in(&located.below);
    if pictures.is_empty() {
        return;
    }
    for entry in files {
        let known = pictures.remove(entry.name.as_bytes());
        let same = known.filter(|known| known.size == entry.size && known.modified == entry.modified);
        entry.picture = same.map(|known| Box::new(known.picture));
    }
}

/// Adds the tags of files, from an index. `rows`: the number of rows that `reservation` counts already.
fn fill_tags(
    listing: &mut Listing,
    located: &Located<Folder>,
    reservation: &mut Reservation,
    rows: usize,
) -> Result<()> {
    listing.has_index = located.volume.config.flags.index_mode() > IndexMode::Off;
    let Some(mut known) = KnownTags::of(located) else { return Ok(()) };
    listing.has_tags = true;
    listing.files.iter_mut().for_each(|entry| entry.tags = known.take(&entry.name));
    let (columns, more) = known.finish();
    listing.tags = columns;
    let steps = (rows % ROWS_UNCOUNTED + more) / ROWS_UNCOUNTED;
    if steps > 0 { reservation.grow(steps * ROWS_UNCOUNTED) } else { Ok(()) }
}

fn as_folder(access: &Access, path: &VPath, located: Located) -> Result<Located<Folder>> {
    match located.into_folder() {
        Some(folder) => Ok(folder),
        None if access.verdict(path, Operation::ConfirmMissing) == Verdict::Allow => {
            Err(EngineError::Conflict(Conflict::NotAFolder(path.clone())))
        }
        None => Err(absence(access, path)),
    }
}
