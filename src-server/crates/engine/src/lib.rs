//! The services behind every door: accounts, volumes, listings, files, uploads, archives.
//!
//! Async outside; what blocks goes through one gate ([`blocking`]). No protocol is known here: errors are
//! [`EngineError`], answers are values, and each edge draws them in its own way.
#![warn(missing_docs)]

pub mod access;
pub mod accounts;
pub mod archive;
pub mod blocking;
pub mod core;
pub mod error;
pub mod events;
pub mod files;
pub mod listing;
pub mod live;
pub mod uploads;
pub mod volumes;

pub use access::{Access, Client};
pub use error::{EngineError, Result};

use crate::core::Core;
use live::Live;
use model::Settings;
use std::path::PathBuf;
use std::sync::Arc;

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
    live: Arc<Live>,
}

impl Engine {
    /// Opens volumes and starts the services.
    ///
    /// # Errors
    /// `BadSettings` with every fault; `Internal` if the state folder cannot be used.
    pub async fn start(settings: Settings, options: EngineOptions) -> Result<Self> {
        let _ = (settings, options);
        unimplemented!()
    }
    /// The snapshot in force.
    pub fn live(&self) -> Arc<Live> {
        self.core.live.load_full()
    }
    /// Announcements.
    pub fn events(&self) -> &events::Events {
        &self.core.events
    }
    /// Opens what new settings need, beside what runs. Nothing changes yet.
    ///
    /// # Errors
    /// `BadSettings` with every fault.
    pub async fn prepare(&self, settings: Settings) -> Result<Prepared> {
        let _ = settings;
        unimplemented!()
    }
    /// Puts prepared settings into force. Requests under way finish on the old ones.
    pub fn commit(&self, prepared: Prepared) {
        self.core.live.store(prepared.live);
        self.core.events.emit(model::Event::SettingsChanged);
    }
    /// Ends what runs in the background and writes what is not yet written.
    pub async fn stop(&self) {}
}
