//! Running and past transfers, recorded from the events of the engine.
//!
//! One task receives the events; the engine never waits for it. Past transfers are written to the state folder a few
//! seconds after a change, so that the list survives a restart.

use crate::blocking::blocking;
use crate::control::admin::{ActiveTransfer, ControlError, ErrorCode, Outcome, PastTransfer};
use crate::sharing::now_ms;
use engine::Engine;
use model::Event;
use parking_lot::{Mutex, MutexGuard};
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::broadcast::error::RecvError;

/// Number of past transfers in the list.
const MAX_PAST: usize = 500;
/// Number of running transfers that are tracked; further ones are recorded only when they end.
const MAX_ACTIVE: usize = 2_000;
/// Delay between a change and the write to disk.
const WRITE_DELAY: Duration = Duration::from_secs(3);
/// A transfer without progress for this long is no longer listed: its client has gone without closing it.
const STALLED_AFTER: Duration = Duration::from_secs(120);
/// Name of the file in the state folder.
const FILE: &str = "activity.json";

/// List of running and past transfers. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct ActivityLog {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    now: BTreeMap<u64, Tracked>,
    /// Latest first.
    past: VecDeque<PastTransfer>,
    /// True if `past` has changed since the last write.
    is_dirty: bool,
}

struct Tracked {
    shown: ActiveTransfer,
    last_progress: Instant,
    /// When the speed was last computed, and the number of bytes at that moment.
    speed_mark: (Instant, u64),
}

impl ActivityLog {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Reads the saved list. A damaged file does not prevent the start. Blocks.
    pub fn load(state_folder: &Path) -> Self {
        let log = Self::default();
        let text = store::settings_file::read(&state_folder.join(FILE)).unwrap_or_default();
        match text.map(|text| serde_json::from_str(&text)) {
            Some(Ok(past)) => log.lock().past = past,
            Some(Err(error)) => tracing::warn!(%error, "the list of past transfers is damaged; it starts empty"),
            None => {}
        }
        log
    }

    /// Records events until the engine ends, and writes the list a few seconds after each change.
    pub async fn follow(self, engine: Engine, state_folder: PathBuf) {
        let mut events = engine.events().subscribe();
        loop {
            let event = tokio::select! {
                event = events.recv() => event,
                () = tokio::time::sleep(WRITE_DELAY) => {
                    self.write(&state_folder).await;
                    continue;
                }
            };
            match event {
                Ok(event) => {
                    let (ended, who) = (ended_transfer(&event), peer_label(&engine, &event));
                    self.apply(event, who);
                    // An ended transfer can no longer be paused.
                    if let Some(id) = ended {
                        engine.resume_transfer(id);
                    }
                }
                // Missed events are lost; the next event of a transfer brings its entry up to date.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break,
            }
        }
        self.write(&state_folder).await;
    }

    /// Writes the list if it has changed since the last write.
    pub async fn write(&self, state_folder: &Path) {
        let text = {
            let mut state = self.lock();
            if !std::mem::take(&mut state.is_dirty) {
                return;
            }
            serde_json::to_string(&state.past).expect("plain values")
        };
        let path = state_folder.join(FILE);
        let write = move || {
            let written = store::settings_file::replace(&path, &text);
            written.map_err(|error| ControlError::new(ErrorCode::CannotSave, error.to_string()))
        };
        if let Err(error) = blocking(write).await {
            tracing::warn!(%error, "the list of past transfers cannot be written");
        }
    }

