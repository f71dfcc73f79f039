//! Periodic checks: sharing on and off, ends of pauses and shares, trust of networks, and changes that nothing
//! announces (disks, addresses, clocks).

use super::clock::{Deadline, SleepDetector};
use super::running::App;
use super::transition::Change;
use crate::blocking::blocking;
use crate::connections::Phase;
use crate::control::admin::{Address, Notice};
use crate::sharing::{self, Decision, SharingState};
use engine::volumes::tree::MountedVolume;
use model::Settings;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Interval between checks of timed changes, disks and addresses.
const TICK: Duration = Duration::from_secs(2);

/// Interval between checks that the credentials of running requests are still valid. Ending a connection takes two
/// checks.
const PROOFS_INTERVAL: Duration = Duration::from_millis(1500);

impl App {
    /// Returns the current sharing state.
    pub fn sharing_state(&self) -> SharingState {
        *self.sharing_state.lock()
    }

    /// Returns true if clients from this network may connect.
    pub fn is_network_allowed(&self) -> bool {
        self.accepts_others(self.sharing_state(), &self.engine.snapshot().settings)
    }

    pub(super) fn accepts_others(&self, sharing_state: SharingState, settings: &Settings) -> bool {
        self.options.is_past_setup(sharing_state, settings) && self.lan.changes().borrow().is_allowed
    }

    /// Starts the task that ends pauses and timed shares and follows network changes. It compares with the wall clock,
    /// because timers stand still while a computer sleeps.
    pub fn start_scheduler(self: &Arc<Self>) {
        let app = Arc::downgrade(self);
        let mut network = self.lan.changes();
        let mut addresses = self.addresses();
        let mut was_allowed = network.borrow_and_update().is_allowed;
        let task = tokio::spawn(async move {
            let mut sleep_detector = SleepDetector::start();
            loop {
                let moved = tokio::select! {
                    () = tokio::time::sleep(TICK) => false,
                    changed = network.changed() => match changed {
                        Ok(()) => {
                            let is_allowed = network.borrow_and_update().is_allowed;
                            std::mem::replace(&mut was_allowed, is_allowed) != is_allowed
                        }
                        // The LAN service has ended; the program is about to stop.
                        Err(_) => return,
                    },
                };
                let Some(app) = app.upgrade() else { return };
                match moved {
                    true => app.apply_network_change().await,
                    false => app.run_checks().await,
                }
                if sleep_detector.has_slept() {
                    app.lan.wake();
                }
                if app.options.track_activity {
                    app.check_addresses(&mut addresses);
                }
            }
        });
        *self.scheduler.lock() = Some(task);
    }

    /// Starts the task that notices folders which were unplugged, have come back or were replaced, without waiting for a
    /// request that misses a file there. It is a task of its own, because a dead network disk may block it for minutes
    /// and must not delay the ends of shares and pauses. The scheduler mounts what has changed.
    pub fn watch_folders(self: &Arc<Self>) {
        let app = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(TICK).await;
                let Some(app) = app.upgrade().filter(|app| !*app.stopping.borrow()) else { return };
                app.check_folders().await;
            }
        });
    }

    /// Starts the task that ends connections whose requests rely on credentials that are no longer valid: an ended
    /// session, a changed password, a removed account, a revoked link, a banned address. Downloads, archives, uploads
    /// and event streams on such a connection end with it, after at most two checks.
    pub fn watch_proofs(self: &Arc<Self>) {
        let app = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(PROOFS_INTERVAL).await;
                let Some(app) = app.upgrade() else { return };
                let accounts = &app.engine.accounts;
                app.conns.enter(Phase::Killed, |conn| {
                    let is_idle = conn.in_flight.load(Ordering::Relaxed) == 0;
                    conn.proofs.has_ended(is_idle, |proof| accounts.is_still_valid(proof))
                });
            }
        });
    }

    /// Opens or closes listeners after a change of network or of its trust.
    async fn apply_network_change(&self) {
        if let Err(error) = self.apply(Change::Network).await {
            tracing::warn!(%error, "the listeners could not be changed after a change of network");
        }
    }

    async fn run_checks(&self) {
        let now_ms = sharing::now_ms();
        self.check_free_space().await;
        if self.is_tree_outdated(model::UnixMillis(now_ms))
            && let Err(error) = self.apply(Change::Volumes).await
        {
            tracing::error!(%error, "shares that have expired or whose disk has changed could not be mounted again");
        }
        // This check comes last, so that no client connects to a share that has just ended.
        let sharing_state = self.sharing_state();
        let is_over = self.deadline.lock().as_ref().is_some_and(Deadline::is_over);
        if matches!(sharing_state.decision, Decision::Paused { until_ms } if until_ms <= now_ms || is_over)
            && let Err(error) =
                self.apply(Change::Sharing(SharingState { decision: Decision::On, ..sharing_state })).await
        {
            tracing::warn!(%error, "sharing cannot resume after the pause");
        }
    }

    /// Returns true if the mounted volumes differ from what the settings ask for: a time limit has passed (or no longer
    /// has, after the clock was set back), or the disk at a path has changed.
    fn is_tree_outdated(&self, now: model::UnixMillis) -> bool {
        let snapshot = self.engine.snapshot();
        let offered = snapshot.settings.volumes.iter().filter(|volume| volume.is_offered(now)).count();
        let volumes = &snapshot.tree.volumes;
        offered != volumes.len()
            || volumes.iter().any(|volume| !volume.config.is_offered(now) || volume.storage.is_outdated())
    }

    /// Compares every volume's open folder with what is at its path now.
    async fn check_folders(&self) {
        let snapshot = self.engine.snapshot();
        let check = move || {
            let changed = snapshot.tree.volumes.iter().filter(|volume| match volume.storage.root() {
                Some(_) => volume.storage.recheck_source(),
                None => volume.storage.reopen().is_some(),
            });
            Ok(changed.count() > 0)
        };
        if blocking(check).await.unwrap_or(false) {
            self.publish(Notice::SettingsChanged);
        }
    }

    /// Notices disks that were full and have free space again.
    async fn check_free_space(&self) {
        let snapshot = self.engine.snapshot();
        if !snapshot.tree.volumes.iter().any(|volume| volume.storage.shortage.is_active()) {
            return;
        }
        let check = move || {
            let has_ended = |volume: &Arc<MountedVolume>| {
                volume.storage.root().is_some_and(|root| volume.storage.shortage.has_ended(&root))
            };
            Ok(snapshot.tree.volumes.iter().filter(|volume| has_ended(volume)).count() > 0)
        };
        if blocking(check).await.unwrap_or(false) {
            self.publish(Notice::SettingsChanged);
        }
    }

    /// Publishes a notice if the addresses of this computer have changed.
    fn check_addresses(&self, before: &mut Vec<Address>) {
        let now = self.addresses();
        if *before != now {
            *before = now;
            self.publish(Notice::SettingsChanged);
        }
    }
}
