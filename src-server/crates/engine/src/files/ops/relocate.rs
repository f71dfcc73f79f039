//! Moving and copying: the checks, and the final step that gives the new name.

use super::duplicate::{self, CopyReason, Source};
use super::entry_ref::EntryRef;
use super::remove::remove_tree;
use super::{IfExists, Relocation};
use crate::access::Access;
use crate::core::Core;
use crate::error::{EngineError, Result};
use crate::uploads::KnownFile;
use crate::uploads::creation::Creation;
use crate::uploads::{mask_special_name, relative};
use crate::volumes::resolve::{self, Located, foreign_paths};
use crate::volumes::store_errors::map_store_error;
use crate::volumes::tree::MountedVolume;
use model::{FileName, Operation, VPath, Verdict};
use std::sync::Arc;
use store::disk::{Folder, Kind, Meta, Node, OnExisting, OpenFile, RealPath, ReplacedFile, reserved};
use store::ledger::FolderMove;
use store::{ErrorKind, StoreError};

impl Relocation {
    /// A folder must not move into itself. Symlinks may still lead there: see [`check_target`].
    fn check(&self) -> Result<()> {
        let Self { from, to, .. } = self;
        if to != from && to.is_within(from) { Err(EngineError::IntoItself) } else { Ok(()) }
    }
}

pub(super) fn move_to(core: &Arc<Core>, access: &Access, relocation: &Relocation) -> Result<()> {
    relocation.check()?;
    let (from, to, if_exists, condition) =
        (&relocation.from, &relocation.to, relocation.if_exists, &relocation.condition);
    let (source, _) = EntryRef::existing(access, from, Operation::MoveFrom)?;
    condition.check(access, from)?;
    let target = EntryRef::for_creation(access, to)?;
    let mut creation = Creation::within(core, access, &target.parent);
    let target = choose_free_name(&creation, target, &source.canonical(), if_exists)?;
    let _locks = source.lock_both(&target)?;
    let Some(meta) = source.stat()?.filter(|meta| meta.kind != Kind::Other) else {
        return Err(resolve::absence(access, from));
    };
    condition.check(access, from)?;
    if meta.kind == Kind::Folder
        && foreign_paths(access, &source.parent.volume).iter().any(|kept| kept.is_within(&source.below()))
    {
        return Err(EngineError::BadRequest(
            "That folder holds other shared folders and cannot move as a whole; move what is in it instead.".into(),
        ));
    }
    let is_itself = check_target(access, &target, &source.canonical(), meta.kind, if_exists)?
        || is_one_entry(&source, &target, &meta).map_err(|error| map_store_error(error, to))?;
    let whole = source.parent.node.open(&VPath::root().join(&source.name));
    let is_within = Arc::ptr_eq(&source.parent.volume.storage, &target.parent.volume.storage);
    // Files from another volume are new in this one.
    if !is_within {
        match &whole {
            Ok(Node::Folder(folder, _)) => duplicate::admit_tree(&mut creation, folder, &target.below(), 0)?,
            _ => {
                let replaced = target.stat()?.filter(|other| !is_itself && other.kind == Kind::File);
                creation.admit(&target.below(), meta.size, replaced.map(|other| other.size))?;
                creation.made(&target.below(), &meta);
            }
        }
    }
    // If the move changes names in the tree, the tree is copied.
    let is_renamed =
        matches!(&whole, Ok(Node::Folder(folder, _)) if creation.masks_names() && contains_display_files(folder, 0));
    // Symlinks to the replaced entry get files of their own, which may be below the moved entry; symlinks to the moved
    // entry do too, which may be below the replaced one. After both passes no symlink elsewhere leads to either.
    target.keep_links()?;
    source.keep_links()?;
    source.materialize_links(!is_within)?;
    target.keep_links()?;
    // Each may have been a symlink to the other, and has become a file of its own.
    let Some(meta) = source.stat()? else { return Err(resolve::absence(access, from)) };
    let other = target.stat()?.filter(|_| !is_itself);
    let known = source.known();
    if meta.kind == Kind::Link
        && let Some(other) = &other
        && is_symlink_to(&source, &target, other)?
    {
        // The symlink is a second name of the target, as a hard link would be: it is removed, and the file stays.
        let removed = source.parent.node.remove_file(&source.name).and_then(|()| source.parent.node.sync());
        removed.map_err(|error| map_store_error(error, from))?;
        source.forget_removed(meta.kind, known);
        return Ok(());
    }
    let uploads = &source.parent.volume.storage.uploads;
    let moving = (meta.kind == Kind::Folder && is_within && !is_renamed).then(|| FolderMove {
        from: source.below(),
        to: target.below(),
        ino: meta.ino,
    });
    moving.iter().for_each(|folder| uploads.begin_move(folder));
    let named = match is_renamed {
        false => rename_into_place(&source, &target, &meta, other, if_exists, is_itself),
        true => Err(StoreError::with_kind(ErrorKind::CrossDevice, "rename", to.display(), "names change on the way")),
    };
    if let (Err(_), Some(folder)) = (&named, &moving) {
        uploads.cancel_move(&folder.from);
    }
    let crossed = match named {
        Err(error) if error.kind() == ErrorKind::CrossDevice => true,
        done => done.map(|()| false).map_err(|error| map_store_error(error, to))?,
    };
    if !crossed {
        update_ledgers(&source, &target, meta.kind, known);
        creation.end();
        return Ok(());
    }
    let contents = Source::of_name(&source.parent.node, &source.name, from)?;
    let hidden = hidden_copy(access, contents, &target, (&mut creation, CopyReason::Move))?;
    let replaced = place_copy(&target, hidden, if_exists)?;
    // Hides the source in one step, before its parts are removed.
    let gone = match rename_to_hidden(&source.parent, &source.name) {
        Ok(name) => HiddenEntry { name, kind: meta.kind },
        Err(error) => {
            replaced.undo(&target);
            return Err(map_store_error(error, from));
        }
    };
    replaced.remove(&target);
    gone.remove(&source);
    source.forget_removed(meta.kind, known);
    target.forget();
    creation.end();
    Ok(())
}

