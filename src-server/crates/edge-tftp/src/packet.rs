//! Datagrams (RFC 1350, 5; RFC 2347).

use crate::error::ErrorCode;

/// Longest request that is read. A path has at most 4,096 bytes; RFC 2347 allows 512 in all.
pub const REQUEST_MAX: usize = 6 << 10;
/// Options of a request that are looked at.
const OPTIONS_MAX: usize = 16;
/// Bytes before the content of a block.
pub const DATA_HEADER: usize = 4;

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// RRQ: the client wants a file.
    Read,
    /// WRQ: the client sends a file.
    Write,
}

/// How the bytes of a file travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// As they are.
    Octet,
    /// Line ends as CR LF (RFC 1350, 1).
    Netascii,
}

/// RRQ or WRQ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is asked for.
    pub direction: Direction,
    /// The path as it was sent; not empty, without NUL.
    pub name: Vec<u8>,
    /// How bytes travel.
    pub mode: Mode,
    /// Names and values of options, in the order in which they were sent.
    pub options: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestFault {
    /// It is no request: belongs to another transfer, or is no TFTP at all. Not answered.
    NoRequest,
    /// It has no name or no mode, or does not end with NUL.
    Malformed,
    /// It is longer than [`REQUEST_MAX`].
    TooLong,
    /// Mode `mail`, which RFC 1350 declares obsolete.
    Mail,
    /// A mode that RFC 1350 does not know.
    UnknownMode,
}

impl RequestFault {
    /// Returns what the client is told; `None`: nothing.
    pub(crate) fn sentence(self) -> Option<&'static str> {
        match self {
            Self::NoRequest => None,
            Self::Malformed => Some("The request is malformed."),
            Self::TooLong => Some("The request is too long."),
            Self::Mail => Some("The mode mail is not possible here; use octet."),
            Self::UnknownMode => Some("That mode is unknown; use octet."),
        }
    }
}

impl Request {
    /// Parses a datagram that came to the port for requests.
    ///
    /// # Errors
    /// See [`RequestFault`].
    pub fn parse(datagram: &[u8]) -> Result<Self, RequestFault> {
        let (direction, rest) = match datagram {
            [0, 1, rest @ ..] => (Direction::Read, rest),
            [0, 2, rest @ ..] => (Direction::Write, rest),
            _ => return Err(RequestFault::NoRequest),
        };
        if datagram.len() > REQUEST_MAX {
            return Err(RequestFault::TooLong);
        }
        let texts = rest.strip_suffix(&[0]).ok_or(RequestFault::Malformed)?;
        let mut texts = texts.split(|&byte| byte == 0);
        let (Some(name @ [_, ..]), Some(mode)) = (texts.next(), texts.next()) else {
            return Err(RequestFault::Malformed);
        };
        let mode = match mode {
            mode if mode.eq_ignore_ascii_case(b"octet") => Mode::Octet,
            mode if mode.eq_ignore_ascii_case(b"netascii") => Mode::Netascii,
            mode if mode.eq_ignore_ascii_case(b"mail") => return Err(RequestFault::Mail),
            _ => return Err(RequestFault::UnknownMode),
        };
        let mut options = Vec::new();
        // A name without a value is no option.
        while let (Some(name), Some(value)) = (texts.next(), texts.next()) {
            if options.len() < OPTIONS_MAX {
                options.push((name.to_vec(), value.to_vec()));
            }
        }
        Ok(Self { direction, name: name.to_vec(), mode, options })
    }
}

/// A datagram of a transfer, from the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    /// A block of a file.
    Data {
        /// Its number, modulo 2^16.
        block: u16,
        /// Its content.
        bytes: &'a [u8],
    },
    /// All blocks up to this one have arrived.
    Ack(u16),
    /// The client ends the transfer.
    Error {
        /// Its code.
        code: u16,
        /// Its text.
        text: &'a [u8],
    },
}

impl<'a> Packet<'a> {
    /// Parses a datagram; `None` if it is none of these.
    pub fn parse(datagram: &'a [u8]) -> Option<Self> {
        match datagram {
            [0, 3, high, low, bytes @ ..] => Some(Self::Data { block: u16::from_be_bytes([*high, *low]), bytes }),
            [0, 4, high, low, ..] => Some(Self::Ack(u16::from_be_bytes([*high, *low]))),
            [0, 5, high, low, text @ ..] => {
                let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
                Some(Self::Error { code: u16::from_be_bytes([*high, *low]), text })
            }
            _ => None,
        }
    }
}

