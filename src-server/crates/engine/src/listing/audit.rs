//! Links that leave their volume, for whoever runs the server (`--ls ..,ln`).
//!
//! The resolver follows a link only into a volume that the person may read, so such links let nobody out. They are
//! reported all the same: they can be mistakes, and a volume that is added later may open them.

use crate::access::Access;
use crate::volumes::resolve::{self, Resolved, foreign_paths};
use crate::volumes::tree::MountedVolume;
use model::{AccountName, FileName, Perm, VPath};
use std::ops::ControlFlow;
use std::sync::Arc;
use store::disk::{Folder, Kind, LinkTarget, reserved};
use store::{ErrorKind, StoreError};
use tokio::sync::mpsc;

/// Something that an audit found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkFinding {
    /// A link that leads out of its volume.
    Leaves {
        /// Where the link is.
        path: VPath,
        /// Where it leads on the host, for people.
        target: String,
        /// Whether there is something.
        exists: bool,
        /// Who gets through it nonetheless, and to which path: those who may read the volume there.
        open_to: Vec<(AccountName, VPath)>,
    },
    /// Something could not be looked at; why, for people.
    Unread {
        /// Where.
        path: VPath,
        /// Why.
        why: String,
    },
}

/// Findings that may wait for their reader.
const WAITING: usize = 64;

/// Whether somebody can get anything out of a volume, so that its links matter to them.
pub(super) fn concerns(access: &Access, volume: &MountedVolume) -> bool {
    let rights = access.rights_anywhere_in(volume);
    [Perm::Read, Perm::Get, Perm::Upget, Perm::Html].into_iter().any(|perm| rights.has(perm))
}

/// Looks through a volume once for all of `people`. `walk` is to run on a thread that may block.
pub(super) fn prepare(
    people: Vec<Access>,
    volume: Arc<MountedVolume>,
) -> (impl FnOnce() + Send + 'static, mpsc::Receiver<LinkFinding>) {
    let (tell, findings) = mpsc::channel(WAITING);
    let walk = move || {
        let others = people.first().map_or_else(Vec::new, |person| foreign_paths(person, &volume));
        let audit = Audit { people, volume, others, tell };
        // The reader has gone: nobody wants to know the rest.
        let _ended = audit.run();
    };
    (walk, findings)
}

struct Audit {
    people: Vec<Access>,
    volume: Arc<MountedVolume>,
    /// What is below the volume's folder but belongs to other volumes: looked through as theirs.
    others: Vec<VPath>,
    tell: mpsc::Sender<LinkFinding>,
}

/// The reader has gone.
struct Unwanted;

impl Audit {
    fn run(&self) -> Result<(), Unwanted> {
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
                // It went while we looked.
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

    fn link(&self, root: &Folder, below: &VPath) -> Result<(), Unwanted> {
        let target = match root.link_target(below) {
            Ok(target) => target,
            // A circle leads nowhere; what is gone, too.
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
        self.tell(LinkFinding::Leaves {
            target: target.path().to_string(),
            exists: matches!(target, LinkTarget::Exists(_)),
            open_to: self.people.iter().filter_map(through).collect(),
            path,
        })
    }

    fn unread(&self, below: &VPath, why: &str) -> Result<(), Unwanted> {
        self.tell(LinkFinding::Unread { path: self.volume.config.mount.append(below), why: why.to_owned() })
    }

    fn tell(&self, finding: LinkFinding) -> Result<(), Unwanted> {
        self.tell.blocking_send(finding).map_err(|_| Unwanted)
    }
}

fn is_gone(error: &StoreError) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotAFolder | ErrorKind::Link)
}
