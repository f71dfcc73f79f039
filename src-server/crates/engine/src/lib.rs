//! All services behind one struct: accounts and share links, volumes, listings, files, uploads, archives, the library.
//!
//! The API is async; blocking calls go through one pool ([`blocking_pool`]). Edges use this crate alone: it re-exports
//! what they need of the services. The engine knows no protocol: errors are
//! [`EngineError`], results are plain values, and each edge crate translates them.
#![warn(missing_docs)]

pub mod banner;
mod cleanup;
pub mod indexes;
mod indexing;
pub mod jobs;
mod thumbnails;
pub mod transfers;
mod trash;

pub use accounts::{self, links};
pub use archive;
pub use library;
pub use properties;
pub use uploads;
pub use vfs::{Access, Client, EngineError, Result, UnpostRefused};
pub use vfs::{
    access, blocking_pool, budget, changes, clock, error, events, files, listing, random, snapshot, volumes,
};

use arc_swap::ArcSwap;
use cleanup::{CleanUpUploads, ExpireFiles};
use indexing::{IndexVolume, LibraryJob};
use model::Settings;
use model::account::Secret;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use thumbnails::CleanThumbnails;
use trash::PurgeTrash;
use uploads::Clock;
use vfs::blocking_pool::BlockingPool;
use vfs::core::Core;
use vfs::snapshot::{Derived, Snapshot};
use vfs::volumes::extension::VolumeService;
use vfs::volumes::mounted;
use vfs::volumes::open::{VolumeOpener, open_tree};

/// All services. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    /// Authentication, sessions and access rights.
    pub accounts: accounts::Accounts,
    /// Folder listings.
    pub listings: listing::Listings,
    /// Downloads.
    pub reader: files::read::Reader,
    /// Changing the tree: make, move, copy, delete, edit.
    pub ops: files::ops::FileOps,
    /// What was deleted or replaced.
    pub trash: files::trash::Trash,
    /// Every way in which files are received.
    pub uploads: uploads::Uploads,
    /// zip and tar archives.
    pub archives: archive::Archives,
    /// Indexes and searches.
    pub library: library::Library,
    /// Locks that clients take on files.
    pub client_locks: files::client_locks::ClientLocks,
    /// Properties that clients attach to files.
    pub properties: properties::Properties,
    /// Share links: URLs that give access to people without an account.
    pub links: links::Links,
    core: Arc<Core>,
    banner: Arc<banner::Banner>,
    jobs: jobs::Jobs,
    /// Whether background work was started.
    is_working: Arc<AtomicBool>,
    /// Whether contents are hashed: from the first index on.
    is_hashing: Arc<AtomicBool>,
}

/// What the engine needs to know besides the settings.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Folder for sessions and secrets. Created if it is missing, readable by its owner only.
    pub state_folder: PathBuf,
}

/// Settings that were checked, with their volumes opened, ready for [`Engine::commit`].
pub struct Prepared {
    snapshot: Arc<Snapshot>,
}

impl Engine {
    /// Opens the volumes and starts the services. Must be called inside a tokio runtime. Background work does not start
    /// yet: see [`Engine::start_background_work`].
    ///
    /// # Errors
    /// `BadSettings` with every fault; `Internal` if the state folder cannot be used.
    pub async fn start(settings: Settings, options: EngineOptions) -> Result<Self> {
        let pool = BlockingPool::default();
        let folder = options.state_folder.clone();
        let secret = pool.try_run(move || open_state(&folder)).await?;
        let upload_state = Arc::new(uploads::UploadState::default());
        let service = Arc::new(uploads::UploadService::new(upload_state.clone()));
        let services: Vec<Arc<dyn VolumeService>> =
            vec![service.clone(), Arc::new(library::LibraryService::default()), Arc::new(properties::PropertyService)];
        let start = Previous::Start(options.state_folder.clone());
        let snapshot = build(settings, start, &services, &pool, &secret).await?;
        let links = links::LinkRegistry::new(options.state_folder.clone());
        let core = Arc::new(Core {
            snapshot: ArcSwap::from_pointee(snapshot),
            pool,
            events: events::Events::default(),
            running: Default::default(),
            paused_transfers: vfs::paused_transfers::PausedTransfers::default(),
            grants: Arc::new(links.clone()),
            state_folder: options.state_folder,
            secret,
            listings: listing::rows_budget(),
            undo_log: Default::default(),
            volume_services: services,
            file_services: vec![service],
        });
        let accounts = accounts::Accounts::new(core.clone(), links.clone());
        let engine = Self {
            links: links::Links::new(core.clone(), accounts.clone(), links),
            accounts,
            listings: listing::Listings::new(core.clone()),
            reader: files::read::Reader::new(core.clone()),
            ops: files::ops::FileOps::new(core.clone()),
            trash: files::trash::Trash::new(core.clone()),
            uploads: uploads::Uploads::new(core.clone(), upload_state),
            archives: archive::Archives::new(core.clone()),
            library: library::Library::new(core.clone()),
            client_locks: files::client_locks::ClientLocks::new(core.clone()),
            properties: properties::Properties::new(core.clone()),
            banner: Arc::default(),
            jobs: jobs::Jobs::default(),
            is_working: Arc::default(),
            is_hashing: Arc::default(),
            core,
        };
        engine.hash_passwords();
        engine.save_mount_points();
        Ok(engine)
    }

