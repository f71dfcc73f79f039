//! Copies of files and trees: everything that the account may read. Symlinks are copied as their targets, and file
//! blocks are shared where the file system supports it.

use super::entry_ref::EntryRef;
use super::new_files::NewFiles;
use crate::access::Access;
use crate::error::{EngineError, Interruption, Result, Unfit};
use crate::listing::children::{Dots, Via, visit};
use crate::volumes::resolve::{Located, Resolved, find};
use crate::volumes::store_errors::map_store_error;
use model::{FileName, Operation, VPath, Verdict, VolumeFlags};
use std::collections::HashSet;
use store::disk::{CopyWatch, FileId, Folder, Kind, Node, OpenFile, reserved};

/// The source of a copy.
pub(super) enum Source {
    File(OpenFile),
    /// A folder as an account sees it, with its path.
    Visible(Located<Folder>, VPath),
    /// A folder as it is on disk: a move includes entries that the account cannot see.
    OnDisk(Folder),
    /// A symlink, as its text.
    Link(Vec<u8>),
}

impl Source {
    /// The source of a copy operation.
    pub fn of_located(located: Located, path: &VPath) -> Self {
        match located.node {
            Node::File(file) => Self::File(file),
            Node::Folder(ref folder, _) => {
                let folder = folder.clone();
                Self::Visible(located.with(folder), path.clone())
            }
        }
    }

    /// The source of a move to another file system.
    pub fn of_name(folder: &Folder, name: &FileName, path: &VPath) -> Result<Self> {
        match folder.open(&VPath::root().join(name)) {
            Ok(Node::File(file)) => Ok(Self::File(file)),
            Ok(Node::Folder(folder, _)) => Ok(Self::OnDisk(folder)),
            Err(error) if error.kind() == store::ErrorKind::Link => {
                folder.read_link_text(name).map(Self::Link).map_err(|error| map_store_error(error, path))
            }
            Err(error) => Err(map_store_error(error, path)),
        }
    }
}

/// Copies to `name` in the target's folder. The copy is synced when it returns. Also returns the kind of the new entry,
/// which the caller needs for cleanup. Errors name paths at and below the target's, never `name`, which may be hidden.
pub(super) fn copy(
    access: &Access,
    source: Source,
    target: &EntryRef,
    name: &FileName,
    new_files: &mut NewFiles<'_>,
    (reason, watch): (CopyReason, &CopyWatch),
) -> (Kind, Result<()>) {
    let (above, flags, goal) = (&target.parent.node, &target.parent.volume.config.flags, target.below());
    let visited = HashSet::new();
    let mut copier = Copier { access, flags, new_files, reason, watch, target, visited, top: VPath::root() };
    let failed = |error| map_store_error(error, &target.path);
    match source {
        Source::File(file) => {
            let done = copier
                .copy_file(&file, above, name, &goal)
                .and_then(|copy| above.sync_file(&copy, name).map_err(failed));
            (Kind::File, done)
        }
        Source::Link(text) => (Kind::File, above.symlink(&text, name).and_then(|()| above.sync()).map_err(failed)),
        Source::Visible(located, path) => {
            copier.visited.extend(located.node.meta().ok().map(|meta| meta.id()));
            copier.top = located.canonical();
            let fill =
                |copier: &mut Copier<'_, '_>, into: &Folder| copier.copy_visible(&located, &path, into, (&goal, 0));
            let done = copier.fill_folder(above, name, &goal, fill);
            // Once for the whole tree.
            (Kind::Folder, done.and_then(|()| above.sync_filesystem().map_err(failed)))
        }
        Source::OnDisk(folder) => {
            let fill =
                |copier: &mut Copier<'_, '_>, into: &Folder| copier.copy_all(&folder, into, &VPath::root(), (&goal, 0));
            let done = copier.fill_folder(above, name, &goal, fill);
            (Kind::Folder, done.and_then(|()| above.sync_filesystem().map_err(failed)))
        }
    }
}

