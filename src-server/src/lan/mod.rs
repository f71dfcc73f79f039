//! The neighbourhood: announced or not, who else is there, and whether this network is trusted.
//!
//! One thread owns all of it, because everything here waits for somebody: the system's tables, a file, goodbyes. It takes
//! commands, and between them looks at the network every few seconds:
//!
//! ```text
//!  apply, trust, stop ──► [lan] ──► announcer (announce::mdns)
//!                           │ ────► lan.json
//!                           ▼
//!                         LanState ──► lan(), is_allowed(), changes()      (never waits)
//! ```
//!
//! Opening and closing sockets is not done here: `changes()` says when a network is trusted or no longer so.

mod announcement;
mod firewall;
mod known;
mod probe;
mod self_check;
mod worker;

use crate::control::admin::{CurrentNetwork, Lan, Neighbour, NeighbourKind, Trust};
use crate::control::{ControlError, ErrorCode};
use crate::serve::conn::{Conns, ListenAddr};
use announce::mdns::Announcer;
use announce::neighbours::Program;
use arc_swap::ArcSwapOption;
use model::Settings;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{oneshot, watch};
use worker::{Command, Findings, LanWorker};

/// The network as the rest of the program needs to know it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkView {
    /// Others may be let in. Always so if nobody asked to be asked.
    pub is_allowed: bool,
    /// The network that a person should decide about or, if there is none, the one that leads to the rest of the world.
    pub network: Option<CurrentNetwork>,
}

/// What the settings in force, and the sockets that are open, mean for the neighbourhood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LanConfig {
    /// The choices.
    pub lan: model::settings::Lan,
    /// What the server calls itself.
    pub title: String,
    /// What it speaks.
    pub encryption: model::settings::Encryption,
    /// The path below which the site hangs, such as `/files`; empty: none.
    pub base: String,
    /// Where it listens.
    pub listen_addrs: Vec<SocketAddr>,
}

impl LanConfig {
    /// `doors`: those that are open now; without any, nothing is announced.
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

    /// Other sockets are open now.
    pub fn listen_on(&mut self, listen_addrs: &[ListenAddr]) {
        let ip = |listen_addr: &ListenAddr| match listen_addr {
            ListenAddr::Ip(address) => Some(*address),
            ListenAddr::Unix(_) => None,
        };
        self.listen_addrs = listen_addrs.iter().filter_map(ip).collect();
    }
}

/// What can be asked without waiting; written by the thread.
struct LanState {
    announcer: Mutex<Option<Announcer>>,
    view: watch::Sender<NetworkView>,
    /// The host name under which we are announced, for the check of `Host`.
    name: Arc<ArcSwapOption<String>>,
}

impl LanState {
    fn announcer(&self) -> MutexGuard<'_, Option<Announcer>> {
        self.announcer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The handle.
pub(crate) struct LanService {
    commands: Mutex<Sender<Command>>,
    state: Arc<LanState>,
}

impl LanService {
    /// Starts the thread. If networks are asked about, waits until it has first_scan at them: nobody should be let in before.
    ///
    /// `state_folder`: where decisions are remembered. `conns`: who is connected is a sign that we are reached. `name`
    /// will hold the host name under which we are announced; it changes with every conflict.
    ///
    /// # Errors
    /// `CannotStart` if the system gives no thread.
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
            // Without an answer nobody gets in, which is the safe side.
            let _scanned = first_scan_done.await;
        }
        Ok(Self { commands: Mutex::new(commands), state })
    }

    fn send(&self, command: Command) {
        // The thread ends with `stop`; what is ordered after that has no meaning any more.
        let _taken = self.commands.lock().unwrap_or_else(PoisonError::into_inner).send(command);
    }

    /// Settings or sockets have changed. Does not wait.
    pub fn reconfigure(&self, config: LanConfig) {
        self.send(Command::Reconfigure(Box::new(config)));
    }

    /// The computer slept: what the neighbours knew of us may be out of date, and so may be what we know of the network.
    /// Does not wait.
    pub fn wake(&self) {
        self.send(Command::Wake);
    }

    /// Says goodbye and ends the thread. Begins at once; the future is for those who want to wait for the end.
    pub fn stop(&self) -> impl Future<Output = ()> + use<> {
        let (done, ended) = oneshot::channel();
        self.send(Command::Stop(done));
        async move {
            // An error means that it has ended before.
            let _ended = ended.await;
        }
    }

    /// The network, and when that changes.
    pub fn changes(&self) -> watch::Receiver<NetworkView> {
        self.state.view.subscribe()
    }

    /// The neighbourhood as it is known now.
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

    /// Remembers whether to share in a network.
    ///
    /// # Errors
    /// `NotFound`: this computer is in no such network, and nobody was asked about it before. `CannotSave`.
    pub async fn trust(&self, id: &str, trusted: bool) -> Result<(), ControlError> {
        let (answer, answered) = oneshot::channel();
        self.send(Command::Trust { id: id.to_owned(), trusted, answer });
        answered.await.unwrap_or_else(|_| Err(ControlError::new(ErrorCode::NotHere, "The server is ending.")))
    }

    /// What only the thread may look at; `None` if it has ended.
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

/// What is said of a network whose router has not answered yet, so that nobody can decide about it.
fn network_now(network: &announce::network::Network, trust: Trust) -> CurrentNetwork {
    CurrentNetwork { id: network.id.clone().unwrap_or_default(), name: network.name.clone(), trust }
}
