//! Finds stored files by the hashes of their content.

use super::core::Uploads;
use super::dedup::Source;
use super::reply::Hit;
use super::volume::{ledger_error, uploads_of};
use model::chunking::ChunkPlan;
use model::{ChunkHash, Perm, Wark};
use vfs::access::Access;
use vfs::error::{EngineError, Invalid, Result};

/// Maximum number of files that a search by content returns.
const HITS_MAX: u32 = 100;

impl Uploads {
    /// Returns files with this content that the account may read, in all volumes.
    ///
    /// # Errors
    /// `BadRequest` if the number of hashes does not fit the size; `Internal`.
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
    let mut hits = Vec::new();
    for volume in &access.snapshot().tree.volumes {
        if !access.rights_anywhere_in(volume).has(Perm::Read) {
            continue;
        }
        let rows = uploads_of(&volume.storage).ledger.files_with(wark, HITS_MAX);
        for row in rows.map_err(|error| ledger_error(error, &volume.config.mount))? {
            let mut source = Source { volume: volume.clone(), row, open: None };
            if let Some(located) = source.open(access) {
                let (size, modified) = (located.node.meta.size, located.node.meta.mtime());
                hits.push(Hit { path: source.path(), size, modified });
            }
        }
    }
    Ok(hits)
}
