//! The request for an archive: its members, its format, its compression.

use model::{FileName, VPath};

/// Encoding of names in a zip, and position of its checksums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZipNames {
    /// UTF-8 names, checksum after the data.
    Utf8,
    /// Code page 437, checksum after the data.
    Dos,
    /// Code page 437, checksum before the data (each file is read twice).
    DosCrcFirst,
}

/// Compression of a tar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// No compression.
    Plain,
    /// gzip with a level of 0 to 9.
    Gzip(u32),
    /// bzip2 with a level of 1 to 9.
    Bzip2(u32),
    /// xz with a level of 0 to 9.
    Xz(u32),
}

impl Packing {
    /// Most MiB that the compressor holds, rounded up. Independent of the level for bzip2, and for xz with its limited
    /// dictionary.
    pub(crate) fn memory(self) -> usize {
        match self {
            Self::Plain => 0,
            Self::Gzip(_) => 1,
            Self::Bzip2(_) => 8,
            Self::Xz(_) => 12,
        }
    }
}

/// An archive format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// zip, stored.
    Zip(ZipNames),
    /// tar: GNU, or with pax headers.
    Tar {
        /// pax headers: fractional times, UTF-8 paths.
        pax: bool,
        /// Compression.
        packing: Packing,
    },
}

/// The contents of an archive.
#[derive(Clone, Debug)]
pub struct ArchiveRequest {
    /// The folder.
    pub folder: VPath,
    /// Only these direct children; `None`: everything.
    pub only: Option<Vec<FileName>>,
    /// Which archive.
    pub format: Format,
    /// Dotfiles too, if the account may see them.
    pub dotfiles: bool,
    /// Name of the single folder at the top of the archive; `None`: the contents are at the top.
    pub top: Option<FileName>,
}
