//! A marker file in the state folder that exists while a run may have partial files. A start that finds one knows that
//! the earlier run was killed, and which tokens its partial files have in their names.

use crate::state_location::StateLocation;
use parking_lot::{Mutex, MutexGuard};
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::SystemTime;

const FILE: &str = "running";

/// The marker of this run. Dropping it removes the file.
pub struct RunMarker {
    state: StateLocation,
    /// Identifies this run. Dropped after the file was removed.
    token: Arc<str>,
    /// Time of the oldest killed run: its files are not older.
    killed_since: Option<SystemTime>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Tokens of killed runs whose partial files were not removed yet.
    killed: Vec<String>,
    /// The marker file, once it is written.
    written: Option<PathBuf>,
    /// The file is not written.
    in_memory: bool,
    /// The file stays: something is left for the next start to remove.
    keep_file: bool,
}

impl RunMarker {
    /// Reads the marker of an earlier run. `token` identifies this one: one line, different in every run.
    pub fn open(state: StateLocation, token: &str) -> Self {
        let path = state.find().map(|folder| folder.join(FILE));
        let killed_since = path.as_ref().and_then(|path| path.metadata().ok()?.modified().ok());
        let text = path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
        let killed = text.lines().filter(|line| *line != token).map(str::to_owned).collect();
        let inner = Mutex::new(Inner { killed, ..Inner::default() });
        Self { state, token: token.into(), killed_since, inner }
    }

    /// Returns a reference that is valid until dropping this marker has completed.
    pub fn alive(&self) -> Weak<str> {
        Arc::downgrade(&self.token)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock()
    }

    /// Returns the tokens of killed runs.
    pub fn killed_runs(&self) -> Vec<String> {
        self.inner().killed.clone()
    }

    /// Returns when the first of them wrote its marker; `None` if there was none.
    pub fn killed_since(&self) -> Option<SystemTime> {
        self.killed_since
    }

    /// Forgets the killed runs: their partial files were removed.
    pub fn clear_killed_runs(&self) {
        let mut inner = self.inner();
        inner.killed.clear();
        if inner.in_memory {
            return;
        }
        if let Some(path) = self.state.find().map(|folder| folder.join(FILE)) {
            match inner.written {
                Some(_) => drop(self.write(&path, &inner.killed)),
                None => drop(std::fs::remove_file(path)),
            }
        }
    }

    /// Writes the marker; must be called before a partial file is created. A failure only means that partial files of
    /// this run are not removed if it is killed.
    pub fn ensure_written(&self) {
        let mut inner = self.inner();
        if inner.written.is_none()
            && !inner.in_memory
            && let Ok(Some(folder)) = self.state.make()
        {
            let path = folder.join(FILE);
            // If it failed (full disk), the next partial file tries again.
            inner.written = self.write(&path, &inner.killed).then_some(path);
        }
    }

    /// From now on neither reads nor writes the file: another program must not take what this run leaves for orphans.
    pub fn keep_in_memory(&self) {
        let mut inner = self.inner();
        inner.killed.clear();
        inner.in_memory = true;
    }

    /// Keeps the file when this run ends, since something could not be removed.
    pub fn keep_after_exit(&self) {
        self.inner().keep_file = true;
    }

    /// Writes the file and returns whether that worked. An existing file is replaced atomically or stays unchanged. It
    /// is on stable storage before anything that it tells of: else a loss of power could leave files with hidden names
    /// that no later start takes for those of a killed program.
    fn write(&self, path: &std::path::Path, killed: &[String]) -> bool {
        let lines: String =
            killed.iter().map(String::as_str).chain([&*self.token]).map(|line| format!("{line}\n")).collect();
        let fresh = path.with_extension("new");
        let written = std::fs::write(&fresh, lines).and_then(|()| {
            // The next start needs the time from which on it searches for their files.
            if let Some(since) = self.killed_since.filter(|_| !killed.is_empty()) {
                std::fs::File::options().write(true).open(&fresh)?.set_modified(since)?;
            }
            std::fs::File::options().write(true).open(&fresh)?.sync_all()?;
            std::fs::rename(&fresh, path)?;
            // Not every system can sync a folder; there the rename is all that can be done.
            let _cannot_be_synced = path.parent().map(|above| std::fs::File::open(above).and_then(|f| f.sync_all()));
            Ok(())
        });
        if let Err(error) = &written {
            tracing::debug!(%error, "cannot write the run marker");
            let _may_be_missing = std::fs::remove_file(fresh);
        }
        written.is_ok()
    }
}

impl Drop for RunMarker {
    fn drop(&mut self) {
        let inner = self.inner();
        if let Some(path) = inner.written.as_ref().filter(|_| inner.killed.is_empty() && !inner.keep_file) {
            let _may_be_missing = std::fs::remove_file(path);
        }
    }
}
