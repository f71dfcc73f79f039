//! The unfinished uploads of one volume, in memory: state only, no I/O, and the rules for claiming chunks.
//!
//! Lock order: only the lock of the link registry is taken below the registry's lock (to return reserved bytes). The
//! lock is held briefly, never across disk or database access or an await.

pub(super) mod append_turn;
pub(super) mod chunk_index;
pub(super) mod claims;
pub(super) mod unfinished;

use super::sender::Sender;
use super::unfinished_limit::UnfinishedPermit;
use claims::{Claimed, ClaimedChunk, Wanted};
use model::{FileName, UnixMillis, Upload, VPath, Wark};
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
    /// Identities under which sequential uploads were begun whose content is known by now.
    began_as: HashMap<Wark, i64>,
    /// Sequential uploads that are complete, by the identity under which they were begun.
    completed: HashMap<Wark, CompletedUpload>,
    last_id: i64,
}

/// A file that a sequential upload became.
#[derive(Clone, Debug)]
pub(super) struct CompletedUpload {
    /// Folder, relative to the volume's top folder.
    pub folder: VPath,
    pub name: FileName,
    pub size: u64,
    pub lmod: UnixMillis,
    pub sender: Sender,
}

impl CompletedUpload {
    /// The file that `upload` became, under its final name.
    pub fn of(upload: &Upload, name: FileName) -> Self {
        let sender = Sender { account: upload.account.clone(), address: upload.address.clone() };
        Self { folder: upload.folder.clone(), name, size: upload.plan.size().0, lmod: upload.lmod, sender }
    }
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
        self.remove_wark(&upload.wark, id);
        if let Some(began_as) = unfinished.began_as {
            self.began_as.remove(&began_as);
        }
        let place = (upload.folder.clone(), upload.name.clone());
        if self.reserved.get(&place) == Some(&id) {
            self.reserved.remove(&place);
        }
        Some(unfinished)
    }
    fn remove_wark(&mut self, wark: &Wark, id: i64) {
        if let Some(ids) = self.by_wark.get_mut(wark) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_wark.remove(wark);
            }
        }
    }
    /// Gives a sequential upload the identity of its content. Its former identity still leads to it.
    pub fn set_wark(&mut self, id: i64, wark: Wark) {
        let Some(unfinished) = self.uploads.get_mut(&id) else { return };
        let before = std::mem::replace(&mut unfinished.upload.wark, wark);
        let began_as = *unfinished.began_as.get_or_insert(before);
        self.began_as.insert(began_as, id);
        self.remove_wark(&before, id);
        self.by_wark.entry(wark).or_default().push(id);
    }
    /// Returns the sequential upload that was begun under this identity, unless its content was not known when the program
    /// started.
    pub fn begun_as(&self, wark: &Wark) -> Option<&Unfinished> {
        self.began_as.get(wark).and_then(|id| self.uploads.get(id))
    }
    /// Records the file that a sequential upload became.
    pub fn record_completed(&mut self, began_as: Wark, file: CompletedUpload) {
        if self.completed.len() >= RENAMES_MAX {
            self.completed.clear();
        }
        self.completed.insert(began_as, file);
    }
    /// Returns the file that a sequential upload became.
    pub fn completed(&self, began_as: &Wark) -> Option<&CompletedUpload> {
        self.completed.get(began_as)
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
