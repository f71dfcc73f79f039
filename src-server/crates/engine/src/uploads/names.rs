//! Names of uploaded files: sanitizes requested names, and generates names.

use crate::clock::now;
use crate::error::{EngineError, Result};
use crate::volumes::resolve::reserved_name;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use model::volume::UploadTime;
use model::vpath::NAME_MAX;
use model::{FileName, UnixMillis, VPath};
use sha2::{Digest, Sha256, Sha512};
use std::net::IpAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};
use store::disk::reserved;

/// Names of files that change how a folder looks: accounts that may not read the folder cannot choose them.
const SPECIAL_NAMES: [&[u8]; 4] = [b".prologue.html", b".epilogue.html", b"readme.md", b"preadme.md"];

/// Whether folders may precede a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prefix {
    /// Old clients send the folders of dropped files this way.
    Allowed,
    /// A slash is an error.
    Refused,
}

/// Splits a name as sent by a client into the folders in front and the name to store.
pub(super) fn sanitize(sent: &[u8], prefix: Prefix) -> Result<(VPath, FileName)> {
    let bad = || {
        let shown = String::from_utf8_lossy(sent);
        EngineError::BadRequest(format!("filename contains '/' or is invalid: {shown}"))
    };
    let clean: Vec<u8> = sent.iter().map(|&b| if b == 0 { b'_' } else { b }).collect();
    let (folders, name) = match (prefix, clean.iter().rposition(|&b| b == b'/')) {
        (Prefix::Allowed, Some(slash)) => (VPath::parse(&clean[..slash])?, &clean[slash + 1..]),
        (Prefix::Refused, Some(_)) => return Err(bad()),
        (_, None) => (VPath::root(), &clean[..]),
    };
    let name = match (prefix, name.iter().rposition(|&b| b == b'\\')) {
        (Prefix::Allowed, Some(slash)) => &name[slash + 1..],
        _ => name,
    };
    let name = name.trim_ascii();
    if name.is_empty() || name == b"." || name == b".." {
        return Err(bad());
    }
    if reserved::is_reserved(name) || reserved::holds_reserved(&folders) {
        return Err(reserved_name());
    }
    Ok((folders, shortened(name)))
}

/// Returns the name to use for accounts that may write but not read. Compares without case, because some file systems
/// do.
pub(crate) fn mask_special_name(name: FileName) -> FileName {
    if SPECIAL_NAMES.iter().any(|shown| shown.eq_ignore_ascii_case(name.as_bytes())) {
        shortened(&[b"_wo_", name.as_bytes()].concat())
    } else {
        name
    }
}

/// Shortens a name that is too long: `start~hash.ext`.
fn shortened(name: &[u8]) -> FileName {
    if let Ok(fits) = FileName::new(name) {
        return fits;
    }
    let digest = URL_SAFE_NO_PAD.encode(&Sha512::digest(name)[..12]);
    let (stem, extension) = split(name);
    join_parts(stem, format!("~{digest}").as_bytes(), extension)
}

/// Splits a name into stem and extension with its dot; an extension has at most 16 bytes and a stem in front of it.
fn split(name: &[u8]) -> (&[u8], &[u8]) {
    match name.iter().rposition(|&b| b == b'.') {
        Some(dot) if dot > 0 && name.len() - dot <= 16 => name.split_at(dot),
        _ => (name, b""),
    }
}

/// Joins the parts; shortens `stem` to fit, at a character boundary if it is UTF-8.
fn join_parts(stem: &[u8], middle: &[u8], extension: &[u8]) -> FileName {
    let mut room = NAME_MAX.saturating_sub(middle.len() + extension.len()).min(stem.len());
    if room < stem.len() && std::str::from_utf8(stem).is_ok() {
        while room > 0 && stem[room] & 0xc0 == 0x80 {
            room -= 1;
        }
    }
    let whole = [&stem[..room], middle, extension].concat();
    FileName::new(&whole).expect("short enough, not empty, and made of parts of names")
}