/// Renames an entry to a hidden name, and returns that name.
fn rename_to_hidden(above: &Located<Folder>, name: &FileName) -> std::result::Result<FileName, StoreError> {
    let (hidden, unused) = (hidden_in(above), hidden_in(above));
    above.node.rename_durably(name, &above.node, &hidden, OnExisting::Fail, &unused).map(|()| hidden)
}

/// Whether both describe the same file or folder. False on platforms without inode numbers (0).
fn is_one_file(one: &Meta, other: &Meta) -> bool {
    one.ino != 0 && one.kind == other.kind && one.id() == other.id()
}

/// Whether source and target are the same entry of the same folder: reached by two paths, or spelled differently where
/// the file system treats both as one name (case, Unicode normal form). Unlike a second hard link, it is gone once it
/// is removed.
fn is_one_entry(source: &EntryRef, target: &EntryRef, meta: &Meta) -> std::result::Result<bool, StoreError> {
    let (from, to) = (&source.parent.node, &target.parent.node);
    let Some(other) = to.stat(&target.name)?.filter(|other| is_one_file(meta, other)) else { return Ok(false) };
    if from.meta()?.id() != to.meta()?.id() {
        // A folder has one name only; what shows it at a second place is a mount, and nothing can be exchanged.
        return Ok(other.kind == Kind::Folder);
    }
    Ok(source.name == target.name || !to.entries()?.iter().any(|entry| entry.name == target.name))
}

/// Whether a symlink at the source leads to the file at the target: replacing the file by the symlink would lose it and
/// leave a symlink to itself.
///
/// # Errors
/// `IntoItself`, if the symlink leads into a folder at the target.
fn is_symlink_to(source: &EntryRef, target: &EntryRef, other: &Meta) -> Result<bool> {
    let real = source.parent.node.real_target(&VPath::root().join(&source.name));
    // A dangling symlink has nothing to lose.
    let Ok(real) = real else { return Ok(false) };
    let goal = target.parent.node.real_path().join(&target.name);
    // Two paths may lead to one folder: case folding, mounts.
    let is_it = |path: &RealPath| {
        let same = || match path.open() {
            Ok(Node::File(OpenFile { meta, .. }) | Node::Folder(_, meta)) => is_one_file(&meta, other),
            Err(_) => false,
        };
        *path == goal || same()
    };
    if is_it(&real) {
        return Ok(true);
    }
    let is_inside =
        other.kind == Kind::Folder && std::iter::successors(real.parent(), RealPath::parent).any(|at| is_it(&at));
    if is_inside { Err(EngineError::IntoItself) } else { Ok(false) }
}

