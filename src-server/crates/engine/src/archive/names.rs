//! Names in archives. Whoever unpacks trusts them more than he should: a name is one component, whatever his system
//! takes for a separator, a drive or a way up.

/// What takes the place of a character that cannot stay.
const SUBSTITUTE: u8 = b'_';

/// Safe on every system, in UTF-8: for zip, whose readers split at backslashes too.
pub(super) fn utf8(name: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(name);
    harmless(text.as_bytes().iter().map(|&byte| if byte == b'\\' { SUBSTITUTE } else { byte }).collect())
}

/// The bytes as they are, for tar, unless a system with backslashes would be led astray.
pub(super) fn bytes(name: &[u8]) -> Vec<u8> {
    let leads_astray = name.starts_with(b"\\") || name.split(|&byte| byte == b'\\').any(|part| part == b"..");
    let is_drive = name.len() > 1 && name[1] == b':' && name.contains(&b'\\');
    if leads_astray || is_drive { harmless(utf8(name)) } else { name.to_vec() }
}

/// Code page 437; what it does not have becomes `_`.
pub(super) fn cp437(name: &[u8]) -> Vec<u8> {
    let encode = |c: char| match c {
        '\\' => SUBSTITUTE,
        c if c.is_ascii() => c as u8,
        c => CP437.chars().position(|known| known == c).map_or(SUBSTITUTE, |at| 128 + at as u8),
    };
    harmless(String::from_utf8_lossy(name).chars().map(encode).collect())
}

/// The upper half of the code page, in order.
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
                     αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// No drive letter, and not a way up by what was put in.
fn harmless(mut name: Vec<u8>) -> Vec<u8> {
    if name.len() > 1 && name[1] == b':' && name[0].is_ascii_alphabetic() {
        name[1] = SUBSTITUTE;
    }
    if name == b".." || name == b"." || name.is_empty() {
        name = vec![SUBSTITUTE; name.len().max(1)];
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere() {
        for (name, zip, tar, dos) in [
            (&b"plain.txt"[..], &b"plain.txt"[..], &b"plain.txt"[..], &b"plain.txt"[..]),
            (b"..\\..\\evil", b".._.._evil", b".._.._evil", b".._.._evil"),
            (b"a\\b", b"a_b", b"a\\b", b"a_b"),
            (b"\\\\host\\x", b"__host_x", b"__host_x", b"__host_x"),
            (b"C:\\x", b"C__x", b"C__x", b"C__x"),
            (b"C:x", b"C_x", b"C:x", b"C_x"),
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
