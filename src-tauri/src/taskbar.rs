//! How far transfers are, on the window's button in the taskbar or dock.
//!
//! On Linux docks listen on the session bus for the launcher entry of the program's desktop file (the Unity launcher
//! API, which Plasma, Dash to Dock and others took over), also while there is no window. Elsewhere it belongs to the
//! window, so it is set anew for a window that was just opened.

use tauri::AppHandle;

/// What the button shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Nothing is on its way.
    Nothing,
    /// Something whose size nobody knows.
    Something,
    /// So many hundredths.
    Percent(u64),
}

/// The button, and what it shows now.
pub struct Taskbar {
    shown: Shown,
    #[cfg(target_os = "linux")]
    dock: linux::Dock,
}

impl Taskbar {
    /// It shows nothing.
    pub fn new() -> Self {
        Self {
            shown: Shown::Nothing,
            #[cfg(target_os = "linux")]
            dock: linux::Dock::default(),
        }
    }

    /// Shows it, if it is something else than before.
    #[cfg(target_os = "linux")]
    pub async fn show(&mut self, _: &AppHandle, wish: Shown) {
        if wish != self.shown {
            self.shown = wish;
            self.dock.show(wish).await;
        }
    }

    /// Shows it.
    #[cfg(not(target_os = "linux"))]
    pub async fn show(&mut self, app: &AppHandle, wish: Shown) {
        use tauri::Manager;
        use tauri::window::{ProgressBarState, ProgressBarStatus};
        // A window that was opened meanwhile knows nothing of it yet.
        if wish == self.shown && wish == Shown::Nothing {
            return;
        }
        self.shown = wish;
        let Some(window) = app.get_webview_window(crate::windows::MAIN) else { return };
        let (status, progress) = match wish {
            Shown::Nothing => (ProgressBarStatus::None, None),
            Shown::Something => (ProgressBarStatus::Indeterminate, None),
            Shown::Percent(percent) => (ProgressBarStatus::Normal, Some(percent)),
        };
        if let Err(error) = window.set_progress_bar(ProgressBarState { status: Some(status), progress }) {
            tracing::debug!(%error, "the taskbar shows no progress");
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use super::Shown;
    use std::collections::HashMap;
    use zbus::Connection;
    use zbus::zvariant::Value;

    /// Of the desktop file that the packages install.
    const ENTRY: &str = "application://potluck.desktop";
    const PATH: &str = "/com/canonical/unity/launcherentry/potluck";
    const INTERFACE: &str = "com.canonical.Unity.LauncherEntry";

    /// Whoever draws docks here.
    #[derive(Default)]
    pub struct Dock {
        bus: Option<Connection>,
    }

    impl Dock {
        pub async fn show(&mut self, wish: Shown) {
            if let Err(error) = self.tell(wish).await {
                // It is tried again with the next percent.
                self.bus = None;
                tracing::debug!(%error, "the dock shows no progress");
            }
        }

        async fn tell(&mut self, wish: Shown) -> zbus::Result<()> {
            let bus = match &self.bus {
                Some(bus) => bus,
                None => self.bus.insert(Connection::session().await?),
            };
            let (visible, progress) = match wish {
                Shown::Percent(percent) => (true, percent.min(100) as f64 / 100.0),
                // Docks know no progress without an end.
                Shown::Nothing | Shown::Something => (false, 0.0),
            };
            let look = HashMap::from([("progress-visible", Value::from(visible)), ("progress", Value::from(progress))]);
            bus.emit_signal(None::<&str>, PATH, INTERFACE, "Update", &(ENTRY, look)).await
        }
    }
}
