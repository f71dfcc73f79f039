//! Thumbnails of files and folders, for an account that may read them.

use super::producer::{Made, Producer, Work};
use super::request::{ThumbnailRequest, is_picture, limits_of, spec_of};
use super::spec::Format;
use crate::volume::index_of;
use model::{FileName, UnixMillis, VPath, Verdict};
use std::sync::Arc;
use std::time::Duration;
use store::derived::{Derived, DerivedFiles, Retention, key_of};
use vfs::access::Access;
use vfs::core::Core;
use vfs::error::Result;
use vfs::files::read::{Download, Found, Reader};
use vfs::files::stat::FileKind;
use vfs::listing::Listings;
use vfs::listing::order::NameOrder;

/// Changes whenever the same picture and settings would give another thumbnail.
const VERSION: u8 = 1;
/// Most bytes of the thumbnails of one volume.
pub const CACHE_MAX: u64 = 2 << 30;
/// Bytes of new thumbnails after which old ones are removed ahead of time.
const WRITTEN_MAX: u64 = 256 << 20;
/// Most names of `th_covers` that are looked for.
const COVERS_MAX: usize = 16;

/// The thumbnails of all volumes. Cheap to clone.
#[derive(Clone)]
pub struct Thumbnails {
    core: Arc<Core>,
    reader: Reader,
    listings: Listings,
    producer: Producer,
}

/// A thumbnail that may exist already, or can perhaps be made: of a picture that the account may read.
pub struct Candidate {
    /// Strong validator without quotes: another one as soon as the picture or the settings change.
    pub etag: String,
    /// Modification time of the picture.
    pub modified: UnixMillis,
    /// The format of the thumbnail.
    pub format: Format,
    work: Work,
}

