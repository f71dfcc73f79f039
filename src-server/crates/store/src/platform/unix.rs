//! Unix: a folder is a file descriptor, and every name is resolved relative to one.

use super::found::Found;
use super::stat::meta_of;
use crate::disk::{FileId, Kind, Meta, OnExisting, Space, reserved};
use model::{UnixMillis, VPath};
use rustix::fs::{AtFlags, Mode, OFlags, Timespec, Timestamps, UTIME_OMIT};
use rustix::io::Errno;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

#[cfg(target_os = "linux")]
use super::linux as system;
#[cfg(not(target_os = "linux"))]
use super::walk as system;

pub(crate) use system::{clone_file, copy_range, mounts, populate, read_nowait, send_file, unique_mount};

/// An open folder. The second field caches whether it is on a file system in memory.
#[derive(Debug)]
pub(crate) struct Dir(OwnedFd, OnceLock<bool>);

impl Dir {
    pub(crate) fn open_root(path: &Path) -> io::Result<(Self, PathBuf)> {
        let real = path.canonicalize()?;
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY;
        Ok((Self(rustix::fs::open(&real, flags, Mode::empty())?, OnceLock::new()), real))
    }

    /// Opens from the kernel's caches; `None` if that is not possible without a disk.
    pub(crate) fn open_cached(&self, path: &VPath) -> Option<io::Result<Found<Self>>> {
        if path.is_root() {
            return Some(self.reopen());
        }
        match system::open_cached(self.0.as_fd(), path) {
            Ok(fd) => Some(found(fd)),
            Err(Errno::AGAIN | Errno::INVAL | Errno::NOSYS | Errno::PERM) => None,
            Err(errno) => Some(special_or_error(errno)),
        }
    }

    pub(crate) fn open(&self, path: &VPath) -> io::Result<Found<Self>> {
        if path.is_root() {
            return self.reopen();
        }
        match system::open(self.0.as_fd(), path) {
            Ok(fd) => found(fd),
            Err(errno) => special_or_error(errno),
        }
    }

    fn reopen(&self) -> io::Result<Found<Self>> {
        let meta = self.meta()?;
        Ok(Found::Folder(Self(self.0.try_clone()?, self.1.clone()), meta))
    }

    /// Resolves all symlinks in `path`.
    pub(crate) fn real_target(&self, root: &Path, path: &VPath) -> io::Result<PathBuf> {
        root.join(relative(path)).canonicalize()
    }

    pub(crate) fn meta(&self) -> io::Result<Meta> {
        Ok(meta_of(&rustix::fs::fstat(&self.0)?))
    }

    /// Whether this is the mount point of a file system.
    pub(crate) fn is_mount_point(&self) -> bool {
        system::is_mount_point(self.0.as_fd())
    }

    /// Returns the metadata of the entry `name`, of a symlink itself.
    pub(crate) fn stat(&self, name: &[u8]) -> io::Result<Meta> {
        Ok(meta_of(&rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?))
    }

    /// Whether there is no entry `name`; `None` if that is not known without a disk.
    pub(crate) fn is_absent_cached(&self, name: &[u8]) -> Option<bool> {
        system::is_absent_cached(self.0.as_fd(), &self.1, name)
    }

    /// Checks whether the effective user may create files here.
    pub(crate) fn check_writable(&self) -> io::Result<()> {
        use rustix::fs::Access;
        match rustix::fs::accessat(&self.0, c".", Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS) {
            // Not supported: creating the first file shows it.
            Err(Errno::NOSYS | Errno::INVAL) => Ok(()),
            answer => Ok(answer?),
        }
    }

    /// Calls `each` with the name and metadata of every entry except `.` and `..`, unordered. Entries that vanish
    /// meanwhile are skipped.
    pub(crate) fn visit(&self, each: &mut dyn FnMut(&[u8], Meta) -> ControlFlow<()>) -> io::Result<()> {
        Ok(system::visit(&self.reopened()?, each)?)
    }

    /// [`Dir::visit`] with the kind alone, which costs much less where the system keeps it beside the name.
    pub(crate) fn visit_kinds(&self, each: &mut dyn FnMut(&[u8], Kind)) -> io::Result<()> {
        Ok(system::visit_kinds(&self.reopened()?, each)?)
    }

