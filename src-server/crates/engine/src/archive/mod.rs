//! Archives: a tree that somebody may read -> a stream of bytes.
//!
//! ```text
//! body (outlet) ◄── pieces, at most 512 KiB ahead ── production: walk ── files, open ──► zip | tar (gzip, bzip2, xz)
//! ```
//!
//! The client drives: a thread of the gate works at an archive while its client takes what it makes, and leaves it when
//! enough is made ahead of the client. Between that and the client's coming for it an archive is a value that waits in its
//! body: it has no thread, and holds the pieces that are ahead, the open file, the names of the folders that it is in, the
//! state of its compressor, and the table of contents of a zip, which moves to a file when it grows. Archives are bounded
//! in all and for each address ([`AT_ONCE`], [`PER_ADDRESS`]; compressors by their memory), and those that threads work at,
//! too ([`PRODUCING_AT_ONCE`]), so that archives leave threads of the gate to everything else.

mod compressor;
mod names;
mod output;
mod output_buffers;
mod production;
mod spool;
mod tar;
mod walk;
mod zip;

use crate::access::Access;
use crate::budget::{Budget, Reservation};
use crate::core::Core;
use crate::error::{EngineError, Result};
use crate::files::read::BodyStream;
use crate::files::transfer::Transfer;
use crate::volumes::resolve::refusal;
use model::{FileName, Operation, VPath, Verdict};
use production::Production;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::Semaphore;
use walk::Walk;

/// Archives at once.
pub const AT_ONCE: usize = 128;
/// Archives at once for one address.
pub const PER_ADDRESS: usize = 16;
/// MiB that compressors hold at once ([`Packing::memory`]).
pub const COMPRESSORS: usize = 192;
/// MiB that the compressors for one address hold at once.
pub const COMPRESSORS_PER_ADDRESS: usize = 96;
/// Archives that threads work at in the same moment; a third of the threads behind the gate.
pub const PRODUCING_AT_ONCE: usize = 16;

/// What all archives share.
pub(crate) struct ArchiveLimits {
    budget: Budget,
    compressors: Budget,
    slots: Arc<Semaphore>,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        let budget = Budget::new("archives", AT_ONCE, PER_ADDRESS);
        let compressors = Budget::new("compressed archives", COMPRESSORS, COMPRESSORS_PER_ADDRESS);
        Self { budget, compressors, slots: Arc::new(Semaphore::new(PRODUCING_AT_ONCE)) }
    }
}

impl ArchiveLimits {
    /// Room for one more archive.
    ///
    /// # Errors
    /// `TooManyAtOnce`.
    fn admit(&self, address: IpAddr, format: Format) -> Result<[Reservation; 2]> {
        let one = self.budget.reserve_one(address)?;
        let mut compressor = self.compressors.reservation(address);
        if let Format::Tar { packing, .. } = format {
            compressor.grow(packing.memory())?;
        }
        Ok([one, compressor])
    }
}

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

impl Packing {
    /// MiB that the compressor holds at most, rounded up. Whatever the level, of bzip2 and of xz with its bounded dictionary.
    fn memory(self) -> usize {
        match self {
            Self::Plain => 0,
            Self::Gzip(_) => 1,
            Self::Bzip2(_) => 8,
            Self::Xz(_) => 12,
        }
    }
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
    /// Whether somebody may ask for an archive of something in `folder`, before the list of it is read from them. Never
    /// waits; packing asks again.
    ///
    /// # Errors
    /// `Denied`.
    pub fn check_may_pack(&self, access: &Access, folder: &VPath) -> Result<()> {
        match access.verdict(folder, Operation::Archive) {
            Verdict::Allow => Ok(()),
            _ if access.has_visible_below(folder) => Ok(()),
            _ => Err(refusal(access, folder, Operation::Archive)),
        }
    }

    /// Starts packing. What cannot be read is named in a member of the archive instead of being left out silently; a
    /// body that ends before its archive is complete ends with an error.
    ///
    /// # Errors
    /// `Denied` (read), `NotFound`, `NotAFolder`, `SwitchedOff`; `TooManyAtOnce`.
    pub async fn pack(&self, access: &Access, request: ArchiveRequest) -> Result<BodyStream> {
        let reservations = self.core.archives.admit(access.client().address, request.format)?;
        let walk = self.start(access, &request).await?;
        let production = Production::new(walk, request.format, &self.core.state_folder)
            .map_err(|error| EngineError::internal("The archive could not be begun.", error))?;
        let path = request.folder;
        let transfer = Transfer::start(self.core.clone(), access.clone(), path, Operation::Archive, None);
        Ok(output::body(production, self.core.pool.clone(), self.core.archives.slots.clone(), transfer, reservations))
    }

    /// Whether [`Archives::pack`] would begin, without packing anything.
    ///
    /// # Errors
    /// Those of [`Archives::pack`].
    pub async fn check(&self, access: &Access, request: &ArchiveRequest) -> Result<()> {
        self.start(access, request).await.map(drop)
    }

    async fn start(&self, access: &Access, request: &ArchiveRequest) -> Result<Walk> {
        if access.snapshot().settings.behaviour.no_archives {
            return Err(EngineError::SwitchedOff("archives"));
        }
        let (access, request) = (access.clone(), request.clone());
        self.core.pool.try_run(move || Walk::start(access, request)).await
    }
}

#[cfg(test)]
mod tests;