/// The final step of a move within a file system. Blocks.
fn rename_into_place(
    source: &EntryRef,
    target: &EntryRef,
    meta: &Meta,
    other: Option<Meta>,
    if_exists: IfExists,
    is_itself: bool,
) -> std::result::Result<(), StoreError> {
    let (from, to) = (&source.parent.node, &target.parent.node);
    match other {
        // Two hard links of one file: rename(2) would do nothing.
        Some(other) if meta.kind == Kind::File && is_one_file(meta, &other) => {
            from.remove_file(&source.name)?;
            from.sync()
        }
        // A rename replaces only a file by a file.
        Some(other) if other.kind == Kind::Folder || meta.kind == Kind::Folder => exchange(source, target, meta),
        // The text of a symlink is relative to its folder.
        _ if meta.kind == Kind::Link && !is_itself => move_link(source, target, if_exists),
        // The store tells reliably whether these are two files; a comparison of names does not.
        _ => {
            let on_existing = if is_itself { OnExisting::Fail } else { on_existing(if_exists) };
            from.rename_durably(&source.name, to, &target.name, on_existing, &hidden_in(&target.parent))
        }
    }
}

/// Replaces a folder by anything, or anything by a folder: exchanges the two and removes the replaced one. The moved
/// entry waits in a hidden folder meanwhile, so that after a crash the names are not left exchanged, where a second
/// attempt would remove the moved entry.
fn exchange(source: &EntryRef, target: &EntryRef, meta: &Meta) -> std::result::Result<(), StoreError> {
    let (from, to) = (&source.parent.node, &target.parent.node);
    let way = source.parent.volume.storage.uploads.hidden_folder_name(meta.ino);
    from.make_folder(&way, 0o700)?;
    let tidy = || HiddenEntry { name: way.clone(), kind: Kind::Folder }.remove(source);
    let unused = hidden_in(&source.parent);
    let inside = from.folder(&VPath::root().join(&way)).and_then(|inside| {
        from.rename_durably(&source.name, &inside, &source.name, OnExisting::Fail, &unused).map(|()| inside)
    });
    let inside = inside.inspect_err(|_| tidy())?;
    let exchanged = inside.exchange_durably(&source.name, to, &target.name);
    if let Err(error) = exchanged {
        let back = inside.rename_durably(&source.name, from, &source.name, OnExisting::Fail, &unused);
        // Otherwise the next start cleans up.
        back.inspect_err(|_| from.mark_leftover())?;
        tidy();
        return Err(error);
    }
    tidy();
    Ok(())
}

/// Returns a new hidden name for use in a folder.
fn hidden_in(above: &Located<Folder>) -> FileName {
    above.volume.storage.uploads.hidden_name()
}

/// Moves a symlink and keeps its target: the new one is created before the old one is removed.
fn move_link(source: &EntryRef, target: &EntryRef, if_exists: IfExists) -> std::result::Result<(), StoreError> {
    let (from, to) = (&source.parent.node, &target.parent.node);
    let inside = || {
        let same = Arc::ptr_eq(&source.parent.volume.storage, &target.parent.volume.storage);
        let root = source.parent.volume.storage.root().filter(|_| same)?;
        root.locate(&root.real_target(&source.below()).ok()?)
    };
    // A symlink that leads out of the volume, or is dangling, moves unchanged.
    let Some(file) = inside() else {
        return from.rename_durably(&source.name, to, &target.name, on_existing(if_exists), &hidden_in(&target.parent));
    };
    let (hidden, aside) = (hidden_in(&target.parent), hidden_in(&target.parent));
    to.symlink(&relative(&target.parent.below, &file), &hidden)?;
    let replaced = to
        .rename_undoable(&hidden, to, &target.name, on_existing(if_exists), &aside)
        .inspect_err(|_| drop(to.remove_file(&hidden)))?;
    match rename_to_hidden(&source.parent, &source.name) {
        Ok(name) => {
            to.discard_replaced(replaced);
            HiddenEntry { name, kind: Kind::Link }.remove(source);
            Ok(())
        }
        Err(error) => {
            if let Err(error) = to.undo_create(&target.name, replaced) {
                tracing::error!(%error, "a symlink could not be moved and exists at both places");
            }
            Err(error)
        }
    }
}

