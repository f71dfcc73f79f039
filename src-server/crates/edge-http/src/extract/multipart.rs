//! Streaming parser for multipart bodies (RFC 2046 5.1, RFC 7578) in bounded memory.
//! The usual library (multer) buffers everything in front of the first boundary and every part header, however long,
//! and searches all of it again whenever data arrives. Here both are limited and every byte is searched once; see
//! docs/limits.md.

use super::parameters::Parameters;
use bytes::{Bytes, BytesMut};
use futures_util::stream::{Stream, StreamExt};
use memchr::{memchr_iter, memmem};
use std::fmt::Display;

/// Most bytes in front of the first boundary. RFC 2046 allows a preamble there; no browser sends one.
const PREAMBLE_MAX: usize = 4 << 10;
/// Most bytes of all headers of one part. The longest file name that file systems accept has 255.
const PART_HEAD_MAX: usize = 16 << 10;
/// Most characters of a boundary (RFC 2046 5.1.1).
const BOUNDARY_MAX: usize = 70;

/// Least capacity of a buffer that joins pieces of the body, in bytes.
const JOINED_LEAST: usize = 512;

/// Reason why a form cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormFault {
    /// The connection broke.
    Interrupted,
    /// The body ended before its last boundary.
    Incomplete,
    /// Bytes where none are allowed, or an invalid part header.
    Malformed,
    /// The preamble is longer than the limit.
    LongPreamble,
    /// The headers of a part are longer than the limit.
    LongPartHead,
    /// A part has a transfer encoding such as base64, which RFC 7578 4.7 deprecates.
    EncodedPart,
}

/// The headers of a part.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PartHead {
    /// The field's name.
    pub name: Option<String>,
    /// The file name as sent, without the folders that some browsers put in front; `None` if the part is not a file.
    pub file_name: Option<Vec<u8>>,
}

/// Returns the boundary of a `multipart/form-data` content type; `None` if there is none or it is invalid.
pub fn boundary(content_type: &[u8]) -> Option<Vec<u8>> {
    let parameters = Parameters::parse(content_type);
    let boundary = parameters.get("boundary").filter(|_| parameters.kind == "multipart/form-data")?;
    (1..=BOUNDARY_MAX).contains(&boundary.len()).then(|| boundary.to_vec())
}

/// Position of the parser in the body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Preamble,
    /// After a boundary.
    Boundary,
    /// Inside the data of a part.
    Data,
    End,
}

/// A form that is being received. Parts are read in order; unread data of a part is discarded when the next part is
/// requested.
pub struct Multipart<S> {
    body: S,
    /// Data that was received and not returned yet. Never longer than one limit plus one piece of the body.
    buffer: Bytes,
    /// `\r\n--` and the boundary.
    delimiter: Vec<u8>,
    position: Position,
}

impl<S, E> Multipart<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Display,
{
    /// Creates a parser for `body`. `boundary`: without the dashes in front.
    pub fn new(body: S, boundary: &[u8]) -> Self {
        let delimiter = [b"\r\n--", boundary].concat();
        // The delimiter begins with a line end, which the first boundary of a body does not have in front of it.
        Self { body, buffer: Bytes::from_static(b"\r\n"), delimiter, position: Position::Preamble }
    }

    /// Returns the body that the form is read from.
    pub fn body_mut(&mut self) -> &mut S {
        &mut self.body
    }

    /// Returns the headers of the next part; `None` after the last one.
    ///
    /// # Errors
    /// [`FormFault`]; the parser cannot be used after it.
    pub async fn next_part(&mut self) -> Result<Option<PartHead>, FormFault> {
        while self.chunk().await?.is_some() {}
        match self.position {
            Position::Preamble => self.skip_preamble().await?,
            Position::End => return Ok(None),
            Position::Boundary | Position::Data => {}
        }
        while self.buffer.len() < 2 {
            self.fill_buffer().await?;
        }
        if self.buffer.starts_with(b"--") {
            self.position = Position::End;
            return Ok(None);
        }
        let head = self.read_part_head().await?;
        self.position = Position::Data;
        parse_head(&head).map(Some)
    }

    /// Returns the next data of the current part; `None` at its end, and if no part has begun.
    ///
    /// # Errors
    /// [`FormFault`]
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, FormFault> {
        if self.position != Position::Data {
            return Ok(None);
        }
        loop {
            if let Some(end) = memmem::find(&self.buffer, &self.delimiter) {
                if end > 0 {
                    return Ok(Some(self.buffer.split_to(end)));
                }
                let _delimiter = self.buffer.split_to(self.delimiter.len());
                self.position = Position::Boundary;
                return Ok(None);
            }
            let certain = self.buffer.len() - self.partial_delimiter_len();
            if certain > 0 {
                return Ok(Some(self.buffer.split_to(certain)));
            }
            self.fill_buffer().await?;
        }
    }

    /// Returns how many bytes at the end of the buffer may be the start of a delimiter.
    fn partial_delimiter_len(&self) -> usize {
        let start = self.buffer.len().saturating_sub(self.delimiter.len() - 1);
        let tail = &self.buffer[start..];
        memchr_iter(b'\r', tail).find(|at| self.delimiter.starts_with(&tail[*at..])).map_or(0, |at| tail.len() - at)
    }

