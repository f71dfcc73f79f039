//! Compression of a tar.

use super::Packing;
use bzip2::write::BzEncoder;
use flate2::write::GzEncoder;
use lzma_rust2::{XzOptions, XzWriter};
use std::io::{self, Write};

/// Largest dictionary of xz. Its presets go up to 64 MiB, of which the encoder needs ten times; the server's memory is
/// worth more than the last per cent.
const XZ_DICTIONARY: u32 = 1 << 20;

/// Takes bytes and compresses them into a buffer.
pub(super) enum Packed {
    Plain(Vec<u8>),
    Gzip(GzEncoder<Vec<u8>>),
    Bzip2(BzEncoder<Vec<u8>>),
    Xz(Box<XzWriter<Vec<u8>>>),
}

impl Packed {
    pub fn new(packing: Packing) -> io::Result<Self> {
        let buffer = Vec::new();
        Ok(match packing {
            Packing::Plain => Self::Plain(buffer),
            Packing::Gzip(level) => Self::Gzip(GzEncoder::new(buffer, flate2::Compression::new(level.min(9)))),
            Packing::Bzip2(level) => Self::Bzip2(BzEncoder::new(buffer, bzip2::Compression::new(level.clamp(1, 9)))),
            Packing::Xz(level) => {
                let mut options = XzOptions::with_preset(level.min(9));
                options.lzma_options.dict_size = options.lzma_options.dict_size.min(XZ_DICTIONARY);
                Self::Xz(Box::new(XzWriter::new(buffer, options)?))
            }
        })
    }

    /// What has come out so far, and was not taken yet.
    pub fn buffer(&self) -> &Vec<u8> {
        match self {
            Self::Plain(buffer) => buffer,
            Self::Gzip(encoder) => encoder.get_ref(),
            Self::Bzip2(encoder) => encoder.get_ref(),
            Self::Xz(encoder) => encoder.inner(),
        }
    }

    /// The same, to take it.
    pub fn buffer_mut(&mut self) -> &mut Vec<u8> {
        match self {
            Self::Plain(buffer) => buffer,
            Self::Gzip(encoder) => encoder.get_mut(),
            Self::Bzip2(encoder) => encoder.get_mut(),
            Self::Xz(encoder) => encoder.inner_mut(),
        }
    }

    /// Ends the compression; what remains is in the buffer.
    pub fn end(&mut self) -> io::Result<()> {
        let buffer = match std::mem::replace(self, Self::Plain(Vec::new())) {
            Self::Plain(buffer) => buffer,
            Self::Gzip(encoder) => encoder.finish()?,
            Self::Bzip2(encoder) => encoder.finish()?,
            Self::Xz(encoder) => encoder.finish()?,
        };
        *self = Self::Plain(buffer);
        Ok(())
    }
}

impl Write for Packed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(buffer) => buffer.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Bzip2(encoder) => encoder.write(bytes),
            Self::Xz(encoder) => encoder.write(bytes),
        }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
