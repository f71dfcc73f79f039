//! Finds symlinks that leave their volume, for administrators (`--ls ..,ln`).
//!
//! The resolver follows a symlink only into a volume that the account may read, so such symlinks give no access. They
//! are reported nevertheless: they can be mistakes, and a volume that is added later may make them effective.

use crate::access::Access;
use crate::volumes::resolve::{self, Resolved, foreign_paths};
use crate::volumes::tree::MountedVolume;
use model::{AccountName, FileName, Perm, VPath};
use std::ops::ControlFlow;
use std::sync::Arc;
use store::disk::{Folder, Kind, LinkTarget, reserved};
use store::{ErrorKind, StoreError};
use tokio::sync::mpsc;

/// A finding of an audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkFinding {
    /// A symlink that leads out of its volume.
    Leaves {
        /// Path of the symlink.
        path: VPath,
        /// Its target on the host, for people.
        target: String,
        /// Whether the target exists.
        exists: bool,
        /// Accounts that can follow it nevertheless, because they may read the volume of the target, each with the path
        /// that it gets.
        open_to: Vec<(AccountName, VPath)>,
    },
    /// A folder or symlink that could not be read.
    Unread {
        /// Its path.
        path: VPath,
        /// The reason, for people.
        reason: String,
    },
}

/// Findings buffered for the receiver.
const BUFFERED: usize = 64;

/// Whether an account can read anything from a volume, so that its symlinks matter.
pub(super) fn can_read_from(access: &Access, volume: &MountedVolume) -> bool {
    let rights = access.rights_anywhere_in(volume);
    [Perm::Read, Perm::Get, Perm::Upget, Perm::Html].into_iter().any(|perm| rights.has(perm))
}

/// Prepares an audit of a volume for all of `people` at once. The returned closure blocks; run it on the pool.
pub(super) fn prepare(
    people: Vec<Access>,
    volume: Arc<MountedVolume>,
) -> (impl FnOnce() + Send + 'static, mpsc::Receiver<LinkFinding>) {
    let (sender, findings) = mpsc::channel(BUFFERED);
    let walk = move || {
        let others = people.first().map_or_else(Vec::new, |person| foreign_paths(person, &volume));
        let audit = Audit { people, volume, others, sender };
        // The receiver was dropped: the audit ends early.
        let _ended = audit.run();
    };
    (walk, findings)
}

struct Audit {
    people: Vec<Access>,
    volume: Arc<MountedVolume>,
    /// Paths below the volume's folder that belong to other volumes; they are audited with those.
    others: Vec<VPath>,
    sender: mpsc::Sender<LinkFinding>,
}

/// The receiver was dropped.
struct ReceiverDropped;

impl Audit {
    fn run(&self) -> Result<(), ReceiverDropped> {
        let Some(root) = self.volume.storage.root().or_else(|| self.volume.storage.reopen()) else {
            return self.unread(&VPath::root(), "the folder is not available");
        };
        let mut todo = vec![VPath::root()];
        while let Some(path) = todo.pop() {
            let mut links = Vec::new();
            let read = root.folder(&path).and_then(|folder| {
                folder.visit(|name, meta| {
                    let Ok(name) = FileName::new(name) else { return ControlFlow::Continue(()) };
                    let below = path.join(&name);
                    if reserved::is_reserved(name.as_bytes()) || self.others.contains(&below) {
                        return ControlFlow::Continue(());
                    }
                    match meta.kind {
                        Kind::Folder => todo.push(below),
                        Kind::Link => links.push(below),
                        _ => {}
                    }
                    ControlFlow::Continue(())
                })
            });
            match read {
                // The folder disappeared meanwhile.
                Err(error) if is_gone(&error) && !path.is_root() => {}
                Err(error) => self.unread(&path, &error.to_string())?,
                Ok(()) => {}
            }
            for link in links {
                self.link(&root, &link)?;
            }
        }
        Ok(())
    }

    fn link(&self, root: &Folder, below: &VPath) -> Result<(), ReceiverDropped> {
        let target = match root.link_target(below) {
            Ok(target) => target,
            // A cycle of symlinks leads nowhere, and a removed one neither.
            Err(error) if is_gone(&error) => return Ok(()),
            Err(error) => return self.unread(below, &error.to_string()),
        };
        let elsewhere = |inside: &VPath| self.others.iter().any(|other| inside.is_within(other));
        if root.locate(target.path()).is_some_and(|inside| !reserved::holds_reserved(&inside) && !elsewhere(&inside)) {
            return Ok(());
        }
        let path = self.volume.config.mount.append(below);
        let through = |person: &Access| match resolve::find(person, &path) {
            Ok(Resolved::OnDisk(found)) if !found.rights.is_empty() => {
                Some((person.account().clone(), found.canonical()))
            }
            _ => None,
        };
        self.send(LinkFinding::Leaves {
            target: target.path().to_string(),
            exists: matches!(target, LinkTarget::Exists(_)),
            open_to: self.people.iter().filter_map(through).collect(),
            path,
        })
    }

    fn unread(&self, below: &VPath, reason: &str) -> Result<(), ReceiverDropped> {
        self.send(LinkFinding::Unread { path: self.volume.config.mount.append(below), reason: reason.to_owned() })
    }

    fn send(&self, finding: LinkFinding) -> Result<(), ReceiverDropped> {
        self.sender.blocking_send(finding).map_err(|_| ReceiverDropped)
    }
}

fn is_gone(error: &StoreError) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotAFolder | ErrorKind::Link)
}
