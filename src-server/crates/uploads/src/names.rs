//! Names and times of uploaded files as their senders ask for them.

use model::volume::UploadTime;
use model::{FileName, UnixMillis, VPath};
use store::disk::reserved;
use vfs::clock::now;
use vfs::error::{EngineError, Result, Unfit};
use vfs::names::shortened;
use vfs::volumes::resolve::reserved_name;

/// Whether folders may precede a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prefix {
    /// Old clients send the folders of dropped files this way.
    Allowed,
    /// A slash is an error.
    Refused,
    /// A slash is an error, and blanks at the ends belong to the name: the sender will look for exactly this one.
    RefusedAndExact,
}

impl Prefix {
    /// What a whole body's name may contain.
    pub fn of_body(exact_name: bool) -> Self {
        if exact_name { Self::RefusedAndExact } else { Self::Refused }
    }
}

/// Splits a name as sent by a client into the folders in front and the name to store.
pub(super) fn sanitize(sent: &[u8], prefix: Prefix) -> Result<(VPath, FileName)> {
    let bad = || {
        let shown = String::from_utf8_lossy(sent);
        EngineError::from(Unfit::Name(shown.into_owned()))
    };
    let clean: Vec<u8> = sent.iter().map(|&b| if b == 0 { b'_' } else { b }).collect();
    let (folders, name) = match (prefix, clean.iter().rposition(|&b| b == b'/')) {
        (Prefix::Allowed, Some(slash)) => (VPath::parse(&clean[..slash])?, &clean[slash + 1..]),
        (Prefix::Refused | Prefix::RefusedAndExact, Some(_)) => return Err(bad()),
        (_, None) => (VPath::root(), &clean[..]),
    };
    let name = match (prefix, name.iter().rposition(|&b| b == b'\\')) {
        (Prefix::Allowed, Some(slash)) => &name[slash + 1..],
        _ => name,
    };
    let name = if prefix == Prefix::RefusedAndExact { name } else { name.trim_ascii() };
    if name.is_empty() || name == b"." || name == b".." {
        return Err(bad());
    }
    if reserved::is_reserved(name) || reserved::holds_reserved(&folders) {
        return Err(reserved_name());
    }
    Ok((folders, shortened(name)))
}

/// Returns the modification time of an uploaded file: the sender's if it is plausible and the volume uses it, else the
/// current time.
pub(super) fn time_of(wanted: Option<UnixMillis>, rule: UploadTime) -> UnixMillis {
    match rule {
        UploadTime::Client => wanted.and_then(UnixMillis::if_plausible).unwrap_or_else(now),
        UploadTime::Arrival => now(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vfs::error::Invalid;
    use vfs::names::Mark;

    fn check(sent: &str, prefix: Prefix, want: &str) {
        let got = sanitize(sent.as_bytes(), prefix);
        let got = got.map(|(folders, name)| folders.join(&name).display()).unwrap_or_else(|error| error.to_string());
        assert_eq!(got, want, "{sent:?}");
    }

    #[test]
    fn names_are_sanitized() {
        check("a.bin", Prefix::Refused, "/a.bin");
        check(" a.bin\t", Prefix::Refused, "/a.bin");
        check("a\0b", Prefix::Refused, "/a_b");
        check("back\\slash", Prefix::Refused, "/back\\slash");
        check(" a ", Prefix::RefusedAndExact, "/ a ");
        check("d/e/a.bin", Prefix::Allowed, "/d/e/a.bin");
        check("../../etc/passwd", Prefix::Allowed, "/etc/passwd");
        check("d/x\\y", Prefix::Allowed, "/d/y");
        for (sent, prefix) in [
            ("a/b", Prefix::Refused),
            ("", Prefix::Refused),
            ("..", Prefix::RefusedAndExact),
            ("a/b", Prefix::RefusedAndExact),
            ("..", Prefix::Refused),
            (" . ", Prefix::Refused),
            ("d/..", Prefix::Allowed),
            ("d/", Prefix::Allowed),
        ] {
            assert!(
                matches!(sanitize(sent.as_bytes(), prefix), Err(EngineError::Invalid(Invalid::Unfit(_)))),
                "{sent:?}"
            );
        }
        for ours in [".hist", ".HIST", ".up2k-x.PARTIAL"] {
            assert!(sanitize(ours.as_bytes(), Prefix::Refused).is_err(), "{ours}");
        }
        assert!(sanitize(b".hist/x", Prefix::Allowed).is_err());
    }

    #[test]
    fn long_names_are_cut() {
        let long = format!("{}.tar", "é".repeat(200));
        let (_, name) = sanitize(long.as_bytes(), Prefix::Refused).expect("is cut");
        assert!(name.as_bytes().len() <= 255 && name.as_bytes().ends_with(b".tar"));
        let text = std::str::from_utf8(name.as_bytes()).expect("not cut inside a letter");
        assert!(text.contains('~'));
        let mark = Mark { secret: &[1; 32], address: [127, 0, 0, 1].into(), plain: false };
        assert!(mark.other(&name).as_bytes().ends_with(b".tar"));
    }
}
