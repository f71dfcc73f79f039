//! A change of what is in force, as a whole or not at all: settings, sharing, volumes, open sockets.
//!
//! ```text
//! prepare ─► save ─► commit
//!    └────────┴────► undo
//! ```
//!
//! All steps that can fail come first. The new parts are prepared beside the ones in force: passwords hashed, files
//! named by the settings opened, volumes mounted, sockets bound. Then the change is written to its file. From there on
//! nothing fails: the parts are switched one by one, and clients of closed sockets drain or end. Until then a client
//! may connect to a bound socket, but no request is read. The start of the program, a change of settings and changes
//! by the clock or the network are all this one sequence.
//!
//! One transition runs at a time: it holds the registry from its first step to its last.

use super::clock::Deadline;
use super::prepare::{PreparedSettings, save_settings};
use super::running::App;
use crate::blocking::blocking;
use crate::connections::{Conn, Endpoint, Phase};
use crate::control::admin::{ControlError, Notice};
use crate::lan::LanConfig;
use crate::protocols::{self, Registry};
use crate::sharing::{self, SharingState};
use model::Settings;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::MutexGuard;
use tokio::time::Instant;

/// How long requests under way on a removed endpoint may take to finish after a change of settings.
const REMOVED_DRAIN: Duration = Duration::from_secs(5);

/// What changes.
pub enum Change {
    /// The first settings. Engine and protocols run with them already, without a socket.
    Start(PreparedSettings),
    /// Other settings.
    Settings(Settings),
    /// Sharing is turned on or off, or paused.
    Sharing(SharingState),
    /// A network became trusted or untrusted.
    Network,
    /// A time limit of a volume has passed, or a disk has changed: the volumes are mounted again under the settings in
    /// force. Writes nothing, since a share must end on a full disk, too.
    Volumes,
}

/// What happens to clients of endpoints that a change removes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Removed {
    /// They may finish their requests for at most [`REMOVED_DRAIN`].
    Drain,
    /// They end at once: a person who turns sharing off expects that.
    Kill,
}

/// A change under way, with everything that was prepared for it.
struct Transition<'a> {
    app: &'a App,
    registry: MutexGuard<'a, Registry>,
    removed: Removed,
    settings: Option<PreparedSettings>,
    engine: Option<engine::Prepared>,
    sharing_state: Option<SharingState>,
    sockets: Option<protocols::Prepared>,
}

impl App {
    /// Puts `change` in force, after the changes that were begun before.
    ///
    /// # Errors
    /// `BadSettings` with every fault, `CannotListen`, `CannotStart`, `CannotSave`. Nothing has changed then.
    pub async fn apply(&self, change: Change) -> Result<(), ControlError> {
        let registry = self.registry.lock().await;
        let removed = match change {
            Change::Start(_) | Change::Settings(_) | Change::Volumes => Removed::Drain,
            Change::Sharing(_) | Change::Network => Removed::Kill,
        };
        let mut transition = Transition {
            app: self,
            registry,
            removed,
            settings: None,
            engine: None,
            sharing_state: None,
            sockets: None,
        };
        let ready = match transition.prepare(change).await {
            Ok(()) => transition.save().await,
            Err(error) => Err(error),
        };
        match ready {
            Ok(()) => transition.commit().await,
            Err(_) => transition.undo(),
        }
        ready
    }

    /// The same in a task of its own: the change runs to its end even if the caller drops the future.
    ///
    /// # Errors
    /// As [`App::apply`].
    pub async fn apply_detached(self: &Arc<Self>, change: Change) -> Result<(), ControlError> {
        let app = self.clone();
        let task = tokio::spawn(async move { app.apply(change).await });
        task.await.unwrap_or_else(|error| Err(ControlError::not_changed(error)))
    }
}

