//! Makes thumbnails: one producer for each key, a bounded number at once.
//!
//! ```text
//! make ─► under way? ─ yes ─► wait for its result
//!             └─ no ─► task: [slot] ─► background thread: make ─► store ─► result to all who wait
//! ```
//!
//! The task belongs to no client: it goes on when the first client leaves, for the others and for the next. It does not
//! begin if all have left before it got a slot. What runs in other processes has slots of its own, and half of the queue:
//! videos that FFmpeg hangs on do not keep pictures from being made.

use super::ffmpeg::failed;
use super::kind::MediaKind;
use super::make::make;
use super::spec::{Limits, Spec, ThumbnailError};
use crate::audio::peaks::peaks;
use crate::cores::processors;
use crate::media_tools::MediaTools;
use crate::placeholders::Placeholders;
use bytes::Bytes;
use model::{FileName, VPath};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use store::derived::{Derived, DerivedFiles};
use store::disk::OpenFile;
use tokio::sync::{Semaphore, watch};
use vfs::blocking_pool::BlockingPool;
use vfs::error::{EngineError, Result};

/// Most thumbnails that are being made or wait for that. Each holds an open file.
pub const QUEUE_MAX: usize = 256;

/// How often it is recorded that the entry of a slow file is in use.
const KNOWN_SLOW_POKE: Duration = Duration::from_secs(24 * 3600);

/// A thumbnail to be made.
pub(super) struct Work {
    /// Its name among the derived files.
    pub key: String,
    /// The same for all formats and sizes: under this name it is remembered that making one took too long.
    pub slow_key: String,
    pub files: Arc<DerivedFiles>,
    /// The picture.
    pub file: Arc<OpenFile>,
    pub task: Task,
    pub limits: Limits,
    /// The picture's path, for the log.
    pub name: String,
}

/// What is to be made of it.
pub(super) enum Task {
    /// A thumbnail.
    Thumbnail {
        kind: MediaKind,
        /// Whether other programs may be run.
        programs: bool,
        spec: Spec,
        /// Where its placeholder is kept, its folder in the volume, and its name there.
        placeholder: (Arc<Placeholders>, VPath, FileName),
    },
    /// The peaks of a sound.
    Peaks,
}

