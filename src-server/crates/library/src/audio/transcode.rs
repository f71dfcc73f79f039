//! Converts sound to what a browser can play.
//!
//! ```text
//! get ─► DerivedFiles (store): is it there? ─► the file, with ranges
//!   └─► under way? ─ no ─► task: [budget, slot] ─► background thread: FFmpeg ─► GrowingFile ─► finish
//!             └───────────► GrowingAudio: reads the file as it grows
//! ```
//!
//! Clients read from the file, not from FFmpeg: a slow one slows no other and holds no memory. FFmpeg is killed when the
//! last client has left. What was made remains for the next.

use super::caf;
use super::format::AudioFormat;
use crate::child_process::{Canceller, ChildError, ChildLimits, ChildProcesses};
use crate::media_tools::{MediaTool, MediaTools};
use crate::thumbnails::{MediaKind, kind_of};
use crate::volume::index_of;
use bytes::Bytes;
use model::VPath;
use model::transcode_settings::TranscodeSettings;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use store::derived::{DerivedFiles, GrowingFile, OpenDerived, key_of};
use store::disk::OpenFile;
use tokio::sync::watch;
use vfs::access::Access;
use vfs::blocking_pool::BlockingPool;
use vfs::budget::{Budget, Reservation};
use vfs::core::Core;
use vfs::error::{EngineError, Result};
use vfs::files::read::Download;

/// Most conversions that run or wait.
pub const TRANSCODES_AT_ONCE: usize = 32;
/// Most of them for one address.
pub const TRANSCODES_PER_ADDRESS: usize = 8;
/// Most bytes of converted sound of one volume.
pub const AC_CACHE_MAX: u64 = 4 << 30;
/// Most bytes of one result, and of one that must be complete before it is sent.
const OUTPUT_MAX: u64 = 1 << 30;
const CAF_MAX: u64 = 256 << 20;
/// Bytes read at a time for a client.
const READ: usize = 128 << 10;
/// Changes whenever the same sound and settings would give another result.
const VERSION: u8 = 1;

/// The converted sound.
pub enum Transcoded {
    /// It is complete.
    Ready(OpenFile),
    /// It is being made.
    Growing(GrowingAudio),
}

/// Converts sound, one producer for each result. Cheap to clone.
#[derive(Clone)]
pub struct Transcoder {
    core: Arc<Core>,
    inner: Arc<Inner>,
}

struct Inner {
    tools: MediaTools,
    /// Processes of conversions: thumbnails have others.
    children: ChildProcesses,
    budget: Budget,
    /// By volume and key.
    under_way: Mutex<HashMap<Id, Arc<Shared>>>,
}

type Id = (usize, String);

/// A conversion.
struct Shared {
    progress: watch::Sender<Progress>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Clients that read it or wait for it. Counted under the lock of `under_way`.
    clients: usize,
    canceller: Option<Canceller>,
    reader: Option<Arc<OpenFile>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Progress {
    /// Bytes in the file.
    bytes: u64,
    end: Option<End>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Complete,
    Failed,
}

/// What is to be made of what.
struct Work {
    key: String,
    files: Arc<DerivedFiles>,
    file: Arc<OpenFile>,
    format: AudioFormat,
    settings: TranscodeSettings,
    time: Duration,
    /// For the log.
    name: String,
}

impl Transcoder {
    pub(crate) fn new(core: Arc<Core>, tools: MediaTools) -> Self {
        let at_once = std::thread::available_parallelism().map_or(2, usize::from).max(2);
        let inner = Inner {
            tools,
            children: ChildProcesses::new(at_once),
            budget: Budget::new("conversions of sound", TRANSCODES_AT_ONCE, TRANSCODES_PER_ADDRESS),
            under_way: Mutex::default(),
        };
        Self { core, inner: Arc::new(inner) }
    }

    /// Returns the sound of an opened file in another format, when the first of it is there; with `whole`, when all of it
    /// is. `None`: it is no sound, cannot be decoded, the settings allow no such format, or FFmpeg is missing or cannot
    /// make it.
    ///
    /// # Errors
    /// `TooMany`, `Internal`.
    pub async fn get(
        &self,
        access: &Access,
        path: &VPath,
        file: &Download,
        format: AudioFormat,
        whole: bool,
    ) -> Result<Option<Transcoded>> {
        let Some(work) = self.work(access, path, file, format) else { return Ok(None) };
        if let Some(known) = self.known(&work).await? {
            return Ok(known);
        }
        let (key, files) = (work.key.clone(), work.files.clone());
        let mut growing = self.join_or_start(access, work)?;
        let progress = growing.wait(|progress| progress.bytes > 0 && !whole).await;
        match progress.end {
            Some(End::Failed) if progress.bytes == 0 || whole => Ok(None),
            Some(End::Complete) => {
                let opened = self.core.pool.run(move || files.open(&key, Duration::MAX)).await?;
                Ok(match opened {
                    Ok(OpenDerived::Present(file)) => Some(Transcoded::Ready(file)),
                    // It was removed at once: what is open remains.
                    _ => Some(Transcoded::Growing(growing)),
                })
            }
            _ => Ok(Some(Transcoded::Growing(growing))),
        }
    }

