//! Moving and copying: the checks, and the final step that gives the new name.

use super::discard::{Exchanged, actor};
use super::duplicate::{self, CopyReason, Source};
use super::entry_ref::EntryRef;
use super::free_name::{IfExists, choose_free_name};
use super::mount_points;
use super::new_files::NewFiles;
use super::remove::remove_tree;
use crate::access::Access;
use crate::changes::Change;
use crate::core::Core;
use crate::error::{Conflict, EngineError, Result, Unfit};
use crate::files::condition::Condition;
use crate::files::link_text::relative;
use crate::names::mask_special_name;
use crate::volumes::lock_table::ChangeScope;
use crate::volumes::resolve::{self, Located, foreign_paths};
use crate::volumes::store_errors::map_store_error;
use crate::volumes::trash::entry_id::EntryId;
use crate::volumes::trash::version::KeptVersion;
use crate::volumes::tree::MountedVolume;
use model::page_list_flags::PageListFlags;
use model::{FileName, Operation, VPath, Verdict};
use std::sync::Arc;
use store::disk::{CopyWatch, Folder, Kind, Meta, Node, OnExisting, OpenFile, RealPath, ReplacedFile, reserved};
use store::{ErrorKind, StoreError};

/// A move or copy.
#[derive(Clone, Debug)]
pub struct Relocation {
    /// The source path.
    pub from: VPath,
    /// The new path of the source, or the path of the copy.
    pub to: VPath,
    /// What happens if something exists at `to`.
    pub if_exists: IfExists,
    /// Precondition on the source.
    pub condition: Condition,
}

impl Relocation {
    pub(super) fn without_condition(from: &VPath, to: &VPath, if_exists: IfExists) -> Self {
        Self { from: from.clone(), to: to.clone(), if_exists, condition: Condition::default() }
    }

    /// A folder must not move into itself. Symlinks may still lead there: see [`check_target`].
    fn check(&self) -> Result<()> {
        let Self { from, to, .. } = self;
        if to != from && to.is_within(from) { Err(EngineError::Conflict(Conflict::IntoItself)) } else { Ok(()) }
    }
}

/// What a move has done.
pub(super) struct Moved {
    /// The new path, in the tree of volumes.
    pub to: VPath,
    /// What it replaced is in this entry of the trash.
    pub replaced: Option<EntryId>,
}

/// What a copy has made.
pub(super) struct Copied {
    /// Its path, in the tree of volumes.
    pub to: VPath,
    /// What it replaced is in this entry of the trash.
    pub replaced: Option<EntryId>,
    /// What has its name now.
    pub meta: Option<Meta>,
}

pub(super) fn move_to(core: &Arc<Core>, access: &Access, relocation: &Relocation, watch: &CopyWatch) -> Result<Moved> {
    relocation.check()?;
    let Relocation { from, to, if_exists, condition } = relocation;
    let (source, _) = EntryRef::existing(access, from, Operation::MoveFrom)?;
    condition.check(access, from)?;
    let target = EntryRef::for_creation(access, to)?;
    let mut new_files = NewFiles::within(core, access, &target.parent);
    let kind = || Ok(source.stat()?.map_or(Kind::File, |meta| meta.kind));
    let target = choose_free_name(access, &new_files, target, (&source.canonical(), &kind), *if_exists)?;
    let _locks = source.lock_both(&target)?;
    let Some(meta) = source.stat()?.filter(|meta| meta.kind != Kind::Other) else {
        return Err(resolve::absence(access, from));
    };
    condition.check(access, from)?;
    source.check_unlocked(access, ChangeScope::Tree)?;
    target.check_unlocked(access, ChangeScope::Tree)?;
    check_holds_no_volume(access, &source, meta.kind)?;
    if meta.kind == Kind::Folder {
        mount_points::check_holds_none(access, &source)?;
    }
    let is_itself = check_target(access, &target, &source.canonical(), meta.kind, *if_exists)?
        || is_one_entry(&source, &target, &meta).map_err(|error| map_store_error(error, to))?;
    let step = Move { access, source: &source, target: &target, if_exists: *if_exists, is_itself, watch };
    let folder = step.moved_folder();
    if !step.is_within_volume() {
        step.admit(&mut new_files, folder.as_ref(), &meta)?;
    }
    // If the move changes names in the tree, the tree is copied.
    let masks = new_files.masks_names();
    let names_change = folder.zip(masks).is_some_and(|(folder, flags)| contains_display_files(&folder, flags, 0));
    step.detach_links()?;
    // Each may have been a symlink to the other, and has become a file of its own.
    let Some(meta) = source.stat()? else { return Err(resolve::absence(access, from)) };
    let other = target.stat()?.filter(|_| !is_itself);
    if meta.kind == Kind::Link
        && let Some(other) = &other
        && is_symlink_to(&source, &target, other)?
    {
        step.remove_second_name()?;
        return Ok(Moved { to: target.path.parent().unwrap_or_default().join(&target.name), replaced: None });
    }
    let replaced = match if names_change { Renamed::OtherFileSystem } else { step.rename(&meta, other)? } {
        Renamed::Done(replaced) => replaced,
        Renamed::OtherFileSystem => step.copy_and_remove(&mut new_files, &meta, other.is_some())?,
    };
    new_files.complete();
    Ok(Moved { to: target.path.parent().unwrap_or_default().join(&target.name), replaced })
}