/// Returns the modification time of an uploaded file: the sender's if it is plausible and the volume uses it, else the
/// current time.
pub(super) fn time_of(wanted: Option<UnixMillis>, rule: UploadTime) -> UnixMillis {
    match rule {
        UploadTime::Client => wanted.and_then(UnixMillis::if_plausible).unwrap_or_else(now),
        UploadTime::Arrival => now(),
    }
}

/// Time and sender as they appear in generated names: `1795378504.403956-DUsA5jHz`.
pub(super) struct Mark<'a> {
    /// The program's secret.
    pub secret: &'a [u8; 32],
    /// Address of the sender.
    pub address: IpAddr,
    /// Use the address in plain text.
    pub plain: bool,
}

impl Mark<'_> {
    fn text(&self) -> String {
        let moment = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let address = self.address.to_string();
        let who = if self.plain {
            address.replace(':', ".")
        } else {
            let mut mac = Hmac::<Sha256>::new_from_slice(self.secret).expect("any length will do");
            mac.update(b"address in a name\0");
            mac.update(address.as_bytes());
            let mut digest = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
            digest.truncate(8);
            digest
        };
        format!("{}.{:06}-{who}", moment.as_secs(), moment.subsec_micros())
    }

    /// Returns another name for a file whose name is taken.
    pub fn other(&self, name: &FileName) -> FileName {
        let extension = split(name.as_bytes()).1;
        join_parts(name.as_bytes(), format!("-{}", self.text()).as_bytes(), extension)
    }

    /// Returns the name of a body that was sent without one.
    pub fn put(&self) -> FileName {
        FileName::new(format!("put-{}.bin", self.text()).as_bytes()).expect("short and without slashes")
    }
}

/// Returns where a [`Mark`] with its hyphen begins in a stem, if the stem ends in one.
fn mark_start(stem: &[u8]) -> Option<usize> {
    let is_mark = |tail: &[u8]| {
        let digits = tail.iter().take_while(|b| b.is_ascii_digit()).count();
        let rest = &tail[digits..];
        let micros = rest.get(1..7).is_some_and(|micros| micros.iter().all(u8::is_ascii_digit));
        digits >= 9 && rest.first() == Some(&b'.') && micros && rest.get(7) == Some(&b'-') && rest.len() > 8
    };
    (0..stem.len()).rev().find(|&at| stem[at] == b'-' && is_mark(&stem[at + 1..]))
}

/// Returns whether `name` could be the result of [`Mark::other`] for `asked`.
pub(super) fn is_other(name: &FileName, asked: &FileName) -> bool {
    let extension = split(asked.as_bytes()).1;
    let Some(stem) = name.as_bytes().strip_suffix(extension) else { return false };
    mark_start(stem).is_some_and(|at| join_parts(asked.as_bytes(), &stem[at..], extension) == *name)
}

/// Returns the name without the part that [`Mark::other`] added, if any. (A shortened stem stays shortened.)
pub(super) fn without_mark(name: FileName) -> FileName {
    let start = mark_start(split(name.as_bytes()).0).or_else(|| mark_start(name.as_bytes()));
    start.and_then(|at| FileName::new(&name.as_bytes()[..at]).ok()).unwrap_or(name)
}

/// Returns `length` random letters and digits, with the extension of `like`.
pub(super) fn random(length: u32, like: &FileName) -> Result<FileName> {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut name = Vec::new();
    let length = length.clamp(1, 200) as usize;
    while name.len() < length {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| {
            EngineError::internal(
                "The server could not get random numbers from the operating system.",
                std::io::Error::other(error),
            )
        })?;
        // Six bits each; two of 64 values are skipped, so that all letters are equally likely.
        let letters = bytes.iter().filter_map(|byte| LETTERS.get(usize::from(byte & 63)));
        name.extend(letters.take(length - name.len()));
    }
    Ok(join_parts(&name, b"", split(like.as_bytes()).1))
}

/// Returns the token that starts the names of this run's partial files, after the prefix common to all.
pub(crate) fn run_token() -> &'static str {
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
pub(super) fn partial() -> FileName {
    reserved::partial_name(&format!("{}{}", run_token(), COUNT.fetch_add(1, Relaxed)))
}

/// Precedes the inode in the name of a hidden folder in which an entry waits.
const WAITS: &str = "waits";

