//! Composition root: the only module that creates the engine, the routes, the sockets and the logs and connects them.

mod scheduler;

use crate::access_log::{self, AccessLog};
use crate::connections::{Conns, ListenAddr, Phase};
use crate::control::{
    ActivityLog, Address, ControlError, ErrorCode, FaultAt, HttpAdminApi, Notice, Problems, Reach, RemovedShares,
    StartOptions,
};
use crate::lan::{LanConfig, LanService};
use crate::listeners::Listeners;
use crate::serve::{Config, Server};
use crate::settings_file;
use crate::sharing::{self, SharingState};
use announce::interfaces::{self, AddressKind};
use engine::{Engine, EngineOptions};
use model::Settings;
use model::account::Account;
use model::settings::{Encryption, Network};
use parking_lot::Mutex as StdMutex;
use scheduler::{Deadline, is_past_setup};
use std::net::{IpAddr, SocketAddr};
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
    configure: Box<dyn Fn(Config) + Send + Sync>,
    log: AccessLog,
    options: StartOptions,
    state_folder: PathBuf,
    /// Whether clients may connect: on, paused or off.
    sharing_state: StdMutex<SharingState>,
    /// End of a pause by the monotonic clock, so that setting the wall clock back does not prolong it.
    deadline: StdMutex<Option<Deadline>>,
    /// True if no folder was shared when the program started.
    pub began_empty: bool,
    /// Running and past transfers.
    pub activity: ActivityLog,
    /// Problems that a person should see.
    pub problems: Problems,
    /// Removed shares, kept for undo.
    pub removed: RemovedShares,
    /// The admin API over HTTP.
    pub admin_api: Arc<HttpAdminApi>,
    /// Set to true when the program stops; long-lived event streams end then.
    pub stopping: watch::Sender<bool>,
    /// Notices of the server itself, beside the events of the engine.
    notices: broadcast::Sender<Notice>,
    /// The scheduler task; aborted when the program stops.
    scheduler: StdMutex<Option<tokio::task::JoinHandle<()>>>,
    /// Held from reading the settings until their changed version is in force.
    pub settings_change: Mutex<()>,
    /// Held while settings change, so that changes run one at a time.
    listeners: Mutex<Listeners>,
    /// Current listen addresses. Kept outside `listeners`, so that reading them never waits for a change of settings.
    listen_addrs: StdMutex<Vec<ListenAddr>>,
}

impl App {
    /// Creates and connects all parts, then starts accepting connections.
    ///
    /// # Errors
    /// See [`crate::control::start`].
    pub async fn start(settings: Settings, options: StartOptions) -> Result<Self, ControlError> {
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
        let admin_api = Arc::new(HttpAdminApi::default());
        let options_of_http = edge_http::HttpOptions {
            host_names,
            admin: Some(admin_api.clone()),
            announced_host: Arc::clone(&announced),
        };
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
        let is_open = is_past_setup(&options, sharing_state, &settings) && lan.changes().borrow().is_allowed;
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
            admin_api,
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

/// Builds the configuration of the accept loop; blocks on the pool if a certificate has to be read.
async fn config(network: &Network, state_folder: PathBuf) -> Result<Config, ControlError> {
    let network = network.clone();
    blocking(move || Ok(Config::new(&network, &state_folder)?)).await
}

/// Builds the configuration of the access log and checks that its file can be opened.
///
/// `before`: the settings in force. A log file that they name already is not checked again; otherwise a full disk would
/// prevent every other change of settings.
async fn log_config(settings: &Settings, before: Option<&Settings>) -> Result<access_log::Config, ControlError> {
    let config = access_log::Config::new(&settings.logging).map_err(|error| bad_pattern(&error))?;
    if before.is_some_and(|before| before.logging.file == settings.logging.file) {
        return Ok(config);
    }
    blocking(move || match config.try_file() {
        Ok(()) => Ok(config),
        Err((path, error)) => {
            let path = path.display();
            let sentence =
                format!("The log file '{path}' cannot be written: {error}. Choose another one with --log-file.");
            Err(ControlError::new(ErrorCode::CannotStart, sentence))
        }
    })
    .await
}

/// Returns the settings as they will be saved: plain passwords are replaced by hashes if there is a settings file. The
/// same values are put in force, because a restart from the file would otherwise end every session.
async fn with_hashes(
    options: &StartOptions,
    settings: Settings,
    known: Vec<Account>,
) -> Result<Settings, ControlError> {
    match options.settings_file {
        Some(_) => blocking(move || settings_file::hash_passwords(settings, &known)).await,
        None => Ok(settings),
    }
}

/// Writes the settings file, if there is one.
async fn save(options: &StartOptions, settings: Settings) -> Result<(), ControlError> {
    match options.settings_file.clone() {
        Some(path) => blocking(move || settings_file::save(&path, &settings)).await,
        None => Ok(()),
    }
}

/// Runs `work` on a blocking thread: file access and password hashes must not run on the reactor.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ControlError> + Send + 'static,
) -> Result<T, ControlError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(ControlError::new(ErrorCode::CannotStart, format!("Something went wrong inside the server: {error}.")))
    })
}

