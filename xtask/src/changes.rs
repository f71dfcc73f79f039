//! Whether a run of the tests changed a file of the checkout, as git sees it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::proc;

/// The files that differ from the commit, or are unknown to git and not ignored, each with a digest of its content.
#[derive(Debug, PartialEq, Eq)]
pub struct Changes(BTreeMap<String, String>);

/// Reads the changes of the checkout at `root`; `None` where git or its folder is missing, as in a source archive.
pub fn of(root: &Path) -> Option<Changes> {
    let listed = git(root, &["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all"])?;
    let paths = listed.split('\0').filter_map(|entry| entry.get(3..)).filter(|path| !path.is_empty());
    let digest = |path: &str| git(root, &["hash-object", "--no-filters", "--", path]).unwrap_or_default();
    Some(Changes(paths.map(|path| (path.to_owned(), digest(path))).collect()))
}

impl Changes {
    /// The names of the files that have changed since `self` was read, separated by commas; `None`: no file has.
    pub fn since(&self, root: &Path) -> Option<String> {
        let now = of(root)?;
        let is_news = |path: &&String| self.0.get(*path) != now.0.get(*path);
        let mut names: Vec<&String> = self.0.keys().chain(now.0.keys()).filter(is_news).collect();
        names.sort();
        names.dedup();
        (!names.is_empty()).then(|| names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", "))
    }
}

fn git(root: &Path, args: &[&str]) -> Option<String> {
    proc::output(Command::new("git").arg("-C").arg(root).args(args))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_changed_a_new_and_a_removed_file_are_named() {
        let folder = std::env::temp_dir().join(format!("potluck-changes-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let run = |args: &[&str]| git(&folder, args).expect("git runs");
        run(&["init", "--quiet"]);
        for name in ["kept", "edited", "gone", ".gitignore"] {
            fs::write(folder.join(name), "ignored\n").expect("writes");
        }
        run(&["add", "."]);
        run(&["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", "a"]);
        fs::write(folder.join("edited"), "before the run").expect("writes");
        let before = of(&folder).expect("a checkout");
        assert_eq!(before.since(&folder), None);

        fs::write(folder.join("edited"), "by the run").expect("writes");
        fs::write(folder.join("new"), "").expect("writes");
        fs::write(folder.join("ignored"), "").expect("writes");
        fs::remove_file(folder.join("gone")).expect("removes");
        assert_eq!(before.since(&folder).as_deref(), Some("edited, gone, new"));
        fs::remove_dir_all(&folder).expect("cleans up");
    }
}