/// Updates the ledgers after a rename: rows move along, or are removed. `known`: the row of a file, read before.
fn update_ledgers(source: &EntryRef, target: &EntryRef, kind: Kind, known: KnownFile) {
    if Arc::ptr_eq(&source.parent.volume.storage, &target.parent.volume.storage) {
        target.forget();
        let uploads = &source.parent.volume.storage.uploads;
        let told = match known {
            KnownFile::Row(row) if kind != Kind::Folder => uploads.move_row(*row, &target.below()),
            KnownFile::Nothing if kind != Kind::Folder => Ok(()),
            KnownFile::Row(_) | KnownFile::Nothing | KnownFile::Unreadable => {
                uploads.record_move(&source.below(), &target.below())
            }
        };
        if let Err(error) = told {
            tracing::warn!(%error, "the ledger still has the old name of a moved file");
        }
    } else {
        source.forget_removed(kind, known);
        target.forget();
        if kind == Kind::Folder
            && let Ok(folder) = target.parent.node.folder(&VPath::root().join(&target.name))
        {
            // Unfinished uploads cannot continue in another volume.
            remove_partials(&folder, 0);
        }
    }
}

fn remove_partials(folder: &Folder, depth: usize) {
    for entry in folder.entries().unwrap_or_default() {
        if entry.meta.kind == Kind::File && reserved::is_partial(entry.name.as_bytes()) {
            if let Err(error) = folder.remove_file(&entry.name) {
                tracing::warn!(%error, "the partial file of an upload could not be removed");
            }
        } else if entry.meta.kind == Kind::Folder
            && depth < model::vpath::DEPTH_MAX
            && let Ok(below) = folder.folder(&VPath::root().join(&entry.name))
        {
            remove_partials(&below, depth + 1);
        }
    }
}

/// How often a file that changes during its copy is copied again; the last copy is the file as it was when opened.
const COPIES: u32 = 4;

pub(super) fn copy_to(core: &Arc<Core>, access: &Access, relocation: &Relocation) -> Result<()> {
    relocation.check()?;
    let from = &relocation.from;
    for left in (0..COPIES).rev() {
        let located = resolve::resolve(access, from, Operation::CopyFrom)?;
        // The opened file is what is copied, whichever file has the name by then.
        relocation.condition.check_located(&located, from)?;
        if copy(core, access, located, relocation, left == 0)? {
            break;
        }
    }
    Ok(())
}

/// Copies an opened source. Returns false if the source has changed before the copy got its name, unless it
/// `may_change`.
fn copy(
    core: &Arc<Core>,
    access: &Access,
    located: Located,
    Relocation { from, to, if_exists, .. }: &Relocation,
    may_change: bool,
) -> Result<bool> {
    let if_exists = *if_exists;
    let kind = if matches!(located.node, Node::Folder(..)) { Kind::Folder } else { Kind::File };
    let source = located.canonical();
    let target = EntryRef::for_creation(access, to)?;
    let mut creation = Creation::within(core, access, &target.parent);
    let target = choose_free_name(&creation, target, &source, if_exists)?;
    // Checked before the work, and again when the name is given.
    let check = |target: &EntryRef| -> Result<()> {
        let is_itself = check_target(access, target, &source, kind, if_exists)?;
        if is_itself && target.stat()?.is_some() { Err(EngineError::Exists(to.clone())) } else { Ok(()) }
    };
    check(&target)?;
    let origin = CopySource::of(&located);
    let hidden = hidden_copy(access, Source::of_located(located, from), &target, (&mut creation, CopyReason::Copy))?;
    let locked = target.lock_with_source(&origin.volume, &origin.below).and_then(|lock| check(&target).map(|()| lock));
    let _locks = locked.inspect_err(|_| hidden.remove(&target))?;
    if !may_change && origin.has_changed() {
        hidden.remove(&target);
        return Ok(false);
    }
    target.keep_links().inspect_err(|_| hidden.remove(&target))?;
    place_copy(&target, hidden, if_exists)?.remove(&target);
    target.forget();
    creation.end();
    Ok(true)
}

