//! Saves of the text editor: refused if the file was changed since it was opened, and the old version is kept
//! (`text_versions`).
//!
//! The new text is written beside the old one and takes its name in one step. A reader sees one or the other, and hard
//! links of the old file do not change.

use super::discard::actor;
use super::entry_ref::EntryRef;
use super::make::may_edit;
use super::new_files::NewFiles;
use super::text_versions::keep_version;
use crate::access::Access;
use crate::core::Core;
use crate::error::{Changed, Conflict, EngineError, Result};
use crate::volumes::lock_table::ChangeScope;
use crate::volumes::resolve::{self, absence, refusal};
use crate::volumes::store_errors::map_store_error;
use crate::volumes::trash::version::KeptVersion;
use model::{Operation, UnixMillis, VPath, Verdict};
use sha2::{Digest, Sha512};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use store::disk::{Kind, Meta, Node, OnExisting, OpenFile};

/// Result of saving a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The new mtime, milliseconds since 1970.
    pub lastmod_ms: i64,
    /// Bytes.
    pub size: u64,
    /// SHA-512 of the text.
    pub sha512: [u8; 64],
}

/// Saves a text: see `FileOps::save_text`. Blocks.
///
/// # Errors
/// Those of `FileOps::save_text`.
pub fn save(core: &Arc<Core>, access: &Access, path: &VPath, lastmod_ms: Option<i64>, text: &[u8]) -> Result<Saved> {
    if access.verdict(path, Operation::SaveText) != Verdict::Allow {
        return Err(refusal(access, path, Operation::SaveText));
    }
    // Checked before folders are created, and again under the lock: two saves must not replace the same old version.
    expected(access, path, lastmod_ms)?;
    let entry = EntryRef::for_creation(access, path)?;
    may_edit(&entry)?;
    let _lock = entry.lock()?;
    let old = expected(access, path, lastmod_ms)?;
    entry.check_unlocked(access, if old.is_some() { ChangeScope::Content } else { ChangeScope::Name })?;
    let mut new_files = NewFiles::within(core, access, &entry.parent);
    new_files.admit(&entry.below(), text.len() as u64, old.as_ref().map(|old| old.meta.size))?;
    if let Some(old) = &old {
        keep_version(&entry, old).map_err(|error| map_store_error(error, path))?;
        entry.keep_links()?;
    }
    let replaces = old.is_some();
    let has_history = entry.parent.volume.config.flags.text_versions.is_some();
    let version = (replaces && !has_history).then(|| keep_in_trash(access, &entry)).flatten();
    let saved = write(&entry, old.map(|old| old.meta), text)?;
    entry.record_new(Kind::File, replaces);
    version.and_then(KeptVersion::commit);
    if let Some(meta) = entry.stat()? {
        new_files.created(&entry.below(), &meta);
    }
    new_files.complete();
    Ok(saved)
}

/// Keeps the current version in the trash: volumes without a history of texts have no other place for it.
fn keep_in_trash(access: &Access, entry: &EntryRef) -> Option<KeptVersion> {
    KeptVersion::keep(&entry.parent.volume, &entry.parent.node, &entry.below(), &entry.name, actor(access))
}

/// Opens the text, if it is the version that the client expects.
///
/// # Errors
/// As `save`.
fn expected(access: &Access, path: &VPath, lastmod_ms: Option<i64>) -> Result<Option<OpenFile>> {
    let old = match resolve::find(access, path)? {
        resolve::Resolved::OnDisk(located) if located.verdict(Operation::SaveText) == Verdict::Allow => {
            match located.node {
                Node::File(file) => Some(file),
                Node::Folder(..) => return Err(EngineError::Conflict(Conflict::IsAFolder(path.clone()))),
            }
        }
        resolve::Resolved::OnDisk(_) => return Err(absence(access, path)),
        resolve::Resolved::VirtualFolder | resolve::Resolved::Absent => None,
    };
    match (&old, lastmod_ms) {
        (Some(old), Some(lastmod)) if old.meta.mtime().0 != lastmod => {
            Err(EngineError::Changed(Changed::Since { lastmod_ms: old.meta.mtime().0 }))
        }
        (None, Some(_)) => Err(absence(access, path)),
        _ => Ok(old),
    }
}

fn write(entry: &EntryRef, old: Option<Meta>, text: &[u8]) -> Result<Saved> {
    let state = &entry.parent.volume.storage.state;
    let (hidden, former) = (state.hidden_name(), state.hidden_name());
    let above = &entry.parent.node;
    let mode = old.map_or(entry.parent.volume.config.flags.file_mode, |old| old.mode);
    // The editor distinguishes versions by their mtime in milliseconds.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    let lastmod = UnixMillis(if old.is_some_and(|old| old.mtime().0 == now) { now + 1 } else { now });
    let on_existing = if old.is_some() { OnExisting::Replace } else { OnExisting::Fail };
    let placed = above.create_new(&hidden, mode).and_then(|file| {
        let written = above.write_into(&file, &hidden, text);
        written
            .and_then(|()| above.set_file_mtime(&file, &hidden, lastmod))
            .and_then(|()| above.sync_file(&file, &hidden))
            .and_then(|()| above.rename_durably(&hidden, above, &entry.name, on_existing, &former))
            .inspect_err(|_| drop(above.remove_file(&hidden)))
    });
    placed.map_err(|error| map_store_error(error, &entry.path))?;
    Ok(Saved { lastmod_ms: lastmod.0, size: text.len() as u64, sha512: Sha512::digest(text).into() })
}