/// A folder that contains other volumes cannot move as a whole.
fn check_holds_no_volume(access: &Access, source: &EntryRef, kind: Kind) -> Result<()> {
    let inside = || foreign_paths(access, &source.parent.volume).iter().any(|kept| kept.is_within(&source.below()));
    if kind == Kind::Folder && inside() {
        return Err(Unfit::HoldsShared.into());
    }
    Ok(())
}

/// A move whose names are locked and checked.
struct Move<'a> {
    access: &'a Access,
    source: &'a EntryRef,
    target: &'a EntryRef,
    if_exists: IfExists,
    /// Both names are spellings of the same entry.
    is_itself: bool,
    watch: &'a CopyWatch,
}

/// Result of [`Move::rename`].
enum Renamed {
    /// The source has the target's name; what it replaced is in this entry of the trash.
    Done(Option<EntryId>),
    /// Nothing has changed: a rename is impossible between two file systems.
    OtherFileSystem,
}

impl Move<'_> {
    /// Whether source and target are in one volume.
    fn is_within_volume(&self) -> bool {
        Arc::ptr_eq(&self.source.parent.volume.storage, &self.target.parent.volume.storage)
    }

    /// Opens the source, if it is a folder or a symlink to one.
    fn moved_folder(&self) -> Option<Folder> {
        match self.source.parent.node.open(&VPath::root().join(&self.source.name)) {
            Ok(Node::Folder(folder, _)) => Some(folder),
            _ => None,
        }
    }

    /// Admits files from another volume, which are new in this one.
    fn admit(&self, new_files: &mut NewFiles<'_>, folder: Option<&Folder>, meta: &Meta) -> Result<()> {
        let goal = self.target.below();
        if let Some(folder) = folder {
            return duplicate::admit_tree(new_files, folder, &goal, 0);
        }
        let replaced = self.target.stat()?.filter(|other| !self.is_itself && other.kind == Kind::File);
        new_files.admit(&goal, meta.size, replaced.map(|other| other.size))?;
        new_files.created(&goal, meta);
        Ok(())
    }

    /// Makes symlinks to the replaced entry files of their own, which may be below the moved entry; then symlinks to the
    /// moved entry, which may be below the replaced one. After that no symlink elsewhere leads to either.
    fn detach_links(&self) -> Result<()> {
        self.target.keep_links()?;
        self.source.keep_links()?;
        self.source.materialize_links(!self.is_within_volume())?;
        self.target.keep_links()
    }

    /// The source is a symlink to the target, a second name of it as a hard link would be: it is removed, and the file
    /// stays.
    fn remove_second_name(&self) -> Result<()> {
        let (source, above) = (self.source, &self.source.parent.node);
        let removal = source.removal(Kind::Link);
        let removed = above.remove_file(&source.name).and_then(|()| above.sync());
        removed.map_err(|error| map_store_error(error, &source.path))?;
        removal.commit();
        Ok(())
    }

    /// Keeps what services know of the source for the target, in the other volume.
    fn copy_records(&self) {
        let Self { source, target, .. } = self;
        source.parent.volume.storage.copied(&source.below(), &target.parent.volume.storage, &target.below());
    }

    /// Renames the source and records that. `other`: the entry that is replaced.
    fn rename(&self, meta: &Meta, other: Option<Meta>) -> Result<Renamed> {
        let Self { source, target, .. } = self;
        let is_within = self.is_within_volume();
        let change = match is_within {
            true => Change::Moved { from: source.below(), to: target.below(), kind: meta.kind, ino: meta.ino },
            false => Change::Removed { path: source.below(), kind: meta.kind },
        };
        let pending = source.parent.volume.storage.prepare(change);
        let replaces = other.is_some();
        let is_second_name = other.is_some_and(|other| is_one_file(meta, &other));
        let version = (replaces && !is_second_name && meta.kind != Kind::Folder)
            .then(|| keep_version(self.access, target))
            .flatten();
        let exchanged = match rename_into_place(self, meta, other) {
            Err(error) if error.kind() == ErrorKind::CrossDevice => return Ok(Renamed::OtherFileSystem),
            named => named.map_err(|error| map_store_error(error, &target.path))?,
        };
        if !is_within {
            self.copy_records();
        }
        pending.commit();
        let replaced = version.and_then(KeptVersion::commit).map(|kept| kept.id).or(exchanged);
        if !is_within {
            target.record_new(meta.kind, replaces);
            if meta.kind == Kind::Folder
                && let Ok(folder) = target.parent.node.folder(&VPath::root().join(&target.name))
            {
                // Unfinished uploads cannot continue in another volume.
                remove_partials(&folder, 0);
            }
        }
        Ok(Renamed::Done(replaced))
    }

    /// Moves the source by a copy that takes its name; both changes are recorded.
    fn copy_and_remove(&self, new_files: &mut NewFiles<'_>, meta: &Meta, replaces: bool) -> Result<Option<EntryId>> {
        let Self { access, source, target, watch, .. } = self;
        let removal = source.removal(meta.kind);
        let contents = Source::of_name(&source.parent.node, &source.name, &source.path)?;
        let hidden = hidden_copy(access, contents, target, (new_files, CopyReason::Move, watch))?;
        let replaced = place_copy(access, target, hidden, self.if_exists)?;
        // Hides the source in one step, before its parts are removed.
        let gone = match rename_to_hidden(&source.parent, &source.name) {
            Ok(name) => HiddenEntry { name, kind: meta.kind },
            Err(error) => {
                replaced.undo(target);
                return Err(map_store_error(error, &source.path));
            }
        };
        let kept = replaced.remove(target);
        gone.remove(source);
        self.copy_records();
        removal.commit();
        target.record_new(meta.kind, replaces);
        Ok(kept)
    }
}

