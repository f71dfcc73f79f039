//! `Folder`: an open folder, and what can be done below it.

mod links;

pub use links::LinkTarget;

use super::{Faults, Meta, Op, Space, copy, reserved};
use crate::error::{ErrorKind, StoreError};
use crate::platform::{self, Dir, Found};
use model::{FileName, UnixMillis, VPath};
use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// An open folder. Cheap to clone; closed when the last clone goes.
#[derive(Clone, Debug)]
pub struct Folder {
    dir: Arc<Dir>,
    root: Arc<Root>,
    /// Where below the root, for the log; handles decide, not this.
    below: VPath,
}

#[derive(Debug)]
struct Root {
    /// On the host, without links.
    real: PathBuf,
    faults: Option<Arc<Faults>>,
    /// Copies are given up.
    interrupted: Arc<AtomicBool>,
    /// Something that nobody sees could not be removed.
    leftover: Arc<AtomicBool>,
}

/// A path of the host, without links in it. Only good for asking a [`Folder`] whether it lies below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RealPath(PathBuf);

impl RealPath {
    /// Whether a part of it has a name that belongs to the server.
    pub fn holds_reserved(&self) -> bool {
        self.0.components().any(|part| super::reserved::is_reserved(part.as_os_str().as_encoded_bytes()))
    }

    /// The path of something in this folder.
    pub fn join(&self, name: &FileName) -> Self {
        Self(self.0.join(platform::relative(&VPath::root().join(name))))
    }

    /// The folder that it lies in; `None` at the top of the file system.
    pub fn parent(&self) -> Option<Self> {
        self.0.parent().map(|above| Self(above.to_owned()))
    }

    /// Opens what is there, wherever on this computer that is. Only for links that the person who runs the server wants
    /// to be followed out of a volume; nothing that a client sends may decide where they lead.
    ///
    /// # Errors
    /// `NotFound`, `Denied`; `Link` if a link was put there meanwhile.
    pub fn open(&self) -> Result<Node, StoreError> {
        let (Some(above), Some(name)) = (self.0.parent(), self.0.file_name()) else {
            let folder = Folder::open_root(&self.0)?;
            let meta = folder.meta()?;
            return Ok(Node::Folder(folder, meta));
        };
        let name = FileName::new(name.as_encoded_bytes()).map_err(|_| {
            StoreError::with_kind(ErrorKind::BadName, "open", self.0.display().to_string(), "no name of a file")
        })?;
        Folder::open_root(above)?.open(&VPath::root().join(&name))
    }
}

/// An open file.
#[derive(Debug)]
pub struct OpenFile {
    /// The handle.
    pub file: File,
    /// As it was when opened.
    pub meta: Meta,
}

/// What stands at the end of a path, open.
#[derive(Debug)]
pub enum Node {
    /// A regular file.
    File(OpenFile),
    /// A folder.
    Folder(Folder, Meta),
}

/// One name in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawEntry {
    /// As stored.
    pub name: FileName,
    /// Of the entry itself: a link is a link.
    pub meta: Meta,
}

/// What happens to something that has the new name already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnExisting {
    /// `Exists`, and nothing changes.
    Fail,
    /// It is replaced, in one step.
    Replace,
}

impl OpenFile {
    /// Reads at an offset from the kernel's cache; `None` if a disk would have to be asked. Never waits.
    pub fn read_nowait(&self, into: &mut [u8], at: u64) -> Option<io::Result<usize>> {
        platform::read_nowait(&self.file, into, at)
    }

    /// Has the kernel send at most `most` bytes from `at` to a socket that does not block; how many it took, 0 at the
    /// end of the file. `None`: this platform, or this file, has no such way.
    pub fn send_to(&self, socket: platform::SocketRef<'_>, at: u64, most: usize) -> Option<io::Result<usize>> {
        platform::send_file(socket, &self.file, at, most)
    }

    /// Reads at most `most` bytes from `at` to the end of `into`; fewer at the end of the file, then 0.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn read_at(&self, at: u64, most: usize, into: &mut Vec<u8>) -> io::Result<usize> {
        platform::append_at(&self.file, at, most, into)
    }
}

