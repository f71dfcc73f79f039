//! Whole bodies: PUT, POST, forms, and later FTP, WebDAV and TFTP. Every one starts in `admit` and ends in `finish`.
//!
//! A small body takes one trip through the gate, at its end. A larger one goes over two belts, to be written and to be
//! hashed side by side.

use super::admit::{self, Target};
use super::checksum::{Checksum, Summing};
use super::chunks::sender;
use super::conveyor::{Conveyor, Worker};
use super::finish::{Arrival, Naming, place};
use super::handshake::taken_or;
use super::names::{self, Mark, Prefix, now};
use super::naming::{free_name, stat};
use super::rules::{self, Allowance};
use super::{SinkRequest, Stored, Uploads};
use crate::access::Access;
use crate::blocking::{Answer, Gate};
use crate::core::Core;
use crate::error::{EngineError, Result};
use crate::files::read::Reader;
use crate::volumes::lift::lift;
use crate::volumes::resolve::{self, Sought};
use bytes::Bytes;
use model::volume::UploadTime;
use model::{Event, FileName, Operation, UnixMillis, VPath, Verdict, WhenTaken};
use std::sync::Arc;
use store::disk::{Kind, Meta, Node};
use store::partial::Partial;
use store::place::{Content, Placed, open_file};
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
}

/// The belts of a larger body.
struct Flow {
    writing: Conveyor<Body>,
    /// `None`: nobody wants a checksum.
    summing: Option<Conveyor<Summing>>,
}

/// An arriving file on disk.
struct Body {
    target: Target,
    naming: Naming,
    /// Where the sender believes it to be, if taken names are not told (`Target::tells_names`).
    believed: Option<VPath>,
    lmod: UnixMillis,
    /// `None`: nothing is written (`-nw`).
    partial: Option<Unplaced>,
    /// Where the next byte goes.
    at: u64,
    /// Room for it, where its sender came by a link.
    allowance: Allowance,
}

/// A body that is visible and safe.
struct Written {
    target: Target,
    believed: Option<VPath>,
    lmod: UnixMillis,
    size: u64,
    /// The name that it has.
    name: FileName,
    /// Its inode; 0: nothing is written (`-nw`).
    ino: u64,
}

/// A partial file that is removed when dropped.
struct Unplaced {
    partial: Option<Arc<Partial>>,
    gate: Gate,
}

impl Unplaced {
    /// The file has its name, or somebody else looks after it.
    fn disarm(mut self) {
        self.partial = None;
    }

    /// Blocks.
    fn remove(mut self) {
        if let Some(partial) = self.partial.take() {
            remove(&partial);
        }
    }
}

impl Drop for Unplaced {
    /// Anywhere, also where nothing may wait for a disk.
    fn drop(&mut self) {
        if let Some(partial) = self.partial.take() {
            self.gate.start(move || remove(&partial));
        }
    }
}