/// Keeps the file that has the target's name and is about to be replaced by another file.
fn keep_version(access: &Access, target: &EntryRef) -> Option<KeptVersion> {
    KeptVersion::keep(&target.parent.volume, &target.parent.node, &target.below(), &target.name, actor(access))
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
    if is_inside { Err(EngineError::Conflict(Conflict::IntoItself)) } else { Ok(false) }
}

/// The final step of a move within a file system. Blocks.
fn rename_into_place(
    step: &Move<'_>,
    meta: &Meta,
    other: Option<Meta>,
) -> std::result::Result<Option<EntryId>, StoreError> {
    let Move { access, source, target, if_exists, is_itself, .. } = *step;
    let (from, to) = (&source.parent.node, &target.parent.node);
    match other {
        // Two hard links of one file: rename(2) would do nothing.
        Some(other) if meta.kind == Kind::File && is_one_file(meta, &other) => {
            from.remove_file(&source.name)?;
            from.sync().map(|()| None)
        }
        // A rename replaces only a file by a file.
        Some(other) if other.kind == Kind::Folder || meta.kind == Kind::Folder => {
            exchange(access, source, target, meta)
        }
        // The text of a symlink is relative to its folder.
        _ if meta.kind == Kind::Link && !is_itself => move_link(source, target, if_exists).map(|()| None),
        // The store tells reliably whether these are two files; a comparison of names does not.
        _ => {
            let on_existing = if is_itself { OnExisting::Fail } else { on_existing(if_exists) };
            let hidden = hidden_in(&target.parent);
            from.rename_durably(&source.name, to, &target.name, on_existing, &hidden).map(|()| None)
        }
    }
}

