//! Files of this computer, as they are sent.

use crate::fault::Fault;
use crate::report::Report;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Marks what is being received.
pub const PARTIAL: &str = ".potluck-partial";

/// A file of this computer.
#[derive(Clone, Debug)]
pub struct LocalFile {
    /// Where it is.
    pub path: PathBuf,
    /// Where it goes, below the folder of the server.
    pub below: PathBuf,
    /// Size in bytes.
    pub size: u64,
    /// Modification time, whole seconds since 1970.
    pub modified: i64,
}

/// Files and empty folders.
#[derive(Debug, Default)]
pub struct LocalTree {
    /// The files, sorted by their paths.
    pub files: Vec<LocalFile>,
    /// Folders with nothing in them, as paths below the folder of the server.
    pub empty: Vec<PathBuf>,
}

/// Lists a file, or a folder with all that is below it. `below`: where it goes. Links to files are followed, links to folders are not:
/// they may lead in a circle.
///
/// # Errors
/// `path` itself cannot be read; what is below it is told as failed.
pub fn list(path: &Path, below: &Path, tree: &mut LocalTree, report: &Report) -> Result<(), Fault> {
    let found = fs::metadata(path).map_err(|error| Fault::Usage(format!("{}: {error}", path.display())))?;
    if !found.is_dir() {
        push_file(path, below, tree, report);
        return Ok(());
    }
    list_folder(path, below, tree, report);
    tree.files.sort_by(|a, b| a.below.cmp(&b.below));
    Ok(())
}

fn list_folder(path: &Path, below: &Path, tree: &mut LocalTree, report: &Report) {
    let shown = || path.display().to_string();
    let entries = match fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
        Ok(entries) => entries,
        Err(error) => return report.failed(&shown(), &Fault::disk("it cannot be listed")(error)),
    };
    if entries.is_empty() {
        tree.empty.push(below.to_owned());
    }
    for entry in entries {
        let (inner, inner_below) = (entry.path(), below.join(entry.file_name()));
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => list_folder(&inner, &inner_below, tree, report),
            Ok(kind) if kind.is_symlink() && inner.is_dir() => {
                report.note(&format!("left out, a link to a folder: {}", inner.display()));
            }
            Ok(_) if entry.file_name().to_string_lossy().ends_with(PARTIAL) => {}
            Ok(_) => push_file(&inner, &inner_below, tree, report),
            Err(error) => report.failed(&inner.display().to_string(), &Fault::disk("it cannot be read")(error)),
        }
    }
}

fn push_file(path: &Path, below: &Path, tree: &mut LocalTree, report: &Report) {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => tree.files.push(LocalFile {
            path: path.to_owned(),
            below: below.to_owned(),
            size: found.len(),
            modified: found.modified().map_or(0, seconds),
        }),
        Ok(_) => report.note(&format!("left out, no regular file: {}", path.display())),
        Err(error) => report.failed(&path.display().to_string(), &Fault::disk("it cannot be read")(error)),
    }
}

/// Returns whole seconds since 1970.
pub fn seconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_secs() as i64,
        Err(before) => -(before.duration().as_secs_f64().ceil() as i64),
    }
}