    /// Replaces plain-text passwords by their hashes in the background; a login that comes first computes its hash
    /// itself.
    fn hash_passwords(&self) {
        let (snapshot, pool) = (self.snapshot(), self.core.pool.clone());
        if !accounts::credentials_of(&snapshot).is_empty() {
            tokio::spawn(async move {
                if let Err(error) = accounts::credentials_of(&snapshot).hash_all(&pool).await {
                    tracing::warn!(%error, "passwords will be hashed at their first use");
                }
            });
        }
    }

    /// Saves in the background which shared folders are mount points.
    fn save_mount_points(&self) {
        let (folder, snapshot) = (self.core.state_folder.clone(), self.snapshot());
        self.core.pool.spawn(move || mounted::save(&folder, &mounted::of(&snapshot.tree)));
    }

    /// Starts background work: files expire, abandoned uploads end, partial files of a killed process are removed, volumes
    /// are indexed. Call
    /// it once the server listens, not earlier: a second process that only inspects the settings, or finds its port
    /// taken, must not delete what the first is receiving. Further calls do nothing.
    pub fn start_background_work(&self) {
        let snapshot = self.snapshot();
        self.core.pool.spawn(move || vfs::volumes::open::check_states(&snapshot));
        if self.is_working.swap(true, Relaxed) {
            return;
        }
        self.jobs.start(ExpireFiles { uploads: self.uploads.downgrade() });
        self.jobs.start(CleanUpUploads { uploads: self.uploads.downgrade(), clock: Clock::start() });
        self.jobs.start(PurgeTrash(self.trash.downgrade()));
        self.jobs.start(CleanThumbnails::new(self.library.thumbnails().clone()));
        self.start_indexing();
    }

    /// Starts to index volumes that are new or have an index from now on.
    fn start_indexing(&self) {
        for indexer in self.library.new_indexers() {
            if !self.is_hashing.swap(true, Relaxed) {
                let library = &self.library;
                self.jobs.start(LibraryJob { name: "Read the contents of new files", work: library.hasher() });
                self.jobs.start(LibraryJob { name: "Read the tags of files", work: library.tagger() });
                self.jobs.start(LibraryJob { name: "Verify contents", work: library.verifier() });
            }
            self.jobs.start(IndexVolume(indexer));
        }
    }