/// Replaces a folder by anything, or anything by a folder: exchanges the two and removes the replaced one. The moved
/// entry waits in a hidden folder meanwhile, so that after a crash the names are not left exchanged, where a second
/// attempt would remove the moved entry.
fn exchange(
    access: &Access,
    source: &EntryRef,
    target: &EntryRef,
    meta: &Meta,
) -> std::result::Result<Option<EntryId>, StoreError> {
    let (from, to) = (&source.parent.node, &target.parent.node);
    let way = source.parent.volume.storage.state.hidden_folder_name(meta.ino);
    from.make_folder(&way, 0o700)?;
    let tidy = || HiddenEntry { name: way.clone(), kind: Kind::Folder }.remove(source);
    let unused = hidden_in(&source.parent);
    let inside = from.folder(&VPath::root().join(&way)).and_then(|inside| {
        from.rename_durably(&source.name, &inside, &source.name, OnExisting::Fail, &unused).map(|()| inside)
    });
    let inside = inside.inspect_err(|_| tidy())?;
    let waiting = source.parent.below.join(&way).join(&source.name);
    let old = Exchanged::prepare(access, target, &source.parent, &waiting);
    let exchanged = inside.exchange_durably(&source.name, to, &target.name);
    if let Err(error) = exchanged {
        let back = inside.rename_durably(&source.name, from, &source.name, OnExisting::Fail, &unused);
        // Otherwise the next start cleans up.
        back.inspect_err(|_| from.mark_leftover())?;
        tidy();
        return Err(error);
    }
    // The replaced entry has the source's name in the hidden folder.
    let kept = old.discard(&inside, &source.name);
    tidy();
    Ok(kept)
}

/// Returns a new hidden name for use in a folder.
fn hidden_in(above: &Located<Folder>) -> FileName {
    above.volume.storage.state.hidden_name()
}

/// Moves a symlink and keeps its target. The text of a symlink is relative to its folder, so that one rename is not
/// enough to move it to another. A hard link of the target stands in for it meanwhile: each step shows the content at
/// exactly one of the two names, and whatever interrupts the move leaves the names as before it or as after it.
fn move_link(source: &EntryRef, target: &EntryRef, if_exists: IfExists) -> std::result::Result<(), StoreError> {
    let (from, to) = (&source.parent.node, &target.parent.node);
    let rename =
        || from.rename_durably(&source.name, to, &target.name, on_existing(if_exists), &hidden_in(&target.parent));
    let same = Arc::ptr_eq(&source.parent.volume.storage, &target.parent.volume.storage);
    let root = source.parent.volume.storage.root().filter(|_| same);
    let inside = |root: &Folder| root.locate(&root.real_target(&source.below()).ok()?);
    // A symlink that leads out of the volume, or is dangling, moves unchanged.
    let Some((root, file)) = root.and_then(|root| inside(&root).map(|file| (root, file))) else { return rename() };
    let former = from.read_link_text(&source.name)?;
    // A text that leads over another symlink is not kept: the move may replace that symlink.
    let is_right = former == relative(&target.parent.below, &file);
    if is_right && from.meta()?.id() == to.meta()?.id() {
        return rename();
    }
    let Some(linked) = replace_by_hard_link(&root, &file, source)? else {
        return move_link_in_two_steps(source, target, &file, if_exists);
    };
    let moved = match to.stat(&target.name)? {
        // Two hard links of one file: rename(2) would do nothing.
        Some(other) if is_one_file(&linked, &other) => from.remove_file(&source.name).and_then(|()| from.sync()),
        _ => rename(),
    };
    // Both have the same content already; not even a loss of power would be noticed.
    let (folder, name, text) = match moved {
        Ok(()) => (&target.parent, &target.name, relative(&target.parent.below, &file)),
        Err(_) => (&source.parent, &source.name, former),
    };
    if let Err(error) = replace_by_symlink(folder, name, &text) {
        tracing::debug!(%error, "a symlink stays a hard link of its target");
    }
    moved
}

