//! Recognises whole bodies whose content the volume already has. PUT, forms and other protocols announce no hashes, so
//! the server hashes what it received, before the file gets its name.

use super::core::Core;
use super::dedup::{CopyPlan, Prepared, Sharing};
use super::file_record::FileRecord;
use super::naming::Naming;
use super::sources::{AnnouncedContent, SOURCES_MAX, Source, find_sources};
use super::target::Target;
use super::volume::ledger_error;
use model::chunking::{ChunkPlan, Generation};
use model::volume::DedupMode;
use model::{Bytes, ChunkHash, Wark};
use store::hash::hash_file_chunks;
use store::partial::Partial;
use vfs::access::Access;
use vfs::error::{EngineError, Result, UploadError};

/// The content of a received body.
pub(super) struct BodyContent {
    plan: ChunkPlan,
    wark: Wark,
    hashes: Vec<ChunkHash>,
}

impl BodyContent {
    /// Hashes the body where the volume keeps one copy of equal contents, or refuses a second one. Returns `None`
    /// elsewhere, because nothing would be done with the hashes. Blocks; reads the whole file.
    ///
    /// # Errors
    /// `Internal` if the file cannot be read.
    pub fn of(core: &Core, access: &Access, target: &Target, partial: &Partial, size: u64) -> Result<Option<Self>> {
        let flags = &target.volume.config.flags;
        let keeps_one = flags.dedup != DedupMode::Copy && !flags.no_clone;
        if size == 0 || !(keeps_one || flags.no_dupe) {
            return Ok(None);
        }
        let unread = |error| EngineError::internal("The server cannot read the file that it received.", error);
        let plan = ChunkPlan::new(Bytes(size), Generation::G2);
        let service = &core.upload_state.hasher;
        let hashes = hash_file_chunks(service, partial.file(), size, plan.chunk_size().0, &|| false).map_err(unread)?;
        let hashes: Vec<ChunkHash> = hashes.into_iter().map(ChunkHash::from_bytes).collect();
        let wark = Wark::of_content(&access.snapshot().settings.behaviour.wark_salt, Bytes(size), &hashes);
        Ok(Some(Self { plan, wark, hashes }))
    }

    /// Adds the hashes to what the ledger will record.
    pub fn describe(&self, record: &mut FileRecord) {
        record.wark = Some(self.wark);
        record.hashes = self.hashes.clone();
    }

    /// Prepares a link to, or clone of, a file with this content; `None` if there is none that could be used. Blocks.
    ///
    /// # Errors
    /// `DupeRefused` if the volume refuses second copies. Database and disk errors.
    pub fn find_twin(
        &self,
        core: &Core,
        access: &Access,
        target: &Target,
        naming: &Naming,
        record: &FileRecord,
    ) -> Result<Option<Prepared>> {
        let flags = &target.volume.config.flags;
        let rows = target.uploads().ledger.files_with(&self.wark, SOURCES_MAX);
        let rows = rows.map_err(|error| ledger_error(error, &target.shown()))?;
        let content = AnnouncedContent { wark: &self.wark, hashes: &self.hashes, size: self.plan.size().0 };
        let mut sources = find_sources(access, target, &content, rows)?;
        // The file that is to be replaced is no second copy.
        let own_path = target.canonical().join(&naming.name);
        sources.retain(|source: &Source| source.path() != own_path);
        match sources.first() {
            Some(source) if flags.no_dupe => Err(EngineError::Upload(UploadError::DupeRefused(source.path()))),
            Some(_) if !flags.no_clone && flags.dedup != DedupMode::Copy => {
                let copy = CopyPlan {
                    target: target.clone(),
                    naming: naming.clone(),
                    record: record.clone(),
                    plan: self.plan,
                    sharing: Sharing::Required,
                };
                Ok(copy.prepare(core, access, sources)?.ok())
            }
            _ => Ok(None),
        }
    }
}
