//! The LAN service: announces the server, lists other servers, and remembers which networks are trusted.
//!
//! One thread does all of this, because every step blocks: reading the routing and neighbour tables, writing a file,
//! sending mDNS goodbyes. It executes commands and checks the network every few seconds in between:
//!
//! ```text
//!  apply, trust, stop ──► [lan] ──► announcer (announce::mdns)
//!                           │ ────► lan.json
//!                           ▼
//!                         LanState ──► lan(), is_allowed(), changes()      (never waits)
//! ```
//!
//! This module opens and closes no sockets: `changes()` reports when a network becomes trusted or untrusted.

mod announcement;
mod firewall;
mod known;
mod probe;
mod self_check;
mod worker;

use crate::connections::{Conns, ListenAddr};
use crate::control::admin::{CurrentNetwork, Lan, Neighbour, NeighbourKind, Trust};
use crate::control::{ControlError, ErrorCode};
use announce::mdns::Announcer;
use announce::neighbours::Program;
use arc_swap::ArcSwapOption;
use model::Settings;
use parking_lot::{Mutex, MutexGuard};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use tokio::sync::{oneshot, watch};
use worker::{Command, Findings, LanWorker};

/// The current network, as the rest of the program sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkView {
    /// True if other devices may connect. Always true unless the settings require that networks are trusted.
    pub is_allowed: bool,
    /// The network that the user should decide about; if there is none, the one with the default route.
    pub network: Option<CurrentNetwork>,
}

/// LAN configuration: settings in force and open sockets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LanConfig {
    /// LAN settings.
    pub lan: model::settings::Lan,
    /// Name of the server.
    pub title: String,
    /// Whether HTTP, HTTPS or both are served.
    pub encryption: model::settings::Encryption,
    /// Base path of the site, such as `/files`; empty if there is none.
    pub base: String,
    /// Addresses of the open sockets.
    pub listen_addrs: Vec<SocketAddr>,
}

impl LanConfig {
    /// `listen_addrs`: the open sockets. Without any, nothing is announced.
    pub fn new(settings: &Settings, listen_addrs: &[ListenAddr]) -> Self {
        let network = &settings.network;
        let base = if network.base.is_root() { String::new() } else { format!("/{}", network.base.to_url()) };
        let mut config = Self {
            lan: settings.lan.clone(),
            title: settings.behaviour.name.clone(),
            encryption: network.encryption,
            base,
            listen_addrs: Vec::new(),
        };
        config.listen_on(listen_addrs);
        config
    }

    /// Replaces the list of open sockets.
    pub fn listen_on(&mut self, listen_addrs: &[ListenAddr]) {
        let ip = |listen_addr: &ListenAddr| match listen_addr {
            ListenAddr::Ip(address) => Some(*address),
            ListenAddr::Unix(_) => None,
        };
        self.listen_addrs = listen_addrs.iter().filter_map(ip).collect();
    }
}

/// State shared with other threads. Written by the LAN thread, read without waiting.
struct LanState {
    announcer: Mutex<Option<Announcer>>,
    view: watch::Sender<NetworkView>,
    /// The announced host name, which the check of `Host` headers accepts.
    name: Arc<ArcSwapOption<String>>,
}

impl LanState {
    fn announcer(&self) -> MutexGuard<'_, Option<Announcer>> {
        self.announcer.lock()
    }
}

/// Handle of the LAN thread.
pub(crate) struct LanService {
    commands: Mutex<Sender<Command>>,
    state: Arc<LanState>,
}

