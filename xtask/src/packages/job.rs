//! A packaging job: its folders and its profile, and how the packages of every platform write files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::proc;
use crate::workspace::Workspace;

/// The package of the desktop app, that of the server, and what their programs are called.
pub const CRATES: [(&str, &str); 2] = [("potluck", "potluck"), ("server", "potluck-server")];

/// The context of a packaging job.
pub struct Job<'a> {
    /// The workspace that is packaged.
    pub workspace: &'a Workspace,
    /// The folder of the results.
    pub out: PathBuf,
    /// The version of the workspace.
    pub version: String,
    /// How the programs are built.
    pub profile: Profile,
}

/// A profile of cargo.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Unoptimised.
    Debug,
    /// As people get it.
    Release,
}

impl Profile {
    /// The name of its folder in cargo's target folder.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }

    /// The name of the profile in cargo.
    pub fn name(self) -> &'static str {
        match self {
            Self::Debug => "dev",
            Self::Release => "release",
        }
    }
}

impl Job<'_> {
    /// `cargo build` with the job's profile for both programs at once, so that they share their dependencies.
    pub fn cargo_build(&self, cargo: &Path) -> Command {
        let mut command =
            proc::command(cargo, &["build", "--locked", "--profile", self.profile.name()], &self.workspace.root);
        command.args(CRATES.iter().flat_map(|(package, _)| ["--package", package]));
        command
    }

    /// The built programs of this computer's own kind.
    pub fn programs(&self) -> PathBuf {
        self.workspace.target.join(self.profile.folder())
    }

    /// A static part.
    pub fn part(&self, name: &str) -> PathBuf {
        self.workspace.root.join("packaging").join(name)
    }
}

/// Makes an empty folder; removes an existing one.
///
/// # Errors
/// The error of the file system, with the path.
pub fn fresh(folder: &Path) -> Result<(), String> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))
}

/// Copies a file.
///
/// # Errors
/// The error of the file system, with both paths.
pub fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to).map(drop).map_err(|e| format!("{} to {}: {e}", from.display(), to.display()))
}

/// Writes a text file.
///
/// # Errors
/// The error of the file system, with the path.
pub fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}
