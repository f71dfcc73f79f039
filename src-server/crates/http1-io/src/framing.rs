//! Follows the HTTP/1 byte stream of a client to know where heads begin, and clears bytes for hyper.
//!
//! Pure state machine without sockets and clocks. Body bytes are counted and never read, so that a gigabyte of them
//! costs a few thousand subtractions; heads, chunk-size lines and trailers are parsed.
//!
//! ```text
//! Head ─validate─► Length(n) ──0──► Head
//!   └────────────► ChunkSize ─► ChunkData ─► ChunkEnd ─► ChunkSize ... size 0 ─► Trailer ─► Head
//! ```

use crate::head::{self, BodyFraming};
use crate::refusal::{Reason, Refusal};

/// Maximum size of a request head, including its final empty line.
pub const MAX_HEAD: usize = 64 << 10;
/// Maximum size of a chunk-size line with its extensions.
const MAX_CHUNK_LINE: u32 = 256;
/// Maximum size of all trailers of a body.
const MAX_TRAILERS: u32 = 8 << 10;
/// Maximum number of empty lines before a request line (RFC 9112 2.2; old clients send one after a body).
const MAX_EMPTY_LINES: u8 = 2;

/// Parser state between two reads.
#[derive(Debug)]
pub struct Framing {
    state: State,
    /// True once a head has passed.
    begun: bool,
}

#[derive(Debug)]
enum State {
    /// The first `scanned` bytes of the uncleared head contain no complete line after `line_start`.
    Head { scanned: usize, line_start: usize, empty_lines: u8 },
    /// Remaining bytes of a body with a length, at least one.
    Length(u64),
    /// Inside a chunk-size line of which `seen` bytes have passed.
    ChunkSize { size: u64, seen: u32, part: SizePart },
    /// Remaining bytes of the chunk, at least one.
    ChunkData(u64),
    /// The CR LF after a chunk; `cr`: the CR has passed.
    ChunkEnd { cr: bool },
    /// Inside the trailers: bytes so far, bytes of the current line, whether the last byte was CR.
    Trailer { total: u32, line: u32, cr: bool },
    /// Not parsed (HTTP/2).
    Opaque,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SizePart {
    Digits,
    Extension,
    Lf,
}

const HEAD: State = State::Head { scanned: 0, line_start: 0, empty_lines: 0 };

/// Result of [`Framing::clear`].
#[derive(Debug, PartialEq, Eq)]
pub struct Cleared {
    /// Number of bytes that may pass to hyper. The rest is an incomplete head that must be presented again with more
    /// bytes after it; with `refusal`, it must never pass.
    pub bytes: usize,
    /// Set if the bytes after `bytes` are refused.
    pub refusal: Option<Refusal>,
}

/// Position in the stream, for the timeouts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// Before the first byte of the first head.
    Start,
    /// Before the first byte of a later head.
    Between,
    /// Inside a body.
    Body,
    /// HTTP/2.
    Opaque,
}

impl Default for Framing {
    /// The state at the start of a connection.
    fn default() -> Self {
        Self { state: HEAD, begun: false }
    }
}

impl Framing {
    /// Lets all further bytes pass without parsing.
    pub fn become_opaque(&mut self) {
        self.state = State::Opaque;
    }

    /// Returns the position in the stream, ignoring uncleared bytes.
    pub fn position(&self) -> Position {
        match self.state {
            State::Head { .. } if self.begun => Position::Between,
            State::Head { .. } => Position::Start,
            State::Opaque => Position::Opaque,
            _ => Position::Body,
        }
    }

    /// Returns the remaining bytes of a body with a length; `None` outside such a body.
    pub fn left(&self) -> Option<u64> {
        match self.state {
            State::Length(left) => Some(left),
            _ => None,
        }
    }

    /// Records that so many of these bytes bypassed [`Framing::clear`], at most [`Framing::left`].
    pub fn passed(&mut self, bytes: usize) {
        if let State::Length(left) = &mut self.state {
            *left = left.saturating_sub(bytes as u64);
            if *left == 0 {
                self.state = HEAD;
            }
        }
    }