impl LanService {
    /// Starts the thread. If networks have to be trusted, waits for the first scan, so that no client can connect
    /// before it.
    ///
    /// `state_folder`: where decisions are saved. `conns`: a connection from another device shows that this server is
    /// reachable. `name`: receives the announced host name, which changes with every name conflict.
    ///
    /// # Errors
    /// `CannotStart` if the thread cannot be created.
    pub async fn start(
        config: LanConfig,
        state_folder: PathBuf,
        conns: Arc<Conns>,
        name: Arc<ArcSwapOption<String>>,
    ) -> Result<Self, ControlError> {
        let asks = config.lan.ask_networks;
        let (view, _) = watch::channel(NetworkView { is_allowed: !asks, network: None });
        let state = Arc::new(LanState { announcer: Mutex::default(), view, name });
        let (commands, taken) = channel();
        let file = state_folder.join("lan.json");
        let (first_scan, first_scan_done) = oneshot::channel();
        let worker_state = state.clone();
        let thread = move || LanWorker::new(config, file, conns, worker_state).run(&taken, first_scan);
        std::thread::Builder::new().name("lan".into()).spawn(thread).map_err(|error| {
            ControlError::new(
                ErrorCode::CannotStart,
                format!("The system can't start a thread for the network: {error}."),
            )
        })?;
        if asks {
            // If the thread ended without an answer, the network stays untrusted, which is the safe side.
            let _scanned = first_scan_done.await;
        }
        Ok(Self { commands: Mutex::new(commands), state })
    }

    fn send(&self, command: Command) {
        // The thread ends with `stop`; commands sent after that are dropped.
        let _taken = self.commands.lock().send(command);
    }

    /// Applies changed settings or sockets. Does not wait.
    pub fn reconfigure(&self, config: LanConfig) {
        self.send(Command::Reconfigure(Box::new(config)));
    }

    /// Announces the server and scans the network again after the computer slept: both sides may have outdated data.
    /// Does not wait.
    pub fn wake(&self) {
        self.send(Command::Wake);
    }

    /// Sends mDNS goodbyes and ends the thread. Starts at once; the returned future completes when the thread has
    /// ended.
    pub fn stop(&self) -> impl Future<Output = ()> + use<> {
        let (done, ended) = oneshot::channel();
        self.send(Command::Stop(done));
        async move {
            // An error means that the thread had ended before.
            let _ended = ended.await;
        }
    }

    /// Watches the current network and its trust.
    pub fn changes(&self) -> watch::Receiver<NetworkView> {
        self.state.view.subscribe()
    }

    /// Returns the state of the LAN as known now.
    pub fn now(&self) -> Lan {
        let network = self.state.view.borrow().network.clone();
        match &*self.state.announcer() {
            Some(announcer) => Lan {
                is_announced: true,
                name: announcer.host_name(),
                neighbours: announcer.neighbours().into_iter().map(neighbour).collect(),
                network,
            },
            None => Lan { is_announced: false, name: String::new(), neighbours: Vec::new(), network },
        }
    }

    /// Saves whether to share in a network.
    ///
    /// # Errors
    /// `NotFound` if this computer is not in the network and no decision about it was saved before. `CannotSave`.
    pub async fn trust(&self, id: &str, trusted: bool) -> Result<(), ControlError> {
        let (answer, answered) = oneshot::channel();
        self.send(Command::Trust { id: id.to_owned(), trusted, answer });
        answered.await.unwrap_or_else(|_| Err(ControlError::new(ErrorCode::NotHere, "The server is stopping.")))
    }

    /// Asks the thread for its findings; `None` if it has ended.
    pub async fn findings(&self) -> Option<Findings> {
        let (answer, answered) = oneshot::channel();
        self.send(Command::Findings(answer));
        answered.await.ok()
    }
}

fn neighbour(found: announce::neighbours::Neighbour) -> Neighbour {
    let kind = match found.program {
        Program::Potluck => NeighbourKind::Potluck,
        Program::Copyparty => NeighbourKind::Copyparty,
        Program::Webdav => NeighbourKind::Webdav,
        Program::Web => NeighbourKind::Web,
    };
    Neighbour { name: found.name, kind, url: found.url }
}

/// Describes a network. Its id is empty while its router has not answered, so that it cannot be decided about.
fn network_now(network: &announce::network::Network, trust: Trust) -> CurrentNetwork {
    CurrentNetwork { id: network.id.clone().unwrap_or_default(), name: network.name.clone(), trust }
}
