//! Linux: one system call where other systems need several.

use super::mount::Mount;
use super::stat::kind_of;
use super::walk::{self, READ};
use crate::disk::{Kind, Meta};
use model::VPath;
use rustix::fs::{
    AtFlags, FileType, IFlags, Mode, OFlags, RawDir, RenameFlags, ResolveFlags, Statx, StatxAttributes, StatxFlags,
};
use rustix::io::{Errno, ReadWriteFlags};
use std::ffi::{CStr, OsString};
use std::fs::File;
use std::io::{self, IoSliceMut};
use std::ops::ControlFlow;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

const BENEATH: ResolveFlags = ResolveFlags::BENEATH.union(ResolveFlags::NO_SYMLINKS).union(ResolveFlags::NO_MAGICLINKS);

/// Buffer for about a thousand directory entries: few system calls, and it fits the second-level cache.
const ENTRY_BUFFER: usize = 64 << 10;

/// `f_type` of statfs(2) for ext2 to ext4, xfs, btrfs, f2fs, bcachefs.
const ON_DISK: [u32; 5] = [0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010, 0xca45_1a4e];
/// `f_type` for tmpfs, ramfs.
const IN_MEMORY: [u32; 2] = [0x0102_1994, 0x8584_58f6];
/// `f_type` for overlayfs.
const OVERLAY: u32 = 0x794c_7630;

/// Opens from the kernel's caches alone; EAGAIN where that would need a disk or a file server.
pub(super) fn open_cached(dir: BorrowedFd<'_>, path: &VPath) -> Result<OwnedFd, Errno> {
    let resolve = BENEATH | ResolveFlags::CACHED;
    rustix::fs::openat2(dir, path.as_bytes(), READ, Mode::empty(), resolve).map_err(map_leaving)
}

pub(super) fn open(dir: BorrowedFd<'_>, path: &VPath) -> Result<OwnedFd, Errno> {
    loop {
        match rustix::fs::openat2(dir, path.as_bytes(), READ, Mode::empty(), BENEATH) {
            // A rename raced with the path walk (openat2(2)); try again.
            Err(Errno::AGAIN | Errno::INTR) => {}
            // Kernels before 5.6, and sandboxes that do not allow the call.
            Err(Errno::NOSYS | Errno::PERM) => return walk::open(dir, path),
            answer => return answer.map_err(map_leaving),
        }
    }
}

/// Whether this is a mount point. Kernels before 5.8 do not tell, so device numbers are compared.
pub(super) fn is_mount_point(dir: BorrowedFd<'_>) -> bool {
    match rustix::fs::statx(dir, c"", AtFlags::EMPTY_PATH, StatxFlags::empty()) {
        Ok(stat) if stat.stx_attributes_mask.contains(StatxAttributes::MOUNT_ROOT) => {
            stat.stx_attributes.contains(StatxAttributes::MOUNT_ROOT)
        }
        _ => walk::is_mount_point(dir),
    }
}

/// Returns the mounts of this process's mount namespace; none if the system does not tell.
pub(crate) fn mounts() -> Vec<Mount> {
    let table = std::fs::read("/proc/self/mountinfo").unwrap_or_default();
    // proc_pid_mountinfo(5): the number of the mount, that of its parent, the device, the folder of its file system that
    // is mounted, the mount point, and what may change while it is mounted.
    let mount = |line: &[u8]| {
        let fields: Vec<&[u8]> = line.split(|&byte| byte == b' ').take(5).collect();
        let [id, _, device, root, at] = fields[..] else { return None };
        Some(Mount { at: unescape(at), id: [id, device, root].join(&b' ') })
    };
    table.split(|&byte| byte == b'\n').filter_map(mount).collect()
}

/// Returns the number of the mount that `at` is on, which no later mount gets; `None` before Linux 6.8. The numbers of
/// `mountinfo` are used again at once.
pub(crate) fn unique_mount(at: &Path) -> Option<u64> {
    // `STATX_MNT_ID_UNIQUE`, statx(2).
    let unique = StatxFlags::from_bits_retain(0x4000);
    let flags = AtFlags::NO_AUTOMOUNT | AtFlags::STATX_DONT_SYNC;
    let stat = rustix::fs::statx(rustix::fs::CWD, at, flags, unique).ok()?;
    (stat.stx_mask & unique.bits() != 0).then_some(stat.stx_mnt_id)
}

/// Decodes the escapes of `mountinfo`: three octal digits after a backslash.
fn unescape(text: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let octal = after.get(..3).filter(|_| first == b'\\').and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok()?;
            u8::from_str_radix(digits, 8).ok()
        });
        bytes.push(octal.unwrap_or(first));
        rest = if octal.is_some() { &after[3..] } else { after };
    }
    OsString::from_vec(bytes).into()
}

