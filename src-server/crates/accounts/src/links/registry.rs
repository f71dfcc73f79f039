//! The registry of all links with their counters: in memory, written through to disk, loaded at first use.

use super::link::{Link, LinkInfo, digest_of};
use model::LinkId;
use model::settings::Fault;
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use store::links::{LinkRow, Links as Table};
use tokio::sync::{OnceCell, Semaphore};
use vfs::blocking_pool::BlockingPool;
use vfs::error::{EngineError, Gone, Result};
use vfs::snapshot::Snapshot;

/// Most links per owner, including ended ones.
pub(super) const LINKS_PER_OWNER: usize = 1000;
/// PINs checked at once; each check needs 19 MiB.
const CHECKS_AT_ONCE: usize = 2;

/// The links of one engine. Cheap to clone.
#[derive(Clone)]
pub struct LinkRegistry {
    shared: Arc<Shared>,
}

struct Shared {
    folder: PathBuf,
    loaded: OnceCell<Arc<LoadedLinks>>,
}

/// The loaded links. Their lock is a leaf, below the registries of uploads, and is held briefly.
pub(crate) struct LoadedLinks {
    table: Table,
    by_id: Mutex<HashMap<LinkId, Record>>,
    pub(super) checks: Semaphore,
}

/// A link with its counters.
pub(super) struct Record {
    pub link: Arc<Link>,
    digest: [u8; 32],
    pub uses: u32,
    pub received: u64,
    /// Bytes reserved by unfinished uploads.
    pub promised: u64,
    /// Recent wrong PINs.
    pub guesses: Guesses,
}

/// Wrong PINs from all addresses since `since`.
#[derive(Clone, Copy)]
pub(super) struct Guesses {
    pub since: Instant,
    pub count: u32,
}

impl Record {
    fn new(link: Arc<Link>, uses: u32, received: u64) -> Self {
        let digest = digest_of(&link.token);
        Self { link, digest, uses, received, promised: 0, guesses: Guesses { since: Instant::now(), count: 0 } }
    }

    /// Returns how many bytes may still arrive, reserved ones included; `None`: without limit.
    pub fn bytes_left(&self) -> Option<u64> {
        self.link.max_bytes.map(|most| most.saturating_sub(self.received))
    }

    pub fn info(&self, snapshot: &Snapshot) -> LinkInfo {
        let state = self.link.state(snapshot, self.uses);
        LinkInfo { link: self.link.clone(), uses: self.uses, received: self.received, state }
    }
}

impl LinkRegistry {
    /// The links stored in a state folder; nothing is read yet.
    pub fn new(state_folder: PathBuf) -> Self {
        Self { shared: Arc::new(Shared { folder: state_folder, loaded: OnceCell::new() }) }
    }

    pub(crate) async fn loaded(&self, pool: &BlockingPool) -> Result<&Arc<LoadedLinks>> {
        let open = || async {
            let folder = self.shared.folder.clone();
            pool.try_run(move || LoadedLinks::read(&folder).map(Arc::new)).await
        };
        self.shared.loaded.get_or_try_init(open).await
    }

    /// Returns the links if they have been loaded; before that, no session can depend on a link.
    pub(crate) fn if_loaded(&self) -> Option<&Arc<LoadedLinks>> {
        self.shared.loaded.get()
    }
}

impl LoadedLinks {
    fn read(folder: &std::path::Path) -> Result<Self> {
        let table = Table::open(folder).map_err(storing_failed)?;
        let rows = table.all().map_err(storing_failed)?;
        let record = |row: LinkRow| {
            let link = Arc::new(Link::of_row(&row)?);
            Some((link.id.clone(), Record::new(link, row.uses, row.received)))
        };
        let by_id = Mutex::new(rows.into_iter().filter_map(record).collect());
        Ok(Self { table, by_id, checks: Semaphore::new(CHECKS_AT_ONCE) })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<LinkId, Record>> {
        self.by_id.lock()
    }

    pub fn get(&self, id: &LinkId) -> Option<Arc<Link>> {
        self.lock().get(id).map(|record| record.link.clone())
    }

    /// Returns the link, if it is still active.
    pub fn active_link(&self, id: &LinkId, snapshot: &Snapshot) -> Option<Arc<Link>> {
        self.get(id).filter(|link| link.is_active(snapshot))
    }

    pub(super) fn info(&self, id: &LinkId, snapshot: &Snapshot) -> Option<LinkInfo> {
        self.lock().get(id).map(|record| record.info(snapshot))
    }

    /// Returns the link of a token. Compares digests, so that timing reveals nothing about tokens.
    pub(super) fn by_token(&self, token: &str) -> Option<Arc<Link>> {
        let wanted = digest_of(token);
        self.lock().values().find(|record| record.digest == wanted).map(|record| record.link.clone())
    }

    pub(super) fn all(&self, snapshot: &Snapshot) -> Vec<LinkInfo> {
        let mut all: Vec<_> = self.lock().values().map(|record| record.info(snapshot)).collect();
        all.sort_by(|a, b| (a.link.created, &a.link.id).cmp(&(b.link.created, &b.link.id)));
        all
    }

    /// Adds a link, or replaces it by its changed form. Blocks.
    ///
    /// # Errors
    /// `BadSettings` if its owner has too many; `Internal` if it cannot be stored.
    pub(super) fn put(&self, link: Link, snapshot: &Snapshot) -> Result<LinkInfo> {
        let link = Arc::new(link);
        let (stored, info) = {
            let mut by_id = self.lock();
            check_room(&by_id, &link)?;
            let record = by_id.entry(link.id.clone()).or_insert_with(|| Record::new(link.clone(), 0, 0));
            record.link = link.clone();
            (self.table.put(link.to_row(record.uses, record.received)), record.info(snapshot))
        };
        stored.wait().map_err(storing_failed)?;
        Ok(info)
    }

    /// Adds a link without storing it.
    #[cfg(test)]
    pub(super) fn keep(&self, link: Link) {
        self.lock().insert(link.id.clone(), Record::new(Arc::new(link), 0, 0));
    }

    /// Removes a link. Blocks.
    pub(super) fn remove(&self, id: &LinkId) -> Result<()> {
        self.lock().remove(id).ok_or(EngineError::Gone(Gone::Link))?;
        self.table.remove(id.as_str()).wait().map_err(storing_failed)
    }

    /// Stores the counters. Called under the lock, so that the last count is stored last.
    pub(super) fn persist_counts(&self, record: &Record) -> store::db::Pending<()> {
        self.table.count(record.link.id.as_str(), record.uses, record.received)
    }
}

/// Refuses a new link if its owner has too many.
fn check_room(by_id: &HashMap<LinkId, Record>, link: &Link) -> Result<()> {
    let theirs = || by_id.values().filter(|record| record.link.owner == link.owner).count();
    if by_id.contains_key(&link.id) || theirs() < LINKS_PER_OWNER {
        return Ok(());
    }
    let whose = link.owner.as_ref().map_or("This server", |owner| owner.as_str());
    let sentence =
        format!("{whose} has {LINKS_PER_OWNER} links, and no more can be made; remove some that are no longer needed.");
    Err(EngineError::BadSettings(vec![Fault::new("links", sentence)]))
}

pub(super) fn storing_failed(error: impl std::error::Error + Send + Sync + 'static) -> EngineError {
    EngineError::internal("Links cannot be stored; see the log.", error)
}
