//! Portable names: names that a client on any system stores as one ordinary file, whatever its system treats as a path
//! separator, a drive, a stream or a device.

use std::borrow::Cow;

/// Replaces a character that is not portable.
const SUBSTITUTE: char = '_';

/// Reserved device names on Windows, with any extension (Microsoft, "Naming Files, Paths, and Namespaces").
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Returns the name changed so that every system accepts it as one ordinary file name; unchanged if it is one already.
///
/// Replaces by `_`: slashes, backslashes, colons (drives; NTFS streams), control characters, and trailing dots and
/// blanks (Windows drops them, so the name would mean another file). Device names get a leading `_`. Invalid UTF-8 is
/// kept. Different names can become equal; callers that store several together must make them unique.
pub fn portable(name: &[u8]) -> Cow<'_, [u8]> {
    let is_plain = |byte: &u8| !matches!(byte, b'/' | b'\\' | b':' | 0x7f | 0..0x20 | 0xc2);
    let ends_plain = !matches!(name.last(), None | Some(b'.' | b' '));
    if ends_plain && name.iter().all(is_plain) && !is_device(name) {
        return Cow::Borrowed(name);
    }
    let mut out = Vec::with_capacity(name.len() + 1);
    let mut buffer = [0; 4];
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            let stays = !c.is_control() && !matches!(c, '/' | '\\' | ':');
            let c = if stays { c } else { SUBSTITUTE };
            out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
        }
        out.extend_from_slice(chunk.invalid());
    }
    for byte in out.iter_mut().rev().take_while(|byte| matches!(byte, b'.' | b' ')) {
        *byte = SUBSTITUTE as u8;
    }
    if out.is_empty() || is_device(&out) {
        out.insert(0, SUBSTITUTE as u8);
    }
    Cow::Owned(out)
}

/// Returns whether Windows treats the name as a device. It compares the part before the first dot or colon, without
/// trailing blanks.
fn is_device(name: &[u8]) -> bool {
    let end = name.iter().position(|byte| matches!(byte, b'.' | b':')).unwrap_or(name.len());
    let Ok(stem) = std::str::from_utf8(&name[..end]) else { return false };
    let stem = stem.trim_end_matches(' ');
    let is_port = |port: &str| {
        let number =
            stem.get(port.len()..).filter(|_| stem.get(..port.len()).is_some_and(|s| s.eq_ignore_ascii_case(port)));
        number
            .is_some_and(|number| matches!(number, "0" | "¹" | "²" | "³") || matches!(number.as_bytes(), [b'1'..=b'9']))
    };
    DEVICES.iter().any(|device| stem.eq_ignore_ascii_case(device)) || is_port("com") || is_port("lpt")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn special_names_become_ordinary_names() {
        for (name, want) in [
            (&b"plain.txt"[..], &b"plain.txt"[..]),
            (b".hidden", b".hidden"),
            (b"-rf", b"-rf"),
            (b"C:evil.txt", b"C_evil.txt"),
            (b"C:\\x", b"C__x"),
            (b"a.txt:stream", b"a.txt_stream"),
            (b"..\\..\\evil", b".._.._evil"),
            (b"\\\\host\\x", b"__host_x"),
            (b"../up", b".._up"),
            (b"new\nline\x1b[2J\x7f", b"new_line_[2J_"),
            ("c1\u{9b}x".as_bytes(), b"c1_x"),
            (b"end. .", b"end___"),
            (b"...", b"___"),
            (b"", b"_"),
            (b"CON", b"_CON"),
            (b"nul.txt", b"_nul.txt"),
            (b"Aux .tar.gz", b"_Aux .tar.gz"),
            (b"com1", b"_com1"),
            ("LPT\u{b9}.x".as_bytes(), "_LPT\u{b9}.x".as_bytes()),
            (b"com10", b"com10"),
            (b"console", b"console"),
            (b"con:", b"con_"),
            ("\u{a0}caf\u{e9} \u{1f389}".as_bytes(), "\u{a0}caf\u{e9} \u{1f389}".as_bytes()),
            (b"caf\xe9", b"caf\xe9"),
        ] {
            assert_eq!(portable(name), want, "{:?}", String::from_utf8_lossy(name));
        }
    }

    proptest! {
        #[test]
        fn a_portable_name_stays_as_it_is(name in prop::collection::vec(prop::sample::select(b"aCOMN1:. \\/\x01\xc2\x9b".to_vec()), 0..8)) {
            let once = portable(&name).into_owned();
            prop_assert_eq!(portable(&once), &once[..]);
            prop_assert!(!once.is_empty() && !once.iter().any(|byte| matches!(byte, b'/' | b'\\' | b':' | 0..0x20)));
        }
    }
}