/// Maps EXDEV, which `RESOLVE_BENEATH` returns for a path that leaves the folder, to ELOOP.
fn map_leaving(errno: Errno) -> Errno {
    if errno == Errno::XDEV { Errno::LOOP } else { errno }
}

/// How many entries are asked for together: few at first, since callers may want only some.
const FIRST_BATCH: usize = 64;
/// Most entries that are asked for together.
const LARGEST_BATCH: usize = 4096;
/// From this many entries on, two threads ask for half of them each.
const SHARED_BATCH: usize = 1024;

/// Names of a folder, one after the other, each with a NUL at its end.
#[derive(Default)]
struct Names {
    bytes: Vec<u8>,
    /// End of each name in `bytes`, after its NUL.
    ends: Vec<usize>,
}

impl Names {
    fn push(&mut self, name: &CStr) {
        self.bytes.extend_from_slice(name.to_bytes_with_nul());
        self.ends.push(self.bytes.len());
    }

    fn get(&self, at: usize) -> &CStr {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        CStr::from_bytes_with_nul(&self.bytes[start..self.ends[at]]).unwrap_or_default()
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}

pub(super) fn visit(dir: &OwnedFd, each: &mut dyn FnMut(&[u8], Meta) -> ControlFlow<()>) -> Result<(), Errno> {
    let mut buffer = Vec::with_capacity(ENTRY_BUFFER);
    let mut entries = RawDir::new(dir, buffer.spare_capacity_mut());
    let mut names = Names::default();
    let mut most = FIRST_BATCH;
    loop {
        names.clear();
        while names.ends.len() < most {
            let Some(entry) = entries.next() else { break };
            let entry = entry?;
            if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                names.push(entry.file_name());
            }
        }
        let count = names.ends.len();
        for (at, meta) in metas(dir, &names).into_iter().enumerate() {
            match meta {
                Ok(meta) if each(names.get(at).to_bytes(), meta).is_break() => return Ok(()),
                Ok(_) | Err(Errno::NOENT) => {}
                Err(errno) => return Err(errno),
            }
        }
        if count < most {
            return Ok(());
        }
        most = LARGEST_BATCH.min(4 * most);
    }
}

/// [`visit`] with the kind alone, which most file systems keep beside the name: several times faster.
pub(super) fn visit_kinds(dir: &OwnedFd, each: &mut dyn FnMut(&[u8], Kind)) -> Result<(), Errno> {
    let mut buffer = Vec::with_capacity(ENTRY_BUFFER);
    let mut entries = RawDir::new(dir, buffer.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let kind = match entry.file_type() {
            FileType::Unknown => match rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => kind_of(FileType::from_raw_mode(stat.st_mode)),
                Err(Errno::NOENT) => continue,
                Err(errno) => return Err(errno),
            },
            known => kind_of(known),
        };
        each(name.to_bytes(), kind);
    }
    Ok(())
}

/// Returns the metadata of entries, or why there is none. A folder of 100,000 files takes most of its time here.
fn metas(dir: &OwnedFd, names: &Names) -> Vec<Result<Meta, Errno>> {
    // DONT_SYNC: a network file system may use cached attributes.
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::STATX_DONT_SYNC;
    let one = |at| rustix::fs::statx(dir, names.get(at), flags, StatxFlags::BASIC_STATS).map(|stat| meta_of(&stat));
    let count = names.ends.len();
    if count < SHARED_BATCH {
        return (0..count).map(one).collect();
    }
    std::thread::scope(|scope| {
        let second =
            std::thread::Builder::new().spawn_scoped(scope, || (count / 2..count).map(one).collect::<Vec<_>>());
        let mut all: Vec<_> = (0..count / 2).map(one).collect();
        // Without another thread this one does all.
        let rest = second.ok().and_then(|thread| thread.join().ok());
        all.extend(rest.unwrap_or_else(|| (count / 2..count).map(one).collect()));
        all
    })
}

fn meta_of(stat: &Statx) -> Meta {
    Meta {
        kind: kind_of(FileType::from_raw_mode(stat.stx_mode.into())),
        size: stat.stx_size,
        mtime_ns: stat.stx_mtime.tv_sec.saturating_mul(1_000_000_000).saturating_add(stat.stx_mtime.tv_nsec.into()),
        dev: rustix::fs::makedev(stat.stx_dev_major, stat.stx_dev_minor),
        ino: stat.stx_ino,
        links: stat.stx_nlink.into(),
        mode: u32::from(stat.stx_mode) & 0o7777,
    }
}

pub(super) fn exchange(dir: &OwnedFd, name: &[u8], to: &OwnedFd, new: &[u8]) -> Result<(), Errno> {
    rustix::fs::renameat_with(dir, name, to, new, RenameFlags::EXCHANGE)
}

pub(super) fn rename_new(dir: &OwnedFd, name: &[u8], to: &OwnedFd, new: &[u8]) -> Result<(), Errno> {
    rustix::fs::renameat_with(dir, name, to, new, RenameFlags::NOREPLACE)
}

