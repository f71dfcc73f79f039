//! What is sent to a client, block by block: a file or a text, as it is or in netascii.

use crate::error::{ErrorCode, TftpError};
use crate::netascii;
use crate::packet::Mode;
use bytes::{Bytes, BytesMut};
use engine::files::handle::FileHandle;

/// Bytes that are read at once: those of the page cache need no pool thread then.
const PIECE: usize = 64 << 10;

/// What is sent to a client.
pub(crate) struct Source {
    content: Content,
    mode: Mode,
    /// Read, and not sent yet.
    buffer: BytesMut,
    has_ended: bool,
}

enum Content {
    File { file: Box<FileHandle>, offset: u64 },
    Text(Option<Bytes>),
}

impl Source {
    pub fn file(file: FileHandle, mode: Mode) -> Self {
        Self::new(Content::File { file: Box::new(file), offset: 0 }, mode)
    }

    pub fn text(text: Vec<u8>, mode: Mode) -> Self {
        Self::new(Content::Text(Some(text.into())), mode)
    }

    fn new(content: Content, mode: Mode) -> Self {
        Self { content, mode, buffer: BytesMut::new(), has_ended: false }
    }

    /// Returns how many bytes will be sent; `None`: not known before.
    pub fn size(&self) -> Option<u64> {
        match (&self.content, self.mode) {
            (_, Mode::Netascii) => None,
            (Content::File { file, .. }, Mode::Octet) => Some(file.size),
            (Content::Text(text), Mode::Octet) => text.as_ref().map(|text| text.len() as u64),
        }
    }

    /// Returns the next `size` bytes, fewer at the end.
    ///
    /// # Errors
    /// The file cannot be read, or the client may not read it any more.
    pub async fn next_block(&mut self, size: usize) -> Result<Bytes, TftpError> {
        while self.buffer.len() < size && !self.has_ended {
            let piece = self.read().await?;
            self.has_ended = piece.is_empty();
            match self.mode {
                Mode::Octet => self.buffer.extend_from_slice(&piece),
                Mode::Netascii => netascii::encode(&piece, &mut self.buffer),
            }
        }
        let length = size.min(self.buffer.len());
        Ok(self.buffer.split_to(length).freeze())
    }

    async fn read(&mut self) -> Result<Bytes, TftpError> {
        match &mut self.content {
            Content::File { file, offset } => {
                // A size that was told holds, also if the file grows.
                let left = file.size.saturating_sub(*offset);
                let piece = file.read_at(*offset, PIECE.min(usize::try_from(left).unwrap_or(PIECE))).await?;
                if piece.is_empty() && left > 0 {
                    return Err(TftpError::new(ErrorCode::Undefined, "The file has become shorter meanwhile."));
                }
                *offset += piece.len() as u64;
                Ok(piece)
            }
            Content::Text(text) => Ok(text.take().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn blocks(text: &str, mode: Mode, size: usize) -> Vec<Bytes> {
        let mut source = Source::text(text.into(), mode);
        let mut all = Vec::new();
        loop {
            let block = source.next_block(size).await.expect("a block");
            all.push(block);
            if all.last().is_some_and(|block| block.len() < size) {
                return all;
            }
        }
    }

    #[tokio::test]
    async fn the_last_block_is_shorter() {
        assert_eq!(blocks("", Mode::Octet, 4).await, [""]);
        assert_eq!(blocks("abcd", Mode::Octet, 4).await, ["abcd", ""]);
        assert_eq!(blocks("abcdef", Mode::Octet, 4).await, ["abcd", "ef"]);
        assert_eq!(blocks("a\nb\r", Mode::Netascii, 4).await, ["a\r\nb", "\r\0"]);
    }
}
