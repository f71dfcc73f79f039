//! Walks the entries of an archive: the tree as the account sees it, folder after folder, sorted by name.

use super::names;
use super::request::ArchiveRequest;
use model::{FileName, Operation, VPath, Verdict};
use std::collections::{HashMap, HashSet};
use store::disk::{FileId, Folder, Meta, Node, OpenFile};
use vfs::access::Access;
use vfs::error::Result;
use vfs::listing::NameOrder;
use vfs::listing::children::{Dots, Via, visit};
use vfs::volumes::resolve::{self, Located, Resolved, absence, find};

/// Name of the member that lists what could not be read.
const ERRORS: &[u8] = b"archive-errors.txt";
/// Prefix of that name, also when it is numbered.
const ERRORS_START: &[u8] = b"archive-errors";
/// Most bytes of that member.
const ERRORS_MAX: usize = 1 << 20;
/// Longest path; zip has 16 bits for its length.
const PATH_MAX: usize = 60_000;

/// The next entry of an archive. `path`: safe names separated by `/`.
pub(super) enum Found {
    /// A folder; its path ends with a slash.
    Folder { path: Vec<u8>, mtime_ns: i64 },
    /// A file.
    File { path: Vec<u8>, file: OpenFile },
    /// A generated text.
    Text { path: Vec<u8>, text: Vec<u8>, mtime_ns: i64 },
}

pub(super) struct Walk {
    access: Access,
    folder: VPath,
    dotfiles: bool,
    /// Encodes names for the format.
    safe_name: fn(&[u8]) -> Vec<u8>,
    /// The folder to start with; `None` once the walk has entered it.
    top: Option<Top>,
    /// The current folders, the innermost last.
    frames: Vec<Frame>,
    /// Path of the innermost folder in the archive, with a trailing slash; empty at the archive's top.
    prefix: Vec<u8>,
    /// Folders entered through a symlink, each once, and the current folders: otherwise cycles of symlinks would never
    /// end.
    entered: HashSet<FileId>,
    inside: Vec<FileId>,
    /// One line for everything that could not be read.
    errors: Vec<u8>,
    /// Names that the member for them must not have.
    taken: HashSet<Vec<u8>>,
    /// Start of the walk, for entries without a time; nanoseconds since 1970.
    begun_ns: i64,
}

/// The start of a walk.
struct Top {
    /// The folder on disk; `None` for a virtual folder above volumes.
    located: Option<Located<Folder>>,
    only: Option<HashSet<FileName>>,
    name: Option<FileName>,
}

/// A current folder of the walk.
struct Frame {
    path: VPath,
    located: Option<Located<Folder>>,
    children: std::vec::IntoIter<Child>,
    /// Length of [`Walk::prefix`] outside this folder.
    outside: usize,
    /// Whether the folder is the last of [`Walk::inside`].
    is_inside: bool,
}

struct Child {
    name: FileName,
    via: Via,
    /// Its name in the archive, if it differs.
    safe: Option<Vec<u8>>,
}

impl Child {
    fn safe(&self) -> &[u8] {
        self.safe.as_deref().unwrap_or(self.name.as_bytes())
    }
}

impl Walk {
    /// Opens the folder. Blocks.
    pub fn start(access: Access, request: ArchiveRequest) -> Result<Self> {
        let path = &request.folder;
        let top = match find(&access, path)? {
            Resolved::VirtualFolder => None,
            Resolved::Absent => return Err(absence(&access, path)),
            Resolved::OnDisk(_) => Some(resolve::resolve_folder(&access, path, Operation::Archive)?),
        };
        let ArchiveRequest { folder, only, format, dotfiles, top: name } = request;
        let top = Top { located: top, only: only.map(|names| names.into_iter().collect()), name };
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Ok(Self {
            access,
            folder,
            dotfiles,
            safe_name: names::of(format),
            top: Some(top),
            frames: Vec::new(),
            prefix: Vec::new(),
            entered: HashSet::new(),
            inside: Vec::new(),
            errors: Vec::new(),
            taken: HashSet::new(),
            begun_ns: since.as_nanos() as i64,
        })
    }

