//! Thumbnails of files and folders, for an account that may read them.

use super::hot::HotThumbnails;
use super::kind::{MediaKind, kind_of};
use super::producer::{Made, Producer, Task, Work};
use super::request::{ThumbnailRequest, limits_of, spec_of};
use super::spec::Limits;
use crate::audio::AC_CACHE_MAX;
use crate::media_tools::MediaTools;
use crate::volume::index_of;
use model::{FileName, UnixMillis, VPath, Verdict};
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;
use store::derived::{Cleaned, Derived, Retention, key_of};
use vfs::access::Access;
use vfs::core::Core;
use vfs::error::Result;
use vfs::files::read::{Download, Found, Reader};
use vfs::files::stat::FileKind;
use vfs::listing::Listings;
use vfs::listing::order::NameOrder;

/// Changes whenever the same picture and settings would give another thumbnail.
const VERSION: u8 = 2;
/// Most bytes of the thumbnails of one volume.
pub const CACHE_MAX: u64 = 2 << 30;
/// Bytes of new thumbnails after which old ones are removed ahead of time.
const WRITTEN_MAX: u64 = 256 << 20;
/// Most names of `th_covers` that are looked for.
const COVERS_MAX: usize = 16;
/// Most pictures of a folder that are tried, until one can be decoded.
const TRIED_MAX: usize = 4;

/// The thumbnails of all volumes. Cheap to clone.
#[derive(Clone)]
pub struct Thumbnails {
    core: Arc<Core>,
    reader: Reader,
    listings: Listings,
    producer: Producer,
    hot: Arc<HotThumbnails>,
}

/// A thumbnail that may exist already, or can perhaps be made: of a picture that the account may read.
pub struct Candidate {
    /// Strong validator without quotes: another one as soon as the picture or the settings change.
    pub etag: String,
    /// Modification time of the picture.
    pub modified: UnixMillis,
    /// The media type of what is made.
    pub media_type: &'static str,
    work: Work,
}

impl Thumbnails {
    pub(crate) fn new(core: Arc<Core>, tools: MediaTools) -> Self {
        let at_once = core.snapshot.load().settings.behaviour.thumbnails.at_once;
        Self {
            reader: Reader::new(core.clone()),
            listings: Listings::new(core.clone()),
            hot: Arc::default(),
            producer: Producer::new(core.pool.clone(), tools, at_once),
            core,
        }
    }

    /// Returns the thumbnail of an opened file. `None`: no file of its kind has one, or the settings allow none, or it
    /// is being uploaded. Never blocks.
    pub fn of_file(
        &self,
        access: &Access,
        path: &VPath,
        file: &Download,
        request: ThumbnailRequest,
    ) -> Option<Candidate> {
        let (at, kind) = (access.volume_path(path)?, kind_of(&file.name)?);
        let flags = &at.volume.config.flags;
        let spec = spec_of(request, kind, flags, &access.snapshot().settings.behaviour)?;
        let (file_name, file, files) =
            (file.name.clone(), file.open_file()?, index_of(&at.volume.storage)?.thumbnails.clone());
        let programs = !flags.thumbnails.no_programs;
        let numbers = [
            file.meta.size.to_le_bytes(),
            file.meta.mtime_ns.to_le_bytes(),
            // Clients choose times: a file that replaced another may have its size and time.
            file.meta.ino.to_le_bytes(),
            (u64::from(spec.width) << 32 | u64::from(spec.height)).to_le_bytes(),
            [VERSION, spec.quality, spec.fit as u8, spec.format as u8, kind as u8, u8::from(programs), 0, 0],
        ];
        let key = key_of(&[at.below.as_bytes(), numbers.as_flattened()]);
        let slow_key = slow_key_of(&at.below, &numbers, b"slow");
        let modified = file.meta.mtime();
        let limits = limits_of(&flags.thumbnails);
        let name = path.display().to_string();
        let placeholder = (index_of(&at.volume.storage)?.placeholders.clone(), at.below.parent()?, file_name);
        let task = Task::Thumbnail { kind, programs, spec, placeholder };
        let work = Work { key: key.clone(), slow_key, files, file, task, limits, name };
        Some(Candidate { etag: key, modified, media_type: spec.format.media_type(), work })
    }