/// Why a copy is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CopyReason {
    /// A copy: every file is new, and admitted by itself.
    Copy,
    /// A move: its files were admitted as a whole, or are in the volume already.
    Move,
}

/// Admits all files of a folder that moves into the volume. `goal`: its new path in the volume.
pub(super) fn admit_tree(new_files: &mut NewFiles<'_>, folder: &Folder, goal: &VPath, depth: usize) -> Result<()> {
    check_depth(depth)?;
    for entry in folder.entries().map_err(|error| map_store_error(error, goal))? {
        if reserved::is_partial(entry.name.as_bytes()) {
            continue;
        }
        if entry.meta.kind == Kind::Folder {
            let goal = goal.join(&entry.name);
            let inner =
                folder.folder(&VPath::root().join(&entry.name)).map_err(|error| map_store_error(error, &goal))?;
            admit_tree(new_files, &inner, &goal, depth + 1)?;
        } else {
            let goal = goal.join(&new_files.name(entry.name.clone()));
            new_files.admit(&goal, entry.meta.size, None)?;
            new_files.created(&goal, &entry.meta);
        }
    }
    Ok(())
}

struct Copier<'a, 'b> {
    access: &'a Access,
    flags: &'a VolumeFlags,
    new_files: &'a mut NewFiles<'b>,
    reason: CopyReason,
    watch: &'a CopyWatch,
    target: &'a EntryRef,
    /// The top folder, and folders entered through a symlink; each is copied once, since cycles of symlinks would never
    /// end.
    visited: HashSet<FileId>,
    /// Path of the top folder in the tree. A symlink to one of its parents would copy it into itself, and is skipped.
    top: VPath,
}

impl Copier<'_, '_> {
    /// Maps an error at `goal`, a path in the target's volume at or below the target.
    fn failed(&self, error: store::StoreError, goal: &VPath) -> EngineError {
        let rest = goal.strip_prefix(&self.target.below()).unwrap_or_default();
        map_store_error(error, &self.target.path.append(&rest))
    }

    /// Copies one file. `goal`: its new path in the volume.
    fn copy_file(&mut self, source: &OpenFile, above: &Folder, name: &FileName, goal: &VPath) -> Result<std::fs::File> {
        check_wanted(self.watch)?;
        if self.reason == CopyReason::Copy {
            self.new_files.admit(goal, source.meta.size, None)?;
        }
        let made = above.create_new(name, self.flags.file_mode).and_then(|copy| {
            above.clone_or_copy_watched(&source.file, &copy, self.watch)?;
            above.set_file_mtime(&copy, name, source.meta.mtime())?;
            Ok(copy)
        });
        let made = made.map_err(|error| check_wanted(self.watch).err().unwrap_or_else(|| self.failed(error, goal)))?;
        if let (CopyReason::Copy, Ok(Some(meta))) = (self.reason, above.stat(name)) {
            self.new_files.created(goal, &meta);
        }
        Ok(made)
    }

    /// Creates a folder and fills it. `goal`: its new path in the volume.
    fn fill_folder(
        &mut self,
        above: &Folder,
        name: &FileName,
        goal: &VPath,
        fill: impl FnOnce(&mut Self, &Folder) -> Result<()>,
    ) -> Result<()> {
        check_wanted(self.watch)?;
        let made = above.make_folder(name, self.flags.folder_mode);
        let made = made.and_then(|()| above.folder(&VPath::root().join(name)));
        fill(self, &made.map_err(|error| self.failed(error, goal))?)
    }