    /// Returns the current snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.core.snapshot.load_full()
    }
    /// Returns the current settings, to be changed and applied. Plain-text passwords are replaced by their hashes.
    ///
    /// # Errors
    /// `Internal` if a password cannot be hashed.
    pub async fn settings(&self) -> Result<Settings> {
        let snapshot = self.snapshot();
        let mut settings = snapshot.settings.clone();
        for account in &mut settings.accounts {
            if matches!(account.secret, Secret::Plain(_))
                && let Some(hash) = accounts::credentials_of(&snapshot).hash(&account.name, &self.core.pool).await?
            {
                account.secret = Secret::Argon2(hash);
            }
        }
        Ok(settings)
    }
    /// The event broadcast.
    pub fn events(&self) -> &events::Events {
        &self.core.events
    }
    /// Background jobs.
    pub fn jobs(&self) -> &jobs::Jobs {
        &self.jobs
    }
    /// The pool for work that blocks or computes for long.
    pub fn pool(&self) -> &BlockingPool {
        &self.core.pool
    }
    /// The text that is shown on every page for a while.
    pub fn banner(&self) -> &banner::Banner {
        &self.banner
    }
    /// Pauses an announced transfer until [`Engine::resume_transfer`] is called for it. Call that also for a paused
    /// transfer that has ended.
    pub fn pause_transfer(&self, transfer: u64) {
        self.core.paused_transfers.pause(transfer);
    }
    /// Resumes a paused transfer.
    pub fn resume_transfer(&self, transfer: u64) {
        self.core.paused_transfers.resume(transfer);
    }
    /// Checks new settings and opens what they need beside the current snapshot. Changes nothing yet.
    ///
    /// # Errors
    /// `BadSettings` with every fault.
    pub async fn prepare(&self, settings: Settings) -> Result<Prepared> {
        let before = Previous::Snapshot(self.snapshot(), self.core.state_folder.clone());
        let core = &self.core;
        let snapshot = build(settings, before, &core.volume_services, &core.pool, &core.secret).await?;
        Ok(Prepared { snapshot: Arc::new(snapshot) })
    }
    /// Returns the access that an account would have under prepared settings, for previews.
    pub fn preview(&self, prepared: &Prepared, account: &model::AccountName, client: Client) -> Access {
        self.accounts.access_under(&prepared.snapshot, account, client)
    }
    /// Returns the access that a device invited with `rights` to the volume at `mount` would have under prepared
    /// settings, for previews.
    pub fn preview_guest(
        &self,
        prepared: &Prepared,
        mount: &model::VPath,
        rights: model::PermSet,
        client: Client,
    ) -> Access {
        self.accounts.guest_access_under(&prepared.snapshot, access::Scope::whole(mount.clone(), rights), client)
    }
    /// Makes prepared settings the current snapshot. Requests in progress finish on the previous one.
    pub fn commit(&self, prepared: Prepared) {
        let before = self.core.snapshot.swap(prepared.snapshot);
        self.hash_passwords();
        self.save_mount_points();
        if self.is_working.load(Relaxed) {
            self.start_indexing();
            self.library.wake_indexers(&before);
        }
        self.core.events.emit(model::Event::SettingsChanged);
    }
    /// Stops background work and writes pending state.
    pub async fn stop(&self) {
        // Interrupts a long copy; its partial files are removed at the next start.
        for volume in &self.core.snapshot.load().tree.volumes {
            if let Some(root) = volume.storage.root() {
                root.interrupt_copies();
            }
        }
        if let Err(error) = self.accounts.write_last_seen().await {
            tracing::warn!(%error, "the times at which devices were last seen could not be written");
        }
    }
}

/// Name of the secret's file in the state folder.
const SECRET: &str = "secret.key";

/// Creates the state folder and reads or creates the program's secret.
fn open_state(folder: &std::path::Path) -> Result<[u8; 32]> {
    let failed = |path: &std::path::Path, error: std::io::Error| {
        let sentence = format!(
            "'{}', where sessions and secrets are kept, cannot be used: {error}. Fix that, or choose another \
             folder with --state-folder.",
            path.display()
        );
        EngineError::internal(&sentence, error)
    };
    store::state_folder::make(folder).map_err(|error| failed(folder, error))?;
    store::state_folder::secret(folder, SECRET).map_err(|error| failed(&folder.join(SECRET), error))
}

/// The state that new settings follow on.
enum Previous {
    /// A start of the program; holds the state folder, where the last run saved its state.
    Start(PathBuf),
    /// A change of settings; holds the current snapshot and the state folder.
    Snapshot(Arc<Snapshot>, PathBuf),
}

/// Checks settings, opens what they need, and removes plain-text passwords from them.
async fn build(
    mut settings: Settings,
    before: Previous,
    services: &[Arc<dyn VolumeService>],
    pool: &BlockingPool,
    secret: &[u8; 32],
) -> Result<Snapshot> {
    settings.check().map_err(EngineError::BadSettings)?;
    let mut credentials = accounts::Credentials::new(&settings.accounts, secret)?;
    if let Previous::Snapshot(before, _) = &before {
        credentials = credentials.keeping_tags_of(accounts::credentials_of(before));
    }
    for account in &mut settings.accounts {
        if matches!(account.secret, Secret::Plain(_)) {
            account.secret = Secret::Plain(String::new());
        }
    }
    let (services, derived) = (services.to_vec(), Derived::default().with(credentials));
    let open = move || {
        let (before, mounted, state_folder) = match before {
            Previous::Snapshot(before, folder) => (Some(before), mounted::Mounted::new(), folder),
            Previous::Start(folder) => (None, mounted::load(&folder), folder),
        };
        let opener = VolumeOpener { services: &services, mounted: &mounted, state_folder: &state_folder };
        let tree = open_tree(&settings, before.as_ref().map(|before| &before.tree), &opener);
        let generation = before.map_or(1, |before| before.generation + 1);
        Snapshot { settings, tree, derived, generation }
    };
    pool.run(open).await
}

#[cfg(test)]
mod tests;
