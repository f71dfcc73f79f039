//! Replies (RFC 959, 4.2): a code with one line of text or several.

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// Three digits.
    pub code: u16,
    first: Vec<u8>,
    /// Lines between the first and the last, without code.
    between: Vec<Vec<u8>>,
    /// The last of several lines.
    last: Option<&'static str>,
}

impl Reply {
    /// One line.
    pub fn new(code: u16, text: impl AsRef<[u8]>) -> Self {
        Self { code, first: text.as_ref().to_vec(), between: Vec::new(), last: None }
    }

    /// Several lines; a blank is put before those between the first and the last.
    pub fn lines(code: u16, first: &str, between: Vec<Vec<u8>>, last: &'static str) -> Self {
        Self { code, first: first.as_bytes().to_vec(), between, last: Some(last) }
    }

    /// Returns the bytes on the wire. Line ends, which would end the reply, become `?`.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut line = |prefix: &str, text: &[u8]| {
            bytes.extend_from_slice(prefix.as_bytes());
            bytes.extend(text.iter().copied().map(without_line_end));
            bytes.extend_from_slice(b"\r\n");
        };
        let code = self.code;
        match self.last {
            None => line(&format!("{code} "), &self.first),
            Some(last) => {
                line(&format!("{code}-"), &self.first);
                self.between.iter().for_each(|text| line(" ", text));
                line(&format!("{code} "), last.as_bytes());
            }
        }
        bytes
    }
}

/// Returns the byte, or `?` for one that ends a line.
pub(crate) fn without_line_end(byte: u8) -> u8 {
    if matches!(byte, b'\r' | b'\n' | 0) { b'?' } else { byte }
}

/// Returns a path in quotes, with quotes in it doubled (RFC 959, Appendix II).
pub(crate) fn quoted(path: &[u8]) -> Vec<u8> {
    let mut text = vec![b'"'];
    for &byte in path {
        text.extend_from_slice(if byte == b'"' { b"\"\"" } else { std::slice::from_ref(&byte) });
    }
    text.push(b'"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_replies() {
        assert_eq!(Reply::new(200, "Fine.").to_bytes(), b"200 Fine.\r\n");
        assert_eq!(Reply::new(200, b"a\r\n500 b\0").to_bytes(), b"200 a??500 b?\r\n");
        let feat = Reply::lines(211, "Features:", vec![b"UTF8".to_vec(), b"SIZE".to_vec()], "End");
        assert_eq!(feat.to_bytes(), b"211-Features:\r\n UTF8\r\n SIZE\r\n211 End\r\n");
        assert_eq!(quoted(b"/a \"b\""), b"\"/a \"\"b\"\"\"");
    }
}