    /// Returns the peaks of an opened file, [`PEAKS`](crate::audio::PEAKS) bytes, or none if there is no sound in it.
    /// `None`: it is no sound, or the settings allow no pictures of sounds. Never blocks.
    pub fn peaks_of(&self, access: &Access, path: &VPath, file: &Download) -> Option<Candidate> {
        let at = access.volume_path(path)?;
        let flags = &at.volume.config.flags.thumbnails;
        let is_allowed = !flags.off && !flags.no_audio && !flags.no_programs;
        if kind_of(&file.name) != Some(MediaKind::Audio) || !is_allowed {
            return None;
        }
        let (file, files) = (file.open_file()?, index_of(&at.volume.storage)?.thumbnails.clone());
        let numbers = [file.meta.size.to_le_bytes(), file.meta.mtime_ns.to_le_bytes(), file.meta.ino.to_le_bytes()];
        let key = key_of(&[at.below.as_bytes(), numbers.as_flattened(), b"peaks", &[VERSION]]);
        let limits =
            Limits { time: Duration::from_secs(flags.audio_time_limit_secs.clamp(1, 3600)), ..limits_of(flags) };
        let (modified, name) = (file.meta.mtime(), path.display().to_string());
        let slow_key = slow_key_of(&at.below, &numbers, b"slow peaks");
        let work = Work { key: key.clone(), slow_key, files, file, task: Task::Peaks, limits, name };
        Some(Candidate { etag: key, modified, media_type: "application/octet-stream", work })
    }

    /// Returns thumbnails of a folder, to be tried one after the other: of the files that the settings name, then of its
    /// first pictures. `verdict`: what the account may see of the folder.
    ///
    /// # Errors
    /// `TooManyAtOnce`, `Internal`.
    pub async fn of_folder(
        &self,
        access: &Access,
        path: &VPath,
        verdict: Verdict,
        request: ThumbnailRequest,
    ) -> Result<Vec<Candidate>> {
        let Some(at) = access.volume_path(path) else { return Ok(Vec::new()) };
        let flags = &at.volume.config.flags;
        if spec_of(request, MediaKind::Picture, flags, &access.snapshot().settings.behaviour).is_none() {
            return Ok(Vec::new());
        }
        let covers: Vec<&str> = flags.thumbnails.covers.iter().take(COVERS_MAX).map(String::as_str).collect();
        let names = match verdict {
            Verdict::Allow => self.names_in(access, path, &covers).await?,
            // Their names are in the settings: asking for them tells no others.
            _ => covers.iter().filter_map(|name| FileName::new(name.as_bytes()).ok()).collect(),
        };
        let mut candidates = Vec::new();
        for name in names {
            candidates.extend(self.of_name(access, path, &name, request).await);
            if candidates.len() == TRIED_MAX {
                break;
            }
        }
        Ok(candidates)
    }