/// The source of a copy, as it was when opened.
struct CopySource {
    volume: Arc<MountedVolume>,
    below: VPath,
    /// `None`: a folder, whose files are copied one after the other.
    meta: Option<Meta>,
}

impl CopySource {
    fn of(located: &Located) -> Self {
        let meta = match &located.node {
            Node::File(file) => Some(file.meta),
            Node::Folder(..) => None,
        };
        Self { volume: located.volume.clone(), below: located.below.clone(), meta }
    }

    /// Whether the name has another file by now, or the file was modified. If not, the copy equals the source at this
    /// moment: concurrent changes appear in sequence.
    fn has_changed(&self) -> bool {
        let Some(before) = &self.meta else { return false };
        let now = match self.volume.storage.root().map(|root| root.open(&self.below)) {
            Some(Ok(Node::File(file))) => file.meta,
            _ => return true,
        };
        (now.id(), now.size, now.mtime_ns) != (before.id(), before.size, before.mtime_ns)
    }
}

/// Chooses another name, as for uploads, if the name is taken and the account may neither learn that nor replace the
/// file.
fn choose_free_name(
    creation: &Creation<'_>,
    mut target: EntryRef,
    source: &VPath,
    if_exists: IfExists,
) -> Result<EntryRef> {
    let may_replace = if_exists == IfExists::Replace && target.parent.verdict(Operation::Overwrite) == Verdict::Allow;
    if !may_replace && !target.may_learn_names() && target.canonical() != *source && target.stat()?.is_some() {
        target.name = creation.other_name(&target.name);
    }
    Ok(target)
}

/// Whether a file below the folder has a name that changes how folders are shown.
fn contains_display_files(folder: &Folder, depth: usize) -> bool {
    folder.entries().unwrap_or_default().into_iter().any(|entry| match entry.meta.kind {
        Kind::Folder => {
            let inner = folder.folder(&VPath::root().join(&entry.name));
            depth < model::vpath::DEPTH_MAX && inner.is_ok_and(|inner| contains_display_files(&inner, depth + 1))
        }
        _ => mask_special_name(entry.name.clone()) != entry.name,
    })
}

/// Checks a target name. Returns whether it is the source's own name in another case, on a file system that folds case.
fn check_target(access: &Access, target: &EntryRef, source: &VPath, kind: Kind, if_exists: IfExists) -> Result<bool> {
    let goal = target.canonical();
    if goal == *source {
        return Err(EngineError::Exists(target.path.clone()));
    }
    let folds = target.parent.volume.storage.folds_case();
    if folds && resolve::is_within_folded(&goal, source) && resolve::is_within_folded(source, &goal) {
        return Ok(true);
    }
    let is_within =
        |path: &VPath, other: &VPath| path.is_within(other) || folds && resolve::is_within_folded(path, other);
    if kind == Kind::Folder && is_within(&goal, source) {
        return Err(EngineError::IntoItself);
    }
    let Some(other) = target.stat()? else { return Ok(false) };
    check_replace(access, target, &other, if_exists)?;
    if is_within(source, &goal) {
        // The replaced folder contains the source.
        return Err(EngineError::IntoItself);
    }
    Ok(false)
}

/// Checks whether the entry at the target may be replaced.
fn check_replace(access: &Access, target: &EntryRef, other: &Meta, if_exists: IfExists) -> Result<()> {
    if if_exists == IfExists::Refuse {
        return Err(EngineError::Exists(target.path.clone()));
    }
    if target.parent.verdict(Operation::Overwrite) != Verdict::Allow {
        return Err(EngineError::denied(&target.path, "delete"));
    }
    let keep = foreign_paths(access, &target.parent.volume);
    if other.kind == Kind::Folder && keep.iter().any(|kept| kept.is_within(&target.below())) {
        return Err(EngineError::Exists(target.path.clone()));
    }
    Ok(())
}

fn on_existing(if_exists: IfExists) -> OnExisting {
    match if_exists {
        IfExists::Refuse => OnExisting::Fail,
        IfExists::Replace => OnExisting::Replace,
    }
}

/// An entry with a hidden name: a completed and synced copy, or an entry to be removed.
struct HiddenEntry {
    name: FileName,
    kind: Kind,
}