    /// Returns the next entry: folders before their contents, everything in the order of listings; at the very end, the
    /// list of errors. Blocks.
    pub fn next(&mut self) -> Option<Found> {
        if let Some(top) = self.top.take() {
            let folder = self.enter_top(top);
            if folder.is_some() {
                return folder;
            }
        }
        loop {
            let Some(frame) = self.frames.last_mut() else { return self.error_member() };
            let found = match frame.children.next() {
                Some(child) => self.open_child(&child),
                None => {
                    self.leave_folder();
                    None
                }
            };
            if found.is_some() {
                return found;
            }
        }
    }

    /// Records that `name` in `folder` could not be read, or not completely.
    pub fn record_error(&mut self, folder: &[u8], name: &[u8], reason: &dyn std::fmt::Display) {
        if self.errors.len() < ERRORS_MAX {
            self.errors.extend_from_slice(folder);
            self.errors.extend_from_slice(name);
            self.errors.extend_from_slice(format!(": {reason}\n").as_bytes());
        }
    }

    fn enter_top(&mut self, top: Top) -> Option<Found> {
        let path = self.folder.clone();
        let meta = top.located.as_ref().and_then(|located| located.node.meta().ok());
        if let Some(name) = &top.name {
            self.prefix = (self.safe_name)(name.as_bytes());
            self.prefix.push(b'/');
        }
        let outside = self.prefix.len();
        self.enter_folder(path, top.located, meta, outside, top.only.as_ref());
        if let Some(frame) = self.frames.last() {
            let names = frame.children.as_slice().iter().map(Child::safe);
            self.taken = names.filter(|name| name.starts_with(ERRORS_START)).map(<[u8]>::to_vec).collect();
        }
        top.name.is_some().then(|| self.folder_found(meta))
    }

    /// Returns the folder that was just entered, as an entry.
    fn folder_found(&self, meta: Option<Meta>) -> Found {
        let mtime_ns = meta.map_or(self.begun_ns, |meta| meta.mtime_ns);
        Found::Folder { path: self.prefix.clone(), mtime_ns }
    }

    /// Enters a folder whose path in the archive has been appended to `prefix`. `only`: the children to include.
    fn enter_folder(
        &mut self,
        path: VPath,
        located: Option<Located<Folder>>,
        meta: Option<Meta>,
        outside: usize,
        only: Option<&HashSet<FileName>>,
    ) {
        let mut children: Vec<Child> = Vec::new();
        let dots = if self.dotfiles { Dots::Shown } else { Dots::Hidden };
        let visited = visit(&self.access, &path, located.as_ref(), true, dots, |name, _, via| {
            if only.is_none_or(|only| only.contains(&name)) {
                children.push(Child { name, via, safe: None });
            }
        });
        if let Err(error) = visited {
            let prefix = std::mem::take(&mut self.prefix);
            self.record_error(&prefix, b"", &error);
            self.prefix = prefix;
        }
        NameOrder::of(&self.access, &path).sort(&mut children, |child| child.name.as_bytes());
        make_safe(&mut children, self.safe_name);
        self.inside.extend(meta.map(|meta| meta.id()));
        let is_inside = meta.is_some();
        self.frames.push(Frame { path, located, children: children.into_iter(), outside, is_inside });
    }

    /// Leaves the innermost folder.
    fn leave_folder(&mut self) {
        if let Some(frame) = self.frames.pop() {
            self.prefix.truncate(frame.outside);
            if frame.is_inside {
                self.inside.pop();
            }
        }
    }

