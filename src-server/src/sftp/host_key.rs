//! The file of the key by which clients know the server. A client that has seen another one before refuses to connect, so the
//! key is made once, and survives a loss of power.

use crate::control::admin::{ControlError, ErrorCode};
use edge_sftp::HostKey;
use std::fmt::Display;
use std::io;
use std::path::Path;

/// The name that OpenSSH gives to such a file.
const NAME: &str = "ssh_host_ed25519_key";

/// Reads the key in `folder`, or makes it. Blocks.
///
/// # Errors
/// `CannotStart`: the file cannot be read or made, or holds no such key.
pub(super) fn load(folder: &Path) -> Result<HostKey, ControlError> {
    let path = folder.join(NAME);
    let failed = |error: &dyn Display| {
        let sentence = format!(
            "'{}', the key by which SFTP clients know this server, cannot be used: {error}. Fix that, name another folder \
             with --sftp-hostk, or turn SFTP off (--sftp 0).",
            path.display()
        );
        ControlError::new(ErrorCode::CannotStart, sentence)
    };
    store::state_folder::make(folder).map_err(|error| failed(&error))?;
    let text = store::state_folder::read_or_make(folder, NAME, new_key).map_err(|error| failed(&error))?;
    let text = std::str::from_utf8(&text).map_err(|error| failed(&error))?;
    HostKey::parse(text).map_err(|error| failed(&error))
}

fn new_key() -> io::Result<Vec<u8>> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(io::Error::other)?;
    HostKey::from_seed(&seed).print().map(String::into_bytes).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let state = folder.path().join("state");
        let first = load(&state).expect("a key").fingerprint();
        assert_eq!(load(&state).expect("the same key").fingerprint(), first);
        assert_eq!(std::fs::read_dir(&state).expect("a folder").count(), 1, "nothing is left over");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(state.join(NAME)).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_damaged_key_is_not_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(NAME), "damaged").expect("writes");
        let error = load(folder.path()).expect_err("refused");
        assert!(error.sentence.contains(NAME), "{error}");
        assert_eq!(std::fs::read(folder.path().join(NAME)).expect("reads"), b"damaged");
    }
}
