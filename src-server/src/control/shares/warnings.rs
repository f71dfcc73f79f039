//! Warnings about a share that is about to be saved: secrets on disk, other shares that overlap, too many rights.

use crate::control::admin::ShareWarning;
use model::account::AccountName;
use model::{Perm, Settings, Volume};
use std::path::Path;

/// Maximum number of entries that are checked; more would delay the window.
const MAX_ENTRIES: usize = 2_000;
/// Names that usually hold keys, passwords or money, checked in the folder and its direct subfolders.
const SECRETS: &[&str] = &[
    ".ssh",
    ".gnupg",
    ".aws",
    ".kube",
    ".docker",
    ".password-store",
    ".mozilla",
    ".thunderbird",
    ".config",
    "AppData",
    "Keychains",
    ".env",
    ".netrc",
    ".pgpass",
    ".git-credentials",
    "id_rsa",
    "id_ed25519",
    "id_ecdsa",
    "wallet.dat",
    ".electrum",
    ".bitcoin",
];
/// Suffixes of files that hold keys or passwords.
const SECRET_SUFFIXES: &[&str] = &[".kdbx", ".pem", ".p12", ".pfx", ".ppk", ".keystore"];

/// Returns the warnings for a volume beside the other volumes of `settings`. Blocks; reads at most a few thousand
/// names.
pub fn find(volume: &Volume, settings: &Settings) -> Vec<ShareWarning> {
    let mut found = Vec::new();
    let mut report = |is_serious, sentence: String| found.push(ShareWarning { is_serious, sentence });
    let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    let source = &volume.source;
    if source.parent().is_none() {
        report(true, "This is a whole drive with everything on it. Share one of its folders instead.".into());
    } else if home.as_deref() == Some(source) {
        report(
            true,
            "This is your home folder, with keys, mail and settings. Share a folder inside it instead.".into(),
        );
    } else if home.as_deref().is_some_and(|home| home.starts_with(source)) {
        report(true, "Your home folder is inside this folder and would be shared too.".into());
    }
    let everyone = volume.rights(&AccountName::anonymous(), &[]);
    if everyone.has(Perm::Delete) {
        report(true, "Everyone who can reach this computer could delete files here.".into());
    }
    nested_shares(volume, settings, &mut report);
    // Checked for volumes without grants, too: an invitation or a link may grant rights later without another check.
    contents(volume, &mut report);
    found
}

/// Warns about shares inside each other.
fn nested_shares(volume: &Volume, settings: &Settings, report: &mut dyn FnMut(bool, String)) {
    for other in settings
        .volumes
        .iter()
        .filter(|other| other.mount != volume.mount && !other.flags.off && other.flags.only.is_empty())
    {
        let name = other.mount.display();
        if other.source == volume.source {
            report(false, format!("{name} shares the same folder. Access to either one opens it."));
        } else if other.source.starts_with(&volume.source) {
            report(false, format!("The folder of {name} is inside this one, so it can be opened through both."));
        } else if volume.source.starts_with(&other.source) {
            report(
                false,
                format!("This folder is inside that of {name}, so everyone with access to {name} can open it too."),
            );
        }
    }
}

