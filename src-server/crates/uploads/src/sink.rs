//! Uploads of whole bodies: PUT, POST, forms, and later FTP, WebDAV and TFTP. Every one starts in `admit` and ends in
//! `placing`.
//!
//! A small body is written in one pool call, at its end. A larger one goes through two body pipes, which write and hash
//! it in parallel.

use super::admit;
use super::body_pipe::{BodyPipe, Consumer};
use super::body_writer::{BodyWriter, Written};
use super::checksum::BodyChecksums;
use super::core::{Core, Uploads};
use super::extent::Extent;
use super::names::{self, Prefix};
use super::reply::Stored;
use super::request::SinkRequest;
use super::rules;
use super::target::may_learn_names;
use super::upload_progress::UploadProgress;
use bytes::Bytes;
use model::{Operation, Verdict};
use std::sync::Arc;
use store::disk::Node;
use tokio::sync::oneshot;
use vfs::access::Access;
use vfs::blocking_pool::Reply;
use vfs::error::{Conflict, EngineError, Interruption, Result, Rule};
use vfs::files::read::Reader;
use vfs::volumes::resolve::{self, Resolved};
use vfs::volumes::shortage_notice;
use vfs::volumes::tree::MountedVolume;

/// Bodies up to this size are kept in memory until they end.
const SMALL: u64 = 64 << 10;

/// Receives a whole body. Dropping it aborts the upload; no byte becomes visible.
pub struct UploadSink {
    pub(super) core: Arc<Core>,
    access: Access,
    pub(super) request: SinkRequest,
    /// Where the next bytes go, and how many there are.
    pub(super) extent: Extent,
    /// All bytes of a small body.
    small: Vec<Bytes>,
    /// Pipes of a larger body.
    pub(super) pipes: Option<Pipes>,
    /// Emits the events of a larger body.
    progress: UploadProgress,
}

/// The pipes of a larger body.
pub(super) struct Pipes {
    pub writing: BodyPipe<BodyWriter>,
    /// `None`: no checksum is needed.
    pub checksums: Option<BodyPipe<BodyChecksums>>,
}

impl Uploads {
    /// Starts a whole body.
    ///
    /// # Errors
    /// Those of `admit`: `Denied`, `NotAFolder`, `SizeRule`, `NoSpace`, ... `IsAFolder` if a folder has the name.
    /// Errors that need a disk access may be returned later, by `push` or `finish`.
    pub async fn sink(&self, access: &Access, request: SinkRequest) -> Result<UploadSink> {
        admit::may_upload(access, &request.folder)?;
        let path = match &request.name {
            Some(name) => {
                let (_, name) = names::sanitize(name, Prefix::of_body(request.exact_name))?;
                request.folder.join(&name)
            }
            None => request.folder.clone(),
        };
        if request.append && access.verdict(&path, Operation::Overwrite) != Verdict::Allow {
            return Err(resolve::refusal(access, &path, Operation::Overwrite));
        }
        if request.name.is_some()
            && access
                .volume_path(&path)
                .is_some_and(|volume_path| may_learn_names(access, &volume_path.volume, &volume_path.below))
            && let Some(Resolved::OnDisk(located)) = resolve::find_cached(access, &path)
            && matches!(located.node, Node::Folder(..))
        {
            return Err(EngineError::Conflict(Conflict::IsAFolder(path)));
        }
        if let (Some(volume_path), Some(size)) = (access.volume_path(&request.folder), request.size) {
            rules::check_size(&volume_path.volume.config.flags.limits, size)?;
        }
        let mut sink = UploadSink {
            core: self.core.clone(),
            access: access.clone(),
            extent: Extent::default(),
            small: Vec::new(),
            pipes: None,
            progress: UploadProgress::new(&self.core, access),
            request,
        };
        if sink.request.keeps_content || sink.request.size.is_some_and(|size| size > SMALL) {
            // Rules are applied before the bytes travel.
            let opened = sink.open().await;
            shortage_notice::note(&sink.core, || sink.volume(), &opened);
            opened?;
        }
        Ok(sink)
    }
}

impl UploadSink {
    /// Adds the next bytes; waits if the disk is slower than the client.
    ///
    /// # Errors
    /// `NoSpace`, `SizeRule`, `Internal`.
    pub async fn push(&mut self, bytes: Bytes) -> Result<()> {
        let taken = self.take(bytes).await;
        shortage_notice::note(&self.core, || self.volume(), &taken);
        match &taken {
            Ok(()) => self.progress.advance(self.extent.size).await,
            Err(why) => self.progress.failed(why),
        }
        taken
    }

    async fn take(&mut self, bytes: Bytes) -> Result<()> {
        self.extent = self.extent.advanced(bytes.len() as u64)?;
        if self.pipes.is_none() {
            self.small.push(bytes);
            return if self.extent.size > SMALL { self.start_pipes().await } else { Ok(()) };
        }
        self.check_size()?;
        self.hand_on(bytes).await
    }

    /// Opens the pipes, unless they are open, and hands on what has been kept in memory.
    pub(super) async fn start_pipes(&mut self) -> Result<()> {
        if self.pipes.is_some() {
            return Ok(());
        }
        self.check_size()?;
        self.open().await?;
        for piece in std::mem::take(&mut self.small) {
            self.hand_on(piece).await?;
        }
        Ok(())
    }

    /// Returns the volume to which the body was sent.
    fn volume(&self) -> Option<Arc<MountedVolume>> {
        Some(self.access.volume_path(&self.request.folder)?.volume)
    }

