//! What of a folder on disk belongs in the index: what a listing would show to an account that may see all.

use crate::skipped::{SkipReason, SkippedNames};
use model::index_flags::IndexFlags;
use model::{Bytes, FileName, UnixMillis, VPath, Wark};
use regex::bytes::Regex;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use store::StoreError;
use store::disk::{Folder, Kind, Meta, Node, reserved};
use store::hash::SingleSha512;
use store::index::{ContentId, FolderContents, FoundFile, RulesDigest};
use vfs::snapshot::Snapshot;
use vfs::volumes::storage::VolumeStorage;
use vfs::volumes::tree::MountedVolume;

/// The rules for one volume, under one state of the settings.
pub(crate) struct WalkRules {
    storage: Arc<VolumeStorage>,
    /// All mounts of the volume's folder; the first gives the settings.
    mounts: Vec<Arc<MountedVolume>>,
    /// Absolute path of the volume's folder, with a slash at its end; patterns of `noidx` and `nohash` are tested with it
    /// before the path in the volume.
    source: Vec<u8>,
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
            source: prefix_of(&storage.source),
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

    /// Returns a digest of the settings that decide which rows the index has: the first half of the salt, the second of
    /// the others.
    pub fn digest(&self) -> RulesDigest {
        let mut rules = SingleSha512::new();
        let mut add = |bytes: &[u8]| {
            rules.update(&(bytes.len() as u64).to_le_bytes());
            rules.update(bytes);
        };
        let flags = self.flags();
        for pattern in [&flags.no_hash, &flags.exclude] {
            add(&[u8::from(pattern.is_some())]);
            add(pattern.as_deref().unwrap_or("").as_bytes());
        }
        if flags.no_hash.is_some() || flags.exclude.is_some() {
            add(&self.source);
        }
        for mount in &self.mounts {
            for paths in [&mount.shadows, &mount.config.flags.only] {
                add(&(paths.len() as u64).to_le_bytes());
                paths.iter().for_each(|path| add(path.as_bytes()));
            }
        }
        let mut salt = SingleSha512::new();
        salt.update(self.salt.as_bytes());
        let mut digest = [0; 32];
        digest[..16].copy_from_slice(&salt.finish()[..16]);
        digest[16..].copy_from_slice(&rules.finish()[..16]);
        digest
    }

    /// Whether a path may be in the index, by its name.
    pub fn allows(&self, path: &VPath) -> bool {
        self.is_offered(path) && !self.is_excluded(path)
    }

    /// Whether a path is one that a volume offers, and no file of the server's own.
    fn is_offered(&self, path: &VPath) -> bool {
        let is_offered = |mount: &Arc<MountedVolume>| {
            mount.config.flags.offers(path) && !mount.shadows.iter().any(|shadow| path.is_within(shadow))
        };
        !reserved::holds_reserved(path) && self.mounts.iter().any(is_offered)
    }

    /// Whether the settings leave a path out.
    fn is_excluded(&self, path: &VPath) -> bool {
        self.matches(self.exclude.as_ref(), path)
    }

    /// Whether the absolute path on disk of `path` matches the pattern, as copyparty tests it.
    fn matches(&self, pattern: Option<&Regex>, path: &VPath) -> bool {
        pattern.is_some_and(|pattern| pattern.is_match(&[&self.source, path.as_bytes()].concat()))
    }

    /// Whether no request could name a path, because it is too long or has too many components.
    fn is_too_deep(&self, path: &VPath) -> bool {
        let mount = &self.mounts[0].config.mount;
        // 128 components have at least 255 bytes.
        mount.as_bytes().len() + path.as_bytes().len() >= 254 && VPath::parse(mount.append(path).as_bytes()).is_err()
    }

    /// Returns the identity of a file whose content is not read: an empty one, or one that the settings exclude.
    pub fn unread_content(&self, folder: &VPath, name: &FileName, size: u64, mtime_ns: i64) -> Option<ContentId> {
        let is_read = size > 0 && !self.matches(self.no_hash.as_ref(), &folder.join(name));
        let mtime = UnixMillis(mtime_ns.div_euclid(1_000_000));
        let wark = || Wark::of_metadata(&self.salt, mtime, Bytes(size), folder.as_bytes(), name.as_bytes());
        (!is_read).then(|| ContentId::of(&wark()))
    }

