//! A note in the state folder while partial files may be lying about: who finds it at a start knows that the program
//! before it was killed, and whose partial files to look for.

use crate::ledger::VolumeState;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

const FILE: &str = "running";

/// See the module. Dropping it in good order takes the note away.
pub struct Marker {
    state: VolumeState,
    /// Names this run.
    token: String,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Tokens of runs that were killed, and whose partial files were not yet looked for.
    killed: Vec<String>,
    /// The note, once it is written.
    written: Option<PathBuf>,
    /// Something stays for the next start to remove.
    stays: bool,
}

impl Marker {
    /// Reads the note of an earlier run. `token` names this one: one line, different in every run.
    pub fn open(state: VolumeState, token: &str) -> Self {
        let text = state.find().and_then(|folder| std::fs::read_to_string(folder.join(FILE)).ok()).unwrap_or_default();
        let killed = text.lines().filter(|line| *line != token).map(str::to_owned).collect();
        Self { state, token: token.to_owned(), inner: Mutex::new(Inner { killed, written: None, stays: false }) }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tokens of runs that were killed here.
    pub fn killed(&self) -> Vec<String> {
        self.inner().killed.clone()
    }

    /// Their partial files are gone.
    pub fn forget_killed(&self) {
        let mut inner = self.inner();
        inner.killed.clear();
        if let Some(path) = self.state.find().map(|folder| folder.join(FILE)) {
            match inner.written {
                Some(_) => drop(note(&path, &inner.killed, &self.token)),
                None => drop(std::fs::remove_file(path)),
            }
        }
    }

    /// Before the first partial file of this run: leaves the note. Where that cannot be, nothing is lost but tidiness.
    pub fn partial_begins(&self) {
        let mut inner = self.inner();
        if inner.written.is_none()
            && let Ok(Some(folder)) = self.state.make()
        {
            let path = folder.join(FILE);
            // Without room, the next partial file tries again.
            inner.written = note(&path, &inner.killed, &self.token).then_some(path);
        }
    }

    /// The note stays when this run ends: something could not be removed.
    pub fn stay(&self) {
        self.inner().stays = true;
    }
}

/// Returns whether it is written. An earlier note is replaced in one step, or stays as it is.
fn note(path: &std::path::Path, killed: &[String], token: &str) -> bool {
    let lines: String = killed.iter().map(String::as_str).chain([token]).map(|line| format!("{line}\n")).collect();
    let fresh = path.with_extension("new");
    let written = std::fs::write(&fresh, lines).and_then(|()| std::fs::rename(&fresh, path));
    if let Err(error) = &written {
        tracing::debug!(%error, "the note about partial files cannot be written");
        let _was_not_there = std::fs::remove_file(fresh);
    }
    written.is_ok()
}

impl Drop for Marker {
    fn drop(&mut self) {
        let inner = self.inner();
        if let Some(path) = inner.written.as_ref().filter(|_| inner.killed.is_empty() && !inner.stays) {
            let _was_not_there = std::fs::remove_file(path);
        }
    }
}
