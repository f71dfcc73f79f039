//! Lists one folder in one call.

use super::children::{Dots, Via, visit};
use super::omitted::Omitted;
use super::order::NameOrder;
use super::rows::{ROWS_UNCOUNTED, RowsReservation};
use super::start_of::start_of;
use super::tags::{EntryTags, KnownTags, TagColumn};
use crate::access::Access;
use crate::budget::Reservation;
use crate::core::Core;
use crate::error::{Conflict, EngineError, Result};
use crate::files::key::file_key;
use crate::files::read::OpenedFolder;
use crate::volumes::extension::Picture;
use crate::volumes::resolve::{Located, Resolved, absence, find_folder};
use model::index_flags::IndexMode;
use model::page_list_flags::PageListFlags;
use model::page_text_flags::PageTextFlags;
use model::{Bytes, FileKeys, FileName, Operation, Perm, PermSet, UnixMillis, VPath, Verdict};
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

/// A text that is shown around the listing: its name, and the position of that name in the flag.
type TextFile = Option<(usize, FileName)>;

/// The texts that are shown around the listing.
#[derive(Default)]
struct Texts {
    prologue: TextFile,
    epilogue: TextFile,
    preadme: TextFile,
    readme: TextFile,
}

impl Texts {
    fn record(&mut self, name: &FileName, flags: &PageListFlags) {
        let exact = |wanted: &String| wanted.as_bytes() == name.as_bytes();
        let in_any_case = |wanted: &String| wanted.as_bytes().eq_ignore_ascii_case(name.as_bytes());
        keep_best(&mut self.prologue, name, flags.prologues.iter().position(exact));
        keep_best(&mut self.epilogue, name, flags.epilogues.iter().position(exact));
        keep_best(&mut self.preadme, name, flags.preadmes.iter().position(in_any_case));
        keep_best(&mut self.readme, name, flags.readmes.iter().position(in_any_case));
    }

    /// Forgets the texts that the volume does not show.
    fn shown_by(self, flags: &PageTextFlags) -> Self {
        let logue = |file: TextFile| file.filter(|_| !flags.no_logues);
        let readme = |file: TextFile| file.filter(|_| !flags.no_readme);
        Self {
            prologue: logue(self.prologue),
            epilogue: logue(self.epilogue),
            preadme: readme(self.preadme),
            readme: readme(self.readme),
        }
    }
}

/// Keeps the file whose name comes first in the flag. Of those that differ by case only, upper case: README.md is preferred over
/// readme.md, in whichever order the disk lists them.
fn keep_best(known: &mut TextFile, name: &FileName, position: Option<usize>) {
    let Some(position) = position else { return };
    if known.as_ref().is_none_or(|(at, known)| (position, name) < (*at, known)) {
        *known = Some((position, name.clone()));
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
    let mut listing = Listing {
        path: path.clone(),
        verdict,
        rights: located.as_ref().map_or_else(|| access.rights_at(path), |located| located.rights),
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
    };
    fill(&mut listing, (&core.secret, &mut reservation), access, located.as_ref(), options)?;
    listing.reservation = (!reservation.is_empty()).then(|| RowsReservation::new(reservation));
    if let Some(located) = &located {
        let flags = &located.volume.config.flags;
        listing.lifetime_secs = flags.lifetime_secs;
        listing.random_names = flags.random_names;
        if !options.without_texts && !access.snapshot().settings.behaviour.hide_disk {
            listing.space = located.node.free_space().ok().map(|space| (space.free, space.total));
        }
    }
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
    let keyed = located
        .filter(|located| located.keys == FileKeys::Required && located.verdict(Operation::LearnKey) == Verdict::Allow);
    let key_flags = keyed.and_then(|_| access.volume_path(&path)).map(|at| at.volume.config.flags.clone());
    let shown = options.unlisted || (options.dotfiles && listing.rights.has(Perm::Dot));
    let readable_here = located.is_some_and(|located| located.verdict(Operation::Archive) == Verdict::Allow);
    // Dotfiles are always visited: prologue and epilogue are among them.
    let mut texts = Texts::default();
    let omitted =
        located.filter(|_| !options.unlisted).map(|located| Omitted::in_folder(located, shown)).unwrap_or_default();
    let flags = located.map(|located| &located.volume.config.flags.page_lists);
    let mut rows = 0;
    let mut refusal = None;
    visit(access, &path, located, may_list, Dots::All, |name, meta, via| {
        if let Some(flags) = flags.filter(|_| matches!(via, Via::Handle) && meta.kind == Kind::File) {
            texts.record(&name, flags);
        }
        if (name.is_dotfile() && !shown) || omitted.has(&name) || refusal.is_some() {
            return;
        }
        rows += 1;
        if rows % ROWS_UNCOUNTED == 0
            && let Err(error) = reservation.grow(ROWS_UNCOUNTED)
        {
            refusal = Some(error);
            return;
        }
        let mount_rights = match &via {
            Via::Tree(Some(volume)) if located.is_none() => Some(access.rights_in_whole(volume)),
            _ => None,
        };
        let is_folder = meta.kind == Kind::Folder;
        let key = key_flags
            .as_ref()
            .filter(|_| !is_folder)
            .map(|flags| file_key(secret, flags, &path.join(&name), meta.size, meta.ino).into_boxed_str());
        let size = if is_folder { 0 } else { meta.size };
        let archivable = is_folder && is_archivable(access, &path, &name, &via, readable_here);
        let entry = Entry {
            name,
            size,
            files_below: None,
            modified: meta.mtime(),
            mount_rights,
            archivable,
            picture: None,
            key,
            tags: EntryTags::default(),
        };
        if is_folder { listing.folders.push(entry) } else { listing.files.push(entry) }
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
        fill_tags(listing, located, reservation, rows)?;
    }
    listing.order.sort(&mut listing.folders, |entry| entry.name.as_bytes());
    listing.order.sort(&mut listing.files, |entry| entry.name.as_bytes());
    if let Some(located) = located.filter(|_| may_list && !options.without_texts) {
        let texts = texts.shown_by(&located.volume.config.flags.page_texts);
        let text = |file: TextFile| file.and_then(|(_, name)| text(&located.node, &name));
        listing.prologue = text(texts.prologue);
        listing.epilogue = text(texts.epilogue);
        listing.preadme = text(texts.preadme);
        listing.readme = text(texts.readme);
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

/// Whether a child folder of `path` contains anything that the account may archive. `readable_here`: it may archive
/// `path` itself; a symlink is only listed if that holds for its target, too.
fn is_archivable(access: &Access, path: &VPath, name: &FileName, via: &Via, readable_here: bool) -> bool {
    let readable = |folder: &VPath| access.verdict(folder, Operation::Archive) == Verdict::Allow;
    match via {
        Via::Handle | Via::Link => readable_here,
        Via::Tree(Some(volume)) => readable(&volume.config.mount),
        Via::Tree(None) => access.snapshot().tree.below(&path.join(name)).any(|volume| readable(&volume.config.mount)),
        Via::Scope => readable(&path.join(name)),
    }
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

/// Reads the beginning of a text; `None` if it cannot be read.
fn text(folder: &Folder, name: &FileName) -> Option<String> {
    start_of(folder, name).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
