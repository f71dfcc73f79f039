//! Where a volume keeps its state (ledger, earlier versions of texts). Folder names are compatible with copyparty's
//! `--hist`.

use crate::platform::{create_private_folder, make_private_folder};
use sha2::{Digest, Sha512};
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Location of the state of one volume; the folder need not exist yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateLocation {
    /// This folder (`.hist` inside the volume, or a volume's own `hist=DIR`).
    Folder(PathBuf),
    /// A subfolder of one folder for all volumes (`--hist DIR`), named after the volume's real path.
    Below {
        /// The folder for all volumes.
        all: PathBuf,
        /// The volume's folder on the host, with symlinks resolved.
        volume: PathBuf,
    },
    /// No folder: state is kept in memory.
    Memory,
}

const OWNER: &str = "owner.txt";

impl fmt::Display for StateLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) | Self::Below { all: path, .. } => write!(f, "{}", path.display()),
            Self::Memory => f.write_str("memory"),
        }
    }
}

impl StateLocation {
    /// Chooses the location: the volume's own setting, else a subfolder of the folder for all, else `.hist` in the
    /// volume.
    pub fn choose(source: &Path, own: Option<&Path>, all: Option<&Path>) -> Self {
        match (own, all) {
            (Some(own), _) => Self::Folder(own.to_owned()),
            (None, Some(all)) => {
                Self::Below { all: all.to_owned(), volume: source.canonicalize().unwrap_or_else(|_| source.to_owned()) }
            }
            (None, None) => Self::Folder(source.join(crate::disk::reserved::HIST)),
        }
    }

    /// Returns the folder if it exists already.
    pub fn find(&self) -> Option<PathBuf> {
        match self {
            Self::Folder(path) => path.is_dir().then(|| path.clone()),
            Self::Below { all, volume } => {
                candidates(all, volume).find(|folder| owner(folder).as_ref() == Some(volume))
            }
            Self::Memory => None,
        }
    }

    /// Removes the permissions of other users from an existing folder, which earlier versions, copyparty or a copy of
    /// the volume may have left readable. A folder that the settings name (`hist=DIR`) keeps its mode: it may hold
    /// other things.
    ///
    /// # Errors
    /// File system errors.
    pub fn close_to_others(&self) -> io::Result<()> {
        let is_ours = match self {
            Self::Folder(path) => path.ends_with(crate::disk::reserved::HIST),
            Self::Below { .. } => true,
            Self::Memory => false,
        };
        self.find().filter(|_| is_ours).map_or(Ok(()), |folder| crate::platform::close_to_others(&folder))
    }

    /// Returns the folder, created if missing; `None` if the state is kept in memory.
    ///
    /// # Errors
    /// File system errors.
    pub fn make(&self) -> io::Result<Option<PathBuf>> {
        if let Some(folder) = self.find() {
            return Ok(Some(folder));
        }
        match self {
            // The folder of the volume itself is never created: its disk may be unmounted, and a new folder would hide
            // the mount point's content.
            Self::Folder(path) if path.ends_with(crate::disk::reserved::HIST) => {
                create_private_folder(path)?;
                Ok(Some(path.clone()))
            }
            Self::Folder(path) => {
                make_private_folder(path)?;
                Ok(Some(path.clone()))
            }
            Self::Below { all, volume } => {
                make_private_folder(all)?;
                for folder in candidates(all, volume) {
                    match create_private_folder(&folder) {
                        Ok(()) => {
                            record_owner(&folder, volume)?;
                            return Ok(Some(folder));
                        }
                        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                        Err(error) => return Err(error),
                    }
                }
                Err(io::Error::other("all names for the state folder are taken"))
            }
            Self::Memory => Ok(None),
        }
    }
}

/// Candidate folders, shortest name first: prefixes of the base32 form of the SHA-512 of the volume's path.
fn candidates<'a>(all: &'a Path, volume: &Path) -> impl Iterator<Item = PathBuf> + 'a {
    let name = base32(&Sha512::digest(volume.as_os_str().as_encoded_bytes())[..40]);
    (1..=name.len()).map(move |length| all.join(&name[..length]))
}

/// Records the volume of a new state folder durably: after a loss of power a folder without its owner would be skipped,
/// and with it the ledger and the run marker.
fn record_owner(folder: &Path, volume: &Path) -> io::Result<()> {
    let mut file = fs::File::create(folder.join(OWNER))?;
    file.write_all(volume.as_os_str().as_encoded_bytes())?;
    file.sync_all()?;
    for changed in [Some(folder), folder.parent()].into_iter().flatten() {
        // Not every system can sync a folder.
        let _cannot_be_synced = fs::File::open(changed).and_then(|open| open.sync_all());
    }
    Ok(())
}

