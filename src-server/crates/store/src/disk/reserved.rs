//! Names that are reserved for the server. No protocol lets a client see, fetch, list, archive or create them; only
//! deleting a folder deletes them with it.
//!
//! Case is ignored: on a case-insensitive file system `.HIST` would open `.hist`.

use model::{FileName, VPath};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The folder where a volume keeps its state and the earlier versions of edited texts.
pub const HIST: &str = ".hist";
/// Prefix of the name of an unfinished file.
pub const PARTIAL_PREFIX: &str = ".up2k-";
/// Suffix of the name of an unfinished file.
pub const PARTIAL_SUFFIX: &str = ".PARTIAL";

/// Whether a name is reserved.
pub const fn is_reserved(name: &[u8]) -> bool {
    if name.is_empty() || name[0] != b'.' {
        return false;
    }
    name.eq_ignore_ascii_case(HIST.as_bytes()) || is_partial(name)
}

/// Whether a name is that of an unfinished file.
pub const fn is_partial(name: &[u8]) -> bool {
    let Some((start, rest)) = name.split_at_checked(PARTIAL_PREFIX.len()) else { return false };
    if !start.eq_ignore_ascii_case(PARTIAL_PREFIX.as_bytes()) || rest.len() < PARTIAL_SUFFIX.len() {
        return false;
    }
    let (_, end) = rest.split_at(rest.len() - PARTIAL_SUFFIX.len());
    end.eq_ignore_ascii_case(PARTIAL_SUFFIX.as_bytes())
}

/// Whether any component of a path is reserved.
pub fn holds_reserved(path: &VPath) -> bool {
    path.components().any(is_reserved)
}

/// Returns the name of an upload's partial file. `token`: letters and digits, unique in its folder.
pub fn partial_name(token: &str) -> FileName {
    let token: String = token.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    FileName::new(format!("{PARTIAL_PREFIX}{token}{PARTIAL_SUFFIX}").as_bytes()).expect("short, and only letters")
}

/// Returns a hidden name for an entry while two names are exchanged in steps. It is unique, because two exchanges in
/// one folder, concurrent or after an interrupted one, must not replace each other's entries.
pub(crate) fn temporary_name() -> FileName {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    partial_name(&format!("x{}x{since}x{number}", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_and_ordinary_names() {
        for reserved in [".hist", ".HIST", ".up2k-abc.PARTIAL", ".up2k-.partial", ".UP2K-x y.Partial"] {
            assert!(is_reserved(reserved.as_bytes()), "{reserved}");
        }
        for ordinary in ["hist", ".history", ".his", "", ".up2k-abc", "up2k-abc.PARTIAL", ".up2k.PARTIAL", "x.PARTIAL"]
        {
            assert!(!is_reserved(ordinary.as_bytes()), "{ordinary}");
        }
        assert!(is_partial(partial_name("../x/Y9").as_bytes()));
        assert_eq!(partial_name("../x/Y9").as_bytes(), b".up2k-xY9.PARTIAL");
        let path = |text: &str| VPath::parse(text.as_bytes()).expect("parses");
        assert!(holds_reserved(&path("a/.hist/b")));
        assert!(!holds_reserved(&path("a/b.hist/c")));
    }
}
