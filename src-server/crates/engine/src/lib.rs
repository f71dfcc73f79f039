//! The services behind every door: accounts, volumes, listings, files, uploads, archives.
//!
//! Async outside; what blocks goes through one gate ([`blocking`]). No protocol is known here: errors are
//! [`EngineError`], answers are values, and each edge draws them in its own way.
#![warn(missing_docs)]

pub mod access;
pub mod accounts;
pub mod archive;
pub mod banner;
pub mod blocking_pool;
mod budget;
pub mod core;
pub mod error;
pub mod events;
pub mod files;
pub mod links;
pub mod listing;
mod paused_transfers;
mod pool_threads;
pub mod snapshot;
#[cfg(test)]
mod testing;
pub mod uploads;
pub mod volumes;

pub use access::{Access, Client};
pub use error::{EngineError, Result, UnpostRefused};

use crate::blocking_pool::BlockingPool;
use crate::core::Core;
use arc_swap::ArcSwap;
use model::Settings;
use model::account::Secret;
use snapshot::Snapshot;
use std::path::PathBuf;
use std::sync::Arc;
use volumes::mounted;
use volumes::open::open_tree;

/// All services. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    /// Who somebody is.
    pub accounts: accounts::Accounts,
    /// What a folder holds.
    pub listings: listing::Listings,
    /// Downloads.
    pub reader: files::read::Reader,
    /// Make, move, copy, delete, edit.
    pub ops: files::ops::FileOps,
    /// Everything that arrives.
    pub uploads: uploads::Uploads,
    /// zip and tar.
    pub archives: archive::Archives,
    /// Addresses that let people in who have no account.
    pub links: links::Links,
    core: Arc<Core>,
}

/// What the engine needs to know beyond settings.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Where sessions and secrets live; made if missing, readable by its owner only.
    pub state_folder: PathBuf,
}

/// Settings that were checked and opened, ready to be put into force.
pub struct Prepared {
    snapshot: Arc<Snapshot>,
}

impl Engine {
    /// Opens volumes and starts the services. Must be called inside a tokio runtime. Nothing happens by itself yet: see
    /// [`Engine::serving`].
    ///
    /// # Errors
    /// `BadSettings` with every fault; `Internal` if the state folder cannot be used.
    pub async fn start(settings: Settings, options: EngineOptions) -> Result<Self> {
        let pool = BlockingPool::default();
        let folder = options.state_folder.clone();
        let secret = pool.try_run(move || open_state(&folder)).await?;
        let snapshot = build(settings, Previous::Start(options.state_folder.clone()), &pool, &secret).await?;
        let core = Arc::new(Core {
            snapshot: ArcSwap::from_pointee(snapshot),
            pool,
            events: events::Events::default(),
            banner: banner::Banner::default(),
            paused_transfers: paused_transfers::PausedTransfers::default(),
            links: links::LinkRegistry::new(options.state_folder.clone()),
            state_folder: options.state_folder,
            secret,
            archives: archive::ArchiveLimits::default(),
            listings: listing::rows_budget(),
            arrivals: uploads::Arrivals::default(),
        });
        let accounts = accounts::Accounts::new(core.clone());
        let engine = Self {
            links: links::Links { core: core.clone(), accounts: accounts.clone() },
            accounts,
            listings: listing::Listings { core: core.clone() },
            reader: files::read::Reader { core: core.clone() },
            ops: files::ops::FileOps { core: core.clone() },
            uploads: uploads::Uploads { core: core.clone() },
            archives: archive::Archives { core: core.clone() },
            core,
        };
        engine.hash_passwords();
        engine.note_mounts();
        Ok(engine)
    }

    /// Replaces passwords in clear by their hashes in the background; a login that is faster does it itself.
    fn hash_passwords(&self) {
        let (snapshot, pool) = (self.snapshot(), self.core.pool.clone());
        if !snapshot.credentials.is_empty() {
            tokio::spawn(async move {
                if let Err(error) = snapshot.credentials.hash_all(&pool).await {
                    tracing::warn!(%error, "passwords will be hashed at their first use");
                }
            });
        }
    }

    /// Remembers in the background which folders are disks.
    fn note_mounts(&self) {
        let (folder, snapshot) = (self.core.state_folder.clone(), self.snapshot());
        self.core.pool.spawn(move || mounted::save(&folder, &mounted::of(&snapshot.tree)));
    }

    /// From now on this is the server of these volumes: what goes by itself begins (files whose time has come, uploads
    /// that were given up, partial files that a killed program left). Not before it listens: a second program that only
    /// looks, or that finds its port taken, must not clear away what the first is receiving. Calling it again does
    /// nothing.
    pub fn serving(&self) {
        let snapshot = self.snapshot();
        self.core.pool.spawn(move || uploads::check_states(&snapshot));
        self.uploads.start_sweeping();
    }

