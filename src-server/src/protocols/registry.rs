//! All protocols and their open sockets, and how the sockets change while the server runs.
//!
//! A change takes two steps. [`Registry::prepare`] prepares the protocols and binds the new sockets without accepting;
//! if that fails, everything stays as it was. [`Registry::commit`] then accepts on the new sockets and closes the
//! removed ones, whose clients drain. Sockets that are in both configurations are not touched.
//!
//! One case needs care: a new socket can collide with an open one that is about to be removed (`[::]:3923` to
//! `127.0.0.1:3923`). Then the open one is closed first, and opened again if the change fails.

use super::admission::{Admission, AdmissionRules};
use super::protocol::{Commit, Protocol};
use super::socket::{BoundSocket, SocketSpec};
use crate::blocking::blocking;
use crate::connections::{Endpoint, ListenAddr};
use crate::control::admin::{ControlError, ErrorCode};
use edge_http::texts::Texts;
use model::Settings;
use model::settings::Network;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// All protocols and their open sockets.
pub struct Registry {
    protocols: Vec<Arc<dyn Protocol>>,
    admission: Arc<Admission>,
    /// Where protocols keep files of their own.
    state_folder: PathBuf,
    running: Vec<Running>,
}

/// A socket that a protocol wants.
#[derive(Clone, PartialEq, Eq)]
struct Wanted {
    /// Index of the protocol.
    protocol: usize,
    spec: SocketSpec,
}

/// An open socket with the task that serves it.
struct Running {
    wanted: Wanted,
    endpoint: Endpoint,
    task: JoinHandle<()>,
}

/// A prepared change.
#[derive(Default)]
pub struct Prepared {
    /// Puts new settings in force; none if the settings stay.
    commits: Vec<Commit>,
    wanted: Vec<Wanted>,
    bound: Vec<(Wanted, BoundSocket, ListenAddr)>,
    /// Open sockets that were closed because a new socket collided with them.
    closed: Vec<(Wanted, Endpoint)>,
}

impl Registry {
    /// Knows no protocol yet.
    pub fn new(admission: Arc<Admission>, state_folder: PathBuf) -> Self {
        Self { protocols: Vec::new(), admission, state_folder, running: Vec::new() }
    }

    /// Adds a protocol, prepared for the settings in force. The next change opens its sockets.
    pub fn register(&mut self, protocol: impl Protocol) {
        self.protocols.push(Arc::new(protocol));
    }

    /// Returns the open sockets, by protocol and in the order of the settings.
    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.running.iter().map(|running| running.endpoint.clone()).collect()
    }

    /// Prepares all protocols for `settings`, and binds the sockets that they want under `network` and that are not
    /// open yet.
    ///
    /// `settings`: `None` if the ones in force stay. `network`: with the listen addresses that may be open now.
    ///
    /// # Errors
    /// Those of [`Protocol::prepare`]; `CannotListen` for the first socket that cannot be opened. Nothing has changed
    /// then.
    pub async fn prepare(&mut self, settings: Option<&Settings>, network: &Network) -> Result<Prepared, ControlError> {
        let mut prepared = Prepared::default();
        if let Some(settings) = settings {
            prepared.commits = self.prepare_settings(settings).await?;
        }
        for (protocol, known) in self.protocols.iter().enumerate() {
            prepared.wanted.extend(known.sockets(network).into_iter().map(|spec| Wanted { protocol, spec }));
        }
        for wanted in prepared.wanted.clone() {
            if self.running.iter().any(|running| running.wanted == wanted) {
                continue;
            }
            let mut bound = wanted.spec.bind();
            if bound.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse) {
                self.close_colliding(&wanted, &mut prepared).await;
                bound = wanted.spec.bind();
            }
            match bound {
                Ok((socket, address)) => prepared.bound.push((wanted, socket, address)),
                Err(error) => {
                    self.undo(prepared);
                    let say = wanted.spec.saying(&error, self.protocols[wanted.protocol].port_option());
                    return Err(ControlError::said(ErrorCode::CannotListen, say));
                }
            }
        }
        Ok(prepared)
    }

    async fn prepare_settings(&self, settings: &Settings) -> Result<Vec<Commit>, ControlError> {
        let (admission, rules) = (self.admission.clone(), AdmissionRules::new(&settings.network));
        let mut commits: Vec<Commit> = vec![Box::new(move || admission.configure(rules))];
        for protocol in &self.protocols {
            let (protocol, settings, state_folder) = (protocol.clone(), settings.clone(), self.state_folder.clone());
            commits.push(blocking(move || protocol.prepare(&settings, &state_folder)).await?);
        }
        Ok(commits)
    }

    /// Closes open sockets that are to be removed and collide with `new`.
    async fn close_colliding(&mut self, new: &Wanted, prepared: &mut Prepared) {
        let collides = |running: &Running| {
            !prepared.wanted.contains(&running.wanted) && new.spec.collides_with(&running.endpoint.address)
        };
        let (mut closing, kept) = std::mem::take(&mut self.running).into_iter().partition::<Vec<_>, _>(collides);
        self.running = kept;
        for running in &mut closing {
            running.close().await;
            prepared.closed.push((running.wanted.clone(), running.endpoint.clone()));
        }
    }

    /// Undoes a prepared change.
    pub fn undo(&mut self, prepared: Prepared) {
        drop(prepared.bound);
        for (wanted, endpoint) in prepared.closed {
            match wanted.spec.at(&endpoint.address).bind() {
                Ok((socket, address)) => self.run(wanted, socket, address),
                Err(error) => tracing::error!(%error, "{}", self.sentence(&wanted, &error)),
            }
        }
    }

    /// Commits a prepared change. Returns the closed endpoints, whose clients should drain.
    pub async fn commit(&mut self, prepared: Prepared) -> Vec<Endpoint> {
        prepared.commits.into_iter().for_each(|commit| commit());
        let mut removed: Vec<_> = prepared.closed.into_iter().map(|(_, endpoint)| endpoint).collect();
        let (kept, mut gone) = std::mem::take(&mut self.running)
            .into_iter()
            .partition::<Vec<_>, _>(|running| prepared.wanted.contains(&running.wanted));
        self.running = kept;
        for running in &mut gone {
            running.close().await;
            removed.push(running.endpoint.clone());
        }
        for (wanted, socket, address) in prepared.bound {
            self.run(wanted, socket, address);
        }
        self.running.sort_by_key(|running| prepared.wanted.iter().position(|wanted| *wanted == running.wanted));
        removed
    }

    /// Closes all sockets.
    pub async fn close(&mut self) {
        for mut running in std::mem::take(&mut self.running) {
            running.close().await;
        }
    }

    fn run(&mut self, wanted: Wanted, socket: BoundSocket, address: ListenAddr) {
        let protocol = &self.protocols[wanted.protocol];
        let endpoint = Endpoint { protocol: protocol.name(), address };
        let task = protocol.start(socket, endpoint.clone(), &self.admission);
        self.running.push(Running { wanted, endpoint, task });
    }

    fn sentence(&self, wanted: &Wanted, error: &io::Error) -> String {
        wanted.spec.saying(error, self.protocols[wanted.protocol].port_option())(Texts::english())
    }
}

impl Running {
    /// Stops accepting and waits until the socket is closed.
    async fn close(&mut self) {
        self.task.abort();
        let _aborted = (&mut self.task).await;
        if let ListenAddr::Unix(path) = &self.endpoint.address {
            // Without a listener the file is useless. It may have been removed already.
            let _gone = std::fs::remove_file(path);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