fn bad_pattern(error: &regex::Error) -> ControlError {
    let fault = FaultAt { at: "--lf-url".into(), sentence: format!("This is no regular expression: {error}") };
    let sentence = format!("{}: {}", fault.at, fault.sentence);
    ControlError { code: ErrorCode::BadSettings, sentence, faults: vec![fault] }
}

/// Returns the state folder of the settings, or else the default folder for program state of the current user.
fn state_folder(settings: &Settings) -> Result<PathBuf, ControlError> {
    if let Some(folder) = &settings.state_folder {
        return Ok(folder.clone());
    }
    let dirs = directories::ProjectDirs::from("", "", "potluck");
    let folder = dirs.map(|dirs| dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_owned());
    folder.ok_or_else(|| {
        ControlError::new(
            ErrorCode::CannotStart,
            "This user has no home folder to keep sessions and certificates in; name one with --state-folder.",
        )
    })
}

/// Expands every listen address to URLs that can be typed or scanned.
fn addresses(listen_addrs: &[ListenAddr], encryption: Encryption) -> Vec<Address> {
    let scheme = if encryption == Encryption::TlsOnly { "https" } else { "http" };
    let mut found = Vec::new();
    for listen_addr in listen_addrs {
        match listen_addr {
            ListenAddr::Unix(path) => {
                let url = format!("unix:{}", path.display());
                found.push(Address { url, reach: Reach::Socket, interface: None });
            }
            ListenAddr::Ip(address) if address.ip().is_unspecified() => {
                for own in interfaces::addresses().unwrap_or_default() {
                    let reached = own.ip.is_ipv4() || address.is_ipv6();
                    // A link-local IPv6 address needs the interface name, which cannot be written in a URL.
                    let typable = own.ip.is_ipv4() || own.kind != AddressKind::LinkLocal;
                    if reached && typable {
                        let url = url(scheme, own.ip, address.port());
                        found.push(Address { url, reach: reach(own.kind), interface: Some(own.interface) });
                    }
                }
            }
            ListenAddr::Ip(address) => {
                let all = interfaces::addresses().unwrap_or_default();
                let own = all.into_iter().find(|own| own.ip == address.ip());
                let reach = match &own {
                    Some(own) => reach(own.kind),
                    None if address.ip().is_loopback() => Reach::Loopback,
                    None => Reach::Lan,
                };
                let url = url(scheme, address.ip(), address.port());
                found.push(Address { url, reach, interface: own.map(|own| own.interface) });
            }
        }
    }
    found.sort_by_key(|address| address.reach);
    found
}

fn url(scheme: &str, ip: IpAddr, port: u16) -> String {
    match (scheme, port) {
        ("http", 80) | ("https", 443) if ip.is_ipv4() => format!("{scheme}://{ip}/"),
        _ => format!("{scheme}://{}/", SocketAddr::new(ip, port)),
    }
}

fn reach(kind: AddressKind) -> Reach {
    match kind {
        AddressKind::Lan => Reach::Lan,
        AddressKind::Vpn => Reach::Vpn,
        AddressKind::Virtual => Reach::Virtual,
        AddressKind::LinkLocal => Reach::LinkLocal,
        AddressKind::Loopback => Reach::Loopback,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_can_be_typed() {
        let listen_addr = |text: &str| ListenAddr::Ip(text.parse().unwrap());
        let urls = |listen_addrs: &[ListenAddr], encryption| -> Vec<String> {
            addresses(listen_addrs, encryption).into_iter().map(|address| address.url).collect()
        };
        assert_eq!(urls(&[listen_addr("127.0.0.1:3923")], Encryption::Both), ["http://127.0.0.1:3923/"]);
        assert_eq!(urls(&[listen_addr("[::1]:3923")], Encryption::TlsOnly), ["https://[::1]:3923/"]);
        assert_eq!(urls(&[listen_addr("127.0.0.1:80")], Encryption::PlainOnly), ["http://127.0.0.1/"]);
        let all = urls(&[listen_addr("[::]:3923")], Encryption::Both);
        assert!(all.contains(&"http://127.0.0.1:3923/".to_owned()), "{all:?}");
    }
}
