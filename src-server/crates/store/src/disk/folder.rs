//! `Folder`: an open folder, and the operations on what is in or below it.

pub(super) mod links;

use super::mounts::mounts_below;
use super::{Faults, FileId, Kind, Meta, OnExisting, Op, Space, copy, reserved};
use crate::error::{ErrorKind, StoreError};
use crate::platform::{self, Dir, Found};
use model::{FileName, UnixMillis, VPath};
use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// An open folder. Cheap to clone; the handle is closed when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Folder {
    dir: Arc<Dir>,
    root: Arc<Root>,
    /// Path below the root, for log texts only; operations use the handle.
    below: VPath,
}

#[derive(Debug)]
struct Root {
    /// Path on the host, with symlinks resolved.
    real: PathBuf,
    faults: Option<Arc<Faults>>,
    /// Copies stop with `Busy`.
    interrupted: Arc<AtomicBool>,
    /// A hidden file or folder could not be removed.
    leftover: Arc<AtomicBool>,
}

/// A path on the host with symlinks resolved. Only good for asking a [`Folder`] whether it lies below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RealPath(PathBuf);

impl RealPath {
    /// Whether a component of the path is a reserved name.
    pub fn holds_reserved(&self) -> bool {
        self.0.components().any(|part| super::reserved::is_reserved(part.as_os_str().as_encoded_bytes()))
    }

    /// Appends a name.
    pub fn join(&self, name: &FileName) -> Self {
        Self(self.0.join(platform::relative(&VPath::root().join(name))))
    }

    /// Returns the parent folder; `None` at the root of the file system.
    pub fn parent(&self) -> Option<Self> {
        self.0.parent().map(|above| Self(above.to_owned()))
    }

    /// Opens the file or folder, anywhere on this computer. Only for symlinks that the administrator allows to lead out
    /// of a volume; the target must never depend on what a client sends.
    ///
    /// # Errors
    /// `NotFound`, `Denied`; `Link` if the path contains a symlink by now.
    pub fn open(&self) -> Result<Node, StoreError> {
        let (Some(above), Some(name)) = (self.0.parent(), self.0.file_name()) else {
            let folder = Folder::open_root(&self.0)?;
            let meta = folder.meta()?;
            return Ok(Node::Folder(folder, meta));
        };
        let name = FileName::new(name.as_encoded_bytes()).map_err(|_| {
            StoreError::with_kind(ErrorKind::BadName, "open", self.0.display().to_string(), "is not a valid file name")
        })?;
        Folder::open_root(above)?.open(&VPath::root().join(&name))
    }
}

/// An open file.
#[derive(Debug)]
pub struct OpenFile {
    /// The handle.
    pub file: File,
    /// Metadata at the time of opening.
    pub meta: Meta,
}

/// An open file or folder, the result of opening a path.
#[derive(Debug)]
pub enum Node {
    /// A regular file.
    File(OpenFile),
    /// A folder.
    Folder(Folder, Meta),
}

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawEntry {
    /// The name as stored.
    pub name: FileName,
    /// Metadata of the entry itself: symlinks are not followed.
    pub meta: Meta,
}

impl OpenFile {
    /// Reads at an offset from the page cache; `None` if that would have to wait for a disk. Never blocks.
    pub fn read_nowait(&self, into: &mut [u8], at: u64) -> Option<io::Result<usize>> {
        platform::read_nowait(&self.file, into, at)
    }

    /// Sends at most `most` bytes from offset `at` to a non-blocking socket with `sendfile`. Returns the number of
    /// bytes that the socket took, 0 at the end of the file. `None`: not supported by this platform or for this file.
    pub fn send_to(&self, socket: platform::SocketRef<'_>, at: u64, most: usize) -> Option<io::Result<usize>> {
        platform::send_file(socket, &self.file, at, most)
    }

    /// Returns the present metadata.
    ///
    /// # Errors
    /// I/O errors.
    pub fn meta_now(&self) -> io::Result<Meta> {
        platform::file_meta(&self.file)
    }

    /// Returns when content or metadata of the file were changed last, nanoseconds since 1970. Programs cannot set this time.
    /// `None`: the platform does not tell.
    pub fn changed_ns(&self) -> Option<i64> {
        platform::changed_ns(&self.file)
    }

    /// Opens the file again, for a child process that reads it from its start and seeks in it.
    ///
    /// # Errors
    /// I/O errors.
    pub fn reopen(&self) -> io::Result<File> {
        platform::reopen(&self.file)
    }