fn owner(folder: &Path) -> Option<PathBuf> {
    let text = fs::read(folder.join(OWNER)).ok()?;
    // Written in the same encoding by this program and by copyparty.
    String::from_utf8(text).ok().map(PathBuf::from)
}

/// RFC 4648 base32 in lower case, without padding. `bytes`: a multiple of 5.
fn base32(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut text = String::with_capacity(bytes.len() * 8 / 5);
    for five in bytes.chunks(5) {
        let group = five.iter().fold(0u64, |sum, &byte| sum << 8 | u64::from(byte));
        for digit in (0..8).rev() {
            text.push(DIGITS[(group >> (5 * digit) & 31) as usize] as char);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_copyparty() {
        let music = Path::new("/mnt/nas/music");
        let first = candidates(Path::new("/x"), music).nth(11).expect("long enough");
        assert_eq!(first, Path::new("/x/k5po3u6r3664"));
    }

    #[test]
    fn the_folder_of_a_missing_volume_is_not_created() {
        let tmp = tempfile::tempdir().expect("temp folder");
        let stick = tmp.path().join("stick");
        let state = StateLocation::choose(&stick, None, None);
        assert!(state.make().is_err());
        assert!(!stick.exists());
        fs::create_dir(&stick).expect("mkdir");
        assert_eq!(state.make().expect("makes"), Some(stick.join(".hist")));
        assert_eq!(state.make().expect("is there"), Some(stick.join(".hist")));
        let own = StateLocation::choose(&stick, Some(&tmp.path().join("a/b")), None);
        assert!(own.make().expect("makes").expect("a folder").is_dir());
    }

    #[test]
    fn volumes_never_share_a_state_folder() {
        let tmp = tempfile::tempdir().expect("temp folder");
        let state = |volume: &str| StateLocation::Below { all: tmp.path().into(), volume: volume.into() };
        let mut seen = std::collections::HashSet::new();
        for i in 0..100 {
            let volume = format!("/srv/{i}");
            assert_eq!(state(&volume).find(), None);
            let made = state(&volume).make().expect("makes").expect("is a folder");
            assert_eq!(state(&volume).find(), Some(made.clone()), "found again");
            assert!(seen.insert(made), "its own");
        }
        let own = StateLocation::choose(Path::new("/a"), None, None);
        assert_eq!(own, StateLocation::Folder("/a/.hist".into()));
    }

    /// A ledger names every upload and its address, so other users of the machine must not read it.
    #[cfg(unix)]
    #[test]
    fn new_folders_are_closed_to_other_users() {
        use std::os::unix::fs::PermissionsExt;
        let scratch = tempfile::tempdir().expect("a folder");
        let at = |name: &str| scratch.path().join(name);
        let volume = at("volume");
        fs::create_dir(&volume).expect("a folder");
        for state in [
            StateLocation::Folder(volume.join(".hist")),
            StateLocation::Folder(at("own/hist")),
            StateLocation::Below { all: at("all"), volume: volume.clone() },
        ] {
            let folder = state.make().expect("makes").expect("a folder");
            let mode = fs::metadata(&folder).expect("is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{folder:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn existing_folders_are_closed_unless_configured_by_name() {
        use std::os::unix::fs::PermissionsExt;
        let scratch = tempfile::tempdir().expect("a folder");
        let at = |name: &str| scratch.path().join(name);
        let below = StateLocation::Below { all: at("all"), volume: at("v") };
        let made = below.make().expect("makes").expect("a folder");
        fs::create_dir_all(at("w")).expect("a folder");
        for (state, folder, want) in [
            (StateLocation::Folder(at("v/.hist")), at("v/.hist"), 0o700),
            (below, made, 0o700),
            (StateLocation::Folder(at("chosen")), at("chosen"), 0o755),
            (StateLocation::Folder(at("missing/.hist")), scratch.path().to_owned(), 0o755),
        ] {
            fs::create_dir_all(&folder).expect("a folder");
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("opens it");
            state.close_to_others().expect("closes");
            let mode = fs::metadata(&folder).expect("is there").permissions().mode();
            assert_eq!(mode & 0o777, want, "{folder:?}");
        }
        std::os::unix::fs::symlink(at("chosen"), at("w/.hist")).expect("a link");
        assert!(StateLocation::Folder(at("w/.hist")).close_to_others().is_err(), "links are not followed");
        assert_eq!(fs::metadata(at("chosen")).expect("is there").permissions().mode() & 0o777, 0o755);
    }
}
