//! Finds programs in `PATH`.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A program of the host, or a task of this program that runs in a process of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program(pub(super) Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File(PathBuf),
    /// A name that [`run_if_launcher`](super::run_if_launcher) knows.
    OwnTask(&'static str),
}

impl Program {
    /// Returns the program of that name in `PATH`; `None` if there is none. The answer is kept as long as the server
    /// runs: a program that is installed later is used after a restart.
    ///
    /// Relative entries of `PATH` are skipped, so that what runs does not depend on the working directory.
    pub fn find(name: &str) -> Option<Self> {
        static FOUND: LazyLock<Mutex<HashMap<String, Option<Program>>>> = LazyLock::new(Mutex::default);
        let look = || search(name, std::env::var_os("PATH").as_deref());
        FOUND.lock().entry(name.to_owned()).or_insert_with(look).clone()
    }

    /// Returns the program at an absolute path; `None` for other paths.
    pub fn at(path: &Path) -> Option<Self> {
        path.is_absolute().then(|| Self(Kind::File(path.to_owned())))
    }

    /// Returns whether it is an executable file now.
    pub fn is_executable(&self) -> bool {
        match &self.0 {
            Kind::File(path) => super::platform::is_executable(path),
            Kind::OwnTask(_) => true,
        }
    }

    /// Returns the task of that name of this program.
    pub fn own_task(name: &'static str) -> Self {
        Self(Kind::OwnTask(name))
    }
}

fn search(name: &str, path: Option<&OsStr>) -> Option<Program> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let folders = std::env::split_paths(path?).filter(|folder| folder.is_absolute());
    folders
        .map(|folder| folder.join(&file))
        .find(|path| super::platform::is_executable(path))
        .map(|path| Program(Kind::File(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn only_executable_files_in_absolute_folders_are_programs() {
        use std::os::unix::fs::PermissionsExt;
        let tmp = tempfile::tempdir().expect("a folder");
        let (first, second) = (tmp.path().join("first"), tmp.path().join("second"));
        for (folder, mode) in [(&first, 0o644), (&second, 0o755)] {
            std::fs::create_dir(folder).expect("makes a folder");
            std::fs::write(folder.join("tool"), "").expect("writes");
            std::fs::set_permissions(folder.join("tool"), PermissionsExt::from_mode(mode)).expect("sets the mode");
        }
        std::fs::create_dir(first.join("folder")).expect("makes a folder");
        let path = std::env::join_paths([Path::new("."), Path::new(""), &first, &second]).expect("joins");
        assert_eq!(search("tool", Some(&path)), Some(Program(Kind::File(second.join("tool")))));
        assert_eq!(search("folder", Some(&path)), None);
        assert_eq!(search("tool", None), None);
        assert_eq!(search("tool", Some(OsStr::new("relative:.:"))), None);
        assert_eq!(Program::at(Path::new("tool")), None);
    }
}
