//! Archives: the visible part of a folder tree as a stream of bytes.
//!
//! ```text
//! body (output) ◄── pieces, at most 512 KiB ahead ── production: walk ── files, open ──► zip | tar (gzip, bzip2, xz)
//! ```
//!
//! The client sets the pace. A pool thread produces an archive while its client reads, and leaves it when enough output
//! is buffered. Until the client has read that, the archive is a value in its body: it has no thread, and holds the
//! buffered pieces, the open file, the names of the current folders, the state of the compressor, and the central
//! directory of a zip, which moves to a file when it grows. The number of archives is limited, in total and per address
//! ([`AT_ONCE`], [`PER_ADDRESS`]; compressors by their memory), and so is the number of those being produced
//! ([`PRODUCING_AT_ONCE`]), which leaves pool threads to everything else.
#![warn(missing_docs)]

mod compressor;
mod names;
mod output;
mod output_buffers;
mod packer;
mod production;
mod request;
mod spool;
mod tar;
mod walk;
mod zip;

pub use request::{ArchiveRequest, Format, Packing, ZipNames};

use model::{Operation, VPath, Verdict};
use production::Production;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::Semaphore;
use vfs::access::Access;
use vfs::budget::{Budget, Reservation};
use vfs::core::Core;
use vfs::error::{Denial, EngineError, Result};
use vfs::files::read::BodyStream;
use vfs::files::transfer::Transfer;
use vfs::volumes::resolve::refusal;
use walk::Walk;

/// Most archives at once.
pub const AT_ONCE: usize = 128;
/// Most archives at once for one address.
pub const PER_ADDRESS: usize = 16;
/// Most MiB held by compressors ([`Packing::memory`]).
pub const COMPRESSORS: usize = 192;
/// Most MiB held by compressors for one address.
pub const COMPRESSORS_PER_ADDRESS: usize = 96;
/// Most bytes of name lists ([`ArchiveRequest::only`]), with 64 more for each name.
pub const NAMES: usize = 64 << 20;
/// The same for one address.
pub const NAMES_PER_ADDRESS: usize = 24 << 20;
/// Most archives that are produced by threads at the same moment; a third of the pool's threads.
pub const PRODUCING_AT_ONCE: usize = 16;

/// Limits shared by all archives.
pub(crate) struct ArchiveLimits {
    budget: Budget,
    compressors: Budget,
    names: Budget,
    slots: Arc<Semaphore>,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        let budget = Budget::new("archives", AT_ONCE, PER_ADDRESS);
        let compressors = Budget::new("compressed archives", COMPRESSORS, COMPRESSORS_PER_ADDRESS);
        let names = Budget::new("archives of many names", NAMES, NAMES_PER_ADDRESS);
        Self { budget, compressors, names, slots: Arc::new(Semaphore::new(PRODUCING_AT_ONCE)) }
    }
}

impl ArchiveLimits {
    /// Reserves room for one more archive.
    ///
    /// # Errors
    /// `TooManyAtOnce`.
    fn admit(&self, address: IpAddr, request: &ArchiveRequest) -> Result<[Reservation; 3]> {
        let one = self.budget.reserve_one(address)?;
        let mut compressor = self.compressors.reservation(address);
        if let Format::Tar { packing, .. } = request.format {
            compressor.grow(packing.memory())?;
        }
        let mut names = self.names.reservation(address);
        names.grow(request.only.iter().flatten().map(|name| name.as_bytes().len() + 64).sum())?;
        Ok([one, compressor, names])
    }
}

/// The service for archives.
#[derive(Clone)]
pub struct Archives {
    core: Arc<Core>,
    /// Limits shared by all archives.
    limits: Arc<ArchiveLimits>,
}

impl Archives {
    /// Over the volumes and the pool of `core`.
    pub fn new(core: Arc<Core>) -> Self {
        Self { core, limits: Arc::default() }
    }

    /// Checks whether the account may request an archive of files in `folder`, before their list is received. Never
    /// blocks; packing checks again.
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

    /// Starts packing. Files that cannot be read are listed in a member of the archive instead of being left out
    /// silently. A body that ends before its archive is complete ends with an error.
    ///
    /// # Errors
    /// `Denied` (read), `NotFound`, `NotAFolder`, `SwitchedOff`; `TooManyAtOnce`.
    pub async fn pack(&self, access: &Access, request: ArchiveRequest) -> Result<BodyStream> {
        let reservations = self.limits.admit(access.client().address, &request)?;
        let walk = self.start(access, &request).await?;
        let production = Production::new(walk, request.format, &self.core.state_folder)
            .map_err(|error| EngineError::internal("The archive could not be started.", error))?;
        let path = request.folder;
        let transfer = Transfer::start(self.core.clone(), access.clone(), path, Operation::Archive, None);
        Ok(output::body(production, self.core.pool.clone(), self.limits.slots.clone(), transfer, reservations))
    }

    /// Checks whether [`Archives::pack`] would start, without packing anything.
    ///
    /// # Errors
    /// Those of [`Archives::pack`].
    pub async fn check(&self, access: &Access, request: &ArchiveRequest) -> Result<()> {
        self.start(access, request).await.map(drop)
    }

    async fn start(&self, access: &Access, request: &ArchiveRequest) -> Result<Walk> {
        if access.snapshot().settings.behaviour.no_archives {
            return Err(EngineError::Denied(Denial::SwitchedOff("archives")));
        }
        let (access, request) = (access.clone(), request.clone());
        self.core.pool.try_run(move || Walk::start(access, request)).await
    }
}

#[cfg(test)]
mod tests;