    /// Reads at most `most` bytes from offset `at` and appends them to `into`. Returns fewer at the end of the file,
    /// then 0.
    ///
    /// # Errors
    /// I/O errors.
    pub fn read_at(&self, at: u64, most: usize, into: &mut Vec<u8>) -> io::Result<usize> {
        platform::append_at(&self.file, at, most, into)
    }
}

impl Folder {
    /// Opens a folder of the host. Symlinks in `path` itself are followed: the administrator may use them in settings.
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

    /// Returns the identity of what is at a path of the host, symlinks followed, by one system call; `None` on platforms
    /// without one. Blocks.
    ///
    /// # Errors
    /// `NotFound`, `Denied`.
    pub fn id_at(path: &Path) -> Result<Option<FileId>, StoreError> {
        platform::id_at(path).map_err(|source| StoreError::new("stat", path.display().to_string(), source))
    }

    /// Returns the same folder with injected failures. For tests.
    pub fn with_faults(self, faults: Arc<Faults>) -> Self {
        let Root { real, interrupted, leftover, .. } = &*self.root;
        let (real, interrupted, leftover) = (real.clone(), interrupted.clone(), leftover.clone());
        Self { root: Arc::new(Root { real, faults: Some(faults), interrupted, leftover }), ..self }
    }

    /// Returns the faults to check before writing into a file of this folder; `None` outside tests.
    pub fn faults(&self) -> Option<&Arc<Faults>> {
        self.root.faults.as_ref()
    }

    /// Opens `path` from the kernel's caches; never blocks on a disk. `None`: not possible, call [`Folder::open`] on a
    /// thread that may block.
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

    /// Opens the file or folder at `path`.
    ///
    /// # Errors
    /// `NotFound`; `NotAFolder` for a path below a file; `Link` for a symlink anywhere in the path; `Special` for
    /// pipes, sockets and devices, without blocking on them; `Denied`.
    pub fn open(&self, path: &VPath) -> Result<Node, StoreError> {
        self.check(Op::Open, "open", path)?;
        self.node("open", path, self.dir.open(path))
    }

