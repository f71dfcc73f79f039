//! The environment that reading settings depends on: files, folders, variables. Blocks.

use model::config::{FileKind, ParseEnv};
use std::path::{Path, PathBuf};

/// Calls `read` with the environment of this process.
pub fn with<T>(read: impl FnOnce(&ParseEnv<'_>) -> T) -> T {
    let cwd = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
    with_cwd(&cwd, read)
}

/// The same, with relative paths based on `cwd`.
pub fn with_cwd<T>(cwd: &Path, read: impl FnOnce(&ParseEnv<'_>) -> T) -> T {
    let dirs = directories::BaseDirs::new();
    read(&ParseEnv {
        cwd,
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