impl Thumbnails {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        let at_once = core.snapshot.load().settings.behaviour.thumbnails.at_once;
        Self {
            reader: Reader::new(core.clone()),
            listings: Listings::new(core.clone()),
            producer: Producer::new(core.pool.clone(), at_once),
            core,
        }
    }

    /// Returns the thumbnail of an opened file. `None`: it is no picture, or the settings allow none, or it is being
    /// uploaded. Never blocks.
    pub fn of_file(
        &self,
        access: &Access,
        path: &VPath,
        file: &Download,
        request: ThumbnailRequest,
    ) -> Option<Candidate> {
        let at = access.volume_path(path).filter(|_| is_picture(&file.name))?;
        let flags = &at.volume.config.flags;
        let spec = spec_of(request, flags, &access.snapshot().settings.behaviour)?;
        let (file, files) = (file.open_file()?, index_of(&at.volume.storage)?.thumbnails.clone());
        let numbers = [
            file.meta.size.to_le_bytes(),
            file.meta.mtime_ns.to_le_bytes(),
            // Clients choose times: a file that replaced another may have its size and time.
            file.meta.ino.to_le_bytes(),
            (u64::from(spec.width) << 32 | u64::from(spec.height)).to_le_bytes(),
            [VERSION, spec.quality, spec.fit as u8, spec.format as u8, 0, 0, 0, 0],
        ];
        let key = key_of(&[at.below.as_bytes(), numbers.as_flattened()]);
        let modified = file.meta.mtime();
        let limits = limits_of(&flags.thumbnails);
        let name = path.display().to_string();
        let work = Work { key: key.clone(), files, file, spec, limits, name };
        Some(Candidate { etag: key, modified, format: spec.format, work })
    }

    /// Returns the thumbnail of a folder: of one of the files that the settings name, else of its first picture.
    /// `verdict`: what the account may see of the folder. `None`: there is none.
    ///
    /// # Errors
    /// `TooManyAtOnce`, `Internal`.
    pub async fn of_folder(
        &self,
        access: &Access,
        path: &VPath,
        verdict: Verdict,
        request: ThumbnailRequest,
    ) -> Result<Option<Candidate>> {
        let Some(at) = access.volume_path(path) else { return Ok(None) };
        if spec_of(request, &at.volume.config.flags, &access.snapshot().settings.behaviour).is_none() {
            return Ok(None);
        }
        for name in at.volume.config.flags.thumbnails.covers.iter().take(COVERS_MAX) {
            if let Ok(name) = FileName::new(name.as_bytes())
                && let Some(candidate) = self.of_name(access, path, &name, request).await
            {
                return Ok(Some(candidate));
            }
        }
        if verdict != Verdict::Allow {
            return Ok(None);
        }
        let listing = self.listings.read_dir(access, path).await?;
        let is_shown = |name: &FileName| is_picture(name) && !name.as_bytes().starts_with(b".");
        let pictures = listing.entries.iter().filter(|entry| entry.kind() == FileKind::File && is_shown(&entry.name));
        let order = NameOrder::of(access, path);
        let first = pictures.map(|entry| &entry.name).min_by(|a, b| order.compare(a.as_bytes(), b.as_bytes()));
        match first {
            Some(name) => Ok(self.of_name(access, path, name, request).await),
            None => Ok(None),
        }
    }

    async fn of_name(
        &self,
        access: &Access,
        folder: &VPath,
        name: &FileName,
        request: ThumbnailRequest,
    ) -> Option<Candidate> {
        let path = folder.join(name);
        match self.reader.open(access, &path, None).await {
            Ok(Found::File(file)) => self.of_file(access, &path, &file, request),
            _ => None,
        }
    }

    /// Returns the bytes of the thumbnail, made now if it is not there. `None`: it cannot be made.
    ///
    /// # Errors
    /// `Busy` if too many are being made; `Internal`.
    pub async fn get(&self, candidate: Candidate) -> Result<Option<bytes::Bytes>> {
        let poke = Duration::from_secs(self.core.snapshot.load().settings.behaviour.thumbnails.poke_secs);
        let (files, key) = (candidate.work.files.clone(), candidate.work.key.clone());
        let known = self.core.pool.run(move || files.get(&key, poke)).await?;
        match known {
            Ok(Derived::Present(bytes)) => return Ok(Some(bytes.into())),
            Ok(Derived::Failed) => return Ok(None),
            Ok(Derived::Missing) => {}
            Err(error) => tracing::warn!(%error, "a thumbnail cannot be read, and is made again"),
        }
        Ok(match self.producer.make(candidate.work).await? {
            Made::Thumbnail(bytes) => Some(bytes),
            Made::Nothing => None,
        })
    }

    /// Removes old thumbnails of all volumes, on a thread of low priority. Returns how many.
    ///
    /// # Errors
    /// `Internal` if the work panicked. Errors of a volume are logged.
    pub async fn clean(&self) -> Result<u64> {
        self.producer.take_written();
        let snapshot = self.core.snapshot.load_full();
        let settings = &snapshot.settings.behaviour.thumbnails;
        let max_age = match settings.clean_secs {
            0 => Duration::MAX,
            _ => Duration::from_secs(settings.max_age_secs),
        };
        let retention = Retention { max_age, max_bytes: CACHE_MAX };
        let volumes = snapshot.tree.volumes.iter();
        let all: Vec<Arc<DerivedFiles>> =
            volumes.filter_map(|volume| Some(index_of(&volume.storage)?.thumbnails.clone())).collect();
        let work = move || {
            all.iter()
                .map(|files| {
                    files.clean(retention).map_or_else(
                        |error| {
                            tracing::warn!(%error, "old thumbnails of a shared folder are not removed");
                            0
                        },
                        |cleaned| cleaned.removed,
                    )
                })
                .sum()
        };
        self.core.pool.run_in_background(work).await
    }

    /// Returns whether it is time for [`Thumbnails::clean`]. `since`: the time since the last one.
    pub fn is_to_be_cleaned(&self, since: Duration) -> bool {
        let every = self.core.snapshot.load().settings.behaviour.thumbnails.clean_secs;
        every > 0 && since.as_secs() >= every || self.producer.written() >= WRITTEN_MAX
    }
}
