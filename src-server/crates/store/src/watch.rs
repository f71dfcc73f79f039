//! Notices of the operating system about changes that other programs make below a folder.
//!
//! They are hints: some may be missing, none says reliably what happened. The caller looks at the disk, a moment after
//! the notice: what is created in a new folder in its first milliseconds is not told. Network disks send none for changes
//! that other computers make.
//!
//! Of file systems that are mounted or unmounted below the folder, inotify tells nothing, and it goes on watching the
//! folder that they hide. On Linux a thread therefore compares the table of mounts every few seconds, and watches what
//! is at a mount point now.

use crate::disk::{Folder, mounts_below, reserved};
use crate::error::StoreError;
use crate::platform::{mounts, relative, unique_mount};
use model::VPath;
use notify::event::{EventKind, ModifyKind};
use notify::{Config, Event, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Time between two looks at the table of mounts.
const MOUNTS_INTERVAL: Duration = Duration::from_secs(3);

/// What is noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Something at this path was created, changed or removed, perhaps with everything below it.
    Changed(VPath),
    /// Notices were lost: anything may have changed.
    Lost,
}

/// Watches a folder and everything below it until it is dropped.
pub struct FolderWatch {
    /// Dropped with the watch, which ends the thread with the watcher.
    _ender: Sender<Infallible>,
    is_incomplete: Arc<AtomicBool>,
}

impl FolderWatch {
    /// Starts to watch the volume's folder `root`. `each` is called on threads of the watcher, and must not block. Blocks
    /// while the folders below are visited: some 10 microseconds for each.
    ///
    /// # Errors
    /// The system's limit of watched folders is reached, or the folder cannot be read. Then nothing is watched.
    pub fn start(root: &Folder, each: impl Fn(Notice) + Send + Sync + 'static) -> Result<Self, StoreError> {
        let (top, each) = (root.host_path(), Arc::new(each));
        // Read before anything is watched: what is mounted meanwhile differs from it.
        let seen = mounted(&top);
        let watcher = watcher(top.clone(), each.clone()).and_then(|mut watcher| {
            watcher.watch(&top, RecursiveMode::Recursive)?;
            Ok(watcher)
        });
        let watcher = watcher.map_err(|error| failed(&top, error))?;
        let is_incomplete = Arc::new(AtomicBool::new(false));
        let mounts = Mounts { top: top.clone(), seen, watcher, is_incomplete: is_incomplete.clone() };
        let (ender, ended) = channel();
        let follow = move || mounts.follow(&ended, &*each);
        std::thread::Builder::new()
            .name("watch mounts".into())
            .spawn(follow)
            .map_err(|error| StoreError::new("watch", top.display().to_string(), error))?;
        Ok(Self { _ender: ender, is_incomplete })
    }

    /// Whether a file system was mounted below that cannot be watched, because the system's limit is reached. Never
    /// blocks.
    pub fn is_incomplete(&self) -> bool {
        self.is_incomplete.load(Relaxed)
    }
}

/// Returns a watcher that watches nothing yet, and calls `each` for what happens below `top`.
fn watcher(top: PathBuf, each: Arc<impl Fn(Notice) + Send + Sync + 'static>) -> notify::Result<RecommendedWatcher> {
    let handler = move |event: notify::Result<Event>| match event {
        Ok(event) if event.need_rescan() => each(Notice::Lost),
        Ok(event) if concerns_contents(event.kind) => {
            event.paths.iter().filter_map(|path| below(&top, path)).map(Notice::Changed).for_each(&*each);
        }
        Ok(_) => {}
        Err(error) => {
            tracing::debug!(%error, "notices of changes may be missing");
            each(Notice::Lost);
        }
    };
    // Symlinks are not followed: their targets are watched at their own place, or are none of this folder's.
    RecommendedWatcher::new(handler, Config::default().with_follow_symlinks(false))
}

fn failed(path: &Path, error: notify::Error) -> StoreError {
    let error = match error.kind {
        notify::ErrorKind::Io(error) => error,
        _ => std::io::Error::other(error),
    };
    StoreError::new("watch", path.display().to_string(), error)
}

/// Path of a mount point, and what tells its mount from later ones there: the identity that the table gives, which may be used
/// again, and the number that is not.
type Mounted = (VPath, Vec<u8>, Option<u64>);

/// Returns what is mounted below the folder at `top`.
fn mounted(top: &Path) -> BTreeSet<Mounted> {
    let below = mounts_below(top).into_iter();
    below.map(|(path, id)| (path.clone(), id, unique_mount(&top.join(relative(&path))))).collect()
}

