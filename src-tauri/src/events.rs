//! Forwards the server's notices to the window, the tray and the notifications while the program runs.
//!
//! One task. No other code waits for the server's notices, so a slow or closed window delays nothing.

use crate::notify::{self, UploadBatch};
use crate::progress::Progress;
use crate::shell::Shell;
use crate::sleep_inhibitor::SleepInhibitor;
use crate::taskbar::Taskbar;
use crate::texts;
use crate::tray;
use crate::windows::{self, MAIN};
use server::control::Notice;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tauri::{AppHandle, Emitter, Manager};

/// Interval of progress updates, and shortest interval of drawing the tray.
const TICK: Duration = Duration::from_millis(400);
/// Interval of drawing the tray during transfers, which shows percentages.
const REDRAW_WHILE_BUSY: Duration = Duration::from_secs(2);
/// Longest interval between two queries of the status: disks appear and disappear without a notice.
const REDRAW_AT_LEAST: Duration = Duration::from_secs(20);

/// Updates that were not yet sent to the window and the tray.
struct PendingUpdates {
    progress: BTreeMap<u64, u64>,
    batch: UploadBatch,
    stale: bool,
    busy: bool,
    drawn: Instant,
    sleep_inhibitor: SleepInhibitor,
    taskbar: Taskbar,
}

/// Forwards notices until the server has ended.
pub async fn follow(app: AppHandle) {
    let mut notices = app.state::<Shell>().control.subscribe();
    let mut ticker = tokio::time::interval(TICK);
    ticker.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut pending = PendingUpdates {
        progress: BTreeMap::new(),
        batch: UploadBatch::default(),
        stale: true,
        busy: false,
        drawn: Instant::now(),
        sleep_inhibitor: SleepInhibitor::start(),
        taskbar: Taskbar::new(),
    };
    loop {
        tokio::select! {
            notice = notices.next() => match notice {
                Some(notice) => pending.on_notice(&app, notice),
                None => return,
            },
            _ = ticker.tick() => pending.on_tick(&app).await,
        }
    }
}

impl PendingUpdates {
    fn on_notice(&mut self, app: &AppHandle, notice: Notice) {
        match &notice {
            Notice::Progress { id, done } => {
                self.progress.insert(*id, *done);
                return;
            }
            Notice::IndexProgress { mount, is_working, scanned, .. } => {
                self.stale |= note_indexing(app, mount, *is_working, *scanned);
                return send_to_window(app, notice);
            }
            Notice::UploadStarted(transfer) => self.batch.started(transfer.id),
            Notice::UploadFinished(transfer) => {
                self.progress.remove(&transfer.id);
                self.batch.finished(transfer.clone(), Instant::now());
            }
            Notice::TransferFailed { id, .. } | Notice::DownloadEnded { id, .. } => {
                self.progress.remove(id);
                self.batch.failed(*id);
            }
            Notice::SettingsChanged => {
                let files = app.state::<Shell>().files.clone();
                // `save_last_good` logs its failures.
                drop(tokio::task::spawn_blocking(move || files.save_last_good()));
            }
            Notice::Problem { sentence } => windows::show_notification(app, &texts::text("notice.attention"), sentence),
            _ => {}
        }
        self.stale = true;
        send_to_window(app, notice);
    }

    /// Whether the number of indexed files in the tray is to be drawn again.
    fn is_indexing_due(&self, app: &AppHandle, since: Duration) -> bool {
        since >= REDRAW_WHILE_BUSY && !app.state::<Shell>().indexing.lock().is_empty()
    }

    async fn on_tick(&mut self, app: &AppHandle) {
        for (id, done) in std::mem::take(&mut self.progress) {
            send_to_window(app, Notice::Progress { id, done });
        }
        if let Some(arrived) = self.batch.due(Instant::now())
            && app.state::<Shell>().prefs.get().notify
        {
            let past =
                app.state::<Shell>().fetch_status().await.map_or_else(|_| Vec::new(), |(_, activity)| activity.past);
            let message = notify::message(&arrived, &past);
            windows::show_notification(app, &message.title, &message.body);
        }
        let since = self.drawn.elapsed();
        if self.stale
            || since >= REDRAW_AT_LEAST
            || (self.busy && since >= REDRAW_WHILE_BUSY)
            || self.is_indexing_due(app, since)
        {
            if since >= REDRAW_AT_LEAST {
                // Panels come and go, too.
                app.state::<Shell>().detect_tray().await;
            }
            (self.stale, self.drawn) = (false, Instant::now());
            let under_way = redraw(app).await;
            self.taskbar.show(app, under_way).await;
            let busy = under_way != Progress::Idle;
            if busy != self.busy {
                self.sleep_inhibitor.set(busy);
            }
            self.busy = busy;
        }
    }
}

/// Notes what is done for an index. Returns whether the work has begun or ended.
fn note_indexing(app: &AppHandle, mount: &str, is_working: bool, scanned: u64) -> bool {
    let shell = app.state::<Shell>();
    let mut indexing = shell.indexing.lock();
    if is_working { indexing.insert(mount.to_owned(), scanned).is_none() } else { indexing.remove(mount).is_some() }
}

/// Queries the server's status and draws the tray. Returns the progress of all transfers that are not paused.
pub async fn redraw(app: &AppHandle) -> Progress {
    match app.state::<Shell>().fetch_status().await {
        Ok((overview, activity)) => {
            let indexing = app.state::<Shell>().indexing.lock().clone().into_iter().next();
            tray::show(app, &overview, &activity, indexing);
            let moving: Vec<_> = activity.now.into_iter().filter(|transfer| !transfer.is_paused).collect();
            match tray::percent(&moving) {
                _ if moving.is_empty() => Progress::Idle,
                None => Progress::Indeterminate,
                Some(percent) => Progress::Percent(percent),
            }
        }
        Err(error) => {
            tracing::error!(%error, "the server did not say how it is");
            Progress::Idle
        }
    }
}

/// Makes the window reload everything after a change for which there is no notice.
pub fn request_reload(app: &AppHandle) {
    send_to_window(app, Notice::Missed { count: 0 });
}

/// Sends a notice to the window, if it is open.
fn send_to_window(app: &AppHandle, notice: Notice) {
    if app.get_webview_window(MAIN).is_some()
        && let Err(error) = app.emit_to(MAIN, "notice", notice)
    {
        tracing::debug!(%error, "the window could not be told");
    }
}