pub(super) fn sync_filesystem(dir: &OwnedFd) -> Result<(), Errno> {
    rustix::fs::syncfs(dir)
}

/// Whether `syncfs` waits for the disk and reports every failure. Linux does since 5.8 (syncfs(2), "BUGS"), for local
/// disk file systems. File systems on a network, in user space or in memory count as unreliable.
pub(super) fn syncfs_is_reliable(dir: &OwnedFd) -> bool {
    let on_disk = file_system(dir).is_some_and(|kind| ON_DISK.contains(&kind));
    let system = rustix::system::uname();
    let mut release = system.release().to_bytes().split(|byte| !byte.is_ascii_digit());
    let mut number = || release.next().and_then(|text| std::str::from_utf8(text).ok()?.parse::<u32>().ok());
    on_disk && (number(), number()) >= (Some(5), Some(8))
}

pub(super) fn has_casefold_flag(dir: &OwnedFd) -> bool {
    /// `FS_CASEFOLD_FL` of linux/fs.h.
    const CASEFOLD: IFlags = IFlags::from_bits_retain(0x4000_0000);
    rustix::fs::ioctl_getflags(dir).is_ok_and(|flags| flags.contains(CASEFOLD))
}

/// Shares the blocks of `from` with `to` (copy on write).
pub(crate) fn clone_file(from: &File, to: &File) -> io::Result<()> {
    Ok(rustix::fs::ioctl_ficlone(to, from)?)
}

/// Copies at most `most` bytes inside the kernel, at the current positions of the files. Returns 0 at the end.
pub(crate) fn copy_range(from: &File, to: &File, most: u64) -> io::Result<usize> {
    Ok(rustix::fs::copy_file_range(from, None, to, None, most.min(1 << 30) as usize)?)
}

/// Reads from the page cache; `None` if that would have to wait for the disk.
pub(crate) fn read_nowait(file: &File, into: &mut [u8], at: u64) -> Option<io::Result<usize>> {
    match rustix::io::preadv2(file, &mut [IoSliceMut::new(into)], at, ReadWriteFlags::NOWAIT) {
        Ok(read) => Some(Ok(read)),
        // tmpfs does not support NOWAIT, but never waits for a disk.
        Err(Errno::OPNOTSUPP) if is_in_memory(file) => Some(super::read_at(file, into, at)),
        Err(Errno::AGAIN | Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => None,
        Err(errno) => Some(Err(errno.into())),
    }
}

/// Whether there is no entry with this name (symlinks count as entries), from the kernel's caches; `None` where that
/// would need a disk or a file server. `in_memory`: caches whether the folder is on tmpfs.
pub(super) fn is_absent_cached(dir: BorrowedFd<'_>, in_memory: &OnceLock<bool>, name: &[u8]) -> Option<bool> {
    let found = if *in_memory.get_or_init(|| is_in_memory(dir)) {
        rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW).map(drop)
    } else {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        rustix::fs::openat2(dir, name, flags, Mode::empty(), ResolveFlags::BENEATH | ResolveFlags::CACHED).map(drop)
    };
    match found {
        Ok(()) => Some(false),
        Err(Errno::NOENT) => Some(true),
        Err(_) => None,
    }
}

fn is_in_memory(file: impl AsFd) -> bool {
    file_system(file).is_some_and(|kind| IN_MEMORY.contains(&kind))
}

/// Returns the file system type (`f_type` of statfs(2)).
fn file_system(file: impl AsFd) -> Option<u32> {
    Some(rustix::fs::fstatfs(file).ok()?.f_type as u32)
}

/// Whether data just written is read back from the page cache and not over a network.
pub(super) fn uses_page_cache(dir: &OwnedFd) -> bool {
    file_system(dir).is_some_and(|kind| ON_DISK.contains(&kind) || IN_MEMORY.contains(&kind) || kind == OVERLAY)
}

/// Sends from a file to a socket inside the kernel; `None` if not supported.
pub(crate) fn send_file(socket: BorrowedFd<'_>, file: &File, at: u64, most: usize) -> Option<io::Result<usize>> {
    let mut at = at;
    match rustix::fs::sendfile(socket, file, Some(&mut at), most) {
        Ok(sent) => Some(Ok(sent)),
        // Some file systems do not support splicing.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => None,
        Err(errno) => Some(Err(errno.into())),
    }
}

/// Fills the page tables, reading uncached pages from the disk.
pub(crate) fn populate(map: &memmap2::Mmap, range: std::ops::Range<usize>) -> io::Result<()> {
    match map.advise_range(memmap2::Advice::PopulateRead, range.start, range.len()) {
        // Kernels before 5.14: at least start reading ahead.
        Err(error) if error.raw_os_error() == Some(Errno::INVAL.raw_os_error()) => {
            map.advise_range(memmap2::Advice::WillNeed, range.start, range.len())
        }
        answer => answer,
    }
}
