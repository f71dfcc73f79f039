//! Names in archives. Unpackers trust them more than they should, so a name must be a single path component on every
//! system: without separators, drives, streams, devices or parent references.

use super::request::{Format, ZipNames};
use model::portable::portable;

/// Replaces characters that cannot be written.
const SUBSTITUTE: u8 = b'_';

/// Returns the function that encodes names for a format.
pub(super) fn of(format: Format) -> fn(&[u8]) -> Vec<u8> {
    match format {
        Format::Tar { .. } => bytes,
        Format::Zip(ZipNames::Utf8) => utf8,
        Format::Zip(ZipNames::Dos | ZipNames::DosCrcFirst) => cp437,
    }
}

/// UTF-8, for zip.
fn utf8(name: &[u8]) -> Vec<u8> {
    portable(String::from_utf8_lossy(name).as_bytes()).into_owned()
}

/// For tar: bytes that are not UTF-8 are kept.
fn bytes(name: &[u8]) -> Vec<u8> {
    portable(name).into_owned()
}

/// Code page 437; other characters become `_`.
fn cp437(name: &[u8]) -> Vec<u8> {
    let encode = |c: char| match c {
        c if c.is_ascii() => c as u8,
        c => CP437.chars().position(|known| known == c).map_or(SUBSTITUTE, |at| 128 + at as u8),
    };
    String::from_utf8_lossy(&utf8(name)).chars().map(encode).collect()
}

/// The upper half of code page 437, in order.
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
                     αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_single_components() {
        for (name, zip, tar, dos) in [
            (&b"plain.txt"[..], &b"plain.txt"[..], &b"plain.txt"[..], &b"plain.txt"[..]),
            (b"..\\..\\evil", b".._.._evil", b".._.._evil", b".._.._evil"),
            (b"a\\b", b"a_b", b"a_b", b"a_b"),
            (b"\\\\host\\x", b"__host_x", b"__host_x", b"__host_x"),
            (b"C:\\x", b"C__x", b"C__x", b"C__x"),
            (b"C:x", b"C_x", b"C_x", b"C_x"),
            (b"NUL.txt", b"_NUL.txt", b"_NUL.txt", b"_NUL.txt"),
            (b"end. ", b"end__", b"end__", b"end__"),
            (b"a\x1bb", b"a_b", b"a_b", b"a_b"),
            ("é€".as_bytes(), "é€".as_bytes(), "é€".as_bytes(), b"\x82_"),
            (b"caf\xe9", "caf\u{fffd}".as_bytes(), b"caf\xe9", b"caf_"),
            ("\u{a0}■Ç".as_bytes(), "\u{a0}■Ç".as_bytes(), "\u{a0}■Ç".as_bytes(), b"\xff\xfe\x80"),
        ] {
            assert_eq!(utf8(name), zip, "{name:?}");
            assert_eq!(bytes(name), tar, "{name:?}");
            assert_eq!(cp437(name), dos, "{name:?}");
        }
        assert_eq!(CP437.chars().count(), 128);
    }
}