    async fn skip_preamble(&mut self) -> Result<(), FormFault> {
        let mut searched = 0;
        loop {
            if let Some(at) = memmem::find(&self.buffer[searched..], &self.delimiter) {
                let _preamble = self.buffer.split_to(searched + at + self.delimiter.len());
                self.position = Position::Boundary;
                return Ok(());
            }
            if self.buffer.len() > PREAMBLE_MAX + self.delimiter.len() {
                return Err(FormFault::LongPreamble);
            }
            searched = self.buffer.len().saturating_sub(self.delimiter.len() - 1);
            self.fill_buffer().await?;
        }
    }

    /// Reads the headers between a boundary and the data of its part.
    async fn read_part_head(&mut self) -> Result<Bytes, FormFault> {
        let mut searched = 0;
        loop {
            if let Some(at) = memmem::find(&self.buffer[searched..], b"\r\n\r\n") {
                if searched + at > PART_HEAD_MAX {
                    return Err(FormFault::LongPartHead);
                }
                let head = self.buffer.split_to(searched + at + 4);
                // Only blanks may follow a boundary (RFC 2046 5.1.1).
                let line = memmem::find(&head, b"\r\n").unwrap_or_default();
                return match head[..line].iter().all(|byte| matches!(byte, b' ' | b'\t')) {
                    true => Ok(head.slice(line + 2..head.len() - 2)),
                    false => Err(FormFault::Malformed),
                };
            }
            if self.buffer.len() > PART_HEAD_MAX {
                return Err(FormFault::LongPartHead);
            }
            searched = self.buffer.len().saturating_sub(3);
            self.fill_buffer().await?;
        }
    }

    async fn fill_buffer(&mut self) -> Result<(), FormFault> {
        let piece = self.body.next().await.ok_or(FormFault::Incomplete)?;
        let piece = piece.map_err(|error| {
            tracing::debug!(%error, "the connection broke while a form was received");
            FormFault::Interrupted
        })?;
        if self.buffer.is_empty() {
            self.buffer = piece;
            return Ok(());
        }
        // A buffer that was joined before is extended in place with doubling capacity. Otherwise headers that arrive
        // byte by byte would be copied once per byte.
        let mut joined = std::mem::take(&mut self.buffer).try_into_mut().unwrap_or_else(|shared| {
            let mut own = BytesMut::with_capacity((shared.len() + piece.len()).max(JOINED_LEAST));
            own.extend_from_slice(&shared);
            own
        });
        joined.extend_from_slice(&piece);
        self.buffer = joined.freeze();
        Ok(())
    }
}

/// Parses the headers of a part. `head`: lines, each with its line end.
fn parse_head(head: &[u8]) -> Result<PartHead, FormFault> {
    let mut disposition: Option<Vec<u8>> = None;
    let mut is_disposition = false;
    for line in head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end).filter(|line| !line.is_empty()) {
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            // A folded line continues the previous one (RFC 5322 2.2.3).
            if let Some(value) = disposition.as_mut().filter(|_| is_disposition) {
                value.extend_from_slice(line);
            }
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':').ok_or(FormFault::Malformed)?;
        let (name, value) = (line[..colon].trim_ascii(), &line[colon + 1..]);
        is_disposition = name.eq_ignore_ascii_case(b"content-disposition");
        if name.eq_ignore_ascii_case(b"content-transfer-encoding") && !is_identity_encoding(value) {
            return Err(FormFault::EncodedPart);
        }
        if is_disposition && disposition.is_none() {
            disposition = Some(value.to_vec());
        }
    }
    let parameters = Parameters::parse(&disposition.unwrap_or_default());
    let name = parameters.get("name").map(|name| String::from_utf8_lossy(name).into_owned());
    Ok(PartHead { name, file_name: file_name_of(&parameters) })
}

/// Returns the file name in the value of a header field `Content-Disposition` (RFC 6266), without folders.
pub fn file_name(disposition: &[u8]) -> Option<Vec<u8>> {
    file_name_of(&Parameters::parse(disposition)).filter(|name| !name.is_empty())
}

fn file_name_of(parameters: &Parameters) -> Option<Vec<u8>> {
    let plain = || parameters.get("filename").map(unescape);
    parameters.extended("filename").or_else(plain).map(|sent| last_component(&sent).to_vec())
}

/// Returns true for transfer encodings that do not change the data (RFC 2045 6.2).
fn is_identity_encoding(encoding: &[u8]) -> bool {
    [&b"7bit"[..], b"8bit", b"binary"].iter().any(|plain| encoding.trim_ascii().eq_ignore_ascii_case(plain))
}

/// Decodes a file name. Browsers write a quote and line ends as `%22`, `%0D` and `%0A`, and escape nothing else (RFC
/// 7578 4.2, HTML).
fn unescape(name: &[u8]) -> Vec<u8> {
    let (mut plain, mut at) = (Vec::with_capacity(name.len()), 0);
    while let Some(&byte) = name.get(at) {
        let escaped = match name.get(at..at + 3) {
            Some(b"%22") => Some(b'"'),
            Some(b"%0D") => Some(b'\r'),
            Some(b"%0A") => Some(b'\n'),
            _ => None,
        };
        plain.push(escaped.unwrap_or(byte));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    plain
}

fn last_component(name: &[u8]) -> &[u8] {
    let start = name.iter().rposition(|byte| matches!(byte, b'/' | b'\\')).map_or(0, |at| at + 1);
    &name[start..]
}

#[cfg(test)]
mod tests;
