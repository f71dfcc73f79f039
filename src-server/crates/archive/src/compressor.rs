//! Compression of tar archives.

use super::output_buffers::OutputBuffers;
use super::request::Packing;
use bytes::Bytes;
use bzip2::write::BzEncoder;
use flate2::write::GzEncoder;
use lzma_rust2::{XzOptions, XzWriter};
use std::io::{self, Write};

/// Largest dictionary of xz. Its presets go up to 64 MiB, of which the encoder needs ten times; that memory is worth
/// more than the last per cent of compression.
const XZ_DICTIONARY: u32 = 1 << 20;

/// A sink that compresses bytes, or only collects them.
pub(super) enum Compressor {
    Plain(OutputBuffers),
    Gzip(GzEncoder<Vec<u8>>),
    Bzip2(BzEncoder<Vec<u8>>),
    Xz(Box<XzWriter<Vec<u8>>>),
}

impl Compressor {
    pub fn new(packing: Packing) -> io::Result<Self> {
        let buffer = Vec::new();
        Ok(match packing {
            Packing::Plain => Self::Plain(OutputBuffers::default()),
            Packing::Gzip(level) => Self::Gzip(GzEncoder::new(buffer, flate2::Compression::new(level.min(9)))),
            Packing::Bzip2(level) => Self::Bzip2(BzEncoder::new(buffer, bzip2::Compression::new(level.clamp(1, 9)))),
            Packing::Xz(level) => {
                let mut options = XzOptions::with_preset(level.min(9));
                options.lzma_options.dict_size = options.lzma_options.dict_size.min(XZ_DICTIONARY);
                Self::Xz(Box::new(XzWriter::new(buffer, options)?))
            }
        })
    }

    /// Bytes of output that were not taken yet.
    pub fn waiting(&self) -> usize {
        match self {
            Self::Plain(pieces) => pieces.len(),
            Self::Gzip(encoder) => encoder.get_ref().len(),
            Self::Bzip2(encoder) => encoder.get_ref().len(),
            Self::Xz(encoder) => encoder.inner().len(),
        }
    }

    /// Takes the output so far.
    pub fn take(&mut self) -> Vec<Bytes> {
        let buffer = match self {
            Self::Plain(pieces) => return pieces.take(),
            Self::Gzip(encoder) => encoder.get_mut(),
            Self::Bzip2(encoder) => encoder.get_mut(),
            Self::Xz(encoder) => encoder.inner_mut(),
        };
        if buffer.is_empty() { Vec::new() } else { vec![std::mem::take(buffer).into()] }
    }

    /// Finishes the compression; the rest of the output can be taken then.
    pub fn finish(&mut self) -> io::Result<()> {
        let mut pieces = OutputBuffers::default();
        match std::mem::replace(self, Self::Plain(OutputBuffers::default())) {
            Self::Plain(gathered) => pieces = gathered,
            Self::Gzip(encoder) => pieces.push(encoder.finish()?.into()),
            Self::Bzip2(encoder) => pieces.push(encoder.finish()?.into()),
            Self::Xz(encoder) => pieces.push(encoder.finish()?.into()),
        }
        *self = Self::Plain(pieces);
        Ok(())
    }
}

impl Write for Compressor {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(pieces) => {
                pieces.write(bytes);
                Ok(bytes.len())
            }
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Bzip2(encoder) => encoder.write(bytes),
            Self::Xz(encoder) => encoder.write(bytes),
        }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