    /// Returns a new descriptor, because duplicated descriptors share the read position in a folder.
    fn reopened(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY;
        Ok(rustix::fs::openat(&self.0, c".", flags, Mode::empty())?)
    }

    pub(crate) fn create_new(&self, name: &[u8], mode: u32) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        Ok(rustix::fs::openat(&self.0, name, flags, Mode::from_raw_mode(mode as _))?.into())
    }

    pub(crate) fn open_writable(&self, name: &[u8]) -> io::Result<Found<Self>> {
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        match rustix::fs::openat(&self.0, name, flags, Mode::empty()) {
            Ok(fd) => found(fd),
            Err(errno) => special_or_error(errno),
        }
    }

    pub(crate) fn make_folder(&self, name: &[u8], mode: u32) -> io::Result<()> {
        Ok(rustix::fs::mkdirat(&self.0, name, Mode::from_raw_mode(mode as _))?)
    }

    pub(crate) fn rename(&self, name: &[u8], to: &Self, new: &[u8], on_existing: OnExisting) -> io::Result<()> {
        match on_existing {
            OnExisting::Replace => Ok(rustix::fs::renameat(&self.0, name, &to.0, new)?),
            OnExisting::Fail => match system::rename_new(&self.0, name, &to.0, new) {
                Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => self.rename_new_by_link(name, to, new),
                answer => Ok(answer?),
            },
        }
    }

    pub(crate) fn exchange(&self, name: &[u8], to: &Self, new: &[u8]) -> io::Result<()> {
        match system::exchange(&self.0, name, &to.0, new) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => self.exchange_in_steps(name, to, new),
            answer => Ok(answer?),
        }
    }

    fn exchange_in_steps(&self, name: &[u8], to: &Self, new: &[u8]) -> io::Result<()> {
        let temporary = reserved::temporary_name();
        rustix::fs::renameat(&to.0, new, &to.0, temporary.as_bytes())?;
        if let Err(error) = rustix::fs::renameat(&self.0, name, &to.0, new) {
            rustix::fs::renameat(&to.0, temporary.as_bytes(), &to.0, new)?;
            return Err(error.into());
        }
        Ok(rustix::fs::renameat(&to.0, temporary.as_bytes(), &self.0, name)?)
    }

    /// For file systems that cannot rename without replacing: a hard link fails if the name is taken. Folders have no
    /// hard links; for them a plain rename replaces an existing empty folder and fails on anything else.
    fn rename_new_by_link(&self, name: &[u8], to: &Self, new: &[u8]) -> io::Result<()> {
        if self.stat(name)?.kind == Kind::Folder {
            return match to.stat(new) {
                Ok(_) => Err(Errno::EXIST.into()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    Ok(rustix::fs::renameat(&self.0, name, &to.0, new)?)
                }
                Err(error) => Err(error),
            };
        }
        rustix::fs::linkat(&self.0, name, &to.0, new, AtFlags::empty())?;
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    pub(crate) fn remove_file(&self, name: &[u8]) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    pub(crate) fn remove_folder(&self, name: &[u8]) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
    }

    pub(crate) fn hard_link(&self, name: &[u8], to: &Self, new: &[u8]) -> io::Result<()> {
        Ok(rustix::fs::linkat(&self.0, name, &to.0, new, AtFlags::empty())?)
    }

    pub(crate) fn symlink(&self, target: &[u8], name: &[u8]) -> io::Result<()> {
        Ok(rustix::fs::symlinkat(target, &self.0, name)?)
    }

    pub(crate) fn read_link_text(&self, name: &[u8]) -> io::Result<Vec<u8>> {
        Ok(rustix::fs::readlinkat(&self.0, name, Vec::new())?.into_bytes())
    }

    pub(crate) fn set_mtime(&self, name: &[u8], mtime: UnixMillis) -> io::Result<()> {
        Ok(rustix::fs::utimensat(&self.0, name, &times(mtime), AtFlags::SYMLINK_NOFOLLOW)?)
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fsync(&self.0)?)
    }

    pub(crate) fn sync_filesystem(&self) -> io::Result<()> {
        Ok(system::sync_filesystem(&self.0)?)
    }

    /// Whether a sync of the file system waits for the disk and reports every failure.
    pub(crate) fn syncfs_is_reliable(&self) -> bool {
        system::syncfs_is_reliable(&self.0)
    }

    /// Whether data just written is read back from the page cache.
    pub(crate) fn uses_page_cache(&self) -> bool {
        system::uses_page_cache(&self.0)
    }

    pub(crate) fn space(&self) -> io::Result<Space> {
        let stat = rustix::fs::fstatvfs(&self.0)?;
        let bytes = |blocks: u64| model::Bytes(blocks.saturating_mul(stat.f_frsize));
        Ok(Space { free: bytes(stat.f_bavail), total: bytes(stat.f_blocks) })
    }

    /// Whether names that differ only in case may be one file here.
    pub(crate) fn folds_case(&self, real: &Path) -> bool {
        if cfg!(any(target_os = "macos", target_os = "ios")) || system::has_casefold_flag(&self.0) {
            return true;
        }
        // Looks up the folder's own name with its case swapped: the same inode means a case-insensitive file system.
        let Some(name) = real.file_name().map(std::os::unix::ffi::OsStrExt::as_bytes) else { return false };
        let swapped: Vec<u8> = name
            .iter()
            .map(|b| if b.is_ascii_lowercase() { b.to_ascii_uppercase() } else { b.to_ascii_lowercase() })
            .collect();
        if swapped == name {
            return false;
        }
        let (Some(above), Ok(own)) = (real.parent(), self.meta()) else { return false };
        match rustix::fs::lstat(above.join(OsString::from_vec(swapped))) {
            Ok(other) => meta_of(&other).id() == own.id(),
            Err(_) => false,
        }
    }
}