    fn work(&self, access: &Access, path: &VPath, file: &Download, format: AudioFormat) -> Option<Work> {
        let at = access.volume_path(path)?;
        let settings = &access.snapshot().settings.behaviour.transcoding;
        if kind_of(&file.name) != Some(MediaKind::Audio) || !format.is_allowed(settings) {
            return None;
        }
        let open = file.open_file()?;
        let numbers = [open.meta.size.to_le_bytes(), open.meta.mtime_ns.to_le_bytes(), open.meta.ino.to_le_bytes()];
        let options = format.options(settings).join(" ");
        let parts =
            [at.below.as_bytes(), numbers.as_flattened(), &[VERSION], format.word().as_bytes(), options.as_bytes()];
        let time = at.volume.config.flags.thumbnails.audio_time_limit_secs.clamp(1, 24 * 3600);
        Some(Work {
            key: key_of(&parts),
            files: index_of(&at.volume.storage)?.audio.clone(),
            file: open,
            format,
            settings: settings.clone(),
            time: Duration::from_secs(time),
            name: path.display().to_string(),
        })
    }

    /// Returns what is known without converting: the file, or that it cannot be made.
    async fn known(&self, work: &Work) -> Result<Option<Option<Transcoded>>> {
        let poke = Duration::from_secs(self.core.snapshot.load().settings.behaviour.thumbnails.poke_secs);
        let (files, key, tools, encoder) =
            (work.files.clone(), work.key.clone(), self.inner.tools.clone(), work.format.encoder());
        let look = move || (files.open(&key, poke), tools.ffmpeg().is_some_and(|ffmpeg| ffmpeg.encodes(encoder)));
        Ok(match self.core.pool.run(look).await? {
            (Ok(OpenDerived::Present(file)), _) => Some(Some(Transcoded::Ready(file))),
            (Ok(OpenDerived::Failed), _) | (_, false) => Some(None),
            (Ok(OpenDerived::Missing), true) => None,
            (Err(error), true) => {
                tracing::warn!(%error, "converted sound cannot be read, and is made again");
                None
            }
        })
    }

    fn join_or_start(&self, access: &Access, work: Work) -> Result<GrowingAudio> {
        let id = (Arc::as_ptr(&work.files) as usize, work.key.clone());
        let mut under_way = self.inner.under_way.lock();
        let shared = match under_way.get(&id) {
            Some(shared) => shared.clone(),
            None => {
                let reservation = self.inner.budget.reserve_one(access.client().address)?;
                let shared = Arc::new(Shared { progress: watch::Sender::default(), state: Mutex::default() });
                under_way.insert(id.clone(), shared.clone());
                let end = Ending { inner: self.inner.clone(), id: id.clone(), shared: shared.clone() };
                tokio::spawn(convert(self.core.pool.clone(), end, work, reservation));
                shared
            }
        };
        shared.state.lock().clients += 1;
        Ok(GrowingAudio {
            inner: self.inner.clone(),
            id,
            progress: shared.progress.subscribe(),
            shared,
            at: 0,
            pool: self.core.pool.clone(),
        })
    }
}

/// A conversion under way; when it is dropped, it has ended.
struct Ending {
    inner: Arc<Inner>,
    id: Id,
    shared: Arc<Shared>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.inner.remove(&self.id, &self.shared);
        self.shared.progress.send_if_modified(|progress| {
            let is_open = progress.end.is_none();
            progress.end.get_or_insert(End::Failed);
            is_open
        });
    }
}

impl Inner {
    /// Removes the conversion, unless another one has taken its place.
    fn remove(&self, id: &Id, shared: &Arc<Shared>) {
        let mut under_way = self.under_way.lock();
        if under_way.get(id).is_some_and(|other| Arc::ptr_eq(other, shared)) {
            under_way.remove(id);
        }
    }
}

async fn convert(pool: BlockingPool, end: Ending, work: Work, reservation: Reservation) {
    let run = move || {
        let _reservation = reservation;
        let written = match end.inner.tools.ffmpeg() {
            Some(ffmpeg) => write(&end.inner.children, ffmpeg, &work, &end.shared),
            None => Ok(()),
        };
        match written {
            Ok(()) => {}
            Err(Failure::Child(ChildError::Cancelled)) => tracing::debug!(sound = work.name, "the listener has left"),
            Err(Failure::Child(error)) => {
                tracing::info!(sound = work.name, %error, "the sound is not converted");
                let is_its_fault = matches!(error, ChildError::Failed { .. } | ChildError::TooMuchOutput);
                if is_its_fault && let Err(error) = work.files.put(&work.key, b"") {
                    tracing::debug!(%error, "the failure is not remembered");
                }
            }
            Err(Failure::Store(error)) => tracing::warn!(sound = work.name, %error, "converted sound is not kept"),
        }
    };
    if let Err(error) = pool.run_in_background(run).await {
        tracing::error!(%error, "a sound was not converted");
    }
}

