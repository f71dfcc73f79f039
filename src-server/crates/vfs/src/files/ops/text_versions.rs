//! The history of the text editor: earlier versions of a text beside it, as `.hist/STEM.MTIME.EXT` (as copyparty 1.15 keeps
//! them).

use super::entry_ref::EntryRef;
use crate::error::Result as EngineResult;
use crate::volumes::store_errors::map_store_error;
use bytes::Bytes;
use model::{FileName, VPath};
use store::disk::{Folder, Kind, Node, OpenFile, reserved};
use store::{ErrorKind, StoreError};

/// Largest version that is read, bytes.
const READ_MAX: u64 = 64 << 20;

/// An earlier version of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextVersion {
    /// Its modification time, milliseconds since 1970; of several with one time, the later ones count up.
    pub time_ms: i64,
    /// Bytes.
    pub size: u64,
}

/// Returns the earlier versions of the text at `below` in the volume with the top folder `root`. What cannot be read is left
/// out. Blocks.
pub fn list_text_versions(root: &Folder, below: &VPath) -> Vec<TextVersion> {
    let Some((folder, name)) = history_of(root, below) else { return Vec::new() };
    let (stem, extension) = stem_and_extension(&name);
    let version = |entry: store::disk::RawEntry| {
        let time_ms = version_time(&String::from_utf8_lossy(entry.name.as_bytes()))?;
        let is_its = version_name(stem, time_ms, extension) == entry.name && entry.meta.kind == Kind::File;
        is_its.then_some(TextVersion { time_ms, size: entry.meta.size })
    };
    folder.entries().unwrap_or_default().into_iter().filter_map(version).collect()
}

/// Opens an earlier version of the text at `below`; `None` if there is none with this time. Blocks.
///
/// # Errors
/// Those of the disk.
pub fn open_text_version(root: &Folder, below: &VPath, time_ms: i64) -> EngineResult<Option<OpenFile>> {
    let Some((folder, name)) = history_of(root, below) else { return Ok(None) };
    let (stem, extension) = stem_and_extension(&name);
    match folder.open(&VPath::root().join(&version_name(stem, time_ms, extension))) {
        Ok(Node::File(open)) => Ok(Some(open)),
        Ok(Node::Folder(..)) => Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(map_store_error(error, below)),
    }
}

/// Reads an earlier version of the text at `below`; `None` if there is none with this time, or it is larger than 64 MiB.
/// Blocks.
///
/// # Errors
/// Those of the disk.
pub fn read_text_version(root: &Folder, below: &VPath, time_ms: i64) -> EngineResult<Option<Bytes>> {
    let Some(open) = open_text_version(root, below, time_ms)?.filter(|open| open.meta.size <= READ_MAX) else {
        return Ok(None);
    };
    let mut text = Vec::new();
    let failed = |error| map_store_error(StoreError::new("read", below.display(), error), below);
    while open.read_at(text.len() as u64, 1 << 20, &mut text).map_err(failed)? > 0 {}
    Ok(Some(text.into()))
}

/// Opens the folder of the history of a text. Returns it with the name of the text.
fn history_of(root: &Folder, below: &VPath) -> Option<(Folder, FileName)> {
    let (above, name) = below.split_last()?;
    let hist = FileName::new(reserved::HIST.as_bytes()).ok()?;
    Some((root.folder(&above.join(&hist)).ok()?, name))
}

/// Links the current content to `.hist/STEM.MTIME.EXT`, and removes more versions than the volume keeps.
pub(super) fn keep_version(entry: &EntryRef, old: &OpenFile) -> Result<(), StoreError> {
    let Some(keep) = entry.parent.volume.config.flags.text_versions else { return Ok(()) };
    let hist = FileName::new(reserved::HIST.as_bytes()).expect("is a name");
    let (folder, _) = entry.parent.node.make_folders(&VPath::root().join(&hist), 0o700)?;
    let (stem, extension) = stem_and_extension(&entry.name);
    let mut at = old.meta.mtime().0;
    loop {
        let name = version_name(stem, at, extension);
        // The new text will be a new file, so the old one can be hard-linked instead of copied.
        let linked = match entry.stat_kind() {
            Some(Kind::File) => entry.parent.node.hard_link(&entry.name, &folder, &name),
            _ => Err(StoreError::with_kind(ErrorKind::CrossDevice, "link", "", "not a plain file")),
        };
        let kept = match linked {
            Err(error) if error.kind() != ErrorKind::Exists => {
                folder.create_new(&name, old.meta.mode).and_then(|copy| {
                    let copied = folder.clone_or_copy(&old.file, &copy);
                    copied
                        .and_then(|_| folder.set_file_mtime(&copy, &name, old.meta.mtime()))
                        .inspect_err(|_| drop(folder.remove_file(&name)))
                })
            }
            linked => linked,
        };
        match kept {
            // Another version of the same millisecond exists.
            Err(error) if error.kind() == ErrorKind::Exists => at += 1,
            Err(error) => return Err(error),
            Ok(()) => break,
        }
    }
    if keep > 0 {
        drop_oldest(&folder, stem, extension, keep as usize)?;
    }
    Ok(())
}

impl EntryRef {
    fn stat_kind(&self) -> Option<Kind> {
        self.parent.node.stat(&self.name).ok().flatten().map(|meta| meta.kind)
    }
}

fn stem_and_extension(name: &FileName) -> (&[u8], Option<&[u8]>) {
    let bytes = name.as_bytes();
    match name.extension() {
        Some(extension) => (&bytes[..bytes.len() - extension.len() - 1], Some(extension)),
        None => (bytes, None),
    }
}

/// Returns a name such as `tp.1795378796.290.md`; a stem that would make it too long is cut.
fn version_name(stem: &[u8], mtime_ms: i64, extension: Option<&[u8]>) -> FileName {
    let mut end = format!(".{}.{:03}", mtime_ms.div_euclid(1000), mtime_ms.rem_euclid(1000)).into_bytes();
    if let Some(extension) = extension {
        end.push(b'.');
        end.extend_from_slice(&extension[..extension.len().min(32)]);
    }
    let mut name = stem[..stem.len().min(model::vpath::NAME_MAX - end.len())].to_vec();
    name.extend_from_slice(&end);
    FileName::new(&name).expect("has digits and is short")
}

fn drop_oldest(folder: &Folder, stem: &[u8], extension: Option<&[u8]>, keep: usize) -> Result<(), StoreError> {
    let mut versions: Vec<(i64, FileName)> = Vec::new();
    for entry in folder.entries()? {
        let text = String::from_utf8_lossy(entry.name.as_bytes()).into_owned();
        let Some(when) = version_time(&text) else { continue };
        if version_name(stem, when, extension) == entry.name {
            versions.push((when, entry.name));
        }
    }
    versions.sort();
    let surplus = versions.len().saturating_sub(keep);
    versions.iter().take(surplus).try_for_each(|(_, name)| folder.remove_file(name))
}

/// Returns the time in the name of a version, milliseconds.
fn version_time(name: &str) -> Option<i64> {
    let parts: Vec<&str> = name.split('.').collect();
    let time = |at: usize| {
        let (secs, millis) = (parts.get(at)?.parse::<i64>().ok()?, parts.get(at + 1)?);
        (millis.len() == 3).then(|| millis.parse::<i64>().ok().map(|millis| secs * 1000 + millis)).flatten()
    };
    // With an extension or without.
    time(parts.len().checked_sub(3)?).or_else(|| time(parts.len() - 2))
}