    fn apply(&self, event: Event, who: String) {
        let mut state = self.lock();
        match event {
            Event::UploadStarted { id, path, size, account, address } => {
                state.begin(id, track(id, true, path, size, account.as_str(), who, address));
            }
            Event::DownloadStarted { id, path, size, account, address } => {
                state.begin(id, track(id, false, path, size, account.as_str(), who, address));
            }
            Event::Progress { id, done } => state.record_progress(id, done),
            Event::UploadFinished { id, path, size, account, address } => {
                state.now.remove(&id);
                let account = account.as_str().to_owned();
                let outcome = Outcome::Arrived;
                state.end(PastTransfer { at_ms: now_ms(), outcome, path, account, who, address, size });
            }
            Event::DownloadEnded { id, done } => {
                if let Some(tracked) = state.now.remove(&id) {
                    let is_whole = tracked.shown.size.is_none_or(|size| done >= size);
                    let outcome = match is_whole {
                        true => Outcome::Sent,
                        false => Outcome::Failed { reason: "The download was interrupted.".into() },
                    };
                    state.end(past_transfer(tracked.shown, outcome, done));
                }
            }
            Event::TransferFailed { id, reason } => {
                if let Some(tracked) = state.now.remove(&id) {
                    let done = tracked.shown.done;
                    state.end(past_transfer(tracked.shown, Outcome::Failed { reason }, done));
                }
            }
            Event::Message { text, account, address } => {
                let (account, size) = (account.as_str().to_owned(), text.len() as u64);
                let outcome = Outcome::Message { text };
                state.end(PastTransfer { at_ms: now_ms(), outcome, path: String::new(), account, who, address, size });
            }
            _ => {}
        }
    }

    /// Returns the running transfers, the oldest first, and the past ones, the latest first.
    pub fn list(&self) -> (Vec<ActiveTransfer>, Vec<PastTransfer>) {
        let mut state = self.lock();
        state.drop_stalled();
        (state.now.values().map(|tracked| tracked.shown.clone()).collect(), state.past.iter().cloned().collect())
    }

    /// Deletes the list of past transfers.
    pub fn clear(&self) {
        let mut state = self.lock();
        state.past.clear();
        state.is_dirty = true;
    }

    /// Marks a running transfer as paused or resumed and calls `act` while the log is locked, so that the end of the
    /// transfer cannot be recorded in between. Returns false, without calling it, if the transfer has ended.
    pub fn set_paused(&self, id: u64, paused: bool, act: impl FnOnce()) -> bool {
        let mut state = self.lock();
        let Some(tracked) = state.now.get_mut(&id) else { return false };
        tracked.shown.is_paused = paused;
        tracked.shown.speed = 0;
        tracked.last_progress = Instant::now();
        tracked.speed_mark = (tracked.last_progress, tracked.shown.done);
        act();
        true
    }

    /// Removes a running transfer. Returns the address of its client; `None` if the transfer has ended.
    pub fn remove(&self, id: u64) -> Option<String> {
        self.lock().now.remove(&id).map(|tracked| tracked.shown.address)
    }

    /// Returns the number of running transfers.
    pub fn count(&self) -> u32 {
        let mut state = self.lock();
        state.drop_stalled();
        u32::try_from(state.now.len()).unwrap_or(u32::MAX)
    }
}

impl State {
    fn begin(&mut self, id: u64, tracked: Tracked) {
        if self.now.len() >= MAX_ACTIVE {
            self.drop_stalled();
        }
        if id != 0 && self.now.len() < MAX_ACTIVE {
            self.now.insert(id, tracked);
        }
    }

    fn record_progress(&mut self, id: u64, done: u64) {
        let Some(tracked) = self.now.get_mut(&id) else { return };
        let now = Instant::now();
        tracked.last_progress = now;
        tracked.shown.done = done;
        let (since, before) = tracked.speed_mark;
        let elapsed = now.duration_since(since);
        if elapsed >= Duration::from_secs(1) {
            tracked.shown.speed = (done.saturating_sub(before) as f64 / elapsed.as_secs_f64()) as u64;
            tracked.speed_mark = (now, done);
        }
    }

    fn end(&mut self, past: PastTransfer) {
        self.past.push_front(past);
        self.past.truncate(MAX_PAST);
        self.is_dirty = true;
    }

    fn drop_stalled(&mut self) {
        self.now.retain(|_, tracked| tracked.shown.is_paused || tracked.last_progress.elapsed() < STALLED_AFTER);
    }
}