    /// Parses `bytes`: those that an earlier call left uncleared, followed by new ones.
    pub fn clear(&mut self, bytes: &[u8]) -> Cleared {
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            let step = match &mut self.state {
                State::Opaque => Ok(rest.len()),
                State::Length(left) => {
                    let most = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                    self.passed(most);
                    Ok(most)
                }
                State::ChunkData(left) => {
                    let take = consume(left, rest);
                    if *left == 0 {
                        self.state = State::ChunkEnd { cr: false };
                    }
                    Ok(take)
                }
                State::Head { .. } => match self.head(rest) {
                    Ok(Some(length)) => Ok(length),
                    Ok(None) => return Cleared { bytes: at, refusal: None },
                    Err(refusal) => Err(refusal),
                },
                _ => self.chunk_byte(rest[0]).map(|()| 1).map_err(Refusal::from),
            };
            match step {
                Ok(taken) => at += taken,
                Err(refusal) => return Cleared { bytes: at, refusal: Some(refusal) },
            }
        }
        Cleared { bytes: at, refusal: None }
    }

    /// Searches for the end of a head in `bytes`, which begin with the head. `None` if the head is incomplete.
    fn head(&mut self, bytes: &[u8]) -> Result<Option<usize>, Refusal> {
        let State::Head { scanned, line_start, empty_lines } = &mut self.state else {
            return Ok(Some(0));
        };
        while let Some(found) = memchr::memchr(b'\n', &bytes[*scanned..]) {
            let lf = *scanned + found;
            if lf == *line_start || bytes[lf - 1] != b'\r' {
                return Err(Reason::BareLf.into());
            }
            let is_empty = lf - 1 == *line_start;
            if is_empty && *line_start == 0 {
                *empty_lines += 1;
                if *empty_lines > MAX_EMPTY_LINES {
                    return Err(Reason::RequestLine.into());
                }
                (*scanned, *line_start) = (0, 0);
                return Ok(Some(lf + 1));
            }
            if lf >= MAX_HEAD {
                return Err(Reason::TooLarge.into());
            }
            if is_empty {
                self.state = match head::validate(&bytes[..=lf])? {
                    BodyFraming::Length(0) => HEAD,
                    BodyFraming::Length(length) => State::Length(length),
                    BodyFraming::Chunked => CHUNK_SIZE,
                };
                self.begun = true;
                return Ok(Some(lf + 1));
            }
            *scanned = lf + 1;
            *line_start = lf + 1;
        }
        *scanned = bytes.len();
        if bytes.len() >= MAX_HEAD { Err(Reason::TooLarge.into()) } else { Ok(None) }
    }

    /// Parses one byte of the chunked coding that is not chunk data.
    fn chunk_byte(&mut self, byte: u8) -> Result<(), Reason> {
        match &mut self.state {
            State::ChunkSize { size, seen, part } => {
                *seen += 1;
                if *seen > MAX_CHUNK_LINE {
                    return Err(Reason::Chunk);
                }
                match (*part, byte) {
                    (SizePart::Digits, digit) if digit.is_ascii_hexdigit() => {
                        // 15 hex digits exceed every file size and cannot overflow.
                        if *seen > 15 {
                            return Err(Reason::Chunk);
                        }
                        *size = *size << 4 | u64::from((digit as char).to_digit(16).unwrap_or(0));
                    }
                    (SizePart::Digits, b'\r') if *seen > 1 => *part = SizePart::Lf,
                    (SizePart::Digits, b';') if *seen > 1 => *part = SizePart::Extension,
                    (SizePart::Extension, b'\r') => *part = SizePart::Lf,
                    (SizePart::Extension, b'\t' | 0x20..=0x7e | 0x80..) => {}
                    (SizePart::Lf, b'\n') => {
                        self.state = match *size {
                            0 => State::Trailer { total: 0, line: 0, cr: false },
                            size => State::ChunkData(size),
                        };
                    }
                    _ => return Err(Reason::Chunk),
                }
            }
            State::ChunkEnd { cr } => match (*cr, byte) {
                (false, b'\r') => *cr = true,
                (true, b'\n') => self.state = CHUNK_SIZE,
                _ => return Err(Reason::Chunk),
            },
            State::Trailer { total, line, cr } => {
                *total += 1;
                if *total > MAX_TRAILERS {
                    return Err(Reason::Chunk);
                }
                match (*cr, byte) {
                    (true, b'\n') if *line == 0 => self.state = HEAD,
                    (true, b'\n') => (*line, *cr) = (0, false),
                    (true, _) | (false, b'\n') => return Err(Reason::Chunk),
                    (false, b'\r') => *cr = true,
                    (false, b' ' | b'\t') if *line == 0 => return Err(Reason::Folded),
                    (false, byte) if (byte < 0x20 && byte != b'\t') || byte == 0x7f => return Err(Reason::Control),
                    (false, _) => *line += 1,
                }
            }
            State::Head { .. } | State::Length(_) | State::ChunkData(_) | State::Opaque => {}
        }
        Ok(())
    }
}

const CHUNK_SIZE: State = State::ChunkSize { size: 0, seen: 0, part: SizePart::Digits };

/// Consumes as much of `rest` as `left` allows.
fn consume(left: &mut u64, rest: &[u8]) -> usize {
    let take = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
    *left -= take as u64;
    take
}

#[cfg(test)]
#[path = "framing_tests.rs"]
mod tests;
