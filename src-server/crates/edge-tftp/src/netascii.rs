//! Mode `netascii` (RFC 1350, 1; RFC 764): LF travels as CR LF, CR as CR NUL. What one side encodes the other decodes to the same
//! bytes, so that a file of any content survives.

const CR: u8 = b'\r';
const LF: u8 = b'\n';

/// Appends the encoded bytes.
pub(crate) fn encode(bytes: &[u8], out: &mut impl Extend<u8>) {
    for &byte in bytes {
        match byte {
            LF => out.extend([CR, LF]),
            CR => out.extend([CR, 0]),
            byte => out.extend([byte]),
        }
    }
}

/// Decodes bytes that arrive in pieces.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    /// The last byte was a CR whose meaning the next one tells.
    after_cr: bool,
}

impl Decoder {
    /// Returns the decoded bytes. A CR before another byte than LF and NUL stays a CR: some clients send that.
    pub fn decode(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len() + 1);
        for &byte in bytes {
            match (std::mem::take(&mut self.after_cr), byte) {
                (true, LF) => out.push(LF),
                (true, 0) => out.push(CR),
                (was_cr, byte) => {
                    if was_cr {
                        out.push(CR);
                    }
                    match byte {
                        CR => self.after_cr = true,
                        byte => out.push(byte),
                    }
                }
            }
        }
        out
    }

    /// Returns what is left at the end.
    pub fn finish(self) -> &'static [u8] {
        if self.after_cr { b"\r" } else { b"" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_content_survives(content in proptest::collection::vec(prop_oneof![Just(CR), Just(LF), Just(0u8), any::<u8>()], 0..200), cut in 1usize..9) {
            let mut sent = Vec::new();
            encode(&content, &mut sent);
            let (mut decoder, mut back) = (Decoder::default(), Vec::new());
            for piece in sent.chunks(cut) {
                back.extend(decoder.decode(piece));
            }
            back.extend_from_slice(decoder.finish());
            prop_assert_eq!(back, content);
        }
    }

    #[test]
    fn lone_carriage_returns_stay() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.decode(b"a\rb\r\r\nc\r"), b"a\rb\r\nc");
        assert_eq!(decoder.finish(), b"\r");
    }
}