impl Folder {
    /// Opens a folder of the host. Links in `path` itself are followed: whoever configures a volume may use them.
    ///
    /// # Errors
    /// `NotFound`, `NotAFolder`, `Denied`.
    pub fn open_root(path: &Path) -> Result<Self, StoreError> {
        let (dir, real) =
            Dir::open_root(path).map_err(|source| StoreError::new("open", path.display().to_string(), source))?;
        Ok(Self {
            dir: Arc::new(dir),
            root: Arc::new(Root { real, faults: None, interrupted: Arc::default(), leftover: Arc::default() }),
            below: VPath::root(),
        })
    }

    /// The same folder, failing on demand. For tests.
    pub fn with_faults(self, faults: Arc<Faults>) -> Self {
        let Root { real, interrupted, leftover, .. } = &*self.root;
        let (real, interrupted, leftover) = (real.clone(), interrupted.clone(), leftover.clone());
        Self { root: Arc::new(Root { real, faults: Some(faults), interrupted, leftover }), ..self }
    }

    /// The faults to ask before writing into a file that came from here; none outside tests.
    pub fn faults(&self) -> Option<&Arc<Faults>> {
        self.root.faults.as_ref()
    }

    /// Opens what `path` names, from the kernel's caches: never waits for a disk. `None`: ask [`Folder::open`], from a
    /// thread that may wait.
    pub fn open_cached(&self, path: &VPath) -> Option<Result<Node, StoreError>> {
        if self.root.faults.is_some() {
            return None;
        }
        if path.is_root() {
            return Some(self.meta().map(|meta| Node::Folder(self.clone(), meta)));
        }
        let found = self.dir.open_cached(path)?;
        Some(self.node("open", path, found))
    }

    /// Opens what `path` names.
    ///
    /// # Errors
    /// `NotFound`; `NotAFolder` for something below a file; `Link` for a link anywhere in the path; `Special` for
    /// pipes, sockets and devices, without waiting for them; `Denied`.
    pub fn open(&self, path: &VPath) -> Result<Node, StoreError> {
        self.check(Op::Open, "open", path)?;
        self.node("open", path, self.dir.open(path))
    }

    /// Opens a folder.
    ///
    /// # Errors
    /// As [`Folder::open`], and `NotAFolder` for a file.
    pub fn folder(&self, path: &VPath) -> Result<Folder, StoreError> {
        if path.is_root() {
            self.check(Op::Open, "open", path)?;
            return Ok(self.clone());
        }
        match self.open(path)? {
            Node::Folder(folder, _) => Ok(folder),
            Node::File(_) => Err(StoreError::with_kind(
                ErrorKind::NotAFolder,
                "open",
                self.log_path(path),
                "a file stands where a folder was needed",
            )),
        }
    }