    /// Checks that the body is not too large so far, and that the share link of its sender is still valid.
    fn check_size(&self) -> Result<()> {
        if !self.core.grants.still_holds(&self.access, &self.core.snapshot.load()) {
            return Err(EngineError::denied(&self.request.folder, "write"));
        }
        let most = self.access.volume_path(&self.request.folder).and_then(|at| at.volume.config.flags.limits.max_size);
        match most {
            Some(most) if self.extent.size > most.0 => {
                Err(EngineError::RuleBroken(Rule::Size { too_big: true, limit: most }))
            }
            _ => Ok(()),
        }
    }

    async fn hand_on(&mut self, bytes: Bytes) -> Result<()> {
        let Some(pipes) = &self.pipes else { return Err(EngineError::Interrupted(Interruption::Client)) };
        if let Some(checksums) = &pipes.checksums
            && checksums.push(bytes.clone()).await.is_err()
        {
            return Err(EngineError::Interrupted(Interruption::Client));
        }
        if pipes.writing.push(bytes).await.is_ok() {
            return Ok(());
        }
        match self.pipes.take() {
            Some(pipes) => pipes.writing.finish(|_, consumed| consumed).await?,
            None => Err(EngineError::Interrupted(Interruption::Client)),
        }
    }

    /// Makes the file visible, and returns when it would survive a power loss.
    ///
    /// # Errors
    /// `NoSpace`, `SizeRule`, `NameTaken`, `Internal`.
    pub async fn finish(mut self) -> Result<Stored> {
        if let Err(why) = self.check_size() {
            self.progress.failed(&why);
            return Err(why);
        }
        let (core, access) = (self.core.clone(), self.access.clone());
        let folder = self.request.folder.clone();
        let ended = match self.pipes.take() {
            Some(pipes) => self.finish_large(pipes).await,
            None => self.finish_small().await,
        };
        shortage_notice::note(&core, || Some(access.volume_path(&folder)?.volume), &ended);
        let (written, checksum) = ended?;
        Ok(stored(&core, &access, written, checksum))
    }

    /// Writes the queued bytes and places the file.
    async fn finish_large(self, Pipes { writing, checksums }: Pipes) -> Result<(Written, Vec<u8>)> {
        let Self { core, access, request, mut progress, .. } = self;
        // If the sender announced a checksum, the file gets its name only after the comparison.
        let (mut checksums, mut compared) = (checksums, None);
        if !request.digests.is_empty()
            && let Some(checksums) = checksums.take()
        {
            let sum = checksums.finish(|checksums, consumed| consumed.and_then(|()| checksums.finish())).await?;
            compared = Some(sum.inspect_err(|why| progress.failed(why))?);
        }
        let written = writing.finish(move |body, consumed| {
            let (answer, placed) = oneshot::channel();
            let then = move |written| {
                let _gone = answer.send(written);
            };
            match consumed {
                Ok(()) => body.at_time(request.lmod).place(&core, &access, &request, progress, then),
                Err(why) => {
                    progress.failed(&why);
                    then(Err(why));
                }
            }
            placed
        });
        let summed = async {
            match checksums {
                Some(checksums) => checksums.finish(|checksums, _| checksums.finish()).await?,
                None => Ok(compared.unwrap_or_default()),
            }
        };
        let (placed, summed) = tokio::join!(written, summed);
        Ok((placed?.await.map_err(|_| EngineError::Busy)??, summed?))
    }

    /// Writes and places the whole body in one pool call.
    async fn finish_small(self) -> Result<(Written, Vec<u8>)> {
        let Self { core, access, request, extent, small: batch, mut progress, .. } = self;
        let received = extent.size;
        let pool = core.pool.clone();
        pool.run_small_file(move |reply: Reply<(Written, Vec<u8>)>| {
            let write = || {
                let size = Some(received);
                let mut body = BodyWriter::open(&core, &access, &SinkRequest { size, ..request.clone() })?;
                let mut checksums =
                    BodyChecksums::new(request.checksum, &request.digests, &core.upload_state.hasher, received);
                checksums.update(batch.clone());
                body.consume(batch)?;
                Ok((body, checksums.finish()?))
            };
            match write() {
                Ok((body, checksum)) => body.place(&core, &access, &request, progress, move |written| {
                    reply.send(written.map(|written| (written, checksum)));
                }),
                Err(why) => {
                    progress.failed(&why);
                    reply.send(Err(why));
                }
            }
        })
        .await
    }

    /// Opens the pipes of a larger body: from here on it is written while it arrives, and reported in events.
    async fn open(&mut self) -> Result<()> {
        let (core, access, request) = (self.core.clone(), self.access.clone(), self.request.clone());
        let body = self.core.pool.try_run(move || BodyWriter::open(&core, &access, &request)).await?;
        if self.request.keeps_content {
            (self.extent.size, self.extent.written) = (body.size(), body.size());
        }
        self.progress.begin(|| body.path(), self.request.size);
        let hasher = &self.core.upload_state.hasher;
        let checksums = BodyChecksums::new(self.request.checksum, &self.request.digests, hasher, u64::MAX);
        let (pool, bodies) = (&self.core.pool, &self.core.upload_state.bodies);
        let checksums = (!checksums.is_nothing()).then(|| BodyPipe::new(pool, bodies, checksums));
        self.pipes = Some(Pipes { writing: BodyPipe::new(pool, bodies, body), checksums });
        Ok(())
    }
}

/// Returns the values that the sender learns about the stored file.
fn stored(core: &Core, access: &Access, written: Written, checksum: Vec<u8>) -> Stored {
    let Written { path, believed, lmod, size, name, ino } = written;
    let key = Reader::new(core.vfs.clone()).key(access, &path, size, ino);
    let (path, name) = match believed.and_then(|believed| Some((believed.clone(), believed.name()?))) {
        Some(believed) => believed,
        None => (path, name),
    };
    Stored { path, name, size, checksum, lmod, key }
}