    /// Returns a file as the index records it.
    pub fn found(&self, folder: &VPath, name: FileName, meta: &Meta) -> FoundFile {
        let content = self.unread_content(folder, &name, meta.size, meta.mtime_ns);
        FoundFile { name, size: meta.size, mtime_ns: meta.mtime_ns, content }
    }

    /// Reads the folder at `path`. Names that do not belong in the index are added to `skipped`, except those of the
    /// server's own files. Blocks.
    ///
    /// # Errors
    /// Disk errors.
    pub fn read(&self, root: &Folder, path: &VPath, skipped: &SkippedNames) -> Result<FolderContents, StoreError> {
        let folder = root.folder(path)?;
        let mut contents = FolderContents::default();
        folder.visit(|name, meta| {
            let Ok(name) = FileName::new(name) else {
                let shown = format!("{}/{}", path.display().trim_end_matches('/'), String::from_utf8_lossy(name));
                skipped.add(shown, SkipReason::BadName, None);
                return ControlFlow::Continue(());
            };
            match self.classify(root, path, &name, &meta) {
                Entry::File(meta) => contents.files.push(self.found(path, name, &meta)),
                Entry::Folder => contents.folders.push(name),
                Entry::Nothing => {}
                Entry::Skipped(reason) => skipped.add(path.join(&name).display(), reason, None),
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
        let Some((above, name)) = path.split_last() else { return Ok(Entry::Nothing) };
        let folder = match root.folder(&above) {
            Err(error) if is_absence(&error) => return Ok(Entry::Nothing),
            folder => folder?,
        };
        // Changes in other file systems are told, too.
        if let Some(device) = self.device
            && folder.meta()?.dev != device
        {
            return Ok(Entry::Nothing);
        }
        let meta = folder.stat(&name)?;
        Ok(meta.map_or(Entry::Nothing, |meta| self.classify(root, &above, &name, &meta)))
    }

    /// Returns what an entry of a folder is for the index. `meta`: of the entry itself. Blocks.
    fn classify(&self, root: &Folder, folder: &VPath, name: &FileName, meta: &Meta) -> Entry {
        let path = folder.join(name);
        if !self.is_offered(&path) {
            return Entry::Nothing;
        }
        if self.is_excluded(&path) {
            return Entry::Skipped(SkipReason::Excluded);
        }
        if self.is_too_deep(&path) {
            return Entry::Skipped(SkipReason::TooDeep);
        }
        match meta.kind {
            Kind::File if self.storage.is_receiving(folder, name) => Entry::Nothing,
            Kind::File => Entry::File(*meta),
            Kind::Folder if self.device.is_some_and(|device| device != meta.dev) => {
                Entry::Skipped(SkipReason::OtherFileSystem)
            }
            Kind::Folder => Entry::Folder,
            Kind::Link => match open_target(root, &path) {
                Some(Ok(Node::File(open))) => Entry::File(open.meta),
                // Folders that symlinks lead to are in the index at their own place only: cycles end, and nothing is
                // found twice.
                Some(Ok(_)) => Entry::Nothing,
                None | Some(Err(_)) => Entry::Skipped(SkipReason::Link),
            },
            Kind::Other => Entry::Skipped(SkipReason::Special),
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
    /// Something that does not belong in the index, which administrators may miss there.
    Skipped(SkipReason),
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

/// Returns the absolute path of a folder with slashes between its components, on Windows too, and one at its end.
fn prefix_of(source: &Path) -> Vec<u8> {
    let path = std::path::absolute(source).unwrap_or_else(|_| source.to_owned());
    let mut bytes = path.into_os_string().into_encoded_bytes();
    if cfg!(windows) {
        bytes.iter_mut().filter(|byte| **byte == b'\\').for_each(|byte| *byte = b'/');
    }
    if bytes.last() != Some(&b'/') {
        bytes.push(b'/');
    }
    bytes
}

/// Opens what a symlink leads to; `None` if that is not in the same volume, or reserved. Blocks.
pub(crate) fn open_target(root: &Folder, link: &VPath) -> Option<Result<Node, StoreError>> {
    let target = root.locate(&root.real_target(link).ok()?).filter(|target| !reserved::holds_reserved(target))?;
    Some(root.open(&target))
}
