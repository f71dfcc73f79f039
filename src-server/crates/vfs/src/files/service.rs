//! What services add to the files of a volume: rules that new files must obey, and the content of files that are still
//! being received.
//!
//! A service that keeps state for each volume also implements
//! [`VolumeService`](crate::volumes::extension::VolumeService). The two traits are apart because a volume's storage
//! holds the state, and knows neither accesses nor the resolver.

use super::body::BodyStream;
use crate::access::Access;
use crate::blocking_pool::BlockingPool;
use crate::error::Result;
use crate::grants::Grants;
use crate::volumes::resolve::Located;
use crate::volumes::tree::MountedVolume;
use model::{FileName, UnixMillis, VPath};
use std::ops::Range;
use std::sync::Arc;
use store::disk::{Folder, Meta};

/// A service that limits new files, or knows files that are not complete.
pub trait FileService: Send + Sync {
    /// Starts the admission of files that an operation creates in `folder`. `grants`: decides how much may be stored
    /// with `access`.
    fn admission<'a>(
        &self,
        grants: &Arc<dyn Grants>,
        access: &'a Access,
        folder: &Located<Folder>,
    ) -> Box<dyn Admission + 'a>;

    /// Opens a file that is being received for reading, if its received part may be served. Does not check permissions.
    /// Blocks.
    ///
    /// # Errors
    /// Disk errors.
    fn open_growing(
        &self,
        volume: &Arc<MountedVolume>,
        folder: &VPath,
        name: &FileName,
    ) -> Result<Option<Box<dyn GrowingContent>>>;

    /// Returns the bytes that count towards the volume's limit (`vmaxb`), with those of unfinished uploads; 0 if the
    /// service counts none. Blocks.
    ///
    /// # Errors
    /// `Internal` if they cannot be read.
    fn stored_bytes(&self, volume: &MountedVolume) -> Result<u64>;
}

/// Checks files that come into a volume against its limits, and counts them. Dropping it without
/// [`Admission::complete`] takes the counts back.
pub trait Admission {
    /// Checks whether a file of `size` bytes may be created, and counts it. `goal`: its future path; `replaced`: size of
    /// the file that it replaces, if any. Blocks.
    ///
    /// # Errors
    /// `TopFolderOnly`, `SizeRule`, `NoSpace`, `VolumeFull`, `VolumeFileLimit`, `TooManyUploads`, `TooMuchData`,
    /// `LinkFull`.
    fn admit(&mut self, goal: &VPath, size: u64, replaced: Option<u64>) -> Result<()>;

    /// Checks whether a file of `size` bytes that was in the volume before, and is still on its disk, may come back, and counts
    /// it: only the limits of the volume apply. Blocks.
    ///
    /// # Errors
    /// `VolumeFull`, `VolumeFileLimit`.
    fn readmit(&mut self, size: u64) -> Result<()>;

    /// Remembers a created file; `below`: its future path.
    fn created(&mut self, below: &VPath, meta: &Meta);

    /// Records the files once all of them are visible. Blocks.
    fn complete(self: Box<Self>);
}

/// A file that is being received, open for reading.
pub trait GrowingContent: Send + Sync {
    /// Size of the complete file, bytes.
    fn size(&self) -> u64;
    /// Modification time of the complete file.
    fn modified(&self) -> UnixMillis;
    /// Strong validator without quotes: differs for another upload of the same name.
    fn etag(&self) -> String;
    /// Returns the bytes of `range` (from 0, end exclusive, within the size) as a stream that waits for bytes not
    /// received yet.
    fn body(&self, range: Range<u64>, pool: BlockingPool) -> BodyStream;
}