/// Replaces the symlink `source` by a hard link of `file`, its target, in one step, and makes that durable. Returns the
/// metadata of the hard link, or `None` if there can be none: nothing was changed then.
fn replace_by_hard_link(
    root: &Folder,
    file: &VPath,
    source: &EntryRef,
) -> std::result::Result<Option<Meta>, StoreError> {
    let (from, hidden) = (&source.parent.node, hidden_in(&source.parent));
    let Some((above, name)) = file.split_last() else { return Ok(None) };
    // The target is a folder or on another file system, or the file system has no hard links.
    if root.folder(&above).and_then(|above| above.hard_link(&name, from, &hidden)).is_err() {
        return Ok(None);
    }
    let named = from.rename(&hidden, from, &source.name, OnExisting::Replace).and_then(|()| from.sync());
    named.inspect_err(|_| drop(from.remove_file(&hidden)))?;
    from.stat(&source.name)
}

/// Replaces a file by a symlink with this text, in one step.
fn replace_by_symlink(above: &Located<Folder>, name: &FileName, text: &[u8]) -> std::result::Result<(), StoreError> {
    let hidden = hidden_in(above);
    above.node.symlink(text, &hidden)?;
    let named = above.node.rename(&hidden, &above.node, name, OnExisting::Replace);
    named.inspect_err(|_| drop(above.node.remove_file(&hidden)))
}

