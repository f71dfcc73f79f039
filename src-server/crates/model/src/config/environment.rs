//! What parsing needs of the process: its folders, files and variables, as functions of the caller.

use std::path::{Path, PathBuf};

/// The type of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A folder.
    Folder,
    /// Any other file.
    File,
    /// It does not exist, or is not accessible.
    Missing,
}

/// The environment of the process, as far as parsing needs it.
pub struct ParseEnv<'a> {
    /// The working directory, absolute.
    pub cwd: &'a Path,
    /// The user's home folder, if known.
    pub home: Option<&'a Path>,
    /// Returns the type of a file; follows links.
    pub kind_of: &'a dyn Fn(&Path) -> FileKind,
    /// Returns the text of a file, or the reason why it cannot be read.
    pub read_file: &'a dyn Fn(&Path) -> Result<String, String>,
    /// Returns the entries of a folder as full paths in any order, or the reason why it cannot be listed.
    pub list_dir: &'a dyn Fn(&Path) -> Result<Vec<PathBuf>, String>,
    /// Returns an environment variable.
    pub var: &'a dyn Fn(&str) -> Option<String>,
}

/// Makes a path absolute: `~` is the home folder, relative paths start from `base`.
pub(super) fn expand(text: &str, base: &Path, env: &ParseEnv<'_>) -> Result<PathBuf, String> {
    if text.is_empty() {
        return Err("A path is missing.".into());
    }
    if text.contains('\0') {
        return Err("A path cannot contain a NUL byte.".into());
    }
    let below_home = match text.strip_prefix('~') {
        Some("") => Some(""),
        Some(rest) if rest.starts_with(['/', '\\']) => Some(&rest[1..]),
        _ => None,
    };
    let path = match (below_home, env.home) {
        (Some(below), Some(home)) => home.join(below),
        (Some(_), None) => return Err(format!("'{text}' starts from the home folder, which is not known here.")),
        (None, _) => base.join(text),
    };
    // Collecting the components drops `.`, double slashes and a trailing slash; `..` stays, since only the file system
    // knows the parent of a symbolic link.
    Ok(path.components().collect())
}
