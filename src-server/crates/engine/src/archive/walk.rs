//! What goes into an archive: the tree as the person sees it, folder after folder, sorted by name.

use super::{ArchiveRequest, Packer};
use crate::access::Access;
use crate::error::Result;
use crate::listing::children::{Dots, Via, visit};
use crate::volumes::resolve::{self, Located, Sought, absence, find};
use model::{FileName, Operation, VPath, Verdict};
use std::collections::{HashMap, HashSet};
use std::io;
use store::disk::{FileId, Folder, Node};

/// The member that names what could not be read.
const ERRORS: &[u8] = b"archive-errors.txt";
/// Bytes of that member at most.
const ERRORS_MAX: usize = 1 << 20;

pub(super) struct Walk {
    access: Access,
    request: ArchiveRequest,
    /// The folder's storage; none for a folder that only leads to volumes.
    top: Option<Located<Folder>>,
    /// Folders entered through a link, each once, and those that the walk is in: links in a circle would never end.
    entered: HashSet<FileId>,
    inside: Vec<FileId>,
    /// One line for everything that could not be read.
    errors: Vec<u8>,
}

impl Walk {
    /// Opens the folder. Blocks.
    pub fn start(access: Access, request: ArchiveRequest) -> Result<Self> {
        let path = &request.folder;
        let top = match find(&access, path)? {
            Sought::OnTheWay => None,
            Sought::Absent => return Err(absence(&access, path)),
            Sought::There(_) => Some(resolve::resolve_folder(&access, path, Operation::Archive)?),
        };
        Ok(Self { access, request, top, entered: HashSet::new(), inside: Vec::new(), errors: Vec::new() })
    }

    /// Hands everything to `packer`.
    ///
    /// # Errors
    /// The client has gone.
    pub fn run(mut self, packer: &mut impl Packer) -> io::Result<()> {
        let mut prefix = Vec::new();
        if let Some(top) = &self.request.top {
            prefix = packer.safe_name(top.as_bytes());
            prefix.push(b'/');
        }
        let (path, top) = (self.request.folder.clone(), self.top.take());
        let only = self.request.only.take().map(|names| names.into_iter().collect::<HashSet<_>>());
        let taken = self.folder(packer, &path, top.as_ref(), &mut prefix, only.as_ref(), 0)?;
        if !self.errors.is_empty() {
            let name = match taken.contains(ERRORS) {
                true => unique(ERRORS, &taken, &mut 2),
                false => ERRORS.to_vec(),
            };
            prefix.extend_from_slice(&name);
            packer.text(&prefix, &self.errors)?;
        }
        Ok(())
    }

    /// Adds what is in a folder. `prefix`: the folder's path in the archive, with a slash. Returns the names used.
    fn folder(
        &mut self,
        packer: &mut impl Packer,
        path: &VPath,
        located: Option<&Located<Folder>>,
        prefix: &mut Vec<u8>,
        only: Option<&HashSet<FileName>>,
        depth: usize,
    ) -> io::Result<HashSet<Vec<u8>>> {
        let id = located.and_then(|located| located.node.meta().ok()).map(|meta| meta.id());
        self.inside.extend(id);
        let mut children: Vec<(FileName, Via)> = Vec::new();
        let dots = if self.request.dotfiles { Dots::Shown } else { Dots::Hidden };
        let visited = visit(&self.access, path, located, true, dots, |name, _, via| {
            if only.is_none_or(|only| only.contains(&name)) {
                children.push((name, via));
            }
        });
        if let Err(error) = visited {
            self.note(prefix, b"", &error);
        }
        children.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let names = safe_names(packer, &children);
        for ((name, via), safe) in children.into_iter().zip(&names) {
            let length = prefix.len();
            self.child(packer, path, located, (&name, &via, safe), prefix, depth)?;
            prefix.truncate(length);
        }
        if id.is_some() {
            self.inside.pop();
        }
        Ok(names.into_iter().collect())
    }

