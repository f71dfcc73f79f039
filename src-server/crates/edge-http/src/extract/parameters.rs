//! Parser for the parameters of a header value, as in `Content-Type` and `Content-Disposition` (RFC 9110 5.6.6, RFC
//! 6266, RFC 7578).

use percent_encoding::percent_decode;

/// A parsed value such as `form-data; name="f"; filename="a.txt"`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// The token in front of the parameters, in lower case.
    pub kind: String,
    /// Names in lower case and values without quotes, in the order sent. Values are bytes: file names need not be
    /// UTF-8.
    list: Vec<(String, Vec<u8>)>,
}

impl Parameters {
    /// Parses a value and skips invalid parameters. Linear in the length of `value`.
    ///
    /// In quotes a backslash escapes only a quote: old browsers send whole Windows paths, whose backslashes are no
    /// escapes.
    pub fn parse(value: &[u8]) -> Self {
        let end = value.iter().position(|byte| *byte == b';').unwrap_or(value.len());
        let kind = String::from_utf8_lossy(value[..end].trim_ascii()).to_ascii_lowercase();
        let mut rest = value.get(end + 1..).unwrap_or_default();
        let mut list = Vec::new();
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| matches!(byte, b'=' | b';')).unwrap_or(rest.len());
            let name = String::from_utf8_lossy(rest[..end].trim_ascii()).to_ascii_lowercase();
            if rest.get(end) != Some(&b'=') {
                // A name without a value.
                rest = rest.get(end + 1..).unwrap_or_default();
                continue;
            }
            let (value, length) = parse_value(&rest[end + 1..]);
            list.push((name, value));
            rest = &rest[end + 1 + length..];
        }
        Self { kind, list }
    }

    /// Returns the value of the first parameter called `name` (lower case).
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.list.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_slice())
    }

    /// Returns the value of `name*` (RFC 8187), decoded to UTF-8: `UTF-8''na%C3%AFve.txt`.
    pub fn extended(&self, name: &str) -> Option<Vec<u8>> {
        let value = self.list.iter().find(|(key, _)| key.strip_suffix('*') == Some(name)).map(|(_, value)| value)?;
        let mut parts = value.splitn(3, |byte| *byte == b'\'');
        let (charset, _language, text) = (parts.next()?, parts.next()?, parts.next()?);
        let bytes: Vec<u8> = percent_decode(text).collect();
        match charset.to_ascii_lowercase().as_slice() {
            b"utf-8" => Some(bytes),
            b"iso-8859-1" => Some(bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes()),
            _ => None,
        }
    }
}

/// Parses a quoted or bare value. Returns it and the number of bytes consumed, including the semicolon after it.
fn parse_value(rest: &[u8]) -> (Vec<u8>, usize) {
    let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let mut at = blanks;
    if rest.get(at) != Some(&b'"') {
        let end = rest.iter().position(|byte| *byte == b';').unwrap_or(rest.len());
        return (rest[..end].trim_ascii().to_vec(), (end + 1).min(rest.len()));
    }
    at += 1;
    let mut value = Vec::new();
    while let Some(&byte) = rest.get(at) {
        at += 1;
        match byte {
            b'"' => break,
            b'\\' if rest.get(at) == Some(&b'"') => {
                value.push(b'"');
                at += 1;
            }
            _ => value.push(byte),
        }
    }
    let end = rest[at..].iter().position(|byte| *byte == b';').map_or(rest.len(), |length| at + length + 1);
    (value, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_legal_spelling_is_understood() {
        for value in [
            &br#"form-data; name="f"; filename="a.txt""#[..],
            br#"Form-Data;NAME=f;FileName=a.txt"#,
            b"form-data ; name = \"f\" ;\tfilename = \"a.txt\"",
            br#"form-data; filename=a.txt; name=f"#,
            br#"form-data; junk; =x; name="f"; other="; name=\"g\""; filename="a.txt";"#,
            br#"form-data; name="f"; name="second"; filename="a.txt"; filename="second""#,
        ] {
            let parsed = Parameters::parse(value);
            let text = String::from_utf8_lossy(value);
            assert_eq!(parsed.kind, "form-data", "{text}");
            assert_eq!(parsed.get("name"), Some(&b"f"[..]), "{text}");
            assert_eq!(parsed.get("filename"), Some(&b"a.txt"[..]), "{text}");
        }
    }

    #[test]
    fn quotes_and_backslashes() {
        let name = |value: &[u8]| Parameters::parse(value).get("filename").map(<[u8]>::to_vec);
        assert_eq!(name(br#"x; filename="a\"b""#).as_deref(), Some(&br#"a"b"#[..]));
        assert_eq!(name(br#"x; filename="C:\dir\x.txt""#).as_deref(), Some(&br"C:\dir\x.txt"[..]));
        assert_eq!(name(br#"x; filename="no end"#).as_deref(), Some(&b"no end"[..]));
        assert_eq!(name(br#"x; filename="""#).as_deref(), Some(&b""[..]));
        assert_eq!(name(b"x; filename=\"caf\xe9\"").as_deref(), Some(&b"caf\xe9"[..]));
        assert_eq!(name(b"x; filename"), None);
        assert_eq!(name(b""), None);
    }

    #[test]
    fn extended_values() {
        let name = |value: &[u8]| Parameters::parse(value).extended("filename");
        assert_eq!(name(b"x; filename*=UTF-8''na%C3%AFve.txt").as_deref(), Some("na\u{ef}ve.txt".as_bytes()));
        assert_eq!(name(b"x; FILENAME*=iso-8859-1'de'%FCber").as_deref(), Some("\u{fc}ber".as_bytes()));
        assert_eq!(name(b"x; filename*=klingon''x"), None);
        assert_eq!(name(b"x; filename*=x"), None);
        assert_eq!(name(b"x; filename=x"), None);
    }
}