/// Moves a symlink to `file` for which no hard link can take its place: the new one is created before the old one is removed.
/// A crash between the two leaves both.
fn move_link_in_two_steps(
    source: &EntryRef,
    target: &EntryRef,
    file: &VPath,
    if_exists: IfExists,
) -> std::result::Result<(), StoreError> {
    let to = &target.parent.node;
    let (hidden, aside) = (hidden_in(&target.parent), hidden_in(&target.parent));
    to.symlink(&relative(&target.parent.below, file), &hidden)?;
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

/// Removes the partial files of uploads in a folder and below it.
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

pub(super) fn copy_to(core: &Arc<Core>, access: &Access, relocation: &Relocation, watch: &CopyWatch) -> Result<Copied> {
    relocation.check()?;
    let from = &relocation.from;
    for left in (0..COPIES).rev() {
        let located = resolve::resolve(access, from, Operation::CopyFrom)?;
        // The opened file is what is copied, whichever file has the name by then.
        relocation.condition.check_located(&located, from)?;
        if let Some(copied) = copy(core, access, located, (relocation, watch), left == 0)? {
            return Ok(copied);
        }
    }
    Err(EngineError::Busy)
}

/// Copies an opened source. Returns `None` if the source has changed before the copy got its name, unless it
/// `may_change`.
fn copy(
    core: &Arc<Core>,
    access: &Access,
    located: Located,
    (Relocation { from, to, if_exists, .. }, watch): (&Relocation, &CopyWatch),
    may_change: bool,
) -> Result<Option<Copied>> {
    let if_exists = *if_exists;
    let kind = if matches!(located.node, Node::Folder(..)) { Kind::Folder } else { Kind::File };
    let source = located.canonical();
    let target = EntryRef::for_creation(access, to)?;
    let mut new_files = NewFiles::within(core, access, &target.parent);
    let target = choose_free_name(access, &new_files, target, (&source, &|| Ok(kind)), if_exists)?;
    if if_exists == IfExists::Replace && is_link_to(access, from, &source, &target) {
        target.check_unlocked(access, ChangeScope::Tree)?;
        let there = target.stat()?.ok_or_else(|| resolve::absence(access, from))?;
        check_replace(access, &target, &there, if_exists)?;
        let to = target.path.parent().unwrap_or_default().join(&target.name);
        return Ok(Some(Copied { to, replaced: None, meta: Some(there) }));
    }
    // Checked before the work, and again when the name is given.
    let check = |target: &EntryRef| -> Result<()> {
        target.check_unlocked(access, ChangeScope::Tree)?;
        let is_itself = check_target(access, target, &source, kind, if_exists)?;
        if is_itself && target.stat()?.is_some() {
            Err(EngineError::Conflict(Conflict::Exists(to.clone())))
        } else {
            Ok(())
        }
    };
    check(&target)?;
    let origin = CopySource::of(&located);
    let contents = Source::of_located(located, from);
    let hidden = hidden_copy(access, contents, &target, (&mut new_files, CopyReason::Copy, watch))?;
    let locked = target.lock_with_source(&origin.volume, &origin.below).and_then(|lock| check(&target).map(|()| lock));
    let _locks = locked.inspect_err(|_| hidden.remove(&target))?;
    if !may_change && origin.has_changed(access, from) {
        hidden.remove(&target);
        return Ok(None);
    }
    target.keep_links().inspect_err(|_| hidden.remove(&target))?;
    let replaces = target.stat()?.is_some();
    let replaced = place_copy(access, &target, hidden, if_exists)?.remove(&target);
    origin.volume.storage.copied(&origin.below, &target.parent.volume.storage, &target.below());
    target.record_new(kind, replaces);
    new_files.complete();
    let to = target.path.parent().unwrap_or_default().join(&target.name);
    Ok(Some(Copied { to, replaced, meta: target.stat().ok().flatten() }))
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
    fn has_changed(&self, access: &Access, from: &VPath) -> bool {
        let Ok(located) = resolve::resolve(access, from, Operation::CopyFrom) else { return true };
        if !Arc::ptr_eq(&located.volume, &self.volume) || located.below != self.below {
            return true;
        }
        let Some(before) = &self.meta else { return false };
        let Node::File(OpenFile { meta: now, .. }) = located.node else { return true };
        (now.id(), now.size, now.mtime_ns) != (before.id(), before.size, before.mtime_ns)
    }
}

/// Whether `from` is a symlink to the entry with the target's name, which has the content of the copy already.
fn is_link_to(access: &Access, from: &VPath, source: &VPath, target: &EntryRef) -> bool {
    let own = || EntryRef::for_name(access, from, Operation::CopyFrom);
    target.canonical() == *source && own().is_ok_and(|own| own.canonical() != *source)
}

/// Whether a file below the folder has a name that changes how folders are shown.
fn contains_display_files(folder: &Folder, flags: &PageListFlags, depth: usize) -> bool {
    folder.entries().unwrap_or_default().into_iter().any(|entry| match entry.meta.kind {
        Kind::Folder => {
            let inner = folder.folder(&VPath::root().join(&entry.name));
            depth < model::vpath::DEPTH_MAX && inner.is_ok_and(|inner| contains_display_files(&inner, flags, depth + 1))
        }
        _ => mask_special_name(entry.name.clone(), flags) != entry.name,
    })
}

/// Checks a target name. Returns whether it is the source's own name in another case, on a file system that folds case.
fn check_target(access: &Access, target: &EntryRef, source: &VPath, kind: Kind, if_exists: IfExists) -> Result<bool> {
    let goal = target.canonical();
    if goal == *source {
        return Err(EngineError::Conflict(Conflict::Exists(target.path.clone())));
    }
    let folds = target.parent.volume.storage.folds_case();
    if folds && resolve::is_within_folded(&goal, source) && resolve::is_within_folded(source, &goal) {
        return Ok(true);
    }
    let is_within =
        |path: &VPath, other: &VPath| path.is_within(other) || folds && resolve::is_within_folded(path, other);
    if kind == Kind::Folder && is_within(&goal, source) {
        return Err(EngineError::Conflict(Conflict::IntoItself));
    }
    let Some(other) = target.stat()? else { return Ok(false) };
    check_replace(access, target, &other, if_exists)?;
    if other.kind == Kind::Folder {
        mount_points::check_holds_none(access, target)?;
    }
    if is_within(source, &goal) {
        // The replaced folder contains the source.
        return Err(EngineError::Conflict(Conflict::IntoItself));
    }
    Ok(false)
}

/// Checks whether the entry at the target may be replaced.
fn check_replace(access: &Access, target: &EntryRef, other: &Meta, if_exists: IfExists) -> Result<()> {
    if if_exists != IfExists::Replace {
        return Err(EngineError::Conflict(Conflict::Exists(target.path.clone())));
    }
    if target.parent.verdict(Operation::Overwrite) != Verdict::Allow {
        return Err(EngineError::denied(&target.path, "delete"));
    }
    let keep = foreign_paths(access, &target.parent.volume);
    if other.kind == Kind::Folder && keep.iter().any(|kept| kept.is_within(&target.below())) {
        return Err(EngineError::Conflict(Conflict::Exists(target.path.clone())));
    }
    Ok(())
}

fn on_existing(if_exists: IfExists) -> OnExisting {
    match if_exists {
        IfExists::Refuse | IfExists::KeepBoth => OnExisting::Fail,
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
    ByRename(ReplacedFile, HiddenEntry, Option<KeptVersion>),
    /// Replaced by an exchange: a folder, or the entry that a folder has replaced; it has the hidden name.
    ByExchange(HiddenEntry, Exchanged),
}

impl Replaced {
    /// Removes the replaced entry; the copy stays. Returns the entry of the trash that it is in.
    fn remove(self, target: &EntryRef) -> Option<EntryId> {
        let above = &target.parent.node;
        match self {
            Self::ByRename(replaced, _, version) => {
                above.discard_replaced(replaced);
                version.and_then(KeptVersion::commit).map(|kept| kept.id)
            }
            Self::ByExchange(old, exchanged) => exchanged.discard(above, &old.name),
        }
    }

    /// Restores the replaced entry and removes the copy.
    fn undo(self, target: &EntryRef) {
        let above = &target.parent.node;
        let done = match self {
            Self::ByRename(replaced, copy, _) => {
                above.undo_rename(&target.name, replaced, above, &copy.name).and_then(|()| above.sync()).map(|()| copy)
            }
            Self::ByExchange(HiddenEntry { name, .. }, _) => {
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
    (new_files, reason, watch): (&mut NewFiles<'_>, CopyReason, &CopyWatch),
) -> Result<HiddenEntry> {
    let name = target.parent.volume.storage.state.hidden_name();
    let (kind, done) = duplicate::copy(access, source, target, &name, new_files, (reason, watch));
    let hidden = HiddenEntry { name, kind };
    let done = done.and_then(|()| duplicate::check_wanted(watch));
    done.inspect_err(|_| hidden.remove(target))?;
    Ok(hidden)
}

/// Gives a copy its name, in one step. The caller holds the lock of the name.
fn place_copy(access: &Access, target: &EntryRef, hidden: HiddenEntry, if_exists: IfExists) -> Result<Replaced> {
    let above = &target.parent.node;
    let other = match if_exists {
        IfExists::Replace => target.stat()?,
        IfExists::Refuse | IfExists::KeepBoth => None,
    };
    let (mut replaced, mut version) = (None, None);
    match other {
        Some(other) if other.kind == Kind::Folder || hidden.kind == Kind::Folder => {
            let waiting = target.parent.below.join(&hidden.name);
            replaced = Some((other, Exchanged::prepare(access, target, &target.parent, &waiting)));
        }
        Some(_) => version = keep_version(access, target),
        None => {}
    }
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
        (Ok(_), Some((old, exchanged))) => {
            Ok(Replaced::ByExchange(HiddenEntry { kind: old.kind, ..hidden }, exchanged))
        }
        (Ok(replaced), None) => Ok(Replaced::ByRename(replaced, hidden, version)),
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
