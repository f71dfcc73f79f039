//! A note in the state folder while partial files may be lying about: who finds it at a start knows that the program
//! before it was killed, and whose partial files to look for.

use crate::ledger::VolumeState;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::SystemTime;

const FILE: &str = "running";

/// See the module. Dropping it in good order takes the note away.
pub struct RunMarker {
    state: VolumeState,
    /// Names this run. Dropped after the note.
    token: Arc<str>,
    /// Nothing of the runs that were killed is older.
    killed_since: Option<SystemTime>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Tokens of runs that were killed, and whose partial files were not yet looked for.
    killed: Vec<String>,
    /// The note, once it is written.
    written: Option<PathBuf>,
    /// Something keeps for the next start to remove.
    keeps: bool,
}

impl RunMarker {
    /// Reads the note of an earlier run. `token` names this one: one line, different in every run.
    pub fn open(state: VolumeState, token: &str) -> Self {
        let path = state.find().map(|folder| folder.join(FILE));
        let killed_since = path.as_ref().and_then(|path| path.metadata().ok()?.modified().ok());
        let text = path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
        let killed = text.lines().filter(|line| *line != token).map(str::to_owned).collect();
        let inner = Mutex::new(Inner { killed, written: None, keeps: false });
        Self { state, token: token.into(), killed_since, inner }
    }

    /// Alive as long as dropping this has not come to its end.
    pub fn alive(&self) -> Weak<str> {
        Arc::downgrade(&self.token)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tokens of runs that were killed here.
    pub fn killed_runs(&self) -> Vec<String> {
        self.inner().killed.clone()
    }

    /// When the first of them left its note; `None`: there was none.
    pub fn killed_since(&self) -> Option<SystemTime> {
        self.killed_since
    }

    /// Their partial files are gone.
    pub fn clear_killed_runs(&self) {
        let mut inner = self.inner();
        inner.killed.clear();
        if let Some(path) = self.state.find().map(|folder| folder.join(FILE)) {
            match inner.written {
                Some(_) => drop(self.write(&path, &inner.killed)),
                None => drop(std::fs::remove_file(path)),
            }
        }
    }

    /// Before the first partial file of this run: leaves the note. Where that cannot be, nothing is lost but tidiness.
    pub fn ensure_written(&self) {
        let mut inner = self.inner();
        if inner.written.is_none()
            && let Ok(Some(folder)) = self.state.make()
        {
            let path = folder.join(FILE);
            // Without room, the next partial file tries again.
            inner.written = self.write(&path, &inner.killed).then_some(path);
        }
    }

    /// The note keeps when this run ends: something could not be removed.
    pub fn keep_after_exit(&self) {
        self.inner().keeps = true;
    }

    /// Returns whether it is written. An earlier note is replaced in one step, or keeps as it is.
    fn write(&self, path: &std::path::Path, killed: &[String]) -> bool {
        let lines: String =
            killed.iter().map(String::as_str).chain([&*self.token]).map(|line| format!("{line}\n")).collect();
        let fresh = path.with_extension("new");
        let written = std::fs::write(&fresh, lines).and_then(|()| {
            // The next start has to know from when on it looks for what they have left.
            if let Some(since) = self.killed_since.filter(|_| !killed.is_empty()) {
                std::fs::File::options().write(true).open(&fresh)?.set_modified(since)?;
            }
            std::fs::rename(&fresh, path)
        });
        if let Err(error) = &written {
            tracing::debug!(%error, "the note about partial files cannot be written");
            let _was_not_there = std::fs::remove_file(fresh);
        }
        written.is_ok()
    }
}

impl Drop for RunMarker {
    fn drop(&mut self) {
        let inner = self.inner();
        if let Some(path) = inner.written.as_ref().filter(|_| inner.killed.is_empty() && !inner.keeps) {
            let _was_not_there = std::fs::remove_file(path);
        }
    }
}