/// Returns a block. `number`: counted from 1; sent modulo 2^16.
pub fn data(number: u64, bytes: &[u8]) -> Vec<u8> {
    let mut datagram = Vec::with_capacity(DATA_HEADER + bytes.len());
    datagram.extend_from_slice(&[0, 3]);
    datagram.extend_from_slice(&wire(number).to_be_bytes());
    datagram.extend_from_slice(bytes);
    datagram
}

/// Returns the acknowledgement of all blocks up to `number`.
pub fn ack(number: u64) -> Vec<u8> {
    let [high, low] = wire(number).to_be_bytes();
    vec![0, 4, high, low]
}

/// Returns an error.
pub fn error(code: ErrorCode, text: &str) -> Vec<u8> {
    [&[0, 5, 0, code as u8][..], text.as_bytes(), &[0]].concat()
}

/// Returns the acknowledgement of options.
pub fn oack<'a>(options: impl IntoIterator<Item = (&'a str, u64)>) -> Vec<u8> {
    let mut datagram = vec![0, 6];
    for (name, value) in options {
        datagram.extend_from_slice(name.as_bytes());
        datagram.push(0);
        datagram.extend_from_slice(value.to_string().as_bytes());
        datagram.push(0);
    }
    datagram
}

/// Returns the number of a block as it is sent: after 65,535 comes 0.
pub(crate) fn wire(number: u64) -> u16 {
    (number & 0xffff) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &[u8]) -> Result<(Direction, Vec<u8>, Mode, usize), RequestFault> {
        Request::parse(text).map(|request| (request.direction, request.name, request.mode, request.options.len()))
    }

    #[test]
    fn requests() {
        assert_eq!(parse(b"\0\x01a/b\0octet\0"), Ok((Direction::Read, b"a/b".to_vec(), Mode::Octet, 0)));
        assert_eq!(parse(b"\0\x02\xff\0NetASCII\0"), Ok((Direction::Write, b"\xff".to_vec(), Mode::Netascii, 0)));
        assert_eq!(
            parse(b"\0\x01a\0octet\0blksize\x008\0x\0\0odd\0"),
            Ok((Direction::Read, b"a".to_vec(), Mode::Octet, 2))
        );
        for (text, fault) in [
            (&b""[..], RequestFault::NoRequest),
            (b"\0", RequestFault::NoRequest),
            (b"\0\x03\0\x01", RequestFault::NoRequest),
            (b"\x01\x01a\0octet\0", RequestFault::NoRequest),
            (b"\0\x01", RequestFault::Malformed),
            (b"\0\x01\0octet\0", RequestFault::Malformed),
            (b"\0\x01a\0", RequestFault::Malformed),
            (b"\0\x01a\0octet", RequestFault::Malformed),
            (b"\0\x01a\0mail\0", RequestFault::Mail),
            (b"\0\x01a\0\0", RequestFault::UnknownMode),
        ] {
            assert_eq!(parse(text), Err(fault), "{text:?}");
        }
        let long = [b"\0\x01".as_slice(), &vec![b'a'; REQUEST_MAX], b"\0octet\0"].concat();
        assert_eq!(parse(&long), Err(RequestFault::TooLong));
        let many = [b"\0\x01a\0octet\0".as_slice(), &b"a\0b\0".repeat(1000)].concat();
        assert_eq!(parse(&many).map(|request| request.3), Ok(OPTIONS_MAX));
    }

    #[test]
    fn packets() {
        assert_eq!(Packet::parse(&data(65_536 + 258, b"x")), Some(Packet::Data { block: 258, bytes: b"x" }));
        assert_eq!(Packet::parse(&ack(65_535)), Some(Packet::Ack(65_535)));
        let told = error(ErrorCode::DiskFull, "full");
        assert_eq!(Packet::parse(&told), Some(Packet::Error { code: 3, text: b"full" }));
        assert_eq!(oack([("tsize", 5), ("blksize", 8)]), b"\0\x06tsize\x005\0blksize\x008\0");
        for text in [&b""[..], b"\0", b"\0\x03\0", b"\0\x04\0", b"\0\x06a\0b\0", b"\0\x01a\0octet\0", b"\x01\x03\0\x01"]
        {
            assert_eq!(Packet::parse(text), None, "{text:?}");
        }
    }
}
