//! What the parts of the app share: the control door, the preferences, what waits for a window.

use crate::prefs::Kept;
use crate::start::Files;
use crate::windows::Waiting;
use serde::de::DeserializeOwned;
use serde_json::Value;
use server::control::admin::{Activity, Call, Overview};
use server::control::{ErrorCode, Origin};
use server::{Control, ControlError};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// The running app. Tauri keeps the one that there is.
pub struct Shell {
    /// The server's door.
    pub control: Control,
    /// Where the settings are.
    pub files: Files,
    /// The app's own preferences.
    pub prefs: Kept,
    /// What the next window shows first.
    pub waiting: Mutex<Waiting>,
    /// Held while the window is looked for or made.
    pub window: tokio::sync::Mutex<()>,
    /// The page in the window has said that it listens.
    pub listens: AtomicBool,
    /// Whether icons of the tray are shown, when it was last looked.
    pub has_tray: AtomicBool,
    /// Somebody is being asked whether to quit, or it was decided.
    pub quitting: AtomicBool,
    /// Open while the program runs: on some systems a text is gone when the one who copied it lets go.
    pub clipboard: Mutex<Option<arboard::Clipboard>>,
}

impl Shell {
    /// One call of the door.
    ///
    /// # Errors
    /// What the door says.
    pub async fn call(&self, call: Call) -> Result<Value, ControlError> {
        self.control.call(call, Origin::Desktop).await
    }

    /// The same, with an answer of the type that belongs to the call.
    ///
    /// # Errors
    /// What the door says.
    pub async fn ask<T: DeserializeOwned>(&self, call: Call) -> Result<T, ControlError> {
        let answer = self.call(call).await?;
        serde_json::from_value(answer).map_err(|error| ControlError {
            code: ErrorCode::NotFound,
            sentence: format!("The server's answer couldn't be read: {error}."),
            faults: Vec::new(),
        })
    }

    /// What a menu is made from.
    ///
    /// # Errors
    /// What the door says.
    pub async fn look(&self) -> Result<(Overview, Activity), ControlError> {
        Ok((self.ask(Call::Overview).await?, self.ask(Call::Activity).await?))
    }

    /// Looks whether icons of the tray are shown, and remembers the answer.
    pub async fn look_for_tray(&self) -> bool {
        let has = tokio::task::spawn_blocking(crate::platform::has_tray).await.unwrap_or(false);
        self.has_tray.store(has, Relaxed);
        has
    }
}
