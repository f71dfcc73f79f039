//! A running server: creates the engine, the routes, the sockets and the logs and connects them.

use super::activity::ActivityLog;
use super::addresses::addresses;
use super::clock::Deadline;
use super::options::StartOptions;
use super::prepare::{config, log_config, save, state_folder, with_hashes};
use super::problems::Problems;
use super::removed_shares::RemovedShares;
use crate::access_log::AccessLog;
use crate::blocking::blocking;
use crate::connections::{Conns, ListenAddr, Phase};
use crate::control::admin::{Address, ControlError, ErrorCode, Notice};
use crate::lan::{LanConfig, LanService};
use crate::listeners::Listeners;
use crate::serve::{Config, Server};
use crate::sharing::{self, SharingState};
use announce::interfaces;
use engine::{Engine, EngineOptions};
use model::Settings;
use parking_lot::Mutex as StdMutex;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::{Mutex, broadcast, watch};
use tokio::time::Instant;

/// How long requests under way on a removed listen address may take to finish.
const REMOVED_DRAIN: Duration = Duration::from_secs(5);
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
    /// Passes network settings to the accept loop. Boxed, because the type of the accept loop cannot be named.
    pub(super) configure: Box<dyn Fn(Config) + Send + Sync>,
    pub(super) log: AccessLog,
    pub(super) options: StartOptions,
    pub(super) state_folder: PathBuf,
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
    /// Held while settings change, so that changes run one at a time.
    pub(super) listeners: Mutex<Listeners>,
    /// Current listen addresses. Kept outside `listeners`, so that reading them never waits for a change of settings.
    pub(super) listen_addrs: StdMutex<Vec<ListenAddr>>,
}

impl App {
    /// Creates and connects all parts, then starts accepting connections.
    ///
    /// # Errors
    /// See [`crate::control::start`].
    pub async fn start(
        settings: Settings,
        options: StartOptions,
        admin_api: Arc<dyn edge_http::AdminApi>,
    ) -> Result<Self, ControlError> {
        store::limit_heap_retention();
        let state_folder = state_folder(&settings)?;
        let settings = with_hashes(&options, settings, Vec::new()).await?;
        // Administrators who connect over the network see the list of transfers too.
        let options =
            StartOptions { track_activity: options.track_activity || !settings.login.admins.is_empty(), ..options };
        let config = config(&settings.network, state_folder.clone()).await?;
        let log = AccessLog::start().map_err(|error| {
            ControlError::new(ErrorCode::CannotStart, format!("No thread can be created for the access log: {error}."))
        })?;
        let network = settings.network.clone();
        let began_empty = settings.volumes.is_empty();
        log.configure(log_config(&settings, None).await?);
        let engine = Engine::start(settings.clone(), EngineOptions { state_folder: state_folder.clone() }).await?;
        let host_names = vec![interfaces::host_name().to_ascii_lowercase()];
        let announced = Arc::default();
        let options_of_http =
            edge_http::HttpOptions { host_names, admin: Some(admin_api), announced_host: Arc::clone(&announced) };
        let routes = edge_http::routes(engine.clone(), options_of_http);
        let server = Server::new(warp::service(routes), config, log.clone());
        let conns = server.conns().clone();
        let activity = start_activity_log(&options, &engine, &state_folder).await?;
        let mut lan_config = LanConfig::new(&settings, &[]);
        let lan = LanService::start(lan_config.clone(), state_folder.clone(), conns.clone(), announced).await;
        let lan = match lan {
            Ok(lan) => lan,
            Err(error) => {
                engine.stop().await;
                return Err(error);
            }
        };
        let acceptor = server.clone();
        let mut listeners = Listeners::new(Box::new(move |listener, listen_addr| {
            tokio::spawn(acceptor.clone().accept(listener, listen_addr))
        }));
        let folder = state_folder.clone();
        let sharing_state = blocking(move || Ok(sharing::load(&folder))).await?;
        let is_open = options.is_past_setup(sharing_state, &settings) && lan.changes().borrow().is_allowed;
        let prepared = match listeners.prepare(&sharing_state.decision.apply(&network, is_open)).await {
            Ok(prepared) => prepared,
            Err(error) => {
                engine.stop().await;
                return Err(error.into());
            }
        };
        if let Err(error) = save(&options, settings).await {
            engine.stop().await;
            return Err(error);
        }
        listeners.commit(prepared).await;
        if !listeners.listen_addrs().is_empty() {
            engine.start_background_work();
        }
        lan_config.listen_on(&listeners.listen_addrs());
        lan.reconfigure(lan_config);
        let listen_addrs = StdMutex::new(listeners.listen_addrs());
        Ok(Self {
            engine,
            conns,
            since: SystemTime::now(),
            lan,
            configure: Box::new(move |config| server.configure(config)),
            log,
            options,
            state_folder,
            sharing_state: StdMutex::new(sharing_state),
            deadline: StdMutex::new(Deadline::of(sharing_state.decision, sharing::now_ms())),
            began_empty,
            activity,
            problems: Problems::default(),
            removed: RemovedShares::default(),
            stopping: watch::channel(false).0,
            notices: broadcast::channel(64).0,
            scheduler: StdMutex::default(),
            settings_change: Mutex::default(),
            listeners: Mutex::new(listeners),
            listen_addrs,
        })
    }

