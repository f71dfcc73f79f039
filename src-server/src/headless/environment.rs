//! The surroundings that reading settings asks for: files, folders, variables.

use model::settings::{FileKind, ParseEnv};
use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Calls `read` with this process's surroundings.
pub fn with<T>(read: impl FnOnce(&ParseEnv<'_>) -> T) -> T {
    let cwd = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
    let dirs = directories::BaseDirs::new();
    read(&ParseEnv {
        cwd: &cwd,
        home: dirs.as_ref().map(|dirs| dirs.home_dir()),
        kind_of: &kind_of,
        read_file: &|path| std::fs::read_to_string(path).map_err(|error| error.to_string()),
        list_dir: &list_dir,
        var: &|name| std::env::var(name).ok(),
    })
}

fn kind_of(path: &Path) -> FileKind {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => FileKind::Folder,
        Ok(_) => FileKind::File,
        Err(_) => FileKind::Missing,
    }
}

fn list_dir(path: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(path).map_err(|error| error.to_string())?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(|error| error.to_string())).collect()
}

/// Prints the hash of a password, asking for one if none was given.
pub fn print_hash(password: Option<String>) -> ExitCode {
    let password = password.map_or_else(ask, Ok);
    match password.map(|password| engine::accounts::hash_password(&password)) {
        Ok(Ok(hash)) => {
            super::greeting::print(&format!("{hash}\n"));
            ExitCode::SUCCESS
        }
        Ok(Err(error)) => fail(&error.to_string()),
        Err(error) => fail(&error.to_string()),
    }
}

fn fail(text: &str) -> ExitCode {
    eprintln!("error: {text}");
    ExitCode::FAILURE
}

fn ask() -> io::Result<String> {
    if io::stdin().is_terminal() {
        eprintln!("password (it is shown while you type):");
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
