//! The unfinished uploads of one volume, in memory: state only, no I/O, and the rules for claiming chunks.
//!
//! Lock order: only the lock of the link registry is taken below the registry's lock (to return reserved bytes). The
//! lock is held briefly, never across disk or database access or an await.

pub(super) mod chunk_index;
pub(super) mod claims;
pub(super) mod unfinished;

use super::unfinished_limit::UnfinishedPermit;
use claims::{Claimed, ClaimedChunk, Wanted};
use model::{FileName, VPath, Wark};
use std::collections::HashMap;
use unfinished::Unfinished;
use vfs::clock::now;
use vfs::error::{EngineError, Result, UploadError};

/// Number of renames remembered for closing handshakes.
const RENAMES_MAX: usize = 10_000;

#[derive(Default)]
pub(super) struct Registry {
    uploads: HashMap<i64, Unfinished>,
    by_wark: HashMap<Wark, Vec<i64>>,
    /// Names reserved by unfinished uploads.
    reserved: HashMap<(VPath, FileName), i64>,
    /// (content, folder, reserved name) -> the name the file got because the reserved one was taken at the end.
    renamed: HashMap<(Wark, VPath, FileName), FileName>,
    /// (content, folder, requested name) -> the name the file has, for senders who may not learn taken names.
    believed: HashMap<(Wark, VPath, FileName), FileName>,
    last_id: i64,
}

impl Registry {
    pub fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }
    /// Adds an upload and reserves its name.
    pub fn insert(&mut self, unfinished: Unfinished) {
        let (id, upload) = (unfinished.id, &unfinished.upload);
        self.last_id = self.last_id.max(id);
        self.by_wark.entry(upload.wark).or_default().push(id);
        self.reserved.insert((upload.folder.clone(), upload.name.clone()), id);
        self.uploads.insert(id, unfinished);
    }
    /// Removes an upload and releases its name.
    pub fn remove(&mut self, id: i64) -> Option<Unfinished> {
        let unfinished = self.uploads.remove(&id)?;
        let upload = &unfinished.upload;
        if let Some(ids) = self.by_wark.get_mut(&upload.wark) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_wark.remove(&upload.wark);
            }
        }
        let place = (upload.folder.clone(), upload.name.clone());
        if self.reserved.get(&place) == Some(&id) {
            self.reserved.remove(&place);
        }
        Some(unfinished)
    }
    pub fn get(&self, id: i64) -> Option<&Unfinished> {
        self.uploads.get(&id)
    }
    pub fn get_mut(&mut self, id: i64) -> Option<&mut Unfinished> {
        self.uploads.get_mut(&id)
    }
    /// Returns the sizes of the collections that grow with uploads: unfinished uploads, contents, reserved names,
    /// renames.
    #[cfg(test)]
    pub fn sizes(&self) -> [usize; 4] {
        let instead = self.renamed.len() + self.believed.len();
        [self.uploads.len(), self.by_wark.len(), self.reserved.len(), instead]
    }
    /// Acquires permits for uploads that have none.
    pub fn add_permits(&mut self, permit: impl Fn(&Unfinished) -> UnfinishedPermit) {
        for one in self.uploads.values_mut().filter(|one| one.permit.is_none()) {
            one.permit = Some(permit(one));
        }
    }
    pub fn all(&self) -> impl Iterator<Item = &Unfinished> {
        self.uploads.values()
    }
    /// Returns uploads of this content, oldest first.
    pub fn of(&self, wark: &Wark) -> impl Iterator<Item = &Unfinished> {
        self.by_wark.get(wark).into_iter().flatten().filter_map(|id| self.uploads.get(id))
    }
    /// Returns the upload that reserved this name.
    pub fn reserved_by(&self, folder: &VPath, name: &FileName) -> Option<&Unfinished> {
        self.reserved.get(&(folder.clone(), name.clone())).and_then(|id| self.uploads.get(id))
    }
    /// Records that a file got another name than the reserved one.
    pub fn record_rename(&mut self, wark: Wark, folder: VPath, reserved: FileName, got: FileName) {
        if self.renamed.len() >= RENAMES_MAX {
            self.renamed.clear();
        }
        self.renamed.insert((wark, folder, reserved), got);
    }
    /// Returns the name that a finished file got instead of `reserved`.
    pub fn name_instead(&self, wark: &Wark, folder: &VPath, reserved: &FileName) -> Option<FileName> {
        self.renamed.get(&(*wark, folder.clone(), reserved.clone())).cloned()
    }
    /// Records the name of the file that its sender believes to be called `asked`.
    pub fn record_believed(&mut self, wark: Wark, folder: VPath, asked: FileName, got: FileName) {
        if self.believed.len() >= RENAMES_MAX {
            self.believed.clear();
        }
        self.believed.insert((wark, folder, asked), got);
    }
    /// Returns the name of the finished file that its sender believes to be called `asked`.
    pub fn name_believed(&self, wark: &Wark, folder: &VPath, asked: &FileName) -> Option<FileName> {
        self.believed.get(&(*wark, folder.clone(), asked.clone())).cloned()
    }

    /// Claims chunks for a body of `length` bytes.
    pub fn claim(&mut self, id: i64, wanted: &Wanted, length: u64) -> Result<Claimed> {
        let unfinished = self.uploads.get_mut(&id).ok_or(EngineError::Upload(UploadError::UnknownWark))?;
        match wanted {
            Wanted::Chunks(hashes) => unfinished.claim_chunks(hashes, length),
            Wanted::Subchunk(hash, at) => unfinished.claim_subchunk(hash, *at, length),
        }
    }
    /// Releases claimed chunks.
    pub fn release(&mut self, id: i64, chunks: &[ClaimedChunk]) {
        if let Some(unfinished) = self.uploads.get_mut(&id) {
            for chunk in chunks {
                unfinished.busy.remove(&chunk.hash);
            }
            unfinished.touched = now();
        }
    }
}

#[cfg(test)]
mod tests;