/// Returns the name of a hidden folder in which the entry with inode `ino` waits briefly under its own name. If the
/// program is killed meanwhile, [`waiting_inode`] tells which entry must be moved back.
pub(super) fn waiting_folder(ino: u64) -> FileName {
    reserved::partial_name(&format!("{}{}{WAITS}{ino}", run_token(), COUNT.fetch_add(1, Relaxed)))
}

/// Returns the inode in such a name, if the run has this token (or one that begins with it).
pub(super) fn waiting_inode(name: &FileName, token: &str) -> Option<u64> {
    let text = std::str::from_utf8(name.as_bytes()).ok().filter(|_| is_partial_of(name, token))?;
    // Searches only after the token: the token itself may contain the same letters.
    let rest = text.strip_prefix(reserved::PARTIAL_PREFIX)?.strip_prefix(token)?;
    let (_, ino) = rest.strip_suffix(reserved::PARTIAL_SUFFIX)?.rsplit_once(WAITS)?;
    ino.parse().ok()
}

/// Returns whether a name is that of a partial file of the run with this token.
pub(super) fn is_partial_of(name: &FileName, token: &str) -> bool {
    let rest = name.as_bytes().strip_prefix(reserved::PARTIAL_PREFIX.as_bytes());
    !token.is_empty()
        && rest.is_some_and(|rest| rest.starts_with(token.as_bytes()) && reserved::is_partial(name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        check("d/e/a.bin", Prefix::Allowed, "/d/e/a.bin");
        check("../../etc/passwd", Prefix::Allowed, "/etc/passwd");
        check("d/x\\y", Prefix::Allowed, "/d/y");
        for (sent, prefix) in [
            ("a/b", Prefix::Refused),
            ("", Prefix::Refused),
            ("..", Prefix::Refused),
            (" . ", Prefix::Refused),
            ("d/..", Prefix::Allowed),
            ("d/", Prefix::Allowed),
        ] {
            assert!(matches!(sanitize(sent.as_bytes(), prefix), Err(EngineError::BadRequest(_))), "{sent:?}");
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

    #[test]
    fn marks_are_found_again() {
        let name = |text: &str| FileName::new(text.as_bytes()).expect("is a name");
        let long = format!("{}.tar", "é".repeat(120));
        for plain in [false, true] {
            let mark = Mark { secret: &[1; 32], address: [127, 0, 0, 1].into(), plain };
            for asked in ["a.bin", "abc", ".hidden", "x-1795378504.403956-y.z", "-", &long] {
                let other = mark.other(&name(asked));
                assert!(is_other(&other, &name(asked)), "{other:?}");
                assert!(!is_other(&other, &name("b.bin")) && !is_other(&name(asked), &name(asked)), "{other:?}");
                if asked != long {
                    assert_eq!(without_mark(other).display(), asked);
                }
            }
        }
        for plain in ["a", "a-b.c", "a-1795378504.403956.bin", "a-1795378504.40395-abc", "-", "a-1.2-3", "1795378504."]
        {
            assert_eq!(without_mark(name(plain)).display(), plain);
        }
    }

    #[test]
    fn generated_names() {
        let name = |text: &str| FileName::new(text.as_bytes()).expect("is a name");
        let plain = Mark { secret: &[1; 32], address: "::1".parse().expect("parses"), plain: true };
        let other = plain.other(&name("abc.bin")).display();
        assert!(other.starts_with("abc.bin-1") && other.ends_with("-..1.bin"), "{other}");
        assert!(plain.put().display().starts_with("put-"));
        let hidden = Mark { plain: false, ..plain };
        assert!(!hidden.other(&name("a")).display().contains("..1"));
        let random_name = random(9, &name("x.jpeg")).expect("random");
        assert_eq!(random_name.as_bytes().len(), 14);
        assert_ne!(random(9, &name("x")).expect("random"), random(9, &name("x")).expect("random"));
        assert_eq!(mask_special_name(name("README.md")).display(), "_wo_README.md");
        assert_eq!(mask_special_name(name(".PROLOGUE.html")).display(), "_wo_.PROLOGUE.html");
        assert_eq!(mask_special_name(name("other.md")).display(), "other.md");
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