    fn copy_visible(
        &mut self,
        from: &Located<Folder>,
        path: &VPath,
        into: &Folder,
        (goal, depth): (&VPath, usize),
    ) -> Result<()> {
        check_depth(depth)?;
        let mut children = Vec::new();
        let may_list = from.verdict(Operation::CopyFrom) == Verdict::Allow;
        visit(self.access, path, Some(from), may_list, Dots::Shown, |name, _, via| children.push((name, via)))?;
        for (name, via) in children {
            let below = path.join(&name);
            let Some(child) = self.open_child(from, &name, &below, &via)? else { continue };
            match child {
                Located { node: Node::File(file), .. } => {
                    let name = self.new_files.name(name);
                    drop(self.copy_file(&file, into, &name, &goal.join(&name))?);
                }
                folder => {
                    let Some(folder) = folder.into_folder() else { continue };
                    if matches!(via, Via::Link) {
                        let id = folder.node.meta().map_err(|error| map_store_error(error, &below))?.id();
                        if self.top.is_within(&folder.canonical()) || !self.visited.insert(id) {
                            continue;
                        }
                    }
                    let goal = goal.join(&name);
                    let fill = |copier: &mut Self, into: &Folder| {
                        copier.copy_visible(&folder, &below, into, (&goal, depth + 1))
                    };
                    self.fill_folder(into, &name, &goal, fill)?;
                }
            }
        }
        Ok(())
    }

    /// Opens a child; `None` if the account may not copy it or it has disappeared.
    fn open_child(&self, from: &Located<Folder>, name: &FileName, path: &VPath, via: &Via) -> Result<Option<Located>> {
        let located = match via {
            Via::Handle => match from.node.open(&VPath::root().join(name)) {
                Ok(node) => Located { below: from.below.join(name), ..from.clone().with(node) },
                Err(error) if error.kind() == store::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(map_store_error(error, path)),
            },
            Via::Link | Via::Scope | Via::Tree(_) => match find(self.access, path)? {
                Resolved::OnDisk(located) => located,
                Resolved::VirtualFolder | Resolved::Absent => return Ok(None),
            },
        };
        Ok((located.verdict(Operation::CopyFrom) == Verdict::Allow).then_some(located))
    }

    /// Copies all entries, or fails: a move must not lose any. `path`: below the folder that moves.
    fn copy_all(&mut self, from: &Folder, into: &Folder, path: &VPath, (goal, depth): (&VPath, usize)) -> Result<()> {
        check_depth(depth)?;
        for entry in from.entries().map_err(|error| map_store_error(error, path))? {
            if reserved::is_partial(entry.name.as_bytes()) {
                continue;
            }
            let below = path.join(&entry.name);
            let failed = |error| map_store_error(error, &below);
            match entry.meta.kind {
                Kind::Link => {
                    let text = from.read_link_text(&entry.name).map_err(failed)?;
                    into.symlink(&text, &self.new_files.name(entry.name)).map_err(failed)?;
                }
                Kind::Other => return Err(special_file_error(&below)),
                Kind::File | Kind::Folder => match from.open(&VPath::root().join(&entry.name)).map_err(failed)? {
                    Node::File(file) => {
                        let name = self.new_files.name(entry.name);
                        drop(self.copy_file(&file, into, &name, &goal.join(&name))?);
                    }
                    Node::Folder(folder, _) => {
                        let goal = goal.join(&entry.name);
                        let fill = |copier: &mut Self, into: &Folder| {
                            copier.copy_all(&folder, into, &below, (&goal, depth + 1))
                        };
                        self.fill_folder(into, &entry.name, &goal, fill)?;
                    }
                },
            }
        }
        Ok(())
    }
}

/// Returns the error for a pipe, socket or device, which has no content to copy.
fn special_file_error(below: &VPath) -> EngineError {
    let name = below.display();
    Unfit::SpecialFile(name.trim_start_matches('/').to_owned()).into()
}

/// Fails once the one who asked for the copy has gone.
///
/// # Errors
/// `Interrupted`.
pub(super) fn check_wanted(watch: &CopyWatch) -> Result<()> {
    if watch.is_cancelled() { Err(EngineError::Interrupted(Interruption::Client)) } else { Ok(()) }
}

fn check_depth(depth: usize) -> Result<()> {
    if depth < model::vpath::DEPTH_MAX { Ok(()) } else { Err(model::PathError::TooDeep.into()) }
}
