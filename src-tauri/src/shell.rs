//! The shared state of the app: the admin API, the preferences, the pending view of the window.

use crate::pane::PendingView;
use crate::prefs::PrefsStore;
use crate::start::SettingsFiles;
use crate::texts;
use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use serde_json::Value;
use server::control::admin::{Activity, Call, Overview};
use server::control::{ErrorCode, Origin};
use server::{Control, ControlError};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// The running app. Managed by tauri as a singleton.
pub struct Shell {
    /// The admin API of the server.
    pub control: Control,
    /// The paths of the settings.
    pub files: SettingsFiles,
    /// The app's own preferences.
    pub prefs: PrefsStore,
    /// The view that the window shows as soon as its page is ready.
    pub pending: Mutex<PendingView>,
    /// Files seen so far by the work on the index of each share, by mount point; only shares that are being indexed.
    pub indexing: Mutex<BTreeMap<String, u64>>,
    /// Held while the window is searched or created.
    pub window_lock: tokio::sync::Mutex<()>,
    /// The page in the window listens to events.
    pub page_ready: AtomicBool,
    /// Whether the desktop showed tray icons at the last check.
    pub has_tray: AtomicBool,
    /// The dialog about quitting is open, or the program is quitting.
    pub quitting: AtomicBool,
    /// Stays open while the program runs: on some systems a copied text is lost when its owner closes the clipboard.
    pub clipboard: Mutex<Option<arboard::Clipboard>>,
}

impl Shell {
    /// Calls the admin API.
    ///
    /// # Errors
    /// The error of the admin API.
    pub async fn call(&self, call: Call) -> Result<Value, ControlError> {
        self.control.call(call, Origin::Desktop).await.map_err(|error| error.in_language(texts::tag()))
    }

    /// Calls the admin API and parses the result as the type of the call.
    ///
    /// # Errors
    /// The error of the admin API.
    pub async fn request<T: DeserializeOwned>(&self, call: Call) -> Result<T, ControlError> {
        let answer = self.call(call).await?;
        serde_json::from_value(answer).map_err(|error| ControlError {
            code: ErrorCode::NotFound,
            sentence: format!("The server's answer couldn't be read: {error}."),
            faults: Vec::new(),
            saying: None,
        })
    }

    /// Returns the values that the menu shows.
    ///
    /// # Errors
    /// The error of the admin API.
    pub async fn fetch_status(&self) -> Result<(Overview, Activity), ControlError> {
        Ok((self.request(Call::Overview).await?, self.request(Call::Activity).await?))
    }

    /// Checks whether the desktop shows tray icons, and stores the result.
    pub async fn detect_tray(&self) -> bool {
        let has = tokio::task::spawn_blocking(crate::platform::has_tray).await.unwrap_or(false);
        self.has_tray.store(has, Relaxed);
        has
    }
}
