//! Notices of the operating system about changes that other programs make below a folder.
//!
//! They are hints: some may be missing, none says reliably what happened. The caller looks at the disk, a moment after
//! the notice: what is created in a new folder in its first milliseconds is not told. Network disks send none for changes
//! that other computers make.

use crate::disk::{Folder, reserved};
use crate::error::StoreError;
use model::VPath;
use notify::event::{EventKind, ModifyKind};
use notify::{Config, Event, RecommendedWatcher, RecursiveMode, Watcher};
use std::path::Path;

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
    _watcher: RecommendedWatcher,
}

impl FolderWatch {
    /// Starts to watch the volume's folder `root`. `each` is called on a thread of the watcher, and must not block. Blocks
    /// while the folders below are visited: some 10 microseconds for each.
    ///
    /// # Errors
    /// The system's limit of watched folders is reached, or the folder cannot be read. Then nothing is watched.
    pub fn start(root: &Folder, each: impl Fn(Notice) + Send + 'static) -> Result<Self, StoreError> {
        let top = root.host_path();
        let failed = |error: notify::Error| {
            let error = match error.kind {
                notify::ErrorKind::Io(error) => error,
                _ => std::io::Error::other(error),
            };
            StoreError::new("watch", top.display().to_string(), error)
        };
        let base = top.clone();
        let handler = move |event: notify::Result<Event>| match event {
            Ok(event) if event.need_rescan() => each(Notice::Lost),
            Ok(event) if concerns_contents(event.kind) => {
                event.paths.iter().filter_map(|path| below(&base, path)).map(Notice::Changed).for_each(&each);
            }
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(%error, "notices of changes may be missing");
                each(Notice::Lost);
            }
        };
        // Symlinks are not followed: their targets are watched at their own place, or are none of this folder's.
        let config = Config::default().with_follow_symlinks(false);
        let mut watcher = RecommendedWatcher::new(handler, config).map_err(failed)?;
        watcher.watch(&top, RecursiveMode::Recursive).map_err(failed)?;
        Ok(Self { _watcher: watcher })
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
