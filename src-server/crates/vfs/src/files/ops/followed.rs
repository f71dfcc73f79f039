//! Changes of many files by one request: each is a change as any other, its copies can be followed and ended, and one
//! identifier undoes all of them.

use super::delete;
use super::discard::discard;
use super::duplicate::check_wanted;
use super::entry_ref::EntryRef;
use super::free_name::IfExists;
use super::relocate::{self, Relocation};
use super::remove::Deleted;
use crate::access::Access;
use crate::clock::now;
use crate::core::Core;
use crate::error::{Changed, Conflict, Denial, EngineError, Result};
use crate::files::condition::Condition;
use crate::undo_log::{CopyMade, Move, Running, Step};
use crate::volumes::trash::entry_id::EntryId;
use model::{Operation, VPath};
use std::sync::Arc;
use store::disk::CopyWatch;

/// How often another number is tried for a name that is taken meanwhile.
const NAMES_TRIED: u32 = 8;

/// The changes of one request. What was done stays done and can be undone, also while others are under way.
pub struct ChangeSet {
    core: Arc<Core>,
    access: Access,
    /// Undoes everything.
    pub undo: EntryId,
    /// Follows its copies, and ends them.
    pub watch: Arc<CopyWatch>,
    /// Held during each change: see [`UndoLog::stop`].
    busy: Arc<tokio::sync::Mutex<()>>,
}

impl Drop for ChangeSet {
    fn drop(&mut self) {
        self.core.undo_log.ended(self.undo);
    }
}

impl ChangeSet {
    pub(super) fn begin(core: Arc<Core>, access: &Access) -> Self {
        let (undo, watch, busy) = (EntryId::new(now()), Arc::<CopyWatch>::default(), Arc::default());
        let running = Running { by: access.owner().clone(), watch: Arc::clone(&watch), busy: Arc::clone(&busy) };
        core.undo_log.began(undo, running);
        Self { core, access: access.clone(), undo, watch, busy }
    }

    /// Returns [`ChangeSet::undo`] if something can be undone. What was deleted without a trash cannot.
    pub fn undoable(&self) -> Option<EntryId> {
        Some(self.undo).filter(|undo| self.core.undo_log.holds(*undo))
    }

    /// Deletes an entry, as [`super::FileOps::delete`].
    ///
    /// # Errors
    /// Those of [`super::FileOps::delete`]; `Busy` if the settings or the share link have changed since the request began.
    pub async fn delete(&self, path: &VPath) -> Result<Deleted> {
        let _busy = self.busy.lock().await;
        self.check_current()?;
        if self.access.snapshot().settings.behaviour.no_delete {
            return Err(EngineError::Denied(Denial::SwitchedOff("delete")));
        }
        let (access, path) = (self.access.clone(), path.clone());
        let work = move || delete::delete(&access, &path, &Condition::default());
        let deleted = self.core.pool.try_run(work).await?;
        if let Some(entry) = deleted.trash {
            self.remember(Step::Trashed(entry));
        }
        Ok(deleted)
    }

    /// Moves an entry, as [`super::FileOps::move_to`]. Returns its new path.
    ///
    /// # Errors
    /// Those of [`super::FileOps::move_to`]; `Interrupted` once the watch was cancelled, and then nothing has changed; `Busy` as for
    /// [`ChangeSet::delete`].
    pub async fn move_to(&self, from: &VPath, to: &VPath, if_exists: IfExists) -> Result<VPath> {
        if self.access.snapshot().settings.behaviour.no_move {
            return Err(EngineError::Denied(Denial::SwitchedOff("move")));
        }
        let _busy = self.busy.lock().await;
        let moved = self.relocate(from, to, if_exists, relocate::move_to).await?;
        let (by, from, to) = (self.access.owner().clone(), from.clone(), moved.to.clone());
        self.remember(Step::Moved(Move { by, from, to, replaced: moved.replaced }));
        Ok(moved.to)
    }

    /// Copies an entry, as [`super::FileOps::copy_to`]. Returns the path of the copy.
    ///
    /// # Errors
    /// Those of [`super::FileOps::copy_to`]; `Interrupted` once the watch was cancelled, and then nothing is left of the copy;
    /// `Busy` as for [`ChangeSet::delete`].
    pub async fn copy_to(&self, from: &VPath, to: &VPath, if_exists: IfExists) -> Result<VPath> {
        if self.access.snapshot().settings.behaviour.no_copy {
            return Err(EngineError::Denied(Denial::SwitchedOff("copy")));
        }
        let _busy = self.busy.lock().await;
        let copied = self.relocate(from, to, if_exists, relocate::copy_to).await?;
        if let Some(meta) = copied.meta {
            self.remember(Step::Copied(CopyMade { at: copied.to.clone(), meta, replaced: copied.replaced }));
        }
        Ok(copied.to)
    }

    /// Runs `work` on the pool; tries again if a number was taken meanwhile.
    async fn relocate<T: Send + 'static>(
        &self,
        from: &VPath,
        to: &VPath,
        if_exists: IfExists,
        work: fn(&Arc<Core>, &Access, &Relocation, &CopyWatch) -> Result<T>,
    ) -> Result<T> {
        self.check_current()?;
        let mut left = if if_exists == IfExists::KeepBoth { NAMES_TRIED } else { 1 };
        loop {
            left -= 1;
            let (core, access, watch) = (self.core.clone(), self.access.clone(), self.watch.clone());
            let (from, to) = (from.clone(), to.clone());
            let relocation = Relocation { from, to, if_exists, condition: Condition::default() };
            match self.core.pool.try_run(move || work(&core, &access, &relocation, &watch)).await {
                Err(EngineError::Conflict(Conflict::Exists(_))) if left > 0 => {}
                done => return done,
            }
        }
    }

    fn remember(&self, step: Step) {
        self.core.undo_log.push(self.undo, self.access.owner(), step);
    }

    /// A request can last for hours: it ends when the rights that it began with may not hold any more.
    fn check_current(&self) -> Result<()> {
        check_wanted(&self.watch)?;
        let snapshot = self.core.snapshot.load();
        let is_current = snapshot.generation == self.access.snapshot().generation
            && self.core.grants.still_holds(&self.access, &snapshot);
        if is_current { Ok(()) } else { Err(EngineError::Busy) }
    }
}

/// Removes a copy, unless something else has its name by now or it was changed. Blocks.
///
/// # Errors
/// `Changed`; those of [`super::FileOps::delete`].
pub(crate) fn remove_copy(access: &Access, copy: &CopyMade) -> Result<()> {
    if access.snapshot().settings.behaviour.no_delete {
        return Err(EngineError::Denied(Denial::SwitchedOff("delete")));
    }
    let (entry, _) = EntryRef::existing(access, &copy.at, Operation::Delete)?;
    let _lock = entry.lock()?;
    entry.check_unlocked(access, crate::volumes::lock_table::ChangeScope::Tree)?;
    let is_it = entry.stat()?.is_some_and(|now| copy.is_unchanged(&now));
    if !is_it {
        return Err(EngineError::Changed(Changed::Condition(copy.at.clone())));
    }
    discard(access, &entry).map(drop)
}
