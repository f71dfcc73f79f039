//! Hidden names of files and folders that are not complete, and what they tell after a crash.

use crate::clock::now;
use crate::names::random;
use model::FileName;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use store::disk::reserved;

/// Returns the token that starts the names of this run's partial files, after the prefix common to all.
pub fn run_token() -> &'static str {
    static TOKEN: OnceLock<String> = OnceLock::new();
    TOKEN.get_or_init(|| {
        let plain = FileName::new(b"x").expect("is a name");
        let clock = || format!("run{}x{}", std::process::id(), now().0);
        random(8, &plain).map_or_else(|_| clock(), |name| name.display())
    })
}

/// Number of hidden names so far.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// Returns a new name for a partial file, unique across runs of the program.
pub fn partial() -> FileName {
    reserved::partial_name(&format!("{}{}", run_token(), COUNT.fetch_add(1, Relaxed)))
}

/// Precedes the inode in the name of a hidden folder in which an entry waits.
const WAITS: &str = "waits";

/// Returns the name of a hidden folder in which the entry with inode `ino` waits briefly under its own name. If the
/// program is killed meanwhile, [`waiting_inode`] tells which entry must be moved back.
pub fn waiting_folder(ino: u64) -> FileName {
    reserved::partial_name(&format!("{}{}{WAITS}{ino}", run_token(), COUNT.fetch_add(1, Relaxed)))
}

/// Returns the inode in such a name, if the run has this token (or one that begins with it).
pub fn waiting_inode(name: &FileName, token: &str) -> Option<u64> {
    let text = std::str::from_utf8(name.as_bytes()).ok().filter(|_| is_partial_of(name, token))?;
    // Searches only after the token: the token itself may contain the same letters.
    let rest = text.strip_prefix(reserved::PARTIAL_PREFIX)?.strip_prefix(token)?;
    let (_, ino) = rest.strip_suffix(reserved::PARTIAL_SUFFIX)?.rsplit_once(WAITS)?;
    ino.parse().ok()
}

/// Returns whether a name is that of a partial file of the run with this token.
pub fn is_partial_of(name: &FileName, token: &str) -> bool {
    let rest = name.as_bytes().strip_prefix(reserved::PARTIAL_PREFIX.as_bytes());
    !token.is_empty()
        && rest.is_some_and(|rest| rest.starts_with(token.as_bytes()) && reserved::is_partial(name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_names_tell_their_run() {
        assert_ne!(partial(), partial());
        assert!(is_partial_of(&partial(), run_token()));
        assert!(!is_partial_of(&partial(), "other"));
        assert_eq!(
            (waiting_inode(&waiting_folder(77), run_token()), waiting_inode(&waiting_folder(77), "other")),
            (Some(77), None)
        );
        assert!((0..1000).all(|_| waiting_inode(&partial(), run_token()).is_none()));
        for token in ["abcdefg", "abcdefr", "1234567r", "abcwaits", "run12x34"] {
            let of_file = reserved::partial_name(&format!("{token}3"));
            assert_eq!((waiting_inode(&of_file, token), is_partial_of(&of_file, token)), (None, true), "{token}");
        }
    }
}