    fn child(
        &mut self,
        packer: &mut impl Packer,
        path: &VPath,
        located: Option<&Located<Folder>>,
        (name, via, safe): (&FileName, &Via, &[u8]),
        prefix: &mut Vec<u8>,
        depth: usize,
    ) -> io::Result<()> {
        // The common case first: a file or folder of this very folder, by its handle.
        if let (Some(above), Via::Handle) = (located, via) {
            return match above.node.open(&VPath::root().join(name)) {
                Ok(Node::File(file)) => self.file(packer, &file, prefix, safe),
                Ok(Node::Folder(folder, _)) => {
                    let below = Located { below: above.below.join(name), ..above.clone().with(folder) };
                    self.enter(packer, &path.join(name), Some(&below), prefix, safe, depth)
                }
                Err(error) => {
                    self.note(prefix, safe, &crate::volumes::lift::lift(error, &path.join(name)));
                    Ok(())
                }
            };
        }
        let path = path.join(name);
        match find(&self.access, &path) {
            Ok(Sought::There(located)) if located.verdict(Operation::Archive) == Verdict::Allow => {
                match &located.node {
                    Node::File(file) => self.file(packer, file, prefix, safe),
                    Node::Folder(folder, meta) => {
                        let is_known = || self.inside.contains(&meta.id()) || self.entered.contains(&meta.id());
                        if matches!(via, Via::Link) {
                            if is_known() {
                                return Ok(());
                            }
                            self.entered.insert(meta.id());
                        }
                        let folder = folder.clone();
                        self.enter(packer, &path, Some(&located.with(folder)), prefix, safe, depth)
                    }
                }
            }
            Ok(Sought::OnTheWay) => self.enter(packer, &path, None, prefix, safe, depth),
            Ok(Sought::There(_) | Sought::Absent) => Ok(()),
            Err(error) => {
                self.note(prefix, safe, &error);
                Ok(())
            }
        }
    }

    fn enter(
        &mut self,
        packer: &mut impl Packer,
        path: &VPath,
        located: Option<&Located<Folder>>,
        prefix: &mut Vec<u8>,
        safe: &[u8],
        depth: usize,
    ) -> io::Result<()> {
        if depth >= model::vpath::DEPTH_MAX {
            self.note(prefix, safe, &"folders are nested too deep");
            return Ok(());
        }
        prefix.extend_from_slice(safe);
        prefix.push(b'/');
        self.folder(packer, path, located, prefix, None, depth + 1).map(drop)
    }

    fn file(
        &mut self,
        packer: &mut impl Packer,
        file: &store::disk::OpenFile,
        prefix: &mut Vec<u8>,
        safe: &[u8],
    ) -> io::Result<()> {
        let length = prefix.len();
        prefix.extend_from_slice(safe);
        let failure = packer.file(prefix, file)?;
        prefix.truncate(length);
        if let Some(error) = failure {
            self.note(prefix, safe, &error);
        }
        Ok(())
    }

    fn note(&mut self, prefix: &[u8], name: &[u8], reason: &dyn std::fmt::Display) {
        if self.errors.len() < ERRORS_MAX {
            self.errors.extend_from_slice(prefix);
            self.errors.extend_from_slice(name);
            self.errors.extend_from_slice(format!(": {reason}\n").as_bytes());
        }
    }
}

/// Names in the archive for all children. Where making them safe made two alike, they are told apart by a number.
fn safe_names(packer: &impl Packer, children: &[(FileName, Via)]) -> Vec<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = children.iter().map(|(name, _)| packer.safe_name(name.as_bytes())).collect();
    let changed: Vec<usize> = (0..names.len()).filter(|&at| names[at] != children[at].0.as_bytes()).collect();
    if !changed.is_empty() {
        let unchanged = (0..names.len()).filter(|&at| names[at] == children[at].0.as_bytes());
        let mut taken: HashSet<Vec<u8>> = unchanged.map(|at| names[at].clone()).collect();
        // Where numbers were given out for a name: many names may become the same one, and each must not count from 2.
        let mut numbers: HashMap<Vec<u8>, u32> = HashMap::new();
        for at in changed {
            let name = std::mem::take(&mut names[at]);
            names[at] = match taken.contains(&name) {
                true => unique(&name, &taken, numbers.entry(name.clone()).or_insert(2)),
                false => name,
            };
            taken.insert(names[at].clone());
        }
    }
    names
}

/// `a~2.txt`, `a~3.txt` ... for a name that is taken; `next`: the first number to try, and then the one after it.
fn unique(name: &[u8], taken: &HashSet<Vec<u8>>, next: &mut u32) -> Vec<u8> {
    let dot = name.iter().rposition(|&byte| byte == b'.').filter(|&at| at > 0).unwrap_or(name.len());
    loop {
        let numbered = [&name[..dot], format!("~{next}").as_bytes(), &name[dot..]].concat();
        *next += 1;
        if !taken.contains(&numbered) {
            return numbered;
        }
    }
}