fn remove(partial: &Partial) {
    if let Err(error) = partial.remove() {
        tracing::warn!(%error, "the partial file of an ended upload stays until the next start");
    }
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
            request,
        };
        if sink.request.size.is_some_and(|size| size > SMALL) {
            // Rules are applied before the bytes travel.
            sink.flow = Some(sink.open().await?);
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
                self.flow = Some(self.open().await?);
                for piece in std::mem::take(&mut self.small) {
                    self.hand_on(piece).await?;
                }
            }
            return Ok(());
        }
        self.check_size()?;
        self.hand_on(bytes).await
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
        Ok(self.stored(written, checksum))
    }

    /// Tells of a file that is safe.
    fn stored(&self, written: Written, checksum: Vec<u8>) -> Stored {
        let Written { target, believed, lmod, size, name, ino } = written;
        let path = target.canonical().join(&name);
        let sender = sender(&self.access);
        self.core.events.emit(Event::UploadFinished {
            id: 0,
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

impl Body {
    /// Admits the body and makes its file. Blocks.
    fn open(core: &Core, access: &Access, request: &SinkRequest) -> Result<Self> {
        let mut target = admit::enter(access, &request.folder)?;
        let mut name = match &request.name {
            Some(name) => Some(names::treat(name, Prefix::Refused)?.1),
            None => None,
        };
        let asked = name.clone();
        let (tells, top) = (target.tells_names(access), target.canonical());
        let mut looked = None;
        if let Some(inside) = &name {
            let there = target.stat(inside)?;
            // A folder that was named without its slash takes the file under a made-up name.
            if there.is_some_and(|meta| meta.kind == Kind::Folder) {
                target = admit::enter(access, &request.folder.join(inside))?;
                name = None;
            } else {
                looked = Some((inside.clone(), there));
            }
        }
        let flags = &target.volume.config.flags;
        let behaviour = &access.live().settings.behaviour;
        let mark = Mark { secret: &core.secret, address: access.client().address, plain: behaviour.plain_ip };
        let mut name = name.unwrap_or_else(|| mark.put());
        if !target.sighted(access) && !flags.blind_may_place_readme {
            name = names::blind(name);
        }
        let random = request.random_name.or(flags.random_names.then_some(flags.random_length));
        let asked = asked.map(|name| if flags.blind_may_place_readme { name } else { names::blind(name) });
        let believed = asked.filter(|_| !tells && random.is_none()).map(|asked| top.join(&asked));
        if let Some(length) = random {
            name = names::random(length, &name)?;
        }
        let allowance = rules::check_new(core, access, &target, request.size.unwrap_or(0).max(flags_min(&target)))?;
        let lmod = match flags.upload_time {
            UploadTime::Client => request.lmod.unwrap_or_else(now),
            UploadTime::Arrival => now(),
        };
        let may = access.verdict(&target.canonical(), Operation::Overwrite) == Verdict::Allow;
        let there = |name: &FileName| stat(&target, name, looked.as_ref());
        let when_taken = match when_taken(&target, request, &name, may, behaviour.blank_overwrite_secs, there)? {
            // The refusal would tell that the name is taken.
            WhenTaken::Skip if !tells => WhenTaken::Rename,
            wish => wish,
        };
        let old = match (&target.folder, request.append && may) {
            (Some(folder), true) => open_file(folder, &name).ok(),
            _ => None,
        };
        let naming = match old.is_some() {
            true => Naming { name, when_taken: WhenTaken::Replace },
            false => free_name(access, &target, name, when_taken, lmod, &mark, looked.as_ref())?,
        };
        let mut body = Self { partial: None, target, naming, believed, lmod, at: 0, allowance };
        if let (Some(folder), false) = (&body.target.folder, body.target.uploads().discard) {
            let failed = |error| lift(error, &body.target.canonical());
            let mode = body.target.volume.config.flags.file_mode;
            let partial = Arc::new(body.target.uploads().new_partial(folder, mode)?);
            body.partial = Some(Unplaced { partial: Some(partial.clone()), gate: core.gate.clone() });
            if let Some(old) = old {
                // A whole new file, so that a reader, a link or a loss of power never meets half of an addition.
                body.at = folder.clone_or_copy(&old.file, partial.file()).map_err(failed)?;
            }
        }
        Ok(body)
    }

    /// Makes the file visible. Blocks while its data goes to the disk; `then` may be called later, when it is safe.
    /// Placing goes on if the request vanishes; if it fails, the partial file goes.
    fn place(
        self,
        core: &Core,
        access: &Access,
        request: &SinkRequest,
        then: impl FnOnce(Result<Written>) + Send + 'static,
    ) {
        let Self { target, naming, believed, lmod, partial, at: size, allowance } = self;
        if let Err(refused) = rules::check_size(&target.volume.config.flags.limits, size) {
            return then(Err(refused));
        }
        let name = naming.name.clone();
        let (Some(unplaced), Some(folder)) = (partial, target.folder.clone()) else {
            return then(Ok(Written { target, believed, lmod, size, name, ino: 0 }));
        };
        let Some(partial) = unplaced.partial.clone() else { return then(Err(EngineError::Busy)) };
        let sender = sender(access);
        let arrival = Arrival {
            below: target.below.clone(),
            wark: None,
            hashes: Vec::new(),
            size,
            lmod,
            account: sender.account,
            address: sender.address,
            lifetime_secs: rules::lifetime(target.volume.config.flags.lifetime_secs, request.lifetime_secs),
            verified: true,
            allowance,
        };
        let uploads = target.uploads().clone();
        let done = move |placed: std::result::Result<Placed, store::StoreError>| match placed {
            Ok(Placed { name, meta }) => {
                unplaced.disarm();
                then(Ok(Written { target, believed, lmod, size, name, ino: meta.ino }));
            }
            Err(error) => {
                unplaced.remove();
                then(Err(taken_or(error, &target, &name)));
            }
        };
        place(core, &uploads, folder, Content::Partial(partial), naming, arrival, None, done);
    }
}

impl Worker for Body {
    /// Writes.
    fn work(&mut self, batch: Vec<Bytes>) -> Result<()> {
        if let Some(promise) = &self.allowance {
            promise.grow_to(batch.iter().fold(self.at, |sum, piece| sum + piece.len() as u64))?;
        }
        for piece in batch {
            if let Some(partial) = self.partial.as_ref().and_then(|unplaced| unplaced.partial.as_ref()) {
                let failed = |error| lift(error, &self.target.canonical().join(&self.naming.name));
                partial.write_at(&piece, self.at).map_err(failed)?;
            }
            self.at += piece.len() as u64;
        }
        Ok(())
    }
}

/// What is not known beforehand is checked at the end; the smallest size is no reason to refuse it now.
fn flags_min(target: &Target) -> u64 {
    target.volume.config.flags.limits.min_size.map_or(0, |least| least.0)
}

/// What may happen to something that has the name.
fn when_taken(
    target: &Target,
    request: &SinkRequest,
    name: &FileName,
    may_overwrite: bool,
    blank_secs: u64,
    there: impl FnOnce(&FileName) -> Result<Option<Meta>>,
) -> Result<WhenTaken> {
    let wish = match target.volume.config.flags.put_overwrites && request.when_taken == WhenTaken::Rename {
        true => WhenTaken::Replace,
        false => request.when_taken,
    };
    let allowed = may_overwrite || wish == WhenTaken::Skip;
    if allowed && wish != WhenTaken::Rename {
        return Ok(wish);
    }
    // A program that first makes an empty file and then fills it (macOS) means one file.
    let blank = there(name)?.is_some_and(|meta| {
        let age = now().0.saturating_sub(meta.mtime().0);
        meta.kind == Kind::File && meta.size == 0 && age < (blank_secs as i64).saturating_mul(1000)
    });
    Ok(if blank { WhenTaken::Replace } else { WhenTaken::Rename })
}