fn track(
    id: u64,
    is_upload: bool,
    path: String,
    size: Option<u64>,
    account: &str,
    who: String,
    address: String,
) -> Tracked {
    let now = Instant::now();
    let (account, since_ms) = (account.to_owned(), now_ms());
    let shown = ActiveTransfer {
        id,
        is_upload,
        path,
        account,
        who,
        address,
        size,
        done: 0,
        speed: 0,
        is_paused: false,
        since_ms,
    };
    Tracked { shown, last_progress: now, speed_mark: (now, 0) }
}

fn past_transfer(shown: ActiveTransfer, outcome: Outcome, size: u64) -> PastTransfer {
    let ActiveTransfer { path, account, who, address, .. } = shown;
    PastTransfer { at_ms: now_ms(), outcome, path, account, who, address, size }
}

/// Returns the number of the transfer that ends with this event.
fn ended_transfer(event: &Event) -> Option<u64> {
    match event {
        Event::UploadFinished { id, .. } | Event::DownloadEnded { id, .. } | Event::TransferFailed { id, .. } => {
            Some(*id)
        }
        _ => None,
    }
}

/// Returns a name of the client for people: its device, else its account, else its address.
fn peer_label(engine: &Engine, event: &Event) -> String {
    let (account, address) = match event {
        Event::UploadStarted { account, address, .. }
        | Event::UploadFinished { account, address, .. }
        | Event::DownloadStarted { account, address, .. }
        | Event::Message { account, address, .. } => (account, address),
        _ => return String::new(),
    };
    let device = || engine.accounts.device_at(account, address.parse().ok()?);
    match account.is_anonymous() {
        true => address.clone(),
        false => device().unwrap_or_else(|| account.as_str().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(id: u64) -> Event {
        let (path, account, address) = ("/in/a.jpg".into(), "*".into(), "10.0.0.7".into());
        Event::UploadStarted { id, path, size: Some(100), account, address }
    }

    fn finished(id: u64) -> Event {
        let (path, account, address) = ("/in/a.jpg".into(), "ann".into(), "10.0.0.7".into());
        Event::UploadFinished { id, path, size: 100, account, address }
    }

    #[test]
    fn transfers_come_move_and_end() {
        let log = ActivityLog::default();
        log.apply(started(1), "ann".into());
        log.apply(started(2), "ann".into());
        log.apply(Event::Progress { id: 1, done: 40 }, "ann".into());
        log.apply(Event::Progress { id: 99, done: 1 }, "ann".into());
        assert_eq!(log.count(), 2);
        assert_eq!(log.lock().now[&1].shown.done, 40);
        log.apply(finished(1), "ann".into());
        log.apply(Event::TransferFailed { id: 2, reason: "The line broke.".into() }, "ann".into());
        let state = log.lock();
        assert!(state.now.is_empty());
        assert_eq!(state.past[0].outcome, Outcome::Failed { reason: "The line broke.".into() });
        assert_eq!((state.past[1].outcome.clone(), state.past[1].who.as_str()), (Outcome::Arrived, "ann"));
    }

    #[test]
    fn lists_are_bounded() {
        let log = ActivityLog::default();
        for id in 1..=(MAX_ACTIVE as u64 + 10) {
            log.apply(started(id), "ann".into());
        }
        assert_eq!(log.lock().now.len(), MAX_ACTIVE);
        for _ in 0..MAX_PAST + 10 {
            log.apply(finished(0), "ann".into());
        }
        assert_eq!(log.lock().past.len(), MAX_PAST);
    }

    #[tokio::test]
    async fn past_transfers_survive_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = ActivityLog::default();
        log.apply(finished(1), "ann".into());
        log.write(folder.path()).await;
        assert_eq!(ActivityLog::load(folder.path()).lock().past, log.lock().past);
        std::fs::write(folder.path().join(FILE), "[{").expect("writes");
        assert!(ActivityLog::load(folder.path()).lock().past.is_empty());
    }
}
