//! Windows, by path: the standard library cannot open names relative to a handle. Every component is checked for
//! reparse points (symlinks, junctions) before opening, and the opened path is compared with the one that the system
//! reports, which detects a link that was created in between.
//!
//! Names that Windows would interpret differently (devices, streams, trailing dots and spaces) are refused.

use super::found::Found;
use super::socket::SocketRef;
use crate::disk::{FileId, Kind, Meta, OnExisting, Space, reserved};
use model::{UnixMillis, VPath};
use std::fs::{File, FileTimes, Metadata, OpenOptions};
use std::io;
use std::ops::ControlFlow;
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// `FILE_FLAG_OPEN_REPARSE_POINT`: opens the link itself, not its target.
const OPEN_LINK_ITSELF: u32 = 0x0020_0000;
/// `FILE_ATTRIBUTE_REPARSE_POINT`.
const REPARSE_POINT: u32 = 0x400;
/// Message of the error for a link in the path, by which it is recognised; the system has no error of its own for it.
const LINK: &str = "the path contains a link";

/// A folder, by its real path.
#[derive(Debug)]
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn open_root(path: &Path) -> io::Result<(Self, PathBuf)> {
        let real = path.canonicalize()?;
        if !real.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok((Self(real.clone()), real))
    }

    /// Not supported.
    pub(crate) fn open_cached(&self, _: &VPath) -> Option<io::Result<Found<Self>>> {
        None
    }

    /// Not supported.
    pub(crate) fn is_absent_cached(&self, _: &[u8]) -> Option<bool> {
        None
    }

    pub(crate) fn open(&self, path: &VPath) -> io::Result<Found<Self>> {
        let full = self.checked(path)?;
        let stat = full.symlink_metadata()?;
        if stat.is_dir() {
            let meta = meta_of(&stat);
            return Ok(Found::Folder(Self(full), meta));
        }
        let file = OpenOptions::new().read(true).custom_flags(OPEN_LINK_ITSELF).open(&full)?;
        self.found(file, &full)
    }

    fn found(&self, file: File, full: &Path) -> io::Result<Found<Self>> {
        let meta = meta_of(&file.metadata()?);
        match meta.kind {
            Kind::Link => Err(link()),
            Kind::Folder => Ok(Found::Folder(Self(full.to_path_buf()), meta)),
            Kind::Other => Ok(Found::Special),
            Kind::File if full.canonicalize()?.starts_with(&self.0) => Ok(Found::File(file, meta)),
            Kind::File => Err(link()),
        }
    }

    /// Returns the path on the host after checking every component for links.
    fn checked(&self, path: &VPath) -> io::Result<PathBuf> {
        let mut at = self.0.clone();
        for part in path.components() {
            at.push(checked_name(part)?);
            match at.symlink_metadata() {
                Ok(stat) if stat.file_attributes() & REPARSE_POINT != 0 => return Err(link()),
                Ok(_) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(at)
    }

    fn child(&self, name: &[u8]) -> io::Result<PathBuf> {
        Ok(self.0.join(checked_name(name)?))
    }

    pub(crate) fn real_target(&self, root: &Path, path: &VPath) -> io::Result<PathBuf> {
        let mut at = root.to_path_buf();
        for part in path.components() {
            at.push(checked_name(part)?);
        }
        at.canonicalize()
    }

    pub(crate) fn meta(&self) -> io::Result<Meta> {
        Ok(meta_of(&self.0.symlink_metadata()?))
    }

    /// Not determined: a drive without a disk cannot be opened at all.
    pub(crate) fn is_mount_point(&self) -> bool {
        false
    }

    pub(crate) fn stat(&self, name: &[u8]) -> io::Result<Meta> {
        Ok(meta_of(&self.child(name)?.symlink_metadata()?))
    }

    pub(crate) fn visit(&self, each: &mut dyn FnMut(&[u8], Meta) -> ControlFlow<()>) -> io::Result<()> {
        for entry in self.0.read_dir()? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            match entry.metadata() {
                Ok(stat) if each(name.as_bytes(), meta_of(&stat)).is_break() => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The system returns metadata with the names.
    pub(crate) fn visit_kinds(&self, each: &mut dyn FnMut(&[u8], Kind)) -> io::Result<()> {
        self.visit(&mut |name, meta| {
            each(name, meta.kind);
            ControlFlow::Continue(())
        })
    }

    pub(crate) fn create_new(&self, name: &[u8], _mode: u32) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create_new(true).open(self.child(name)?)
    }

    pub(crate) fn open_writable(&self, name: &[u8]) -> io::Result<Found<Self>> {
        let full = self.child(name)?;
        let file = OpenOptions::new().read(true).write(true).custom_flags(OPEN_LINK_ITSELF).open(&full)?;
        self.found(file, &full)
    }

    pub(crate) fn make_folder(&self, name: &[u8], _mode: u32) -> io::Result<()> {
        std::fs::create_dir(self.child(name)?)
    }

    pub(crate) fn rename(&self, name: &[u8], to: &Self, new: &[u8], on_existing: OnExisting) -> io::Result<()> {
        let (from, to) = (self.child(name)?, to.child(new)?);
        // The standard library's rename always replaces, so the check and the rename are two steps here.
        if on_existing == OnExisting::Fail && to.symlink_metadata().is_ok() && !is_same_file(&from, &to) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        std::fs::rename(from, to)
    }

    /// Windows cannot exchange atomically: the entry at `new` has a temporary name for a moment.
    pub(crate) fn exchange(&self, name: &[u8], to: &Self, new: &[u8]) -> io::Result<()> {
        let temporary = reserved::temporary_name();
        let (from, target, temporary) = (self.child(name)?, to.child(new)?, to.child(temporary.as_bytes())?);
        std::fs::rename(&target, &temporary)?;
        if let Err(error) = std::fs::rename(&from, &target) {
            std::fs::rename(&temporary, &target)?;
            return Err(error);
        }
        std::fs::rename(temporary, from)
    }

    pub(crate) fn remove_file(&self, name: &[u8]) -> io::Result<()> {
        std::fs::remove_file(self.child(name)?)
    }

    pub(crate) fn remove_folder(&self, name: &[u8]) -> io::Result<()> {
        std::fs::remove_dir(self.child(name)?)
    }

    pub(crate) fn hard_link(&self, name: &[u8], to: &Self, new: &[u8]) -> io::Result<()> {
        std::fs::hard_link(self.child(name)?, to.child(new)?)
    }

    pub(crate) fn symlink(&self, target: &[u8], name: &[u8]) -> io::Result<()> {
        let target = std::str::from_utf8(target).map_err(|_| io::ErrorKind::InvalidFilename)?;
        std::os::windows::fs::symlink_file(target.replace('/', "\\"), self.child(name)?)
    }

    pub(crate) fn read_link_text(&self, name: &[u8]) -> io::Result<Vec<u8>> {
        let text = std::fs::read_link(self.child(name)?)?.into_os_string().into_string();
        text.map(|text| text.replace('\\', "/").into_bytes()).map_err(|_| io::ErrorKind::InvalidFilename.into())
    }

    pub(crate) fn set_mtime(&self, name: &[u8], mtime: UnixMillis) -> io::Result<()> {
        set_file_mtime(&OpenOptions::new().write(true).open(self.child(name)?)?, mtime)
    }

    /// The file system journals renames; a folder cannot be flushed.
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    /// Not known to be reliable.
    pub(crate) fn syncfs_is_reliable(&self) -> bool {
        false
    }

    /// Access lists are checked when a file is created.
    pub(crate) fn check_writable(&self) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn uses_page_cache(&self) -> bool {
        false
    }

    pub(crate) fn sync_filesystem(&self) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn space(&self) -> io::Result<Space> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn folds_case(&self, _: &Path) -> bool {
        true
    }
}

/// Whether two paths that differ only in case lead to one file.
fn is_same_file(a: &Path, b: &Path) -> bool {
    let folded = |path: &Path| path.to_string_lossy().to_lowercase();
    // Compares the real spellings: a folder may be configured as case-sensitive in Windows.
    folded(a) == folded(b) && matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Returns the name as text, or `InvalidFilename` if Windows would interpret it differently.
fn checked_name(name: &[u8]) -> io::Result<&str> {
    const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];
    let bad = io::ErrorKind::InvalidFilename;
    let text = std::str::from_utf8(name).map_err(|_| bad)?;
    if text.chars().any(|c| c.is_control() || "<>:\"|?*\\/".contains(c)) || text.ends_with(['.', ' ']) {
        return Err(bad.into());
    }
    let stem = text.split('.').next().unwrap_or(text).trim_end().to_ascii_lowercase();
    let numbered = stem.strip_prefix("com").or(stem.strip_prefix("lpt")).is_some_and(|rest| rest.chars().count() == 1);
    if DEVICES.contains(&stem.as_str()) || numbered { Err(bad.into()) } else { Ok(text) }
}

/// Converts a path to the host's form, relative.
pub(crate) fn relative(path: &VPath) -> PathBuf {
    path.components().map(|part| String::from_utf8_lossy(part).into_owned()).collect()
}

fn link() -> io::Error {
    io::Error::other(LINK)
}

pub(crate) fn is_link(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Other && error.to_string() == LINK
}

fn meta_of(stat: &Metadata) -> Meta {
    let kind = if stat.file_attributes() & REPARSE_POINT != 0 {
        Kind::Link
    } else if stat.is_dir() {
        Kind::Folder
    } else {
        Kind::File
    };
    // In units of 100 ns since 1601; 1970 is 11,644,473,600 s later.
    let since_1970 = i128::from(stat.last_write_time()) * 100 - 11_644_473_600 * 1_000_000_000;
    Meta {
        kind,
        size: stat.file_size(),
        mtime_ns: since_1970.clamp(i64::MIN.into(), i64::MAX.into()) as i64,
        dev: 0,
        ino: 0,
        links: 1,
        mode: if stat.permissions().readonly() { 0o444 } else { 0o644 },
    }
}

pub(crate) fn file_meta(file: &File) -> io::Result<Meta> {
    Ok(meta_of(&file.metadata()?))
}

/// Not supported.
pub(crate) fn id_at(_: &Path) -> io::Result<Option<FileId>> {
    Ok(None)
}

/// Files that are not sparse have their full length allocated.
pub(crate) fn allocated(file: &File) -> Option<u64> {
    file.metadata().ok().map(|meta| meta.len())
}

pub(crate) fn set_file_mtime(file: &File, mtime: UnixMillis) -> io::Result<()> {
    let distance = Duration::from_millis(mtime.0.unsigned_abs());
    let time = if mtime.0 < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    };
    file.set_times(FileTimes::new().set_modified(time.ok_or(io::ErrorKind::InvalidInput)?))
}

pub(crate) fn clone_file(_: &File, _: &File) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn copy_range(_: &File, _: &File, _: u64) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn send_file(_: SocketRef<'_>, _: &File, _: u64, _: usize) -> Option<io::Result<usize>> {
    None
}

pub(crate) fn read_nowait(_: &File, _: &mut [u8], _: u64) -> Option<io::Result<usize>> {
    None
}

pub(crate) fn populate(_: &memmap2::Mmap, _: std::ops::Range<usize>) -> io::Result<()> {
    Ok(())
}

/// Reads at most `most` bytes from offset `at` and appends them to `into`. Returns 0 at the end of the file.
pub(crate) fn append_at(file: &File, at: u64, most: usize, into: &mut Vec<u8>) -> io::Result<usize> {
    let start = into.len();
    into.resize(start + most, 0);
    let answer = std::os::windows::fs::FileExt::seek_read(file, &mut into[start..], at);
    into.truncate(start + answer.as_ref().map_or(0, |read| *read));
    answer
}

/// Not known here: a folder that is a mount point is a reparse point, which no operation follows.
pub(crate) fn mounts() -> Vec<super::mount::Mount> {
    Vec::new()
}

/// Not known here.
pub(crate) fn unique_mount(_: &Path) -> Option<u64> {
    None
}
