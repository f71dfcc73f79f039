//! A block device that loses unflushed blocks when its power is cut.
//!
//! The device is a file in a FUSE file system of this process, with a loop device on top: the kernel's own file systems
//! can be created on it, and their flushes arrive here as `fsync`. A cut yields an image that a disk could hold at that
//! moment: everything up to the last flush, and any subset of the blocks written after it, in any order.

use parking_lot::{Mutex, MutexGuard};
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use fuser::{
    BackgroundSession, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo,
    LockOwner, OpenFlags, ReplyAttr, ReplyData, ReplyEmpty, ReplyEntry, ReplyOpen, ReplyWrite, Request, WriteFlags,
};

/// The unit that a disk writes atomically.
const BLOCK: usize = 4096;
/// Name and inode number of the file.
const NAME: &str = "disk";
const DISK: INodeNo = INodeNo(2);
const FOREVER: Duration = Duration::from_secs(3600);

/// The contents of a device.
pub type Image = Vec<u8>;

/// Which unflushed blocks survive a cut.
#[derive(Clone, Copy, Debug)]
pub enum Cut {
    /// None of them.
    LoseAll,
    /// All of them: as after `kill -9`, for comparison.
    LoseNone,
    /// Those that were written first.
    KeepFirst,
    /// Each one with this probability, in percent.
    KeepSome(u8),
}

impl Cut {
    /// Returns a random variant.
    pub fn random(random: &mut fastrand::Rng) -> Self {
        match random.u8(..6) {
            0 => Self::LoseAll,
            1 => Self::LoseNone,
            2 | 3 => Self::KeepFirst,
            _ => Self::KeepSome(random.u8(1..100)),
        }
    }
}

struct State {
    /// Contents as readers see them.
    now: Image,
    /// Contents at the last flush.
    flushed: Image,
    /// Blocks written since then, oldest first: offset and data.
    pending: Vec<(usize, Vec<u8>)>,
}

impl State {
    fn write(&mut self, at: usize, data: &[u8]) {
        self.now[at..at + data.len()].copy_from_slice(data);
        let (first, last) = (at / BLOCK, (at + data.len()).div_ceil(BLOCK));
        for block in first..last {
            let range = block * BLOCK..((block + 1) * BLOCK).min(self.now.len());
            self.pending.push((range.start, self.now[range].to_vec()));
        }
    }

    fn flush(&mut self) {
        for (at, data) in self.pending.drain(..) {
            self.flushed[at..at + data.len()].copy_from_slice(&data);
        }
    }

    fn after(&self, cut: Cut, random: &mut fastrand::Rng) -> Image {
        let mut image = self.flushed.clone();
        let first = random.usize(..=self.pending.len());
        for (at, (start, data)) in self.pending.iter().enumerate() {
            let stays = match cut {
                Cut::LoseAll => false,
                Cut::LoseNone => true,
                Cut::KeepFirst => at < first,
                Cut::KeepSome(percent) => random.u8(..100) < percent,
            };
            if stays {
                image[*start..start + data.len()].copy_from_slice(data);
            }
        }
        image
    }
}

#[derive(Clone)]
struct Shared(Arc<Mutex<State>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }
}

/// A device with a mounted file system. Dropping it unmounts it and removes everything.
pub struct Device {
    state: Shared,
    loop_device: String,
    mount_point: PathBuf,
    session: Option<BackgroundSession>,
    fuse: PathBuf,
}

impl Device {
    /// Returns an image of `mebibytes` with a new ext4.
    ///
    /// # Errors
    /// A sentence if the tools are missing or fail.
    pub fn formatted(folder: &Path, mebibytes: usize) -> Result<Image, String> {
        let file = folder.join("fresh.img");
        let failed = |error: io::Error| format!("{}: {error}", file.display());
        std::fs::write(&file, vec![0; mebibytes << 20]).map_err(failed)?;
        run(Command::new("mkfs.ext4").args(["-q", "-F", "-b", "4096"]).arg(&file))?;
        let image = std::fs::read(&file).map_err(failed)?;
        std::fs::remove_file(&file).map_err(failed)?;
        Ok(image)
    }

    /// Serves `image` and mounts its file system at `mount_point`; the file system recovers as after a real power cut.
    /// `fuse`: an empty folder for the FUSE mount below it.
    ///
    /// # Errors
    /// A sentence if the kernel refuses.
    pub fn mount(image: Image, fuse: &Path, mount_point: &Path) -> Result<Self, String> {
        let state = Shared(Arc::new(Mutex::new(State { now: image.clone(), flushed: image, pending: Vec::new() })));
        let session = fuser::spawn_mount(Disk(state.clone()), fuse, &Config::default())
            .map_err(|error| format!("FUSE: {error}"))?;
        let mut device = Self {
            state,
            loop_device: String::new(),
            mount_point: mount_point.to_path_buf(),
            session: Some(session),
            fuse: fuse.to_path_buf(),
        };
        let told = run(Command::new("losetup").args(["--find", "--show"]).arg(fuse.join(NAME)))?;
        device.loop_device = String::from_utf8_lossy(&told.stdout).trim().to_owned();
        run(Command::new("mount").args(["-t", "ext4"]).arg(&device.loop_device).arg(mount_point))?;
        Ok(device)
    }

    /// Returns an image that the disk could hold if the power failed now. The device itself continues.
    pub fn image_after(&self, cut: Cut, random: &mut fastrand::Rng) -> Image {
        self.state.lock().after(cut, random)
    }