    /// Returns the covers of a folder that may be listed, in the order of the settings, then its first pictures. Covers
    /// are found in any case, and hidden (`.folder.jpg`).
    async fn names_in(&self, access: &Access, path: &VPath, covers: &[&str]) -> Result<Vec<FileName>> {
        let listing = self.listings.read_dir(access, path).await?;
        let files = listing.entries.iter().filter(|entry| entry.kind() == FileKind::File).map(|entry| &entry.name);
        let rank = |name: &FileName| {
            let plain = name.as_bytes().strip_prefix(b".").unwrap_or(name.as_bytes());
            covers.iter().position(|cover| cover.as_bytes().eq_ignore_ascii_case(plain))
        };
        let is_shown = |name: &FileName| kind_of(name).is_some_and(MediaKind::is_picture) && !name.is_dotfile();
        let order = NameOrder::of(access, path);
        let compare = |(a, first): &(usize, &FileName), (b, second): &(usize, &FileName)| {
            a.cmp(b).then_with(|| order.compare(first.as_bytes(), second.as_bytes()))
        };
        let mut found: Vec<(usize, &FileName)> =
            files.filter_map(|name| Some((rank(name).or(is_shown(name).then_some(COVERS_MAX))?, name))).collect();
        if found.len() > 2 * TRIED_MAX {
            found.select_nth_unstable_by(2 * TRIED_MAX, compare);
            found.truncate(2 * TRIED_MAX);
        }
        found.sort_unstable_by(compare);
        Ok(found.into_iter().map(|(_, name)| name.clone()).collect())
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
        if let Some(bytes) = self.hot.get(&files, &key, poke) {
            return Ok(Some(bytes));
        }
        let (known_files, known_key) = (files.clone(), key.clone());
        let bytes = match self.core.pool.run(move || known_files.get(&known_key, poke)).await? {
            Ok(Derived::Present(bytes)) => bytes.into(),
            Ok(Derived::Failed) => return Ok(None),
            known => {
                if let Err(error) = known {
                    tracing::warn!(%error, "a thumbnail cannot be read, and is made again");
                }
                match self.producer.make(candidate.work).await? {
                    Made::Thumbnail(bytes) => bytes,
                    Made::Nothing => return Ok(None),
                }
            }
        };
        self.hot.put(&files, &key, &bytes);
        Ok(Some(bytes))
    }

    /// Removes old thumbnails and converted sounds of all volumes, on a thread of low priority. Returns how many.
    ///
    /// # Errors
    /// `Internal` if the work panicked. Errors of a volume are logged.
    pub async fn clean(&self) -> Result<u64> {
        self.producer.take_written();
        let snapshot = self.core.snapshot.load_full();
        let behaviour = &snapshot.settings.behaviour;
        let max_age =
            |secs| if behaviour.thumbnails.clean_secs == 0 { Duration::MAX } else { Duration::from_secs(secs) };
        let pictures = Retention { max_age: max_age(behaviour.thumbnails.max_age_secs), max_bytes: CACHE_MAX };
        let sounds = Retention { max_age: max_age(behaviour.transcoding.max_age_secs), max_bytes: AC_CACHE_MAX };
        let volumes = snapshot.tree.volumes.iter().filter_map(|volume| index_of(&volume.storage));
        let all: Vec<_> =
            volumes.map(|index| (index.thumbnails.clone(), index.audio.clone(), index.placeholders.clone())).collect();
        let removed = |cleaned: std::result::Result<Cleaned, StoreError>| match cleaned {
            Ok(cleaned) => cleaned.removed,
            Err(error) => {
                tracing::warn!(%error, "old thumbnails of a shared folder are not removed");
                0
            }
        };
        let work = move || {
            let each = all.iter().map(|(thumbnails, audio, placeholders)| {
                removed(placeholders.clean()) + removed(audio.clean(sounds)) + removed(thumbnails.clean(pictures))
            });
            each.sum()
        };
        self.core.pool.run_in_background(work).await
    }

    /// Returns whether it is time for [`Thumbnails::clean`]. `since`: the time since the last one.
    pub fn is_to_be_cleaned(&self, since: Duration) -> bool {
        let every = self.core.snapshot.load().settings.behaviour.thumbnails.clean_secs;
        every > 0 && since.as_secs() >= every || self.producer.written() >= WRITTEN_MAX
    }
}

/// Returns the name under which it is remembered that a file takes too long. `numbers`: its size, time and inode, then what
/// is wanted of it. `result`: thumbnails and waveforms are made in different ways, and one may be slow alone.
fn slow_key_of(below: &VPath, numbers: &[[u8; 8]], result: &[u8]) -> String {
    key_of(&[below.as_bytes(), numbers[..3].as_flattened(), result, &[VERSION]])
}