/// Warns about keys, hidden files, and symlinks that leave the folder.
fn contents(volume: &Volume, report: &mut dyn FnMut(bool, String)) {
    let mut left = MAX_ENTRIES;
    let (mut secrets, mut hidden, mut leaving) = (Vec::new(), 0usize, Vec::new());
    let mut look = |folder: &Path, below: &str, is_top: bool| -> Vec<std::path::PathBuf> {
        let mut folders = Vec::new();
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if left == 0 {
                break;
            }
            left -= 1;
            let name = entry.file_name().to_string_lossy().into_owned();
            let Ok(kind) = entry.file_type() else { continue };
            if is_secret(&name) {
                secrets.push(format!("{below}{name}"));
            }
            if is_top && name.starts_with('.') && name != ".hist" {
                hidden += 1;
            }
            if kind.is_symlink() {
                let target = std::fs::canonicalize(entry.path());
                if target.is_ok_and(|target| !target.starts_with(&volume.source)) {
                    leaving.push(format!("{below}{name}"));
                }
            } else if kind.is_dir() && is_top {
                folders.push(entry.path());
            }
        }
        folders
    };
    for folder in look(&volume.source, "", true) {
        let below = folder.file_name().map(|name| format!("{}/", name.to_string_lossy())).unwrap_or_default();
        look(&folder, &below, false);
    }
    if !secrets.is_empty() {
        let who = if volume.grants.is_empty() { "Every device you invite" } else { "Anyone who can view this folder" };
        let is_hidden = |path: &String| path.split('/').any(|name| name.starts_with('.'));
        let hides = match secrets.iter().any(is_hidden) && !volume.flags.dots_for_all {
            true => " Names that start with a dot are only hidden in lists.",
            false => "",
        };
        report(
            true,
            format!(
                "This folder may contain keys or passwords: {}. {who} could download them.{hides}",
                some_of(&secrets)
            ),
        );
    }
    if !leaving.is_empty() {
        let sentence = "Symbolic links that lead out of this folder are not followed";
        report(false, format!("{sentence}: {}.", some_of(&leaving)));
    }
    if hidden > 0 && volume.flags.dots_for_all {
        report(false, format!("{hidden} hidden files and folders are shown too."));
    }
}

fn is_secret(name: &str) -> bool {
    SECRETS.contains(&name) || SECRET_SUFFIXES.iter().any(|end| name.to_ascii_lowercase().ends_with(end))
}

fn some_of(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(3).map(String::as_str).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::volume::{Grant, Principal, VolumeFlags};
    use model::{PermSet, VPath};

    fn volume(source: &Path, mount: &str, letters: &str) -> Volume {
        let perms = PermSet::parse(letters).expect("letters");
        Volume {
            source: source.to_owned(),
            mount: VPath::parse(mount.as_bytes()).expect("a path"),
            grants: vec![Grant { perms, to: vec![Principal::Everyone], except: Vec::new() }],
            flags: VolumeFlags::default(),
        }
    }

    fn sentences(volume: &Volume, settings: &Settings) -> String {
        find(volume, settings).into_iter().map(|warning| warning.sentence + "\n").collect()
    }

    #[test]
    fn keys_and_drives_are_reported() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(folder.path().join("ann/.ssh")).expect("made");
        std::fs::write(folder.path().join("all.KDBX"), "x").expect("written");
        let found = sentences(&volume(folder.path(), "a", "r"), &Settings::default());
        assert!(found.contains("ann/.ssh") && found.contains("all.KDBX"), "{found}");
        let mine = Volume { grants: Vec::new(), ..volume(folder.path(), "a", "r") };
        let found = sentences(&mine, &Settings::default());
        assert!(found.contains("ann/.ssh") && found.contains("Every device you invite"), "{found}");
        let drive = sentences(&volume(Path::new("/"), "a", "rwmd"), &Settings::default());
        assert!(drive.contains("whole drive") && drive.contains("delete"), "{drive}");
        std::fs::remove_dir_all(folder.path().join("ann")).expect("removed");
        std::fs::remove_file(folder.path().join("all.KDBX")).expect("removed");
        assert_eq!(sentences(&volume(folder.path(), "a", "r"), &Settings::default()), "");
    }

    #[cfg(unix)]
    #[test]
    fn links_out_and_nested_shares_are_reported() {
        let folder = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink("/etc", folder.path().join("out")).expect("linked");
        std::fs::create_dir(folder.path().join("sub")).expect("made");
        std::os::unix::fs::symlink("sub", folder.path().join("in")).expect("linked");
        let inner = volume(&folder.path().join("sub"), "b", "r");
        let settings = Settings { volumes: vec![inner.clone()], ..Settings::default() };
        let source = std::fs::canonicalize(folder.path()).expect("there");
        let mut outer = volume(&source, "a", "r");
        let found = sentences(&outer, &settings);
        assert!(found.contains("not followed: out.") && !found.contains("in,"), "{found}");
        outer.source = folder.path().to_owned();
        assert!(sentences(&outer, &settings).contains("The folder of /b is inside this one"));
        let settings = Settings { volumes: vec![outer], ..Settings::default() };
        assert!(sentences(&inner, &settings).contains("This folder is inside that of /a"));
    }
}
