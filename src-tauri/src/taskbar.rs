//! Progress of transfers on the window's button in the taskbar or dock.
//!
//! On Linux docks listen on the session bus for the launcher entry of the program's desktop file (the Unity launcher
//! API, which Plasma, Dash to Dock and others implement), also while there is no window. Elsewhere it belongs to the
//! window, so it is set again for a new window.

use crate::progress::Progress;
use tauri::AppHandle;

/// The button, and what it shows now.
pub struct Taskbar {
    shown: Progress,
    #[cfg(target_os = "linux")]
    dock: linux::Dock,
}

impl Taskbar {
    /// It shows nothing.
    pub fn new() -> Self {
        Self {
            shown: Progress::Idle,
            #[cfg(target_os = "linux")]
            dock: linux::Dock::default(),
        }
    }

    /// Shows it, if it is something else than before.
    #[cfg(target_os = "linux")]
    pub async fn show(&mut self, _: &AppHandle, progress: Progress) {
        if progress != self.shown {
            self.shown = progress;
            self.dock.show(progress).await;
        }
    }

    /// Shows it.
    #[cfg(not(target_os = "linux"))]
    pub async fn show(&mut self, app: &AppHandle, progress: Progress) {
        use tauri::Manager;
        use tauri::window::{ProgressBarState, ProgressBarStatus};
        // A window that was opened meanwhile knows nothing of it yet.
        if progress == self.shown && progress == Progress::Idle {
            return;
        }
        self.shown = progress;
        let Some(window) = app.get_webview_window(crate::windows::MAIN) else { return };
        let (status, percent) = match progress {
            Progress::Idle => (ProgressBarStatus::None, None),
            Progress::Indeterminate => (ProgressBarStatus::Indeterminate, None),
            Progress::Percent(percent) => (ProgressBarStatus::Normal, Some(percent)),
        };
        if let Err(error) = window.set_progress_bar(ProgressBarState { status: Some(status), progress: percent }) {
            tracing::debug!(%error, "the taskbar shows no progress");
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use crate::progress::Progress;
    use std::collections::HashMap;
    use zbus::Connection;
    use zbus::zvariant::Value;

    /// Of the desktop file that the packages install.
    const ENTRY: &str = "application://potluck.desktop";
    const PATH: &str = "/com/canonical/unity/launcherentry/potluck";
    const INTERFACE: &str = "com.canonical.Unity.LauncherEntry";

    /// Connection to the docks on the session bus.
    #[derive(Default)]
    pub struct Dock {
        bus: Option<Connection>,
    }

    impl Dock {
        pub async fn show(&mut self, progress: Progress) {
            if let Err(error) = self.emit(progress).await {
                // The next update connects again.
                self.bus = None;
                tracing::debug!(%error, "the dock shows no progress");
            }
        }

        async fn emit(&mut self, progress: Progress) -> zbus::Result<()> {
            let bus = match &self.bus {
                Some(bus) => bus,
                None => self.bus.insert(Connection::session().await?),
            };
            let (visible, fraction) = match progress {
                Progress::Percent(percent) => (true, percent.min(100) as f64 / 100.0),
                // Docks have no indeterminate progress.
                Progress::Idle | Progress::Indeterminate => (false, 0.0),
            };
            let look = HashMap::from([("progress-visible", Value::from(visible)), ("progress", Value::from(fraction))]);
            bus.emit_signal(None::<&str>, PATH, INTERFACE, "Update", &(ENTRY, look)).await
        }
    }
}