    /// Returns the number of blocks that were written and not flushed.
    pub fn unflushed(&self) -> usize {
        self.state.lock().pending.len()
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // Each step by itself: steps that were never set up fail, and the others still have to run.
        let _not_mounted = run(Command::new("umount").arg(&self.mount_point));
        if !self.loop_device.is_empty() {
            let _not_attached = run(Command::new("losetup").args(["--detach", &self.loop_device]));
        }
        if let Some(session) = self.session.take()
            && let Err(error) = session.umount_and_join()
        {
            eprintln!("{}: {error}", self.fuse.display());
        }
    }
}

/// Runs a program until it exits.
fn run(command: &mut Command) -> Result<Output, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    match output.status.success() {
        true => Ok(output),
        false => Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim())),
    }
}

/// The FUSE file system with the one file.
struct Disk(Shared);

impl Disk {
    fn attributes(&self, ino: INodeNo) -> FileAttr {
        let is_disk = ino == DISK;
        let size = if is_disk { self.0.lock().now.len() as u64 } else { 0 };
        let time = SystemTime::UNIX_EPOCH;
        FileAttr {
            ino,
            size,
            blocks: size / 512,
            atime: time,
            mtime: time,
            ctime: time,
            crtime: time,
            kind: if is_disk { FileType::RegularFile } else { FileType::Directory },
            perm: if is_disk { 0o600 } else { 0o700 },
            nlink: 1,
            uid: 0,
            gid: 0,
            rdev: 0,
            blksize: BLOCK as u32,
            flags: 0,
        }
    }
}

impl Filesystem for Disk {
    fn lookup(&self, _req: &Request, _parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        match name.to_str() {
            Some(NAME) => reply.entry(&FOREVER, &self.attributes(DISK), Generation(0)),
            _ => reply.error(Errno::ENOENT),
        }
    }

    fn getattr(&self, _req: &Request, ino: INodeNo, _fh: Option<FileHandle>, reply: ReplyAttr) {
        reply.attr(&FOREVER, &self.attributes(ino));
    }

    fn setattr(
        &self,
        _req: &Request,
        ino: INodeNo,
        _mode: Option<u32>,
        _uid: Option<u32>,
        _gid: Option<u32>,
        _size: Option<u64>,
        _atime: Option<fuser::TimeOrNow>,
        _mtime: Option<fuser::TimeOrNow>,
        _ctime: Option<SystemTime>,
        _fh: Option<FileHandle>,
        _crtime: Option<SystemTime>,
        _chgtime: Option<SystemTime>,
        _bkuptime: Option<SystemTime>,
        _flags: Option<fuser::BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        reply.attr(&FOREVER, &self.attributes(ino));
    }

    fn open(&self, _req: &Request, _ino: INodeNo, _flags: OpenFlags, reply: ReplyOpen) {
        reply.opened(FileHandle(0), FopenFlags::empty());
    }

    fn read(
        &self,
        _req: &Request,
        _ino: INodeNo,
        _fh: FileHandle,
        offset: u64,
        size: u32,
        _flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let state = self.0.lock();
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(state.now.len());
        reply.data(&state.now[start..(start + size as usize).min(state.now.len())]);
    }

    fn write(
        &self,
        _req: &Request,
        _ino: INodeNo,
        _fh: FileHandle,
        offset: u64,
        data: &[u8],
        _write_flags: WriteFlags,
        _flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let mut state = self.0.lock();
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        if start.checked_add(data.len()).is_none_or(|end| end > state.now.len()) {
            return reply.error(Errno::ENOSPC);
        }
        state.write(start, data);
        reply.written(data.len() as u32);
    }

    fn flush(&self, _req: &Request, _ino: INodeNo, _fh: FileHandle, _lock_owner: LockOwner, reply: ReplyEmpty) {
        // Sent when a handle is closed; not a flush of the disk.
        reply.ok();
    }

    fn fsync(&self, _req: &Request, _ino: INodeNo, _fh: FileHandle, _datasync: bool, reply: ReplyEmpty) {
        self.0.lock().flush();
        reply.ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_keeps_what_was_flushed_and_a_choice_of_the_rest() {
        let mut random = fastrand::Rng::with_seed(1);
        let zeros = vec![0; 4 * BLOCK];
        let mut state = State { now: zeros.clone(), flushed: zeros, pending: Vec::new() };
        state.write(10, b"flushed");
        state.flush();
        state.write(BLOCK, b"first");
        state.write(2 * BLOCK, b"second");
        let starts = |image: &Image| [image[10], image[BLOCK], image[2 * BLOCK]];
        assert_eq!(starts(&state.after(Cut::LoseAll, &mut random)), [b'f', 0, 0]);
        assert_eq!(starts(&state.after(Cut::LoseNone, &mut random)), *b"ffs");
        for _ in 0..50 {
            let kept = starts(&state.after(Cut::KeepFirst, &mut random));
            assert!(kept[1] != 0 || kept[2] == 0, "not in the order of writing: {kept:?}");
        }
        let some: std::collections::BTreeSet<_> =
            (0..200).map(|_| starts(&state.after(Cut::KeepSome(50), &mut random))).collect();
        assert_eq!(some.len(), 4, "every subset occurs");
        assert_eq!(state.now[BLOCK], b'f', "the device itself continues");
    }
}
