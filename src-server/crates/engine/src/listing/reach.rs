//! Everything that somebody can find below a folder, told as it is found: for whoever runs the server (`--ls`).
//!
//! Memory holds one folder's names, the folders that are still to be looked into, and one number for each link that led
//! into a folder: links in a circle end.

use super::children::{self, Dots, Via};
use crate::access::Access;
use crate::volumes::resolve::{self, Resolved};
use model::{Operation, UnixMillis, VPath, Verdict};
use std::collections::HashSet;
use store::disk::Kind;
use tokio::sync::mpsc;

/// Something that can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reached {
    /// A folder; what is in it comes next.
    Folder(VPath),
    /// A file.
    File {
        /// Where.
        path: VPath,
        /// Bytes.
        size: u64,
        /// Modification time.
        modified: UnixMillis,
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
const WAITING: usize = 256;

/// The reader has gone.
struct Unwanted;

/// Walks from `top` down, depth first, without other volumes that are mounted below. The closure blocks.
pub(super) fn prepare(access: Access, top: VPath) -> (impl FnOnce() + Send + 'static, mpsc::Receiver<Reached>) {
    let (tell, found) = mpsc::channel(WAITING);
    let walk = move || {
        let mut reach = Reach { access, tell, entered: HashSet::new(), todo: vec![(top, false)] };
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
    tell: mpsc::Sender<Reached>,
    /// Folders that were entered through a link, and the top.
    entered: HashSet<store::disk::FileId>,
    /// The next one last; whether a link leads there.
    todo: Vec<(VPath, bool)>,
}

impl Reach {
    fn enter(&mut self, path: VPath, is_link: bool) -> Result<(), Unwanted> {
        let located = match resolve::find(&self.access, &path) {
            Ok(Resolved::OnDisk(located)) => match located.into_folder() {
                Some(located) => Some(located),
                // It became a file meanwhile.
                None => return Ok(()),
            },
            Ok(Resolved::VirtualFolder) => None,
            // It went meanwhile.
            Ok(Resolved::Absent) => return Ok(()),
            Err(error) => return self.tell(Reached::Unread { path, why: error.to_string() }),
        };
        let id = located.as_ref().and_then(|located| located.node.meta().ok()).map(|meta| meta.id());
        if let Some(id) = id.filter(|_| is_link || self.entered.is_empty())
            && !self.entered.insert(id)
        {
            return Ok(());
        }
        self.tell(Reached::Folder(path.clone()))?;
        let look = located.as_ref().is_some_and(|located| located.verdict(Operation::List) == Verdict::Allow);
        let mut inside = Vec::new();
        let listed = children::visit(&self.access, &path, located.as_ref(), look, Dots::Shown, |name, meta, via| {
            if !matches!(via, Via::Tree(_)) {
                inside.push((name, meta, matches!(via, Via::Link)));
            }
        });
        if let Err(error) = listed {
            return self.tell(Reached::Unread { path, why: error.to_string() });
        }
        inside.sort_unstable_by(|(one, ..), (other, ..)| one.as_bytes().cmp(other.as_bytes()));
        for (name, meta, _) in inside.iter().filter(|(_, meta, _)| meta.kind != Kind::Folder) {
            self.tell(Reached::File { path: path.join(name), size: meta.size, modified: meta.mtime() })?;
        }
        let folders = inside.into_iter().rev().filter(|(_, meta, _)| meta.kind == Kind::Folder);
        self.todo.extend(folders.map(|(name, _, is_link)| (path.join(&name), is_link)));
        Ok(())
    }

    fn tell(&self, reached: Reached) -> Result<(), Unwanted> {
        self.tell.blocking_send(reached).map_err(|_| Unwanted)
    }
}
