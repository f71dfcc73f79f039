//! What of a folder on disk belongs in the index: what a listing would show to an account that may see all.

use model::index_flags::IndexFlags;
use model::{Bytes, FileName, UnixMillis, VPath, Wark};
use regex::bytes::Regex;
use std::ops::ControlFlow;
use std::sync::Arc;
use store::StoreError;
use store::disk::{Folder, Kind, Meta, Node, reserved};
use store::index::{ContentId, FolderContents, FoundFile};
use vfs::snapshot::Snapshot;
use vfs::volumes::storage::VolumeStorage;
use vfs::volumes::tree::MountedVolume;

/// The rules for one volume, under one state of the settings.
pub(crate) struct WalkRules {
    storage: Arc<VolumeStorage>,
    /// All mounts of the volume's folder; the first gives the settings.
    mounts: Vec<Arc<MountedVolume>>,
    exclude: Option<Regex>,
    no_hash: Option<Regex>,
    salt: String,
    /// Device of the volume's folder, if folders on others are left out.
    device: Option<u64>,
}

impl WalkRules {
    /// Returns the rules for `volume`.
    pub fn new(snapshot: &Snapshot, volume: &Arc<MountedVolume>) -> Self {
        let storage = volume.storage.clone();
        let others = snapshot
            .tree
            .volumes
            .iter()
            .filter(|other| Arc::ptr_eq(&other.storage, &storage) && other.index != volume.index);
        let mounts = std::iter::once(volume).chain(others).cloned().collect();
        let flags = &volume.config.flags.index;
        let device = if flags.one_file_system { storage.device() } else { None };
        Self {
            storage,
            mounts,
            exclude: pattern(flags.exclude.as_deref()),
            no_hash: pattern(flags.no_hash.as_deref()),
            salt: snapshot.settings.behaviour.wark_salt.clone(),
            device,
        }
    }

    /// Returns the settings of the index.
    pub fn flags(&self) -> &IndexFlags {
        &self.mounts[0].config.flags.index
    }

    /// Returns the salt of warks.
    pub fn salt(&self) -> &str {
        &self.salt
    }

    /// Whether a path may be in the index, by its name.
    pub fn allows(&self, path: &VPath) -> bool {
        let is_offered = |mount: &Arc<MountedVolume>| {
            mount.config.flags.offers(path) && !mount.shadows.iter().any(|shadow| path.is_within(shadow))
        };
        !reserved::holds_reserved(path)
            && self.mounts.iter().any(is_offered)
            && !self.exclude.as_ref().is_some_and(|exclude| exclude.is_match(path.as_bytes()))
    }

    /// Returns the identity of a file whose content is not read: an empty one, or one that the settings exclude.
    pub fn unread_content(&self, folder: &VPath, name: &FileName, size: u64, mtime_ns: i64) -> Option<ContentId> {
        let is_read =
            size > 0 && !self.no_hash.as_ref().is_some_and(|no_hash| no_hash.is_match(folder.join(name).as_bytes()));
        let mtime = UnixMillis(mtime_ns.div_euclid(1_000_000));
        let wark = || Wark::of_metadata(&self.salt, mtime, Bytes(size), folder.as_bytes(), name.as_bytes());
        (!is_read).then(|| ContentId::of(&wark()))
    }

    /// Returns a file as the index records it.
    pub fn found(&self, folder: &VPath, name: FileName, meta: &Meta) -> FoundFile {
        let content = self.unread_content(folder, &name, meta.size, meta.mtime_ns);
        FoundFile { name, size: meta.size, mtime_ns: meta.mtime_ns, content }
    }

    /// Reads the folder at `path`. Blocks.
    ///
    /// # Errors
    /// Disk errors.
    pub fn read(&self, root: &Folder, path: &VPath) -> Result<FolderContents, StoreError> {
        let folder = root.folder(path)?;
        let mut contents = FolderContents::default();
        folder.visit(|name, meta| {
            let Ok(name) = FileName::new(name) else { return ControlFlow::Continue(()) };
            if !self.allows(&path.join(&name)) {
                return ControlFlow::Continue(());
            }
            match self.classify(root, path, &name, &meta) {
                Entry::File(meta) => contents.files.push(self.found(path, name, &meta)),
                Entry::Folder => contents.folders.push(name),
                Entry::Nothing => {}
            }
            ControlFlow::Continue(())
        })?;
        Ok(contents)
    }

    /// Looks at one name on disk. Blocks.
    ///
    /// # Errors
    /// Disk errors.
    pub fn look(&self, root: &Folder, path: &VPath) -> Result<Entry, StoreError> {
        let Some((above, name)) = path.split_last().filter(|_| self.allows(path)) else { return Ok(Entry::Nothing) };
        let folder = match root.folder(&above) {
            Err(error) if is_absence(&error) => return Ok(Entry::Nothing),
            folder => folder?,
        };
        let meta = folder.stat(&name)?;
        Ok(meta.map_or(Entry::Nothing, |meta| self.classify(root, &above, &name, &meta)))
    }

    /// Returns what an entry of a folder is for the index. `meta`: of the entry itself. Blocks.
    fn classify(&self, root: &Folder, folder: &VPath, name: &FileName, meta: &Meta) -> Entry {
        match meta.kind {
            Kind::File if self.storage.is_receiving(folder, name) => Entry::Nothing,
            Kind::File => Entry::File(*meta),
            Kind::Folder if self.device.is_some_and(|device| device != meta.dev) => Entry::Nothing,
            Kind::Folder => Entry::Folder,
            Kind::Link => match open_target(root, &folder.join(name)) {
                Some(Ok(Node::File(open))) => Entry::File(open.meta),
                // Folders that symlinks lead to are in the index at their own place only: cycles end, and nothing is
                // found twice.
                _ => Entry::Nothing,
            },
            Kind::Other => Entry::Nothing,
        }
    }
}

/// What is at a path, as far as the index is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A file, or a symlink to one.
    File(Meta),
    /// A folder.
    Folder,
    /// Nothing that belongs in the index.
    Nothing,
}

/// Whether an error says that a folder is not there (any more).
pub(crate) fn is_absence(error: &StoreError) -> bool {
    use store::ErrorKind as Kind;
    matches!(error.kind(), Kind::NotFound | Kind::NotAFolder | Kind::Link | Kind::Special)
}

/// Compiles a pattern of the settings, which was checked when they were applied.
pub(crate) fn pattern(text: Option<&str>) -> Option<Regex> {
    text.and_then(|text| Regex::new(text).ok())
}

/// Opens what a symlink leads to; `None` if that is not in the same volume, or reserved. Blocks.
pub(crate) fn open_target(root: &Folder, link: &VPath) -> Option<Result<Node, StoreError>> {
    let target = root.locate(&root.real_target(link).ok()?).filter(|target| !reserved::holds_reserved(target))?;
    Some(root.open(&target))
}
