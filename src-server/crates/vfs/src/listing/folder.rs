//! Lists one folder in one call.

use super::children::{Dots, visit};
use super::contents::{Entry, ListOptions, Listing};
use super::entries::EntryMaker;
use super::rows::{ROWS_UNCOUNTED, RowsReservation};
use super::tags::KnownTags;
use super::texts::Texts;
use crate::access::Access;
use crate::budget::Reservation;
use crate::core::Core;
use crate::error::{Conflict, EngineError, Result};
use crate::files::read::OpenedFolder;
use crate::volumes::resolve::{Located, Resolved, absence, find_folder};
use model::index_flags::IndexMode;
use model::{Operation, VPath, Verdict};
use store::disk::{Folder, Kind};

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