    /// Returns a child of the innermost folder; `None` if it does not exist, may not be read, or was recorded as an
    /// error.
    fn open_child(&mut self, child: &Child) -> Option<Found> {
        let frame = self.frames.last()?;
        let path = frame.path.join(&child.name);
        // The common case first: a file or folder on disk in this folder, opened from its handle.
        if let (Some(above), Via::Handle) = (&frame.located, &child.via) {
            return match above.node.open(&VPath::root().join(&child.name)) {
                Ok(Node::File(file)) => self.file(child, file),
                Ok(Node::Folder(folder, meta)) => {
                    let below = Located { below: above.below.join(&child.name), ..above.clone().with(folder) };
                    self.descend(child, path, Some(below), Some(meta))
                }
                Err(error) => {
                    self.record_child_error(child, &vfs::volumes::store_errors::map_store_error(error, &path))
                }
            };
        }
        match find(&self.access, &path) {
            Ok(Resolved::OnDisk(located)) if located.verdict(Operation::Archive) == Verdict::Allow => {
                let (folder, meta) = match &located.node {
                    Node::Folder(folder, meta) => (folder.clone(), *meta),
                    Node::File(_) => return self.resolved_file(child, located.node),
                };
                if matches!(child.via, Via::Link)
                    && (self.inside.contains(&meta.id()) || !self.entered.insert(meta.id()))
                {
                    return None;
                }
                self.descend(child, path, Some(located.with(folder)), Some(meta))
            }
            Ok(Resolved::VirtualFolder) => self.descend(child, path, None, None),
            Ok(Resolved::OnDisk(_) | Resolved::Absent) => None,
            Err(error) => self.record_child_error(child, &error),
        }
    }

    fn file(&mut self, child: &Child, file: OpenFile) -> Option<Found> {
        if self.prefix.len() + child.safe().len() > PATH_MAX {
            return self.record_child_error(child, &"its path is too long");
        }
        Some(Found::File { path: [&self.prefix, child.safe()].concat(), file })
    }

    fn resolved_file(&mut self, child: &Child, node: Node) -> Option<Found> {
        match node {
            Node::File(file) => self.file(child, file),
            Node::Folder(..) => None,
        }
    }

    fn descend(
        &mut self,
        child: &Child,
        path: VPath,
        located: Option<Located<Folder>>,
        meta: Option<Meta>,
    ) -> Option<Found> {
        if self.frames.len() > model::vpath::DEPTH_MAX || self.prefix.len() + child.safe().len() >= PATH_MAX {
            return self.record_child_error(child, &"folders are nested too deep");
        }
        let outside = self.prefix.len();
        self.prefix.extend_from_slice(child.safe());
        self.prefix.push(b'/');
        self.enter_folder(path, located, meta, outside, None);
        Some(self.folder_found(meta))
    }

    fn record_child_error(&mut self, child: &Child, reason: &dyn std::fmt::Display) -> Option<Found> {
        let prefix = std::mem::take(&mut self.prefix);
        self.record_error(&prefix, child.safe(), reason);
        self.prefix = prefix;
        None
    }

    /// Returns the member that lists errors, once, if there were any.
    fn error_member(&mut self) -> Option<Found> {
        let text = std::mem::take(&mut self.errors);
        let name = match self.taken.contains(ERRORS) {
            true => unique(ERRORS, &self.taken, &mut 2),
            false => ERRORS.to_vec(),
        };
        let path = [&self.prefix[..], &name].concat();
        (!text.is_empty()).then_some(Found::Text { path, text, mtime_ns: self.begun_ns })
    }
}

/// Gives all children safe names. Names that become equal are distinguished by a number.
fn make_safe(children: &mut [Child], safe_name: fn(&[u8]) -> Vec<u8>) {
    let mut is_changed = false;
    for child in children.iter_mut() {
        child.safe = Some(safe_name(child.name.as_bytes())).filter(|safe| safe != child.name.as_bytes());
        is_changed |= child.safe.is_some();
    }
    if is_changed {
        let unchanged = children.iter().filter(|child| child.safe.is_none());
        let mut taken: HashSet<Vec<u8>> = unchanged.map(|child| child.safe().to_vec()).collect();
        // Next number per name: many names may become the same one, and each must not count from 2.
        let mut numbers: HashMap<Vec<u8>, u32> = HashMap::new();
        for safe in children.iter_mut().filter_map(|child| child.safe.as_mut()) {
            if taken.contains(safe) {
                *safe = unique(safe, &taken, numbers.entry(safe.clone()).or_insert(2));
            }
            taken.insert(safe.clone());
        }
    }
}

/// Returns `a~2.txt`, `a~3.txt` ... for a name that is taken. `next`: the first number to try; updated to the number
/// after the returned one.
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