/// The file systems that are mounted below a watched folder. Holds no handle of it, which would keep its own disk from being
/// unmounted.
struct Mounts {
    /// Path of the folder on the host.
    top: PathBuf,
    /// Those that are watched.
    seen: BTreeSet<Mounted>,
    watcher: RecommendedWatcher,
    is_incomplete: Arc<AtomicBool>,
}

impl Mounts {
    /// Watches what is mounted and unmounted, until the other end of `ended` is dropped.
    fn follow(mut self, ended: &Receiver<Infallible>, each: &dyn Fn(Notice)) {
        if mounts().is_empty() {
            // Not known on this system.
            let _ended = ended.recv();
        }
        while ended.recv_timeout(MOUNTS_INTERVAL) == Err(RecvTimeoutError::Timeout) {
            let now = mounted(&self.top);
            let changed: BTreeSet<VPath> =
                self.seen.symmetric_difference(&now).map(|(path, ..)| path.clone()).collect();
            self.seen = now;
            for path in changed.into_iter().filter(|path| !reserved::holds_reserved(path)) {
                self.watch(&path);
                // Afterwards: what changes from now on is told.
                each(Notice::Changed(path));
            }
        }
    }

    /// Watches what is at a mount point now.
    fn watch(&mut self, path: &VPath) {
        let at = self.top.join(relative(path));
        match self.watcher.watch(&at, RecursiveMode::Recursive) {
            Err(error) if at.exists() => {
                let error = failed(&at, error);
                tracing::warn!(%error, "changes in a mounted disk are found by regular scans only");
                self.is_incomplete.store(true, Relaxed);
            }
            // The mount point may have been removed with the disk.
            Err(_) | Ok(()) => {}
        }
    }
}

/// Whether an event may have changed names, sizes or times.
fn concerns_contents(kind: EventKind) -> bool {
    !matches!(
        kind,
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(notify::event::MetadataKind::AccessTime))
    )
}

/// Returns the path below `top`; `None` for `top` itself, and for reserved names.
fn below(top: &Path, path: &Path) -> Option<VPath> {
    let below = path.strip_prefix(top).ok()?;
    let parts: Vec<&[u8]> = below.components().map(|part| part.as_os_str().as_encoded_bytes()).collect();
    let path = VPath::parse(&parts.join(&b'/')).ok()?;
    (!path.is_root() && !reserved::holds_reserved(&path)).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    #[test]
    fn changes_of_other_programs_are_noticed() {
        let tmp = tempfile::tempdir().expect("makes a folder");
        std::fs::create_dir_all(tmp.path().join("a/b")).expect("makes folders");
        let root = Folder::open_root(tmp.path()).expect("opens");
        let (sender, notices) = mpsc::channel();
        let _watch = FolderWatch::start(&root, move |notice| drop(sender.send(notice))).expect("watches");
        let wait_for = |text: &str| {
            let wanted = Notice::Changed(VPath::parse(text.as_bytes()).expect("parses"));
            while notices.recv_timeout(Duration::from_secs(30)).expect("is noticed") != wanted {}
        };
        std::fs::write(tmp.path().join("a/b/new"), "x").expect("writes");
        wait_for("a/b/new");
        std::fs::create_dir_all(tmp.path().join("c")).expect("makes a folder");
        wait_for("c");
        // The new folder is watched a moment later.
        let is_noticed = |path: &str| {
            let wanted = Notice::Changed(VPath::parse(path.as_bytes()).expect("parses"));
            std::iter::from_fn(|| notices.recv_timeout(Duration::from_millis(100)).ok()).any(|notice| notice == wanted)
        };
        let mut probes = (0..300).map(|number| format!("c/{number}"));
        let told = probes.find(|probe| {
            std::fs::write(tmp.path().join(probe), "x").expect("writes");
            is_noticed(probe)
        });
        assert!(told.is_some(), "nothing in the new folder is noticed");
        std::fs::rename(tmp.path().join("a/b/new"), tmp.path().join("c/old")).expect("moves");
        wait_for("c/old");
        std::fs::create_dir_all(tmp.path().join(".hist")).expect("makes a folder");
        std::fs::remove_file(tmp.path().join("c/old")).expect("removes");
        wait_for("c/old");
        while let Ok(notice) = notices.try_recv() {
            assert!(!format!("{notice:?}").contains(".hist"), "{notice:?}");
        }
    }
}
