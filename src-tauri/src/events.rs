//! Follows what the server says, for as long as the program runs: to the window, the tray, the notifications.
//!
//! One task. It is the only one that waits for the server's notices, so a window that is slow or gone slows nothing.

use crate::awake::Awake;
use crate::notify::{self, Batch};
use crate::shell::Shell;
use crate::taskbar::{Shown, Taskbar};
use crate::tray;
use crate::windows::{self, MAIN};
use server::control::Notice;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tauri::{AppHandle, Emitter, Manager};

/// How often progress is told, and the tray drawn at most.
const BEAT: Duration = Duration::from_millis(400);
/// How often the tray is drawn while something is on its way: percents, not frames.
const WHILE_BUSY: Duration = Duration::from_secs(2);
/// How often it is looked anyhow: disks come and go without a notice.
const ANYHOW: Duration = Duration::from_secs(20);

/// What came since the last beat.
struct Pulse {
    progress: BTreeMap<u64, u64>,
    batch: Batch,
    stale: bool,
    busy: bool,
    drawn: Instant,
    awake: Awake,
    taskbar: Taskbar,
}

/// Follows until the server has ended.
pub async fn follow(app: AppHandle) {
    let mut notices = app.state::<Shell>().control.subscribe();
    let mut beat = tokio::time::interval(BEAT);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut pulse = Pulse {
        progress: BTreeMap::new(),
        batch: Batch::default(),
        stale: true,
        busy: false,
        drawn: Instant::now(),
        awake: Awake::start(),
        taskbar: Taskbar::new(),
    };
    loop {
        tokio::select! {
            notice = notices.next() => match notice {
                Some(notice) => pulse.take(&app, notice),
                None => return,
            },
            _ = beat.tick() => pulse.beat(&app).await,
        }
    }
}

impl Pulse {
    fn take(&mut self, app: &AppHandle, notice: Notice) {
        match &notice {
            Notice::Progress { id, done } => {
                self.progress.insert(*id, *done);
                return;
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
                // A failure is logged there.
                drop(tokio::task::spawn_blocking(move || files.keep_good()));
            }
            Notice::Problem { sentence } => windows::tell(app, "Potluck needs you", sentence),
            _ => {}
        }
        self.stale = true;
        tell(app, notice);
    }

    async fn beat(&mut self, app: &AppHandle) {
        for (id, done) in std::mem::take(&mut self.progress) {
            tell(app, Notice::Progress { id, done });
        }
        if let Some(arrived) = self.batch.due(Instant::now())
            && app.state::<Shell>().prefs.get().notify
        {
            let past = app.state::<Shell>().look().await.map_or_else(|_| Vec::new(), |(_, activity)| activity.past);
            let message = notify::message(&arrived, &past);
            windows::tell(app, &message.title, &message.body);
        }
        let since = self.drawn.elapsed();
        if self.stale || since >= ANYHOW || (self.busy && since >= WHILE_BUSY) {
            if since >= ANYHOW {
                // Panels come and go, too.
                app.state::<Shell>().look_for_tray().await;
            }
            (self.stale, self.drawn) = (false, Instant::now());
            let under_way = redraw(app).await;
            self.taskbar.show(app, under_way).await;
            let busy = under_way != Shown::Nothing;
            if busy != self.busy {
                self.awake.set(busy);
            }
            self.busy = busy;
        }
    }
}

/// Looks at the server and draws the tray; what is on its way. What somebody has paused is not.
pub async fn redraw(app: &AppHandle) -> Shown {
    match app.state::<Shell>().look().await {
        Ok((overview, activity)) => {
            tray::show(app, &overview, &activity);
            let moving: Vec<_> = activity.now.into_iter().filter(|transfer| !transfer.is_held).collect();
            match tray::percent(&moving) {
                _ if moving.is_empty() => Shown::Nothing,
                None => Shown::Something,
                Some(percent) => Shown::Percent(percent),
            }
        }
        Err(error) => {
            tracing::error!(%error, "the server did not say how it is");
            Shown::Nothing
        }
    }
}

/// Something that no notice tells of was changed here: a window looks at everything again.
pub fn look_again(app: &AppHandle) {
    tell(app, Notice::Missed { count: 0 });
}

/// Without a window nobody is told.
fn tell(app: &AppHandle, notice: Notice) {
    if app.get_webview_window(MAIN).is_some()
        && let Err(error) = app.emit_to(MAIN, "notice", notice)
    {
        tracing::debug!(%error, "the window could not be told");
    }
}