    /// Replaces the settings as a whole or not at all. All steps that can fail come first, and each undoes itself.
    ///
    /// # Errors
    /// See [`crate::control::Control::apply`].
    pub async fn apply(&self, settings: Settings) -> Result<(), ControlError> {
        let mut listeners = self.listeners.lock().await;
        let known = self.engine.snapshot().settings.accounts.clone();
        let settings = with_hashes(&self.options, settings, known).await?;
        let network = settings.network.clone();
        let mut lan_config = LanConfig::new(&settings, &[]);
        let log = log_config(&settings, Some(&self.engine.snapshot().settings)).await?;
        let config = config(&network, self.state_folder.clone()).await?;
        let sharing_state = self.sharing_state();
        let prepared_engine = self.engine.prepare(settings.clone()).await?;
        let prepared_sockets = listeners
            .prepare(&sharing_state.decision.apply(&network, self.accepts_others(sharing_state, &settings)))
            .await?;
        if let Err(error) = save(&self.options, settings).await {
            listeners.undo(prepared_sockets);
            return Err(error);
        }
        // Nothing fails from here on.
        self.engine.commit(prepared_engine);
        (self.configure)(config);
        self.log.configure(log);
        let removed = listeners.commit(prepared_sockets).await;
        *self.listen_addrs.lock() = listeners.listen_addrs();
        lan_config.listen_on(&listeners.listen_addrs());
        self.lan.reconfigure(lan_config);
        if !listeners.listen_addrs().is_empty() {
            self.engine.start_background_work();
        }
        if !removed.is_empty() {
            self.drain_removed(removed);
        }
        Ok(())
    }

    /// Lets connections of closed sockets finish their requests for at most [`REMOVED_DRAIN`], then ends them.
    fn drain_removed(&self, removed: Vec<ListenAddr>) {
        let conns = self.conns.clone();
        let began = self.conns.enter(Phase::Draining, |conn| removed.contains(&conn.listen_addr));
        // Connections accepted later at the same address are excluded: the address may have been opened again
        // meanwhile.
        let last = self.conns.list().last().map_or(0, |conn| conn.id);
        if began > 0 {
            tokio::spawn(async move {
                let theirs = |conn: &crate::connections::Conn| conn.id <= last && removed.contains(&conn.listen_addr);
                if !conns.ended(Instant::now() + REMOVED_DRAIN, theirs).await {
                    conns.enter(Phase::Killed, theirs);
                }
            });
        }
    }

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
        let listen_addrs = self.listen_addrs.lock().clone();
        addresses(&listen_addrs, self.engine.snapshot().settings.network.encryption)
    }

    /// See [`crate::control::Control::stop`].
    pub async fn stop(&self) {
        self.stopping.send_replace(true);
        if let Some(scheduler) = self.scheduler.lock().take() {
            scheduler.abort();
        }
        let lan_stopped = self.lan.stop();
        let mut listeners = self.listeners.lock().await;
        listeners.close().await;
        self.listen_addrs.lock().clear();
        let deadline = Instant::now() + self.options.drain;
        self.conns.enter(Phase::Draining, |_| true);
        if !self.conns.ended(deadline, |_| true).await {
            let cut = self.conns.enter(Phase::Killed, |_| true);
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
        let _flushed = tokio::task::spawn_blocking(move || log.flush()).await;
    }
}

/// Starts recording transfers, if `options` ask for it; else returns an empty log.
async fn start_activity_log(
    options: &StartOptions,
    engine: &Engine,
    folder: &std::path::Path,
) -> Result<ActivityLog, ControlError> {
    if !options.track_activity {
        return Ok(ActivityLog::default());
    }
    let (from, to) = (folder.to_owned(), folder.to_owned());
    let activity = blocking(move || Ok(ActivityLog::load(&from))).await?;
    tokio::spawn(activity.clone().follow(engine.clone(), to));
    Ok(activity)
}