/// Converts a path to the host's form, relative.
pub(crate) fn relative(path: &VPath) -> PathBuf {
    PathBuf::from(OsString::from_vec(path.as_bytes().to_vec()))
}

/// Whether the error means that the path contains a symlink.
pub(crate) fn is_link(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::LOOP.raw_os_error())
}

/// Returns the identity of what is at a path, symlinks followed.
pub(crate) fn id_at(path: &Path) -> io::Result<Option<FileId>> {
    let meta = meta_of(&rustix::fs::stat(path)?);
    Ok(Some(meta.id()))
}

pub(crate) fn file_meta(file: &File) -> io::Result<Meta> {
    Ok(meta_of(&rustix::fs::fstat(file)?))
}

/// Returns the allocated bytes of a file; `None` if not known.
pub(crate) fn allocated(file: &File) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    // POSIX: in units of 512 bytes, whatever the block size.
    file.metadata().ok().map(|meta| meta.blocks().saturating_mul(512))
}

pub(crate) fn set_file_mtime(file: &File, mtime: UnixMillis) -> io::Result<()> {
    Ok(rustix::fs::futimens(file, &times(mtime))?)
}

/// Reads at most `most` bytes from offset `at` and appends them to `into`. Returns 0 at the end of the file.
pub(crate) fn append_at(file: &File, at: u64, most: usize, into: &mut Vec<u8>) -> io::Result<usize> {
    into.reserve(most);
    let start = into.len();
    loop {
        match rustix::io::pread(file, rustix::buffer::spare_capacity(into), at) {
            Ok(read) if read > most => {
                into.truncate(start + most);
                return Ok(most);
            }
            Err(Errno::INTR) => {}
            answer => return Ok(answer?),
        }
    }
}

fn times(mtime: UnixMillis) -> Timestamps {
    Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        last_modification: Timespec { tv_sec: mtime.secs(), tv_nsec: (mtime.0.rem_euclid(1000) * 1_000_000) as _ },
    }
}

fn found(fd: OwnedFd) -> io::Result<Found<Dir>> {
    let meta = meta_of(&rustix::fs::fstat(&fd)?);
    Ok(match meta.kind {
        Kind::File => Found::File(fd.into(), meta),
        Kind::Folder => Found::Folder(Dir(fd, OnceLock::new()), meta),
        Kind::Link => return Err(Errno::LOOP.into()),
        Kind::Other => Found::Special,
    })
}

/// Maps ENXIO (a socket, or a pipe without reader) and ENODEV (a device without driver) to `Special`.
fn special_or_error(errno: Errno) -> io::Result<Found<Dir>> {
    match errno {
        Errno::NXIO | Errno::NODEV => Ok(Found::Special),
        errno => Err(errno.into()),
    }
}