impl HiddenEntry {
    /// Removes the entry from the folder of `entry`.
    fn remove(&self, entry: &EntryRef) {
        if let Err(error) = remove_tree(&entry.parent.node, &self.name, self.kind) {
            tracing::warn!(%error, "a hidden file could not be removed; the next start removes it");
        }
    }
}

/// The entry that a copy has replaced.
enum Replaced {
    /// Replaced by a rename: the old file, if there was one, and the copy with the hidden name it had.
    ByRename(ReplacedFile, HiddenEntry),
    /// Replaced by an exchange: a folder, or the entry that a folder has replaced; it has the hidden name.
    ByExchange(HiddenEntry),
}

impl Replaced {
    /// Removes the replaced entry; the copy stays.
    fn remove(self, target: &EntryRef) {
        match self {
            Self::ByRename(replaced, _) => target.parent.node.discard_replaced(replaced),
            Self::ByExchange(old) => old.remove(target),
        }
    }

    /// Restores the replaced entry and removes the copy.
    fn undo(self, target: &EntryRef) {
        let above = &target.parent.node;
        let done = match self {
            Self::ByRename(replaced, copy) => {
                above.undo_rename(&target.name, replaced, above, &copy.name).and_then(|()| above.sync()).map(|()| copy)
            }
            Self::ByExchange(HiddenEntry { name, .. }) => {
                above.exchange_durably(&name, above, &target.name).and_then(|()| {
                    let kind = above.stat(&name)?.map_or(Kind::Folder, |meta| meta.kind);
                    Ok(HiddenEntry { name, kind })
                })
            }
        };
        match done {
            Ok(copy) => copy.remove(target),
            Err(error) => tracing::error!(%error, "a folder could not be moved completely and exists at both places"),
        }
    }
}

/// Copies the source to a hidden name in the target's folder. Cleans up after a failure.
fn hidden_copy(
    access: &Access,
    source: Source,
    target: &EntryRef,
    (creation, reason): (&mut Creation<'_>, CopyReason),
) -> Result<HiddenEntry> {
    let name = target.parent.volume.storage.uploads.hidden_name();
    let (kind, done) = duplicate::copy(access, source, target, &name, creation, reason);
    let hidden = HiddenEntry { name, kind };
    done.inspect_err(|_| hidden.remove(target))?;
    Ok(hidden)
}

/// Gives a copy its name, in one step. The caller holds the lock of the name.
fn place_copy(target: &EntryRef, hidden: HiddenEntry, if_exists: IfExists) -> Result<Replaced> {
    let above = &target.parent.node;
    let replaced = match if_exists {
        IfExists::Replace => target.stat()?.filter(|other| other.kind == Kind::Folder || hidden.kind == Kind::Folder),
        IfExists::Refuse => None,
    };
    let named = match replaced {
        Some(_) => above.exchange_durably(&hidden.name, above, &target.name).map(|()| ReplacedFile::Nothing),
        None => {
            let aside = hidden_in(&target.parent);
            above.rename_undoable(&hidden.name, above, &target.name, on_existing(if_exists), &aside)
        }
    };
    match (named, replaced) {
        (Err(error), _) => {
            hidden.remove(target);
            Err(map_store_error(error, &target.path))
        }
        (Ok(_), Some(old)) => Ok(Replaced::ByExchange(HiddenEntry { kind: old.kind, ..hidden })),
        (Ok(replaced), None) => Ok(Replaced::ByRename(replaced, hidden)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta(kind: Kind, ino: u64) -> Meta {
        Meta { kind, size: 1, mtime_ns: 0, dev: 0, ino, links: 1, mode: 0o644 }
    }

    #[test]
    fn files_without_inode_numbers_are_never_taken_for_one() {
        assert!(!is_one_file(&meta(Kind::File, 0), &meta(Kind::File, 0)));
        assert!(!is_one_file(&meta(Kind::Folder, 0), &meta(Kind::Folder, 0)));
        assert!(!is_one_file(&meta(Kind::File, 7), &meta(Kind::File, 8)));
        assert!(!is_one_file(&meta(Kind::File, 7), &meta(Kind::Link, 7)));
        assert!(is_one_file(&meta(Kind::File, 7), &meta(Kind::File, 7)));
    }
}