/// Why a conversion ended.
enum Failure {
    Child(ChildError),
    Store(store::StoreError),
}

impl From<ChildError> for Failure {
    fn from(error: ChildError) -> Self {
        Self::Child(error)
    }
}

impl From<store::StoreError> for Failure {
    fn from(error: store::StoreError) -> Self {
        Self::Store(error)
    }
}

/// Runs FFmpeg and writes the file, which clients read meanwhile.
fn write(
    children: &ChildProcesses,
    ffmpeg: &MediaTool,
    work: &Work,
    shared: &Shared,
) -> std::result::Result<(), Failure> {
    let Some(mut into) = work.files.create(&work.key)? else { return Ok(()) };
    let options = work.format.options(&work.settings);
    let after: Vec<&str> = options.iter().map(String::as_str).collect();
    let output = if work.format == AudioFormat::Caf { CAF_MAX } else { OUTPUT_MAX };
    let limits = ChildLimits { time: work.time, processor_time: 2 * work.time, output, ..ChildLimits::default() };
    let command = ffmpeg.read(work.file.clone(), &["-vn", "-sn", "-dn"], &after).limits(limits);
    let mut child = children.start(command)?;
    let is_awaited = {
        let mut state = shared.state.lock();
        state.canceller = Some(child.canceller());
        state.reader = Some(into.reader());
        state.clients > 0
    };
    if !is_awaited {
        return Err(ChildError::Cancelled.into());
    }
    let mut ogg = Vec::new();
    while let Some(bytes) = child.read()? {
        match work.format {
            AudioFormat::Caf => ogg.extend_from_slice(&bytes),
            _ => push(&mut into, &bytes, shared)?,
        }
    }
    if let Some(file) = caf::from_ogg(&ogg) {
        push(&mut into, &file, shared)?;
    }
    if shared.progress.borrow().bytes > 0 {
        into.finish()?;
        shared.progress.send_modify(|progress| progress.end = Some(End::Complete));
    }
    Ok(())
}

fn push(into: &mut GrowingFile, bytes: &[u8], shared: &Shared) -> std::result::Result<(), store::StoreError> {
    into.write(bytes)?;
    shared.progress.send_modify(|progress| progress.bytes += bytes.len() as u64);
    Ok(())
}

/// Sound that is being made, for one client. When all of one conversion are dropped, it is cancelled.
pub struct GrowingAudio {
    inner: Arc<Inner>,
    id: Id,
    shared: Arc<Shared>,
    progress: watch::Receiver<Progress>,
    /// Bytes that were returned.
    at: u64,
    pool: BlockingPool,
}

impl GrowingAudio {
    /// Waits for the end, or until `enough`.
    async fn wait(&mut self, enough: impl Fn(&Progress) -> bool) -> Progress {
        let found = self.progress.wait_for(|progress| progress.end.is_some() || enough(progress)).await;
        found.map_or(Progress { bytes: 0, end: Some(End::Failed) }, |progress| *progress)
    }

    /// Returns the next bytes when they are there; `None` at the end.
    ///
    /// # Errors
    /// The conversion failed: what was returned before is not all.
    pub async fn next(&mut self) -> Option<Result<Bytes>> {
        let at = self.at;
        let progress = self.wait(|progress| progress.bytes > at).await;
        if progress.bytes <= at {
            let failed = || EngineError::internal("The sound cannot be converted.", std::io::Error::other("cut off"));
            return (progress.end == Some(End::Failed)).then(|| Err(failed()));
        }
        let reader = self.shared.state.lock().reader.clone()?;
        let most = usize::try_from(progress.bytes - at).unwrap_or(READ).min(READ);
        let read = move || {
            let mut bytes = Vec::with_capacity(most);
            reader.read_at(at, most, &mut bytes).map(|_| Bytes::from(bytes))
        };
        let lost = |error| EngineError::internal("The sound cannot be read.", error);
        Some(match self.pool.run(read).await {
            Ok(Ok(bytes)) => {
                self.at += bytes.len() as u64;
                Ok(bytes)
            }
            Ok(Err(error)) => Err(lost(error)),
            Err(error) => Err(error),
        })
    }
}

impl Drop for GrowingAudio {
    fn drop(&mut self) {
        // The lock of `under_way` first, as where clients join: none joins what is being cancelled.
        let mut under_way = self.inner.under_way.lock();
        let mut state = self.shared.state.lock();
        state.clients -= 1;
        if state.clients > 0 {
            return;
        }
        if under_way.get(&self.id).is_some_and(|other| Arc::ptr_eq(other, &self.shared)) {
            under_way.remove(&self.id);
        }
        if let Some(canceller) = &state.canceller {
            canceller.cancel();
        }
    }
}
