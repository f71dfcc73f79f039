//! Unix without `openat2`: a path is opened one component at a time, each relative to the handle before it and never
//! through a symlink. Also the fallback on Linux for kernels and sandboxes that refuse the call.

use model::VPath;
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;
use std::os::fd::{BorrowedFd, OwnedFd};

/// Flags for opening files and folders for reading. NONBLOCK: a pipe without writer must not block the call. NOCTTY: a
/// terminal must not become the controlling terminal.
pub(super) const READ: OFlags =
    OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::NOFOLLOW);

pub(super) fn open(dir: BorrowedFd<'_>, path: &VPath) -> Result<OwnedFd, Errno> {
    let mut parts = path.components().peekable();
    let mut above: Option<OwnedFd> = None;
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        let flags = if last { READ } else { READ | OFlags::DIRECTORY };
        let opened = match &above {
            Some(fd) => rustix::fs::openat(fd, part, flags, Mode::empty()).map_err(|e| (e, is_link(fd, part))),
            None => rustix::fs::openat(dir, part, flags, Mode::empty()).map_err(|e| (e, is_link(dir, part))),
        };
        // For a symlink in the middle of a path Linux returns ENOTDIR, BSDs EMLINK or ENOTDIR; all become ELOOP.
        above = Some(opened.map_err(|(errno, link)| if link { Errno::LOOP } else { errno })?);
    }
    above.ok_or(Errno::NOENT)
}

fn is_link(dir: impl std::os::fd::AsFd, name: &[u8]) -> bool {
    rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)
        .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink)
}

/// Not known on these systems.
#[cfg(not(target_os = "linux"))]
pub(crate) fn mounts() -> Vec<super::mount::Mount> {
    Vec::new()
}

/// Not known on these systems.
#[cfg(not(target_os = "linux"))]
pub(crate) fn unique_mount(_: &std::path::Path) -> Option<u64> {
    None
}

/// Whether this is a mount point: the parent folder has another device number.
pub(super) fn is_mount_point(dir: BorrowedFd<'_>) -> bool {
    let file_system = |name: &str| rustix::fs::statat(dir, name, AtFlags::empty()).map(|stat| stat.st_dev);
    matches!((file_system("."), file_system("..")), (Ok(here), Ok(above)) if here != above)
}

#[cfg(not(target_os = "linux"))]
pub(crate) use others::*;

/// Functions for which Linux has better system calls.
#[cfg(not(target_os = "linux"))]
mod others {
    use crate::disk::{Kind, Meta};
    use crate::platform::stat::meta_of;
    use model::VPath;
    use rustix::fs::AtFlags;
    use rustix::io::Errno;
    use std::fs::File;
    use std::io;
    use std::ops::ControlFlow;
    use std::os::fd::{BorrowedFd, OwnedFd};

    /// Not supported.
    pub(in crate::platform) fn open_cached(_: BorrowedFd<'_>, _: &VPath) -> Result<OwnedFd, Errno> {
        Err(Errno::AGAIN)
    }

    /// Not supported.
    pub(in crate::platform) fn is_absent_cached(
        _: BorrowedFd<'_>,
        _: &std::sync::OnceLock<bool>,
        _: &[u8],
    ) -> Option<bool> {
        None
    }

    pub(in crate::platform) fn visit_kinds(dir: &OwnedFd, each: &mut dyn FnMut(&[u8], Kind)) -> Result<(), Errno> {
        visit(dir, &mut |name, meta| {
            each(name, meta.kind);
            ControlFlow::Continue(())
        })
    }

    pub(in crate::platform) fn visit(
        dir: &OwnedFd,
        each: &mut dyn FnMut(&[u8], Meta) -> ControlFlow<()>,
    ) -> Result<(), Errno> {
        for entry in rustix::fs::Dir::read_from(dir)? {
            let entry = entry?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            match rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) if each(name.to_bytes(), meta_of(&stat)).is_break() => return Ok(()),
                Ok(_) | Err(Errno::NOENT) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }

    #[cfg(any(target_os = "macos", target_os = "ios"))]
    pub(in crate::platform) fn rename_new(dir: &OwnedFd, name: &[u8], to: &OwnedFd, new: &[u8]) -> Result<(), Errno> {
        rustix::fs::renameat_with(dir, name, to, new, rustix::fs::RenameFlags::NOREPLACE)
    }

    #[cfg(not(any(target_os = "macos", target_os = "ios")))]
    pub(in crate::platform) fn rename_new(_: &OwnedFd, _: &[u8], _: &OwnedFd, _: &[u8]) -> Result<(), Errno> {
        Err(Errno::NOSYS)
    }

    #[cfg(any(target_os = "macos", target_os = "ios"))]
    pub(in crate::platform) fn exchange(dir: &OwnedFd, name: &[u8], to: &OwnedFd, new: &[u8]) -> Result<(), Errno> {
        rustix::fs::renameat_with(dir, name, to, new, rustix::fs::RenameFlags::EXCHANGE)
    }

    #[cfg(not(any(target_os = "macos", target_os = "ios")))]
    pub(in crate::platform) fn exchange(_: &OwnedFd, _: &[u8], _: &OwnedFd, _: &[u8]) -> Result<(), Errno> {
        Err(Errno::NOSYS)
    }

    /// Not known to be reliable.
    pub(in crate::platform) fn syncfs_is_reliable(_: &OwnedFd) -> bool {
        false
    }

    pub(in crate::platform) fn uses_page_cache(_: &OwnedFd) -> bool {
        false
    }

    pub(in crate::platform) fn sync_filesystem(dir: &OwnedFd) -> Result<(), Errno> {
        rustix::fs::sync();
        rustix::fs::fsync(dir)
    }

    pub(in crate::platform) fn has_casefold_flag(_: &OwnedFd) -> bool {
        false
    }

    /// These systems clone by path only; the caller copies instead.
    pub(crate) fn clone_file(_: &File, _: &File) -> io::Result<()> {
        Err(Errno::NOTSUP.into())
    }

    pub(crate) fn copy_range(_: &File, _: &File, _: u64) -> io::Result<usize> {
        Err(Errno::NOTSUP.into())
    }

    /// Only starts reading ahead; pages are loaded when they are touched.
    pub(crate) fn populate(map: &memmap2::Mmap, range: std::ops::Range<usize>) -> io::Result<()> {
        map.advise_range(memmap2::Advice::WillNeed, range.start, range.len())
    }

    pub(crate) fn read_nowait(_: &File, _: &mut [u8], _: u64) -> Option<io::Result<usize>> {
        None
    }

    pub(crate) fn send_file(_: BorrowedFd<'_>, _: &File, _: u64, _: usize) -> Option<io::Result<usize>> {
        None
    }
}
