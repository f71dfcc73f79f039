//! Walks everything that an account can reach below a folder, and reports it entry by entry, for administrators
//! (`--ls`).
//!
//! Memory holds the names of one folder, the folders still to be visited, and the identity of each folder entered
//! through a symlink: cycles of symlinks end.

use super::children::{self, Dots, Via};
use crate::access::Access;
use crate::volumes::resolve::{self, Resolved};
use model::{Operation, UnixMillis, VPath, Verdict};
use std::collections::HashSet;
use store::disk::Kind;
use tokio::sync::mpsc;

/// An entry that an account can reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reached {
    /// A folder; its entries follow.
    Folder(VPath),
    /// A file.
    File {
        /// Its path.
        path: VPath,
        /// Size in bytes.
        size: u64,
        /// Modification time.
        modified: UnixMillis,
    },
    /// A folder that could not be read.
    Unread {
        /// Its path.
        path: VPath,
        /// The reason, for people.
        reason: String,
    },
}

/// Entries buffered for the receiver.
const BUFFERED: usize = 256;

/// The receiver was dropped.
struct ReceiverDropped;

/// Prepares a walk from `top` down, depth first, without other volumes mounted below. The returned closure blocks; run
/// it on the pool.
pub(super) fn prepare(access: Access, top: VPath) -> (impl FnOnce() + Send + 'static, mpsc::Receiver<Reached>) {
    let (sender, found) = mpsc::channel(BUFFERED);
    let walk = move || {
        let mut reach = Reach { access, sender, entered: HashSet::new(), todo: vec![(top, false)] };
        while let Some((path, is_link)) = reach.todo.pop() {
            if reach.enter(path, is_link).is_err() {
                break;
            }
        }
    };
    (walk, found)
}

struct Reach {
    access: Access,
    sender: mpsc::Sender<Reached>,
    /// The top folder, and folders that were entered through a symlink.
    entered: HashSet<store::disk::FileId>,
    /// Folders still to be visited, the next one last; with whether a symlink leads there.
    todo: Vec<(VPath, bool)>,
}

impl Reach {
    fn enter(&mut self, path: VPath, is_link: bool) -> Result<(), ReceiverDropped> {
        let located = match resolve::find(&self.access, &path) {
            Ok(Resolved::OnDisk(located)) => match located.into_folder() {
                Some(located) => Some(located),
                // The folder was replaced by a file meanwhile.
                None => return Ok(()),
            },
            Ok(Resolved::VirtualFolder) => None,
            // The folder disappeared meanwhile.
            Ok(Resolved::Absent) => return Ok(()),
            Err(error) => return self.send(Reached::Unread { path, reason: error.to_string() }),
        };
        let id = located.as_ref().and_then(|located| located.node.meta().ok()).map(|meta| meta.id());
        if let Some(id) = id.filter(|_| is_link || self.entered.is_empty())
            && !self.entered.insert(id)
        {
            return Ok(());
        }
        self.send(Reached::Folder(path.clone()))?;
        let may_list = located.as_ref().is_some_and(|located| located.verdict(Operation::List) == Verdict::Allow);
        let mut inside = Vec::new();
        let listed =
            children::visit(&self.access, &path, located.as_ref(), may_list, Dots::Shown, |name, meta, via| {
                if !matches!(via, Via::Tree(_)) {
                    inside.push((name, meta, matches!(via, Via::Link)));
                }
            });
        if let Err(error) = listed {
            return self.send(Reached::Unread { path, reason: error.to_string() });
        }
        inside.sort_unstable_by(|(one, ..), (other, ..)| one.as_bytes().cmp(other.as_bytes()));
        for (name, meta, _) in inside.iter().filter(|(_, meta, _)| meta.kind != Kind::Folder) {
            self.send(Reached::File { path: path.join(name), size: meta.size, modified: meta.mtime() })?;
        }
        let folders = inside.into_iter().rev().filter(|(_, meta, _)| meta.kind == Kind::Folder);
        self.todo.extend(folders.map(|(name, _, is_link)| (path.join(&name), is_link)));
        Ok(())
    }

    fn send(&self, reached: Reached) -> Result<(), ReceiverDropped> {
        self.sender.blocking_send(reached).map_err(|_| ReceiverDropped)
    }
}
