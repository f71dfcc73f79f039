//! Names that belong to the program. Nobody can see, fetch, list, archive or make them through any door; only deleting
//! a folder takes them with it.
//!
//! Letters count in either case: on a file system that folds names `.HIST` would open `.hist`.

use model::{FileName, VPath};

/// The folder where a volume keeps its state, and texts their earlier versions.
pub const HIST: &str = ".hist";
/// How the name of an unfinished file begins.
pub const PARTIAL_PREFIX: &str = ".up2k-";
/// How the name of an unfinished file ends.
pub const PARTIAL_SUFFIX: &str = ".PARTIAL";

/// Whether a name is one of ours.
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

/// Whether any component of a path is one of ours.
pub fn holds_reserved(path: &VPath) -> bool {
    path.components().any(is_reserved)
}

/// The name of the unfinished file of an upload; `token`: letters and digits that are its own in that folder.
pub fn partial_name(token: &str) -> FileName {
    let token: String = token.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    FileName::new(format!("{PARTIAL_PREFIX}{token}{PARTIAL_SUFFIX}").as_bytes()).expect("short, and only letters")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_and_theirs() {
        for ours in [".hist", ".HIST", ".up2k-abc.PARTIAL", ".up2k-.partial", ".UP2K-x y.Partial"] {
            assert!(is_reserved(ours.as_bytes()), "{ours}");
        }
        for theirs in ["hist", ".history", ".his", "", ".up2k-abc", "up2k-abc.PARTIAL", ".up2k.PARTIAL", "x.PARTIAL"] {
            assert!(!is_reserved(theirs.as_bytes()), "{theirs}");
        }
        assert!(is_partial(partial_name("../x/Y9").as_bytes()));
        assert_eq!(partial_name("../x/Y9").as_bytes(), b".up2k-xY9.PARTIAL");
        let path = |text: &str| VPath::parse(text.as_bytes()).expect("parses");
        assert!(holds_reserved(&path("a/.hist/b")));
        assert!(!holds_reserved(&path("a/b.hist/c")));
    }
}
