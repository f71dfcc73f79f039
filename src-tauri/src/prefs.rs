//! The app's own preferences, beside the server's settings: `desktop.toml`.
//!
//! They do not affect access, so the app starts even if the file cannot be read.

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// A configured port that another program uses, and the port that is used instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortFallback {
    /// The configured port.
    #[serde(rename = "wished")]
    pub configured: u16,
    /// The port that is in the settings now.
    pub instead: u16,
}

/// The preferences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prefs {
    /// A start at login opens no window.
    pub start_hidden: bool,
    /// Closing the window leaves the app in the tray.
    pub close_to_tray: bool,
    /// Show a notification when files were received.
    pub notify: bool,
    /// Language of tray and notifications, a BCP 47 tag; empty: that of the system.
    pub language: String,
    /// The notification that the app keeps running without its window was shown.
    pub told_closing: bool,
    /// The notification that this desktop has no tray was shown.
    pub told_no_tray: bool,
    /// The port that is used instead of the configured one.
    #[serde(rename = "detour")]
    pub port_fallback: Option<PortFallback>,
}

impl Default for Prefs {
    fn default() -> Self {
        Self {
            start_hidden: true,
            close_to_tray: true,
            notify: true,
            language: String::new(),
            told_closing: false,
            told_no_tray: false,
            port_fallback: None,
        }
    }
}

/// The preferences and their file.
pub struct PrefsStore {
    path: PathBuf,
    prefs: Mutex<Prefs>,
}

impl PrefsStore {
    /// Loads the preferences; uses the defaults if the file cannot be read. Blocks.
    pub fn load(path: PathBuf) -> Self {
        let prefs = match fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).unwrap_or_else(|error| {
                tracing::warn!(%error, "{} is damaged; its choices are as at the first start", path.display());
                Prefs::default()
            }),
            Err(_) => Prefs::default(),
        };
        Self { path, prefs: Mutex::new(prefs) }
    }

    /// Returns a copy.
    pub fn get(&self) -> Prefs {
        self.prefs.lock().clone()
    }

    /// Changes and saves the preferences. Blocks, for a small file.
    pub fn change(&self, change: impl FnOnce(&mut Prefs)) {
        let mut prefs = self.prefs.lock();
        let before = prefs.clone();
        change(&mut prefs);
        if *prefs == before {
            return;
        }
        let text = toml::to_string(&*prefs).expect("plain values");
        if let Err(error) = replace(&self.path, text.as_bytes()) {
            tracing::warn!(%error, "{} cannot be written; the choice ends with the program", self.path.display());
        }
    }
}

/// Replaces a file atomically. Blocks.
///
/// # Errors
/// The error of the file system.
pub fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    fs::write(&fresh, bytes)?;
    fs::rename(&fresh, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_are_saved() {
        let tmp = tempfile::tempdir().unwrap();
        let path = tmp.path().join("new/desktop.toml");
        let kept = PrefsStore::load(path.clone());
        assert_eq!(kept.get(), Prefs::default());
        let port_fallback = Some(PortFallback { configured: 3923, instead: 3924 });
        kept.change(|prefs| (prefs.notify, prefs.port_fallback) = (false, port_fallback));
        let again = PrefsStore::load(path.clone()).get();
        assert_eq!(again, Prefs { notify: false, port_fallback, ..Prefs::default() });
        fs::write(&path, "notify = maybe").unwrap();
        assert_eq!(PrefsStore::load(path).get(), Prefs::default());
    }

    #[test]
    fn files_of_older_versions_are_read() {
        let prefs: Prefs = toml::from_str("notify = false\nsomething_else = 1\n").unwrap();
        assert!(!prefs.notify && prefs.close_to_tray);
    }
}
