//! A running server: the parts that it holds, and how it stops.

use super::activity::ActivityLog;
use super::addresses::addresses;
use super::clock::Deadline;
use super::options::StartOptions;
use super::problems::Problems;
use super::removed_shares::RemovedShares;
use crate::access_log::AccessLog;
use crate::blocking::blocking;
use crate::connections::{Conns, Endpoint};
use crate::control::admin::{Address, Notice};
use crate::lan::LanService;
use crate::protocols::Registry;
use crate::sftp::SftpProtocol;
use crate::sharing::SharingState;
use engine::Engine;
use parking_lot::Mutex as StdMutex;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::{Mutex, broadcast, watch};
use tokio::time::Instant;

/// Time limit for each step of a shutdown after the connections have ended (engine, LAN service).
const FINAL_WRITES_TIMEOUT: Duration = Duration::from_millis(1000);

/// A running server.
pub struct App {
    /// The engine with all services.
    pub engine: Engine,
    /// Open connections.
    pub conns: Arc<Conns>,
    /// When it started.
    pub since: SystemTime,
    /// The LAN service: mDNS and network trust.
    pub(crate) lan: LanService,
    pub(super) log: AccessLog,
    pub(crate) options: StartOptions,
    pub(crate) state_folder: PathBuf,
    /// Whether clients may connect: on, paused or off.
    pub(super) sharing_state: StdMutex<SharingState>,
    /// End of a pause by the monotonic clock, so that setting the wall clock back does not prolong it.
    pub(super) deadline: StdMutex<Option<Deadline>>,
    /// True if no folder was shared when the program started.
    pub began_empty: bool,
    /// Running and past transfers.
    pub activity: ActivityLog,
    /// Problems that a person should see.
    pub problems: Problems,
    /// Removed shares, kept for undo.
    pub removed: RemovedShares,
    /// Set to true when the program stops; long-lived event streams end then.
    pub stopping: watch::Sender<bool>,
    /// Notices of the server itself, beside the events of the engine.
    pub(super) notices: broadcast::Sender<Notice>,
    /// The scheduler task; aborted when the program stops.
    pub(super) scheduler: StdMutex<Option<tokio::task::JoinHandle<()>>>,
    /// Held from reading the settings until their changed version is in force.
    pub settings_change: Mutex<()>,
    /// SFTP, for the fingerprint of its key.
    pub sftp: SftpProtocol,
    /// The protocols. Held by a transition from its first step to its last, so that they run one at a time.
    pub(super) registry: Mutex<Registry>,
    /// Open sockets. Kept outside `registry`, so that reading them never waits for a transition.
    pub(super) endpoints: StdMutex<Vec<Endpoint>>,
}

impl App {
    /// Publishes a notice of the server itself to all subscribers. Never waits.
    pub fn publish(&self, notice: Notice) {
        let _no_subscriber = self.notices.send(notice);
    }

    /// Returns the path of the settings file, if this program has one.
    pub fn settings_file(&self) -> Option<&std::path::Path> {
        self.options.settings_file.as_deref()
    }

    /// Subscribes to the notices of the server itself.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    /// Returns the addresses at which the server can be reached, the most useful first.
    pub fn addresses(&self) -> Vec<Address> {
        let endpoints = self.endpoints.lock().clone();
        addresses(&endpoints, self.engine.snapshot().settings.network.encryption)
    }

    /// See [`crate::control::Control::stop`].
    pub async fn stop(&self) {
        self.stopping.send_replace(true);
        if let Some(scheduler) = self.scheduler.lock().take() {
            scheduler.abort();
        }
        let lan_stopped = self.lan.stop();
        let mut registry = self.registry.lock().await;
        registry.close().await;
        self.endpoints.lock().clear();
        let cut = self.conns.drain(Instant::now() + self.options.drain, |_| true).await;
        if cut > 0 {
            tracing::warn!(connections = cut, "connections closed, they did not end in time");
            self.conns.ended(Instant::now() + Duration::from_millis(250), |_| true).await;
        }
        if tokio::time::timeout(FINAL_WRITES_TIMEOUT, self.engine.stop()).await.is_err() {
            tracing::warn!("the last writes did not end in time; what was acknowledged is safe");
        }
        self.activity.write(&self.state_folder).await;
        if tokio::time::timeout(FINAL_WRITES_TIMEOUT, lan_stopped).await.is_err() {
            tracing::warn!("the mDNS goodbyes may not have been sent in time");
        }
        let log = self.log.clone();
        // A panic in there has been logged; nothing else can be done about it.
        let _flushed = blocking(move || {
            log.flush();
            Ok(())
        })
        .await;
    }
}