    /// Opens the folder at `path`.
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
                "is a file, not a folder",
            )),
        }
    }

    /// Opens the folder `path`, creating missing ones with `mode` (subject to the umask). Returns it with the number of
    /// created folders, which are durable only after a sync of their parents.
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
                        // Another thread or program has created it meanwhile.
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

    /// Creates one folder.
    ///
    /// # Errors
    /// `Exists`, `Denied`, `ReadOnly`, `NoSpace`.
    pub fn make_folder(&self, name: &FileName, mode: u32) -> Result<(), StoreError> {
        self.on_entry(Op::MakeFolder, "make folder", name, || self.dir.make_folder(name.as_bytes(), mode))
    }

    /// Resolves all symlinks in `path`. The result may be outdated when it is returned: callers must open it below a
    /// volume before using it.
    ///
    /// # Errors
    /// `NotFound` for a dangling symlink; `Link` for a cycle of symlinks.
    pub fn real_target(&self, path: &VPath) -> Result<RealPath, StoreError> {
        let full = self.below.append(path);
        let real = self.dir.real_target(&self.root.real, &full);
        real.map(RealPath).map_err(|source| StoreError::new("follow", self.log_path(path), source))
    }

    /// Returns the path below this folder of a path on the host; `None` if it is not below. Meant for the root of a
    /// volume.
    pub fn locate(&self, target: &RealPath) -> Option<VPath> {
        let below = target.0.strip_prefix(&self.root.real).ok()?;
        let parts: Vec<&[u8]> = below.components().map(|part| part.as_os_str().as_encoded_bytes()).collect();
        VPath::parse(&parts.join(&b'/')).ok()?.strip_prefix(&self.below)
    }

    /// Returns the path of this folder on the host.
    pub fn real_path(&self) -> RealPath {
        RealPath(self.root.real.join(platform::relative(&self.below)))
    }

    /// Returns the absolute path on the host of what is at `below`, for a program that the administrator has chosen. Nothing
    /// else may open a file by it.
    pub fn path_for_programs(&self, below: &VPath) -> PathBuf {
        self.host_path().join(platform::relative(below))
    }

    /// Returns the path of this folder on the host, for watching it.
    pub(crate) fn host_path(&self) -> PathBuf {
        self.real_path().0
    }

    /// Returns the metadata of this folder.
    ///
    /// # Errors
    /// File system errors.
    pub fn meta(&self) -> Result<Meta, StoreError> {
        self.on_self(Op::Read, "stat", || self.dir.meta())
    }

    /// Whether this folder is still the one at `path` in `root`: it may have been moved since it was opened.
    ///
    /// # Errors
    /// The metadata of this folder cannot be read.
    pub fn is_at(&self, root: &Self, path: &VPath) -> Result<bool, StoreError> {
        let there = root.folder(path).and_then(|folder| folder.meta()).map(|meta| meta.id());
        let here = self.meta()?.id();
        Ok(there.is_ok_and(|there| there == here))
    }

    /// Whether this folder is the mount point of a file system.
    pub fn is_mount_point(&self) -> bool {
        self.dir.is_mount_point()
    }

    /// Returns the paths below this folder at which other file systems are mounted; none if the system does not tell.
    pub fn mounts_below(&self) -> Vec<VPath> {
        mounts_below(&self.host_path()).into_iter().map(|(below, _)| below).collect()
    }

    /// Whether the folder holds nothing but reserved names.
    ///
    /// # Errors
    /// File system errors.
    pub fn is_empty(&self) -> Result<bool, StoreError> {
        let mut is_empty = true;
        self.visit(|name, _| {
            is_empty = reserved::is_reserved(name);
            if is_empty { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(is_empty)
    }

    /// Returns the metadata of the entry `name`, of a symlink itself; `None` if there is none.
    ///
    /// # Errors
    /// File system errors, except a missing entry.
    pub fn stat(&self, name: &FileName) -> Result<Option<Meta>, StoreError> {
        match self.on_entry(Op::Read, "stat", name, || self.dir.stat(name.as_bytes())) {
            Ok(meta) => Ok(Some(meta)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether there is no entry `name`, not even a symlink, from the kernel's caches; never blocks on a disk. `None`:
    /// not known, call [`Folder::stat`] on a thread that may block.
    pub fn is_absent_cached(&self, name: &FileName) -> Option<bool> {
        if self.root.faults.is_some() {
            return None;
        }
        self.dir.is_absent_cached(name.as_bytes())
    }

    /// Checks whether files may be created in the folder. May block on a disk or a network.
    ///
    /// # Errors
    /// `Denied`, `ReadOnly`. Succeeds where the system cannot be asked: then creating the first file shows it.
    pub fn check_writable(&self) -> Result<(), StoreError> {
        self.on_self(Op::Read, "write to", || self.dir.check_writable())
    }

    /// Returns all entries of the folder, unordered, reserved names included.
    ///
    /// # Errors
    /// File system errors.
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

    /// Calls `each` with the name and metadata of every entry of the folder, unordered, until it returns `Break`.
    ///
    /// # Errors
    /// File system errors.
    pub fn visit(&self, mut each: impl FnMut(&[u8], Meta) -> ControlFlow<()>) -> Result<(), StoreError> {
        self.on_self(Op::Read, "list", || self.dir.visit(&mut each))
    }

    /// Calls `each` with the name and kind of every entry of the folder, unordered: much faster than [`Folder::visit`].
    ///
    /// # Errors
    /// File system errors.
    pub fn visit_kinds(&self, mut each: impl FnMut(&[u8], Kind)) -> Result<(), StoreError> {
        self.on_self(Op::Read, "list", || self.dir.visit_kinds(&mut each))
    }

    /// Creates a new file for reading and writing with `mode` (subject to the umask).
    ///
    /// # Errors
    /// `Exists`, also for a dangling symlink; `Denied`, `ReadOnly`, `NoSpace`.
    pub fn create_new(&self, name: &FileName, mode: u32) -> Result<File, StoreError> {
        self.on_entry(Op::Create, "create", name, || self.dir.create_new(name.as_bytes(), mode))
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
                "is a folder, not a file",
            )),
        }
    }

    /// Renames an entry, within one file system.
    ///
    /// # Errors
    /// `NotFound`; `Exists` with [`OnExisting::Fail`]; `CrossDevice`; `NotEmpty` when a folder would replace one that
    /// is not empty.
    pub fn rename(
        &self,
        name: &FileName,
        to: &Folder,
        new: &FileName,
        on_existing: OnExisting,
    ) -> Result<(), StoreError> {
        self.on_entry(Op::Rename, "rename", name, || {
            self.dir.rename(name.as_bytes(), &to.dir, new.as_bytes(), on_existing)
        })
    }

    /// Exchanges two entries of any kind within one file system: atomically where the system can; elsewhere the entry
    /// at `new` has a hidden name for a moment.
    ///
    /// # Errors
    /// `NotFound`, `CrossDevice`, `Denied`, `ReadOnly`.
    pub fn exchange(&self, name: &FileName, to: &Folder, new: &FileName) -> Result<(), StoreError> {
        self.on_entry(Op::Rename, "exchange", name, || self.dir.exchange(name.as_bytes(), &to.dir, new.as_bytes()))
    }

    /// Removes a file or symlink.
    ///
    /// # Errors
    /// `NotFound`, `IsAFolder`, `Denied`, `ReadOnly`.
    pub fn remove_file(&self, name: &FileName) -> Result<(), StoreError> {
        self.on_entry(Op::Remove, "remove", name, || self.dir.remove_file(name.as_bytes())).inspect_err(|error| {
            if reserved::is_partial(name.as_bytes()) && error.kind() != ErrorKind::NotFound {
                self.mark_leftover();
            }
        })
    }

    /// Records that a hidden file or folder, here or below, could not be removed.
    pub fn mark_leftover(&self) {
        self.root.leftover.store(true, Relaxed);
    }

    /// Whether a hidden file or folder could not be removed, anywhere below the same root.
    pub fn has_leftover(&self) -> bool {
        self.root.leftover.load(Relaxed)
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    /// `NotFound`, `NotAFolder`, `NotEmpty`, `Busy` for a mount point of the host, `Denied`, `ReadOnly`.
    pub fn remove_folder(&self, name: &FileName) -> Result<(), StoreError> {
        self.on_entry(Op::Remove, "remove", name, || self.dir.remove_folder(name.as_bytes()))
    }

    /// Creates a hard link. A symlink is not followed but linked itself.
    ///
    /// # Errors
    /// `Exists`, `CrossDevice`, `Denied` (also from file systems without hard links), `NoSpace`.
    pub fn hard_link(&self, name: &FileName, to: &Folder, new: &FileName) -> Result<(), StoreError> {
        self.on_entry(Op::Link, "link", name, || self.dir.hard_link(name.as_bytes(), &to.dir, new.as_bytes()))
    }

    /// Returns the text of a symlink as stored, without following it.
    ///
    /// # Errors
    /// `NotFound`, `Denied`; `Other` if it is not a symlink.
    pub fn read_link_text(&self, name: &FileName) -> Result<Vec<u8>, StoreError> {
        self.on_entry(Op::Read, "read link", name, || self.dir.read_link_text(name.as_bytes()))
    }

    /// Creates a symlink with the text `target`, relative to this folder or absolute.
    ///
    /// # Errors
    /// `Exists`, `Denied`, `NoSpace`.
    pub fn symlink(&self, target: &[u8], name: &FileName) -> Result<(), StoreError> {
        self.on_entry(Op::Link, "symlink", name, || self.dir.symlink(target, name.as_bytes()))
    }

    /// Like [`clone_or_copy`](super::clone_or_copy), with injected failures and interruptible.
    ///
    /// # Errors
    /// I/O errors; `to` may then hold a part of the content. `Busy` after [`Folder::interrupt_copies`].
    pub fn clone_or_copy(&self, from: &File, to: &File) -> Result<u64, StoreError> {
        self.copy(from, to, None)
    }

    /// [`Folder::clone_or_copy`] that tells `watch` of its progress.
    ///
    /// # Errors
    /// Those of [`Folder::clone_or_copy`]; `Busy` after [`copy::CopyWatch::cancel`], too.
    pub fn clone_or_copy_watched(&self, from: &File, to: &File, watch: &copy::CopyWatch) -> Result<u64, StoreError> {
        self.copy(from, to, Some(watch))
    }

    fn copy(&self, from: &File, to: &File, watch: Option<&copy::CopyWatch>) -> Result<u64, StoreError> {
        let control = copy::Control { ended: &self.root.interrupted, watch };
        copy::clone_or_copy_until(from, to, self.root.faults.as_deref(), control)
    }

    /// Makes `to` (empty, writable) a file that shares its blocks with `from`.
    ///
    /// # Errors
    /// I/O errors, above all that the file system cannot do that; then `to` is empty.
    pub fn clone_only(&self, from: &File, to: &File) -> Result<(), StoreError> {
        copy::clone_only(from, to, self.root.faults.as_deref())
    }

    /// Interrupts all copies below the root of this folder, now and from now on, since the program is ending.
    pub fn interrupt_copies(&self) {
        self.root.interrupted.store(true, Relaxed);
    }

    /// Sets the modification time of an entry, of a symlink itself.
    ///
    /// # Errors
    /// `NotFound`, `Denied`.
    pub fn set_mtime(&self, name: &FileName, mtime: UnixMillis) -> Result<(), StoreError> {
        self.on_entry(Op::Write, "set the time of", name, || self.dir.set_mtime(name.as_bytes(), mtime))
    }

    /// Writes `bytes` at the current position of an open file of this folder.
    ///
    /// # Errors
    /// `NoSpace`; a part may have been written.
    pub fn write_into(&self, file: &File, name: &FileName, bytes: &[u8]) -> Result<(), StoreError> {
        let failed = |source| StoreError::new("write", self.log_path(&VPath::root().join(name)), source);
        if let Some(faults) = &self.root.faults {
            faults.check_write(bytes.len() as u64).map_err(failed)?;
        }
        let mut file = file;
        io::Write::write_all(&mut file, bytes).map_err(failed)
    }

    /// Sets the modification time of an open file of this folder.
    ///
    /// # Errors
    /// `Denied` if another user owns the file.
    pub fn set_file_mtime(&self, file: &File, name: &FileName, mtime: UnixMillis) -> Result<(), StoreError> {
        self.on_entry(Op::Write, "set the time of", name, || platform::set_file_mtime(file, mtime))
    }

    /// Makes the content and times of an open file of this folder durable.
    ///
    /// # Errors
    /// I/O errors; nothing is known to be durable then.
    pub fn sync_file(&self, file: &File, name: &FileName) -> Result<(), StoreError> {
        self.on_entry(Op::Sync, "sync", name, || file.sync_all())
    }

    /// Makes changes of names in this folder durable (created, renamed, removed entries).
    ///
    /// # Errors
    /// I/O errors; nothing is known to be durable then.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.on_self(Op::Sync, "sync", || self.dir.sync())
    }

    /// Makes everything in the file system of this folder durable (`syncfs`).
    ///
    /// # Errors
    /// I/O errors; nothing is known to be durable then.
    pub fn sync_filesystem(&self) -> Result<(), StoreError> {
        self.on_self(Op::Sync, "sync", || self.dir.sync_filesystem())
    }

    /// Whether [`Folder::sync_filesystem`] really waits for the disk and reports every failure: on local file systems
    /// of Linux 5.8 or newer.
    pub fn syncfs_is_reliable(&self) -> bool {
        self.dir.syncfs_is_reliable()
    }

    /// Whether data just written here is read back from the page cache: true on local file systems of Linux, false
    /// where that is unknown.
    pub fn uses_page_cache(&self) -> bool {
        self.dir.uses_page_cache()
    }

    /// Returns free and total space of the disk.
    ///
    /// # Errors
    /// `Other` where the platform cannot say.
    pub fn free_space(&self) -> Result<Space, StoreError> {
        self.on_self(Op::Read, "measure", || self.dir.space())
    }

    /// Whether names that differ only in case may be one file here.
    pub fn folds_case(&self) -> bool {
        self.dir.folds_case(&self.root.real)
    }

    /// Returns the path on the host, for log texts.
    pub fn log_path(&self, below: &VPath) -> String {
        let full = self.below.append(below);
        let real = self.root.real.display();
        if full.is_root() { real.to_string() } else { format!("{real}{}", full.display()) }
    }

    fn check(&self, op: Op, verb: &'static str, path: &VPath) -> Result<(), StoreError> {
        match &self.root.faults {
            None => Ok(()),
            Some(faults) => faults.check(op).map_err(|source| StoreError::new(verb, self.log_path(path), source)),
        }
    }

    fn on_self<T>(&self, op: Op, verb: &'static str, call: impl FnOnce() -> io::Result<T>) -> Result<T, StoreError> {
        self.check(op, verb, &VPath::root())?;
        call().map_err(|source| StoreError::new(verb, self.log_path(&VPath::root()), source))
    }

    fn on_entry<T>(
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

    fn node(&self, verb: &'static str, path: &VPath, found: io::Result<Found<Dir>>) -> Result<Node, StoreError> {
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