impl Transition<'_> {
    /// Prepares the new parts beside the ones in force.
    async fn prepare(&mut self, change: Change) -> Result<(), ControlError> {
        let engine = &self.app.engine;
        let mut changes_settings = false;
        match change {
            Change::Start(settings) => self.settings = Some(settings),
            Change::Settings(settings) => {
                let before = engine.snapshot();
                let settings = PreparedSettings::new(&self.app.options, settings, Some(&before.settings)).await?;
                self.engine = Some(engine.prepare(settings.settings.clone()).await?);
                self.settings = Some(settings);
                changes_settings = true;
            }
            Change::Sharing(sharing_state) => self.sharing_state = Some(sharing_state),
            Change::Network => {}
            Change::Volumes => {
                self.engine = Some(engine.prepare(engine.settings().await?).await?);
                return Ok(());
            }
        }
        self.prepare_sockets(changes_settings).await
    }

    /// Binds the sockets that may be open under the new settings, sharing state and network.
    async fn prepare_sockets(&mut self, changes_settings: bool) -> Result<(), ControlError> {
        let sharing_state = self.sharing_state.unwrap_or_else(|| self.app.sharing_state());
        let snapshot = self.app.engine.snapshot();
        let settings = self.settings.as_ref().map_or(&snapshot.settings, |prepared| &prepared.settings);
        let is_open = self.app.accepts_others(sharing_state, settings);
        let network = sharing_state.decision.apply(&settings.network, is_open);
        let for_protocols = changes_settings.then_some(settings);
        self.sockets = Some(self.registry.prepare(for_protocols, &network).await?);
        Ok(())
    }

    /// Writes the change to its file. A failure leaves the file as it was.
    async fn save(&mut self) -> Result<(), ControlError> {
        if let Some(prepared) = &self.settings {
            save_settings(&self.app.options, prepared.settings.clone()).await?;
        }
        if let Some(sharing_state) = self.sharing_state {
            let folder = self.app.state_folder.clone();
            blocking(move || sharing::save(&folder, sharing_state)).await?;
        }
        Ok(())
    }

    /// Undoes what was prepared.
    fn undo(mut self) {
        // Dropping the rest undoes it. Sockets may have been closed for new ones, and are opened again.
        if let Some(sockets) = self.sockets.take() {
            self.registry.undo(sockets);
        }
    }

    /// Switches to the prepared parts.
    async fn commit(mut self) {
        if let Some(prepared) = self.engine.take() {
            self.app.engine.commit(prepared);
        }
        if let Some(settings) = self.settings.take() {
            self.app.log.configure(settings.log);
        }
        if let Some(sharing_state) = self.sharing_state {
            self.switch_sharing(sharing_state);
        }
        let Some(sockets) = self.sockets.take() else { return };
        let removed = self.registry.commit(sockets).await;
        let endpoints = self.registry.endpoints();
        self.app.lan.reconfigure(LanConfig::new(&self.app.engine.snapshot().settings, &endpoints));
        if !endpoints.is_empty() {
            self.app.engine.start_background_work();
        }
        *self.app.endpoints.lock() = endpoints;
        self.end_clients(removed);
    }

    fn switch_sharing(&self, sharing_state: SharingState) {
        if self.app.sharing_state() != sharing_state {
            *self.app.deadline.lock() = Deadline::of(sharing_state.decision, sharing::now_ms());
        }
        *self.app.sharing_state.lock() = sharing_state;
    }

    fn end_clients(&self, removed: Vec<Endpoint>) {
        let conns = self.app.conns.clone();
        match self.removed {
            Removed::Kill => {
                conns.enter(Phase::Killed, |conn| removed.contains(&conn.endpoint));
                self.app.publish(Notice::SettingsChanged);
            }
            Removed::Drain if removed.is_empty() => {}
            Removed::Drain => {
                // Clients that are accepted later at the same address are not meant: it may be opened again meanwhile.
                let last = conns.list().last().map_or(0, |conn| conn.id);
                let is_theirs = move |conn: &Conn| conn.id <= last && removed.contains(&conn.endpoint);
                if conns.enter(Phase::Draining, &is_theirs) > 0 {
                    tokio::spawn(async move { conns.drain(Instant::now() + REMOVED_DRAIN, is_theirs).await });
                }
            }
        }
    }
}