    /// Opens the folder `path`, making what is missing with `mode` (the process's umask applies). Returns it with the
    /// number of folders made; those are durable only after a sync of the folders above them.
    ///
    /// # Errors
    /// As [`Folder::folder`]; `ReadOnly`, `NoSpace`.
    pub fn make_folders(&self, path: &VPath, mode: u32) -> Result<(Folder, usize), StoreError> {
        match self.folder(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            answer => return answer.map(|folder| (folder, 0)),
        }
        let mut made = 0;
        let mut at = self.clone();
        for part in path.components() {
            let name = FileName::new(part).expect("a component is a name");
            let one = VPath::root().join(&name);
            at = match at.folder(&one) {
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    match at.make_folder(&name, mode) {
                        Ok(()) => made += 1,
                        // Somebody else was faster.
                        Err(error) if error.kind() == ErrorKind::Exists => {}
                        Err(error) => return Err(error),
                    }
                    at.folder(&one)?
                }
                answer => answer?,
            };
        }
        Ok((at, made))
    }

    /// Makes one folder.
    ///
    /// # Errors
    /// `Exists`, `Denied`, `ReadOnly`, `NoSpace`.
    pub fn make_folder(&self, name: &FileName, mode: u32) -> Result<(), StoreError> {
        self.named(Op::MakeFolder, "make folder", name, || self.dir.make_folder(name.as_bytes(), mode))
    }

    /// Where `path` leads on the host when links are followed. The answer is old when it arrives: open it again below a
    /// volume before using it.
    ///
    /// # Errors
    /// `NotFound` for a link to nothing; `Link` for links in a circle.
    pub fn real_target(&self, path: &VPath) -> Result<RealPath, StoreError> {
        let whole = self.below.append(path);
        let real = self.dir.real_target(&self.root.real, &whole);
        real.map(RealPath).map_err(|source| StoreError::new("follow", self.log_path(path), source))
    }

    /// The path below this folder of something on the host; `None` if it lies elsewhere. Meant for the root of a
    /// volume.
    pub fn locate(&self, target: &RealPath) -> Option<VPath> {
        let below = target.0.strip_prefix(&self.root.real).ok()?;
        let parts: Vec<&[u8]> = below.components().map(|part| part.as_os_str().as_encoded_bytes()).collect();
        VPath::parse(&parts.join(&b'/')).ok()?.strip_prefix(&self.below)
    }

    /// Where this is on the host.
    pub fn real_path(&self) -> RealPath {
        RealPath(self.root.real.join(platform::relative(&self.below)))
    }

    /// Metadata of this folder.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn meta(&self) -> Result<Meta, StoreError> {
        self.own(Op::Read, "stat", || self.dir.meta())
    }

    /// Whether a file system begins here: it is what a disk is mounted on, and not a folder of the disk above it.
    pub fn is_mount_point(&self) -> bool {
        self.dir.is_mount_point()
    }

    /// Whether nothing is in it but what is ours.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn is_empty(&self) -> Result<bool, StoreError> {
        let mut is_empty = true;
        self.visit(|name, _| {
            is_empty = reserved::is_reserved(name);
            if is_empty { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(is_empty)
    }

    /// What has this name; a link is described itself. `None` if nothing has.
    ///
    /// # Errors
    /// Whatever the file system says, except that there is nothing.
    pub fn stat(&self, name: &FileName) -> Result<Option<Meta>, StoreError> {
        match self.named(Op::Read, "stat", name, || self.dir.stat(name.as_bytes())) {
            Ok(meta) => Ok(Some(meta)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether nothing has this name, not even a link, from the kernel's caches: never waits for a disk. `None`: ask
    /// [`Folder::stat`], from a thread that may wait.
    pub fn is_absent_cached(&self, name: &FileName) -> Option<bool> {
        if self.root.faults.is_some() {
            return None;
        }
        self.dir.is_absent_cached(name.as_bytes())
    }

    /// Asks whether files may be made in the folder. May wait for a disk or a network.
    ///
    /// # Errors
    /// `Denied`, `ReadOnly`. None where the system cannot be asked: then the first file will tell.
    pub fn check_writable(&self) -> Result<(), StoreError> {
        self.own(Op::Read, "write to", || self.dir.check_writable())
    }

    /// Everything in the folder, in no order, reserved names included.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn entries(&self) -> Result<Vec<RawEntry>, StoreError> {
        let mut entries = Vec::new();
        self.visit(|name, meta| {
            if let Ok(name) = FileName::new(name) {
                entries.push(RawEntry { name, meta });
            }
            ControlFlow::Continue(())
        })?;
        Ok(entries)
    }

    /// Calls `each` with the name and metadata of everything in the folder, in no order, until it breaks.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn visit(&self, mut each: impl FnMut(&[u8], Meta) -> ControlFlow<()>) -> Result<(), StoreError> {
        self.own(Op::Read, "list", || self.dir.visit(&mut each))
    }

    /// Makes a file that was not there, for reading and writing (`mode`: the process's umask applies).
    ///
    /// # Errors
    /// `Exists`, also for a link to nothing; `Denied`, `ReadOnly`, `NoSpace`.
    pub fn create_new(&self, name: &FileName, mode: u32) -> Result<File, StoreError> {
        self.named(Op::Create, "create", name, || self.dir.create_new(name.as_bytes(), mode))
    }

    /// Opens a file for reading and writing.
    ///
    /// # Errors
    /// `NotFound`, `Link`, `Special`, `IsAFolder`, `Denied`.
    pub fn open_writable(&self, name: &FileName) -> Result<OpenFile, StoreError> {
        let path = VPath::root().join(name);
        self.check(Op::Open, "open", &path)?;
        match self.node("open", &path, self.dir.open_writable(name.as_bytes()))? {
            Node::File(file) => Ok(file),
            Node::Folder(..) => Err(StoreError::with_kind(
                ErrorKind::IsAFolder,
                "open",
                self.log_path(&path),
                "a folder stands where a file was needed",
            )),
        }
    }

    /// Renames, within one file system.
    ///
    /// # Errors
    /// `NotFound`; `Exists` as `on_existing` says; `CrossDevice`; `NotEmpty` when a folder would replace a full one.
    pub fn rename(
        &self,
        name: &FileName,
        to: &Folder,
        new: &FileName,
        on_existing: OnExisting,
    ) -> Result<(), StoreError> {
        self.named(Op::Rename, "rename", name, || {
            self.dir.rename(name.as_bytes(), &to.dir, new.as_bytes(), on_existing)
        })
    }

    /// Exchanges two names within one file system, whatever has them. In one step where the system can; elsewhere what
    /// has `new` is out of the way for a moment, under a name that nobody sees.
    ///
    /// # Errors
    /// `NotFound`, `CrossDevice`, `Denied`, `ReadOnly`.
    pub fn exchange(&self, name: &FileName, to: &Folder, new: &FileName) -> Result<(), StoreError> {
        self.named(Op::Rename, "exchange", name, || self.dir.exchange(name.as_bytes(), &to.dir, new.as_bytes()))
    }

    /// Removes a file or link.
    ///
    /// # Errors
    /// `NotFound`, `IsAFolder`, `Denied`, `ReadOnly`.
    pub fn remove_file(&self, name: &FileName) -> Result<(), StoreError> {
        self.named(Op::Remove, "remove", name, || self.dir.remove_file(name.as_bytes())).inspect_err(|error| {
            if reserved::is_partial(name.as_bytes()) && error.kind() != ErrorKind::NotFound {
                self.mark_leftover();
            }
        })
    }

    /// Notes that something in it, or below, that nobody sees could not be removed.
    pub fn mark_leftover(&self) {
        self.root.leftover.store(true, Relaxed);
    }

    /// Whether something was left, here or anywhere below the same root.
    pub fn has_leftover(&self) -> bool {
        self.root.leftover.load(Relaxed)
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    /// `NotFound`, `NotAFolder`, `NotEmpty`, `Busy` for a mount point of the host, `Denied`, `ReadOnly`.
    pub fn remove_folder(&self, name: &FileName) -> Result<(), StoreError> {
        self.named(Op::Remove, "remove", name, || self.dir.remove_folder(name.as_bytes()))
    }

    /// Gives a file a second name. A link gets one itself and is not followed.
    ///
    /// # Errors
    /// `Exists`, `CrossDevice`, `Denied` (also by file systems that have no hard links), `NoSpace`.
    pub fn hard_link(&self, name: &FileName, to: &Folder, new: &FileName) -> Result<(), StoreError> {
        self.named(Op::Link, "link", name, || self.dir.hard_link(name.as_bytes(), &to.dir, new.as_bytes()))
    }

    /// What a symbolic link says, as it was made; nothing is followed.
    ///
    /// # Errors
    /// `NotFound`, `Denied`; `Other` if it is no link.
    pub fn read_link_text(&self, name: &FileName) -> Result<Vec<u8>, StoreError> {
        self.named(Op::Read, "read link", name, || self.dir.read_link_text(name.as_bytes()))
    }

    /// Makes a symbolic link that says `target`, relative to this folder or absolute.
    ///
    /// # Errors
    /// `Exists`, `Denied`, `NoSpace`.
    pub fn symlink(&self, target: &[u8], name: &FileName) -> Result<(), StoreError> {
        self.named(Op::Link, "symlink", name, || self.dir.symlink(target, name.as_bytes()))
    }

    /// [`clone_or_copy`](super::clone_or_copy), failing on demand.
    ///
    /// # Errors
    /// Whatever reading or writing says; `to` may then hold a part.
    pub fn clone_or_copy(&self, from: &File, to: &File) -> Result<u64, StoreError> {
        copy::clone_or_copy_until(from, to, self.root.faults.as_deref(), &self.root.interrupted)
    }

    /// Gives up copies into this folder, its root and everything below, now and from now on: the program ends.
    pub fn interrupt_copies(&self) {
        self.root.interrupted.store(true, Relaxed);
    }

    /// Sets the time of last change of what has this name; of a link itself.
    ///
    /// # Errors
    /// `NotFound`, `Denied`.
    pub fn set_mtime(&self, name: &FileName, mtime: UnixMillis) -> Result<(), StoreError> {
        self.named(Op::Write, "set the time of", name, || self.dir.set_mtime(name.as_bytes(), mtime))
    }

    /// Writes `bytes` at the position of a file that was made in this folder.
    ///
    /// # Errors
    /// `NoSpace`; some of it may have been written.
    pub fn write_into(&self, file: &File, name: &FileName, bytes: &[u8]) -> Result<(), StoreError> {
        let failed = |source| StoreError::new("write", self.log_path(&VPath::root().join(name)), source);
        if let Some(faults) = &self.root.faults {
            faults.check_write(bytes.len() as u64).map_err(failed)?;
        }
        let mut file = file;
        io::Write::write_all(&mut file, bytes).map_err(failed)
    }

    /// Sets the time of last change of an open file of this folder.
    ///
    /// # Errors
    /// `Denied`, if the file is not ours.
    pub fn set_file_mtime(&self, file: &File, name: &FileName, mtime: UnixMillis) -> Result<(), StoreError> {
        self.named(Op::Write, "set the time of", name, || platform::set_file_mtime(file, mtime))
    }

    /// Makes the content of an open file of this folder durable, with its times.
    ///
    /// # Errors
    /// Whatever the disk says; nothing of it is known to be durable then.
    pub fn sync_file(&self, file: &File, name: &FileName) -> Result<(), StoreError> {
        self.named(Op::Sync, "sync", name, || file.sync_all())
    }

    /// Makes names in this folder durable (what was created, renamed, removed).
    ///
    /// # Errors
    /// Whatever the disk says; nothing is known to be durable then.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.own(Op::Sync, "sync", || self.dir.sync())
    }

    /// Makes everything in the file system of this folder durable.
    ///
    /// # Errors
    /// Whatever the disk says; nothing is known to be durable then.
    pub fn sync_filesystem(&self) -> Result<(), StoreError> {
        self.own(Op::Sync, "sync", || self.dir.sync_filesystem())
    }

    /// Whether [`Folder::sync_filesystem`] does what it says here, and tells of every failure: on local file systems of
    /// Linux 5.8 or newer.
    pub fn syncfs_is_reliable(&self) -> bool {
        self.dir.syncfs_is_reliable()
    }

    /// Whether what was just written here is read back from memory: on local file systems of Linux. Else nobody knows.
    pub fn uses_page_cache(&self) -> bool {
        self.dir.uses_page_cache()
    }

    /// How full the disk is.
    ///
    /// # Errors
    /// Where the platform cannot say.
    pub fn free_space(&self) -> Result<Space, StoreError> {
        self.own(Op::Read, "measure", || self.dir.space())
    }

    /// Whether names that differ in case only may be one file here.
    pub fn folds_case(&self) -> bool {
        self.dir.folds_case(&self.root.real)
    }

    /// Where this is, for the log.
    pub fn log_path(&self, below: &VPath) -> String {
        let whole = self.below.append(below);
        let real = self.root.real.display();
        if whole.is_root() { real.to_string() } else { format!("{real}{}", whole.display()) }
    }

    fn check(&self, op: Op, verb: &'static str, path: &VPath) -> Result<(), StoreError> {
        match &self.root.faults {
            None => Ok(()),
            Some(faults) => faults.check(op).map_err(|source| StoreError::new(verb, self.log_path(path), source)),
        }
    }

    fn own<T>(&self, op: Op, verb: &'static str, call: impl FnOnce() -> io::Result<T>) -> Result<T, StoreError> {
        self.check(op, verb, &VPath::root())?;
        call().map_err(|source| StoreError::new(verb, self.log_path(&VPath::root()), source))
    }

    fn named<T>(
        &self,
        op: Op,
        verb: &'static str,
        name: &FileName,
        call: impl FnOnce() -> io::Result<T>,
    ) -> Result<T, StoreError> {
        let path = || VPath::root().join(name);
        if self.root.faults.is_some() {
            self.check(op, verb, &path())?;
        }
        call().map_err(|source| StoreError::new(verb, self.log_path(&path()), source))
    }

    fn node(&self, verb: &'static str, path: &VPath, found: io::Result<Found>) -> Result<Node, StoreError> {
        match found {
            Ok(Found::File(file, meta)) => Ok(Node::File(OpenFile { file, meta })),
            Ok(Found::Folder(dir, meta)) => {
                let folder = Folder { dir: Arc::new(dir), root: self.root.clone(), below: self.below.append(path) };
                Ok(Node::Folder(folder, meta))
            }
            Ok(Found::Special) => {
                Err(StoreError::with_kind(ErrorKind::Special, verb, self.log_path(path), "neither a file nor a folder"))
            }
            Err(source) => Err(StoreError::new(verb, self.log_path(path), source)),
        }
    }
}

#[cfg(all(test, unix))]
mod tests;
