//! Whole bodies: PUT, POST, forms, and later FTP, WebDAV and TFTP. Every one starts in `admit` and ends in `finish`.
//!
//! A small body takes one trip through the gate, at its end. A larger one goes over two belts, to be written and to be
//! hashed side by side.

use super::admit;
use super::announced::Announced;
use super::body::{Body, Written};
use super::checksum::{Checksum, Summing};
use super::chunks::sender;
use super::conveyor::{Conveyor, Worker};
use super::names::{self, Prefix};
use super::rules;
use super::{SinkRequest, Stored, Uploads};
use crate::access::Access;
use crate::blocking::Answer;
use crate::core::Core;
use crate::error::{EngineError, Result};
use crate::files::read::Reader;
use crate::volumes::resolve::{self, Sought};
use bytes::Bytes;
use model::{Event, Operation, Verdict};
use std::sync::Arc;
use store::disk::Node;
use tokio::sync::oneshot;

/// Bodies up to this size are kept in memory until they end.
const SMALL: u64 = 64 << 10;

/// Takes a whole body; dropped = aborted, and no byte of it visible.
pub struct UploadSink {
    core: Arc<Core>,
    access: Access,
    request: SinkRequest,
    /// Bytes taken so far.
    received: u64,
    /// All of them, while the body is small.
    small: Vec<Bytes>,
    /// Where a larger one goes.
    flow: Option<Flow>,
    /// What is told of a larger one while it comes.
    announced: Option<Announced>,
}

/// The belts of a larger body.
struct Flow {
    writing: Conveyor<Body>,
    /// `None`: nobody wants a checksum.
    summing: Option<Conveyor<Summing>>,
}

impl Uploads {
    /// Starts a whole body.
    ///
    /// # Errors
    /// Those of `admit`: `Denied`, `NotAFolder`, `SizeRule`, `NoSpace`, ... `IsAFolder` if a folder has the name.
    /// Those that need a disk may come later, from `push` or `finish`.
    pub async fn sink(&self, access: &Access, request: SinkRequest) -> Result<UploadSink> {
        admit::may_upload(access, &request.folder)?;
        let path = match &request.name {
            Some(name) => {
                let (_, name) = names::treat(name, Prefix::Refused)?;
                request.folder.join(&name)
            }
            None => request.folder.clone(),
        };
        if request.append && access.verdict(&path, Operation::Overwrite) != Verdict::Allow {
            return Err(resolve::refusal(access, &path, Operation::Overwrite));
        }
        if request.name.is_some()
            && access.spot(&path).is_some_and(|spot| admit::tells_names(access, &spot.volume, &spot.below))
            && let Some(Sought::There(located)) = resolve::find_cached(access, &path)
            && matches!(located.node, Node::Folder(..))
        {
            return Err(EngineError::IsAFolder(path));
        }
        if let (Some(spot), Some(size)) = (access.spot(&request.folder), request.size) {
            rules::check_size(&spot.volume.config.flags.limits, size)?;
        }
        let mut sink = UploadSink {
            core: self.core.clone(),
            access: access.clone(),
            received: 0,
            small: Vec::new(),
            flow: None,
            announced: None,
            request,
        };
        if sink.request.size.is_some_and(|size| size > SMALL) {
            // Rules are applied before the bytes travel.
            sink.begin().await?;
        }
        Ok(sink)
    }
}

impl UploadSink {
    /// Takes the next bytes; waits if the disk is slower than the client.
    ///
    /// # Errors
    /// `NoSpace`, `SizeRule`, `Internal`.
    pub async fn push(&mut self, bytes: Bytes) -> Result<()> {
        self.received += bytes.len() as u64;
        if self.flow.is_none() {
            self.small.push(bytes);
            if self.received > SMALL {
                self.check_size()?;
                self.begin().await?;
                for piece in std::mem::take(&mut self.small) {
                    self.hand_on(piece).await?;
                }
            }
            return Ok(());
        }
        self.check_size()?;
        if let Some(announced) = &mut self.announced {
            announced.moved(self.received);
        }
        self.hand_on(bytes).await
    }

    /// The body is a larger one: from here on it goes to the disk while it comes, and is told of.
    async fn begin(&mut self) -> Result<()> {
        self.flow = Some(self.open().await?);
        self.announced = Some(Announced::begin(&self.core, &self.access, &self.request));
        Ok(())
    }

