//! Names that the server gives to files: shortened, random, and marked ones for files whose name is taken.

use crate::error::Result;
use crate::random;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use model::FileName;
use model::page_list_flags::PageListFlags;
use model::vpath::NAME_MAX;
use sha2::{Digest, Sha256, Sha512};
use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

/// Names of files that change how a folder looks: accounts that may not read the folder cannot choose them. What a volume calls its
/// texts instead (`flags`) is added to them.
const SPECIAL_NAMES: [&[u8]; 4] = [b".prologue.html", b".epilogue.html", b"readme.md", b"preadme.md"];

/// Returns the name to use for accounts that may write but not read. Compares without case, because some file systems
/// do.
pub fn mask_special_name(name: FileName, flags: &PageListFlags) -> FileName {
    let is = |special: &[u8]| special.eq_ignore_ascii_case(name.as_bytes());
    let mut own = [&flags.prologues, &flags.epilogues, &flags.preadmes, &flags.readmes].into_iter().flatten();
    let hides = flags.obeys_dot_hidden && is(b".hidden");
    if hides || SPECIAL_NAMES.into_iter().any(is) || own.any(|one| is(one.as_bytes())) {
        shortened(&[b"_wo_", name.as_bytes()].concat())
    } else {
        name
    }
}

/// Shortens a name that is too long: `start~hash.ext`.
pub fn shortened(name: &[u8]) -> FileName {
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

/// Time and sender as they appear in generated names: `1795378504.403956-DUsA5jHz`.
pub struct Mark<'a> {
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
pub fn is_other(name: &FileName, asked: &FileName) -> bool {
    let extension = split(asked.as_bytes()).1;
    let Some(stem) = name.as_bytes().strip_suffix(extension) else { return false };
    mark_start(stem).is_some_and(|at| join_parts(asked.as_bytes(), &stem[at..], extension) == *name)
}

/// Returns the name without the part that [`Mark::other`] added, if any. (A shortened stem stays shortened.)
pub fn without_mark(name: FileName) -> FileName {
    let start = mark_start(split(name.as_bytes()).0).or_else(|| mark_start(name.as_bytes()));
    start.and_then(|at| FileName::new(&name.as_bytes()[..at]).ok()).unwrap_or(name)
}

/// Returns `length` random letters and digits, with the extension of `like`.
pub fn random(length: u32, like: &FileName) -> Result<FileName> {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut name = Vec::new();
    let length = length.clamp(1, 200) as usize;
    while name.len() < length {
        let bytes = random::bytes::<32>()?;
        // Six bits each; two of 64 values are skipped, so that all letters are equally likely.
        let letters = bytes.iter().filter_map(|byte| LETTERS.get(usize::from(byte & 63)));
        name.extend(letters.take(length - name.len()));
    }
    Ok(join_parts(&name, b"", split(like.as_bytes()).1))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let mut flags = PageListFlags::default();
        let masked = |text: &str, flags: &PageListFlags| mask_special_name(name(text), flags).display();
        assert_eq!(masked("README.md", &flags), "_wo_README.md");
        assert_eq!(masked(".PROLOGUE.html", &flags), "_wo_.PROLOGUE.html");
        assert_eq!((masked("other.md", &flags), masked(".hidden", &flags)), ("other.md".into(), ".hidden".into()));
        (flags.readmes, flags.obeys_dot_hidden) = (vec!["other.md".into()], true);
        assert_eq!(masked("Other.md", &flags), "_wo_Other.md");
        assert_eq!(
            (masked("README.md", &flags), masked(".hidden", &flags)),
            ("_wo_README.md".into(), "_wo_.hidden".into())
        );
    }
}
