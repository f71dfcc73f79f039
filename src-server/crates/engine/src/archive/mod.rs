//! Archives: a tree that somebody may read -> a stream of bytes.

use crate::access::Access;
use crate::core::Core;
use crate::error::Result;
use crate::files::read::BodyStream;
use model::{FileName, VPath};
use std::sync::Arc;

/// How names are written in a zip, and when its checksums are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZipNames {
    /// UTF-8 names, checksum after the data.
    Utf8,
    /// Code page 437, checksum after the data.
    Dos,
    /// Code page 437, checksum before the data (each file is read twice).
    DosCrcFirst,
}

/// How a tar is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// gzip with a level of 0 to 9.
    Gzip(u32),
    /// bzip2 with a level of 1 to 9.
    Bzip2(u32),
    /// xz with a level of 0 to 9.
    Xz(u32),
}

/// Which archive.
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

/// What to pack.
#[derive(Clone, Debug)]
pub struct ArchiveRequest {
    /// The folder.
    pub folder: VPath,
    /// Only these direct children; `None`: everything.
    pub only: Option<Vec<FileName>>,
    /// Which archive.
    pub format: Format,
    /// Dotfiles too, if the person may see them.
    pub dotfiles: bool,
    /// The one folder at the archive's top; `None`: contents at the top.
    pub top: Option<FileName>,
}

/// The service.
#[derive(Clone)]
pub struct Archives {
    pub(crate) core: Arc<Core>,
}

impl Archives {
    /// Starts packing. What cannot be read is named in a member of the archive instead of being left out silently.
    ///
    /// # Errors
    /// `Denied` (read), `NotFound`, `NotAFolder`, `SwitchedOff`.
    pub async fn pack(&self, access: &Access, request: ArchiveRequest) -> Result<BodyStream> {
        let _ = (&self.core, access, request);
        unimplemented!()
    }
}