    /// Whether what has come is already too much, or the link by which its sender came has ended.
    fn check_size(&self) -> Result<()> {
        if !self.core.links.still_lets(&self.access, &self.core.live.load()) {
            return Err(EngineError::denied(&self.request.folder, "write"));
        }
        let most = self.access.spot(&self.request.folder).and_then(|spot| spot.volume.config.flags.limits.max_size);
        match most {
            Some(most) if self.received > most.0 => Err(EngineError::SizeRule { too_big: true }),
            _ => Ok(()),
        }
    }

    async fn hand_on(&mut self, bytes: Bytes) -> Result<()> {
        let Some(flow) = &self.flow else { return Err(EngineError::Interrupted) };
        if let Some(summing) = &flow.summing
            && summing.push(bytes.clone()).await.is_err()
        {
            return Err(EngineError::Interrupted);
        }
        if flow.writing.push(bytes).await.is_ok() {
            return Ok(());
        }
        match self.flow.take() {
            Some(flow) => flow.writing.finish(|_, worked| worked).await?,
            None => Err(EngineError::Interrupted),
        }
    }

    /// Makes the file visible, and returns when it would survive the end of power.
    ///
    /// # Errors
    /// `NoSpace`, `SizeRule`, `NameTaken`, `Internal`.
    pub async fn finish(mut self) -> Result<Stored> {
        self.check_size()?;
        let (core, access, request) = (self.core.clone(), self.access.clone(), self.request.clone());
        // Dropped with an error on the way.
        let announced = self.announced.take();
        let (written, checksum) = match self.flow.take() {
            Some(Flow { writing, summing }) => {
                let written = writing.finish(move |body, worked| {
                    let (answer, placed) = oneshot::channel();
                    let then = move |written| {
                        let _gone = answer.send(written);
                    };
                    worked.map(|()| {
                        body.place(&core, &access, &request, then);
                        placed
                    })
                });
                let summed = async {
                    match summing {
                        Some(summing) => summing.finish(|summing, _| summing.finish()).await,
                        None => Ok(Vec::new()),
                    }
                };
                let (placed, summed) = tokio::join!(written, summed);
                (placed??.await.map_err(|_| EngineError::Busy)??, summed?)
            }
            None => {
                let batch = std::mem::take(&mut self.small);
                let size = Some(self.received);
                let gate = core.gate.clone();
                gate.arrive(move |answer: Answer<(Written, Vec<u8>)>| {
                    let write = || {
                        let mut body = Body::open(&core, &access, &SinkRequest { size, ..request.clone() })?;
                        let mut checksum = Checksum::new(request.checksum, &core.arrivals.hasher, self.received);
                        checksum.update(batch.clone());
                        body.work(batch)?;
                        Ok((body, checksum.finish()))
                    };
                    match write() {
                        Err(error) => answer.say(Err(error)),
                        Ok((body, checksum)) => body.place(&core, &access, &request, move |written| {
                            answer.say(written.map(|written| (written, checksum)));
                        }),
                    }
                })
                .await?
            }
        };
        let id = announced.map_or(0, Announced::end);
        Ok(self.stored(id, written, checksum))
    }

    /// Tells of a file that is safe. `id`: the number of the transfer, if it was told of before.
    fn stored(&self, id: u64, written: Written, checksum: Vec<u8>) -> Stored {
        let Written { target, believed, lmod, size, name, ino } = written;
        let path = target.canonical().join(&name);
        let sender = sender(&self.access);
        self.core.events.emit(Event::UploadFinished {
            id,
            path: path.display(),
            size,
            account: sender.account,
            address: sender.address,
        });
        let key = Reader { core: self.core.clone() }.key(&self.access, &path, size, ino);
        let (path, name) = match believed.and_then(|believed| Some((believed.clone(), believed.name()?))) {
            Some(believed) => believed,
            None => (path, name),
        };
        Stored { path, name, size, checksum, lmod, key }
    }

    async fn open(&self) -> Result<Flow> {
        let (core, access, request) = (self.core.clone(), self.access.clone(), self.request.clone());
        let body = self.core.gate.attempt(move || Body::open(&core, &access, &request)).await?;
        let checksum = Checksum::new(self.request.checksum, &self.core.arrivals.hasher, u64::MAX);
        let summing = (!checksum.is_nothing()).then(|| Conveyor::new(&self.core, Summing(checksum)));
        Ok(Flow { writing: Conveyor::new(&self.core, body), summing })
    }
}
