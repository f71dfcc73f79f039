//! The handle of the LAN thread.

use super::config::LanConfig;
use super::state::{LanState, NetworkView};
use super::worker::{Command, Findings, LanWorker};
use crate::connections::Conns;
use crate::control::admin::{ControlError, ErrorCode, Lan, Neighbour, NeighbourKind};
use announce::neighbours::Program;
use edge_http::announced::Announced;
use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use tokio::sync::{oneshot, watch};

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
    /// reachable. `announced`: receives what is announced, which changes with every name conflict.
    ///
    /// # Errors
    /// `CannotStart` if the thread cannot be created.
    pub async fn start(
        config: LanConfig,
        state_folder: PathBuf,
        conns: Arc<Conns>,
        announced: Arc<Announced>,
    ) -> Result<Self, ControlError> {
        let asks = config.lan.ask_networks;
        let (view, _) = watch::channel(NetworkView { is_allowed: !asks, network: None });
        let state = Arc::new(LanState { announcer: Mutex::default(), view, announced });
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

    /// Says goodbye to the network and ends the thread. Starts at once; the returned future completes when the thread has
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
        answered.await.unwrap_or_else(|_| Err(ControlError::said(ErrorCode::NotHere, |t| t.fault_starting().into())))
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
