//! Archives: a tree that somebody may read -> a stream of bytes.
//!
//! ```text
//! walk ── files, open ──► zip | tar ── bytes ──► (gzip, bzip2, xz) ──► outlet ══ bounded channel ══► body
//! └──────────────────── one blocking thread for each archive ───────────────┘
//! ```
//!
//! A slow client fills the channel and the thread waits; a client that has gone closes it and the thread ends. Memory
//! is bounded: the channel, one buffer, a folder's names, and the table of contents of a zip, which moves to a file
//! when it grows.

mod names;
mod outlet;
mod packed;
mod spool;
mod tar;
mod walk;
mod zip;

use crate::access::Access;
use crate::core::Core;
use crate::error::{EngineError, Result};
use crate::files::read::BodyStream;
use crate::files::transfer::Transfer;
use model::{FileName, Operation, VPath};
use outlet::Outlet;
use std::sync::Arc;
use store::disk::OpenFile;
use walk::Walk;

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
    /// Starts packing. What cannot be read is named in a member of the archive instead of being left out silently; a
    /// body that ends before its archive is complete ends with an error.
    ///
    /// # Errors
    /// `Denied` (read), `NotFound`, `NotAFolder`, `SwitchedOff`.
    pub async fn pack(&self, access: &Access, request: ArchiveRequest) -> Result<BodyStream> {
        let walk = self.start(access, &request).await?;
        let path = request.folder;
        let transfer = Transfer::start(self.core.clone(), access.clone(), path, Operation::Archive, None);
        let (outlet, body) = outlet::channel(transfer);
        let folder = self.core.state_folder.clone();
        let _until_its_end = self.core.gate.stream(move || {
            if let Err(error) = pack(walk, request.format, outlet, &folder) {
                // Mostly clients that have gone.
                tracing::debug!(%error, "an archive ended early");
            }
        });
        Ok(body)
    }

    /// Whether [`Archives::pack`] would begin, without packing anything.
    ///
    /// # Errors
    /// Those of [`Archives::pack`].
    pub async fn check(&self, access: &Access, request: &ArchiveRequest) -> Result<()> {
        self.start(access, request).await.map(drop)
    }

    async fn start(&self, access: &Access, request: &ArchiveRequest) -> Result<Walk> {
        if access.live().settings.behaviour.no_archives {
            return Err(EngineError::SwitchedOff("archives"));
        }
        let (access, request) = (access.clone(), request.clone());
        self.core.gate.attempt(move || Walk::start(access, request)).await
    }
}

/// Packs everything that the walk finds.
fn pack(walk: Walk, format: Format, outlet: Outlet, state_folder: &std::path::Path) -> std::io::Result<()> {
    let mut outlet = match format {
        Format::Zip(names) => {
            let mut zip = zip::Zip::new(outlet, names, state_folder);
            walk.run(&mut zip)?;
            zip.finish()?
        }
        Format::Tar { pax, packing } => {
            let mut tar = tar::Tar::new(packed::Packed::new(outlet, packing)?, pax);
            walk.run(&mut tar)?;
            tar.finish()?
        }
    };
    outlet.end()
}

/// What an archive format has to do.
trait Packer {
    /// The name of a child as this format writes it: never with a separator in it, never a way up.
    fn safe_name(&self, name: &[u8]) -> Vec<u8>;
    /// Adds a file. `path`: safe names with `/` between them. Returns what went wrong with its contents, if something
    /// did; the archive goes on.
    fn file(&mut self, path: &[u8], file: &OpenFile) -> std::io::Result<Option<std::io::Error>>;
    /// Adds a text that is no file.
    fn text(&mut self, path: &[u8], text: &[u8]) -> std::io::Result<()>;
}

#[cfg(test)]
mod tests;
