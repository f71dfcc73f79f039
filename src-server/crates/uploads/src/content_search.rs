//! Finds stored files by the hashes of their content.

use super::core::Uploads;
use super::reply::Hit;
use super::volume::ledger_error;
use model::chunking::ChunkPlan;
use model::{ChunkHash, Perm, Wark};
use std::sync::Arc;
use vfs::access::Access;
use vfs::error::{EngineError, Invalid, Result};
use vfs::files::findable::findable;
use vfs::volumes::extension::RecordedFile;
use vfs::volumes::tree::MountedVolume;

/// Maximum number of files that a search by content returns.
const HITS_MAX: usize = 100;

impl Uploads {
    /// Returns files with this content that the account may read, in all volumes.
    ///
    /// # Errors
    /// `BadRequest` if the number of hashes does not fit the size; `Internal` if nothing was found and a volume
    /// could not be searched.
    pub async fn find(&self, access: &Access, size: u64, hashes: &[ChunkHash]) -> Result<Vec<Hit>> {
        if ChunkPlan::for_count(model::Bytes(size), hashes.len()).is_none() {
            return Err(EngineError::Invalid(Invalid::Request(
                "The number of chunk hashes does not fit the size.".into(),
            )));
        }
        if hashes.is_empty() {
            return Ok(Vec::new());
        }
        let salt = &access.snapshot().settings.behaviour.wark_salt;
        let wark = Wark::of_content(salt, model::Bytes(size), hashes);
        let access = access.clone();
        self.core.pool.try_run(move || search(&access, &wark)).await
    }
}

fn search(access: &Access, wark: &Wark) -> Result<Vec<Hit>> {
    let (mut hits, mut failed) = (Vec::new(), None);
    for volume in &access.snapshot().tree.volumes {
        if !access.rights_anywhere_in(volume).has(Perm::Read) {
            continue;
        }
        match volume.storage.files_with(wark, HITS_MAX) {
            Ok(recorded) => hits.extend(recorded.iter().filter_map(|file| readable(access, volume, file))),
            Err(error) => failed = Some(ledger_error(error, &volume.config.mount)),
        }
    }
    // Without a hit the answer would be that no volume has it, which is not known.
    failed.filter(|_| hits.is_empty()).map_or(Ok(hits), Err)
}

/// Returns a recorded file if it still exists with that size and the account may find it.
fn readable(access: &Access, volume: &Arc<MountedVolume>, file: &RecordedFile) -> Option<Hit> {
    let (path, located) = findable(access, volume, &file.folder.join(&file.name))?;
    let meta = located.node.meta;
    (meta.size == file.size.0).then(|| Hit { path, size: meta.size, modified: meta.mtime() })
}