impl Task {
    fn runs_in_child(&self) -> bool {
        match self {
            Self::Thumbnail { kind, .. } => kind.runs_in_child(),
            Self::Peaks => true,
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Made {
    Thumbnail(Bytes),
    Nothing,
}

type Results = HashMap<(usize, String), Awaited>;

/// A thumbnail that is being made.
struct Awaited {
    sender: watch::Sender<Option<Made>>,
    in_child: bool,
}

/// See the module. Clones share the queue.
#[derive(Clone)]
pub(super) struct Producer(Arc<Inner>);

struct Inner {
    pool: BlockingPool,
    tools: MediaTools,
    slots: Semaphore,
    /// For what runs in other processes.
    child_slots: Semaphore,
    /// For drawings, of which a small one may ask for any amount of work.
    drawing_slot: Semaphore,
    /// What is being made, by volume and key.
    under_way: Mutex<Results>,
    /// Held while a picture is decoded that takes more memory than others.
    large: Mutex<()>,
    /// Bytes stored since old thumbnails were last removed.
    written: AtomicU64,
}

impl Producer {
    /// `at_once`: 0 means one for each processor.
    pub fn new(pool: BlockingPool, tools: MediaTools, at_once: usize) -> Self {
        let at_once = if at_once == 0 { processors() } else { at_once.min(64) };
        Self(Arc::new(Inner {
            pool,
            tools,
            slots: Semaphore::new(at_once),
            child_slots: Semaphore::new(at_once),
            drawing_slot: Semaphore::new(1),
            under_way: Mutex::default(),
            large: Mutex::default(),
            written: AtomicU64::new(0),
        }))
    }

    /// Returns the number of bytes stored since [`Producer::take_written`].
    pub fn written(&self) -> u64 {
        self.0.written.load(Relaxed)
    }

    pub fn take_written(&self) {
        self.0.written.store(0, Relaxed);
    }

    /// Makes the thumbnail, or waits for the one that is being made.
    ///
    /// # Errors
    /// `Busy` if too many are waiting; `Internal`.
    pub async fn make(&self, work: Work) -> Result<Made> {
        let mut result = self.join_or_start(work)?;
        let made = result.wait_for(Option::is_some).await.map(|made| made.clone());
        let lost = |error| EngineError::internal("Something went wrong inside the server.", error);
        Ok(made.map_err(lost)?.unwrap_or(Made::Nothing))
    }

    fn join_or_start(&self, work: Work) -> Result<watch::Receiver<Option<Made>>> {
        // Two volumes may hold the same path, size and time.
        let id = (Arc::as_ptr(&work.files) as usize, work.key.clone());
        let mut under_way = self.0.under_way.lock();
        if let Some(result) = under_way.get(&id) {
            return Ok(result.sender.subscribe());
        }
        let in_child = work.task.runs_in_child();
        let like = under_way.values().filter(|other| !in_child || other.in_child).count();
        if like >= if in_child { QUEUE_MAX / 2 } else { QUEUE_MAX } {
            return Err(EngineError::Busy);
        }
        let (sender, result) = watch::channel(None);
        under_way.insert(id.clone(), Awaited { sender, in_child });
        drop(under_way);
        let entry = UnderWay { inner: self.0.clone(), id: Some(id) };
        tokio::spawn(entry.produce(work));
        Ok(result)
    }
}

/// An entry of `under_way`, removed when this is dropped: all who wait then get a result or an error.
struct UnderWay {
    inner: Arc<Inner>,
    /// `None` once it was removed: a later request may have entered the same again.
    id: Option<(usize, String)>,
}

impl UnderWay {
    async fn produce(mut self, work: Work) {
        let inner = self.inner.clone();
        let slots = match &work.task {
            Task::Thumbnail { kind: MediaKind::Vector, .. } => &inner.drawing_slot,
            task if task.runs_in_child() => &inner.child_slots,
            _ => &inner.slots,
        };
        let Ok(_slot) = slots.acquire().await else { return };
        if !self.is_awaited() {
            return;
        }
        let background = inner.clone();
        match inner.pool.run_in_background(move || background.make_and_store(&work)).await {
            Ok(made) => {
                if let Some(sender) = self.remove() {
                    sender.send_replace(Some(made));
                }
            }
            Err(error) => tracing::error!(%error, "a thumbnail was not made"),
        }
    }

    /// Returns whether a client waits for it. If none does, the entry is removed, so that none can begin to.
    fn is_awaited(&mut self) -> bool {
        let mut under_way = self.inner.under_way.lock();
        let is_awaited = |id| under_way.get(id).is_some_and(|awaited| awaited.sender.receiver_count() > 0);
        if self.id.as_ref().is_some_and(is_awaited) {
            return true;
        }
        self.id.take().into_iter().for_each(|id| drop(under_way.remove(&id)));
        false
    }

    fn remove(&mut self) -> Option<watch::Sender<Option<Made>>> {
        Some(self.inner.under_way.lock().remove(&self.id.take()?)?.sender)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        drop(self.remove());
    }
}

impl Inner {
    fn make_and_store(&self, work: &Work) -> Made {
        let made = self.make(work);
        let stored = match &made {
            Ok(bytes) => Some(&bytes[..]),
            // It may be readable later, and the program be there.
            Err(ThumbnailError::Unreadable(_) | ThumbnailError::NoProgram) => None,
            Err(_) => Some(&[][..]),
        };
        if let Err(error) = &made {
            tracing::info!(picture = work.name, %error, "no thumbnail");
        }
        if let Some(bytes) = stored {
            self.written.fetch_add(bytes.len() as u64, Relaxed);
            let key = if matches!(made, Err(ThumbnailError::TimedOut)) { &work.slow_key } else { &work.key };
            if let Err(error) = work.files.put(key, bytes) {
                tracing::warn!(%error, "a thumbnail is not kept");
            }
        }
        made.map_or(Made::Nothing, |bytes| Made::Thumbnail(bytes.into()))
    }

    fn make(&self, work: &Work) -> std::result::Result<Vec<u8>, ThumbnailError> {
        if matches!(work.files.get(&work.slow_key, KNOWN_SLOW_POKE), Ok(Derived::Failed)) {
            return Err(ThumbnailError::TimedOut);
        }
        let (kind, programs, spec, placeholder) = match &work.task {
            Task::Thumbnail { kind, programs, spec, placeholder } => (*kind, *programs, spec, placeholder),
            Task::Peaks => {
                let ffmpeg = self.tools.ffmpeg().ok_or(ThumbnailError::NoProgram)?;
                let peaks = peaks(ffmpeg, self.tools.children(), &work.file, work.limits.time);
                return peaks.map_err(failed);
            }
        };
        let make = |limits: &Limits| make(&work.file, kind, (&self.tools, programs), spec, limits);
        let thumbnail = match make(&work.limits) {
            // Large ones one after the other, so that the memory of all is bounded.
            Err(ThumbnailError::TooLarge(_)) => {
                let _turn = self.large.lock();
                make(&Limits { time: work.limits.time, ..Limits::default() })
            }
            made => made,
        }?;
        let (placeholders, folder, name) = placeholder;
        placeholders.put(folder, name, &work.file.meta, &thumbnail.placeholder);
        Ok(thumbnail.bytes)
    }
}