    /// The snapshot in force.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.core.snapshot.load_full()
    }
    /// The settings in force, to be changed and applied anew: passwords that came in clear stand in it as hashes.
    ///
    /// # Errors
    /// `Internal` if a password cannot be hashed.
    pub async fn settings(&self) -> Result<Settings> {
        let snapshot = self.snapshot();
        let mut settings = snapshot.settings.clone();
        for account in &mut settings.accounts {
            if matches!(account.secret, Secret::Plain(_))
                && let Some(hash) = snapshot.credentials.hash(&account.name, &self.core.pool).await?
            {
                account.secret = Secret::Argon2(hash);
            }
        }
        Ok(settings)
    }
    /// Announcements.
    pub fn events(&self) -> &events::Events {
        &self.core.events
    }
    /// A text that is shown for a while.
    pub fn banner(&self) -> &banner::Banner {
        &self.core.banner
    }
    /// Pauses a transfer that was announced: its bytes wait until [`Engine::release`] is called for it, also when it has
    /// ended.
    pub fn pause_transfer(&self, transfer: u64) {
        self.core.paused_transfers.pause(transfer);
    }
    /// Lets a paused transfer go on.
    pub fn resume_transfer(&self, transfer: u64) {
        self.core.paused_transfers.resume(transfer);
    }
    /// Opens what new settings need, beside what runs. Nothing changes yet.
    ///
    /// # Errors
    /// `BadSettings` with every fault.
    pub async fn prepare(&self, settings: Settings) -> Result<Prepared> {
        let snapshot = build(settings, Previous::Snapshot(self.snapshot()), &self.core.pool, &self.core.secret).await?;
        Ok(Prepared { snapshot: Arc::new(snapshot) })
    }
    /// The access of an account as it would be under prepared settings, for previews.
    pub fn preview(&self, prepared: &Prepared, account: &model::AccountName, client: Client) -> Access {
        self.accounts.access_under(&prepared.snapshot, account, client)
    }
    /// The access of a device that was invited with `rights` to the volume at `mount`, as it would be under prepared
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
    /// Puts prepared settings into force. Requests under way finish on the old ones.
    pub fn commit(&self, prepared: Prepared) {
        self.core.snapshot.store(prepared.snapshot);
        self.hash_passwords();
        self.note_mounts();
        self.core.events.emit(model::Event::SettingsChanged);
    }
    /// Ends what runs in the background and writes what is not yet written.
    pub async fn stop(&self) {
        // A long copy is undone, and what is left of it goes at the next start.
        for volume in &self.core.snapshot.load().tree.volumes {
            if let Some(root) = volume.storage.root() {
                root.interrupt_copies();
            }
        }
        if let Err(error) = self.accounts.write_last_seen().await {
            tracing::warn!(%error, "when devices were seen last could not be written");
        }
    }
}

/// The file of the program's secret in the state folder.
const SECRET: &str = "secret.key";

/// Makes the state folder and reads the program's secret.
fn open_state(folder: &std::path::Path) -> Result<[u8; 32]> {
    let failed = |path: &std::path::Path, error: std::io::Error| {
        let sentence = format!(
            "'{}', where sessions and secrets are kept, cannot be used: {error}. Mend that, or name another folder with \
             --state-folder.",
            path.display()
        );
        EngineError::internal(&sentence, error)
    };
    store::state_folder::make(folder).map_err(|error| failed(folder, error))?;
    store::state_folder::secret(folder, SECRET).map_err(|error| failed(&folder.join(SECRET), error))
}

/// What was before new settings.
enum Previous {
    /// Nothing; the state folder has what the last program knew.
    Start(PathBuf),
    /// Those in force.
    Snapshot(Arc<Snapshot>),
}

/// Checks settings, opens what they need, and takes passwords in clear out of them.
async fn build(mut settings: Settings, before: Previous, pool: &BlockingPool, secret: &[u8; 32]) -> Result<Snapshot> {
    settings.check().map_err(EngineError::BadSettings)?;
    let mut credentials = accounts::Credentials::new(&settings.accounts, secret)?;
    if let Previous::Snapshot(before) = &before {
        credentials = credentials.keeping_tags_of(&before.credentials);
    }
    for account in &mut settings.accounts {
        if matches!(account.secret, Secret::Plain(_)) {
            account.secret = Secret::Plain(String::new());
        }
    }
    let open = move || match before {
        Previous::Snapshot(before) => {
            let tree = open_tree(&settings, Some(&before.tree), &mounted::Mounted::new());
            Snapshot { settings, tree, credentials, generation: before.generation + 1 }
        }
        Previous::Start(folder) => {
            let tree = open_tree(&settings, None, &mounted::load(&folder));
            Snapshot { settings, tree, credentials, generation: 1 }
        }
    };
    pool.run(open).await
}
