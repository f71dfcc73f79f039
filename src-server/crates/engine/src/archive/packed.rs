//! Compression between a tar and the outlet.

use super::Packing;
use super::outlet::{Outlet, Poured};
use bzip2::write::BzEncoder;
use flate2::write::GzEncoder;
use lzma_rust2::{XzOptions, XzWriter};
use std::io::{self, Write};
use store::disk::OpenFile;

/// Bytes of one read.
const BUFFER: usize = 128 << 10;
/// Largest dictionary of xz. Its presets go up to 64 MiB, of which the encoder needs ten times; the server's memory is
/// worth more than the last per cent.
const XZ_DICTIONARY: u32 = 1 << 20;

pub(super) enum Packed {
    Plain(Outlet),
    Gzip(GzEncoder<Outlet>),
    Bzip2(BzEncoder<Outlet>),
    Xz(Box<XzWriter<Outlet>>),
}

impl Packed {
    pub fn new(outlet: Outlet, packing: Packing) -> io::Result<Self> {
        Ok(match packing {
            Packing::Plain => Self::Plain(outlet),
            Packing::Gzip(level) => Self::Gzip(GzEncoder::new(outlet, flate2::Compression::new(level.min(9)))),
            Packing::Bzip2(level) => Self::Bzip2(BzEncoder::new(outlet, bzip2::Compression::new(level.clamp(1, 9)))),
            Packing::Xz(level) => {
                let mut options = XzOptions::with_preset(level.min(9));
                options.lzma_options.dict_size = options.lzma_options.dict_size.min(XZ_DICTIONARY);
                Self::Xz(Box::new(XzWriter::new(outlet, options)?))
            }
        })
    }

    /// Adds `size` bytes of a file.
    ///
    /// # Errors
    /// The client has gone. Failures of the file are in the answer.
    pub fn pour(&mut self, file: &OpenFile, size: u64) -> io::Result<Poured> {
        if let Self::Plain(outlet) = self {
            return outlet.pour(file, size, |_| {});
        }
        let mut buffer = Vec::with_capacity(BUFFER);
        let mut at = 0;
        let mut failure = None;
        while at < size {
            buffer.clear();
            let most = (size - at).min(BUFFER as u64) as usize;
            match file.read_at(at, most, &mut buffer) {
                Ok(0) => failure = Some(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) => failure = Some(error),
            }
            if buffer.is_empty() {
                buffer.resize(most, 0);
            }
            self.write_all(&buffer)?;
            at += buffer.len() as u64;
        }
        Ok(failure.map_or(Poured::Whole, Poured::Padded))
    }

    pub fn finish(self) -> io::Result<Outlet> {
        match self {
            Self::Plain(outlet) => Ok(outlet),
            Self::Gzip(encoder) => encoder.finish(),
            Self::Bzip2(encoder) => encoder.finish(),
            Self::Xz(encoder) => encoder.finish(),
        }
    }
}

impl Write for Packed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(outlet) => outlet.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Bzip2(encoder) => encoder.write(bytes),
            Self::Xz(encoder) => encoder.write(bytes),
        }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
