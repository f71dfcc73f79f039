//! What the app remembers about itself, beside the server's settings: `desktop.toml`.
//!
//! Nothing here decides who gets in, so a file that cannot be read is no reason not to start.

use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The wish for a port that belonged to another program, and what was taken instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detour {
    /// The port that people were told.
    pub wished: u16,
    /// The one that is in the settings now.
    pub instead: u16,
}

/// What is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prefs {
    /// A start at login shows no window.
    pub start_hidden: bool,
    /// Closing the window leaves the app in the tray.
    pub close_to_tray: bool,
    /// Say when files have arrived.
    pub notify: bool,
    /// It was said that the app goes on after its window.
    pub told_closing: bool,
    /// It was said that this desktop has no tray.
    pub told_no_tray: bool,
    /// Ports.
    pub detour: Option<Detour>,
}

impl Default for Prefs {
    fn default() -> Self {
        Self {
            start_hidden: true,
            close_to_tray: true,
            notify: true,
            told_closing: false,
            told_no_tray: false,
            detour: None,
        }
    }
}

/// The preferences and their file.
pub struct Kept {
    path: PathBuf,
    prefs: Mutex<Prefs>,
}

impl Kept {
    /// Reads them; what cannot be read is as at the first start. Blocks.
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

    /// A copy.
    pub fn get(&self) -> Prefs {
        self.prefs.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes them and writes them down. Blocks, for a small file.
    pub fn change(&self, change: impl FnOnce(&mut Prefs)) {
        let mut prefs = self.prefs.lock().unwrap_or_else(PoisonError::into_inner);
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

/// Writes a file whole or not at all. Blocks.
///
/// # Errors
/// What the system says.
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
    fn choices_outlive_the_program() {
        let tmp = tempfile::tempdir().unwrap();
        let path = tmp.path().join("new/desktop.toml");
        let kept = Kept::load(path.clone());
        assert_eq!(kept.get(), Prefs::default());
        let detour = Some(Detour { wished: 3923, instead: 3924 });
        kept.change(|prefs| (prefs.notify, prefs.detour) = (false, detour));
        let again = Kept::load(path.clone()).get();
        assert_eq!(again, Prefs { notify: false, detour, ..Prefs::default() });
        fs::write(&path, "notify = maybe").unwrap();
        assert_eq!(Kept::load(path).get(), Prefs::default());
    }

    #[test]
    fn files_of_older_versions_are_read() {
        let prefs: Prefs = toml::from_str("notify = false\nsomething_else = 1\n").unwrap();
        assert!(!prefs.notify && prefs.close_to_tray);
    }
}
