//! Whole bodies: PUT, POST, forms, and later FTP, WebDAV and TFTP. Every one starts in `admit` and ends in `finish`.
//!
//! A small body takes one trip through the gate, at its end. A larger one is written in batches; while one is written
//! and hashed, on two threads, the next is collected.

use super::admit::{self, Target};
use super::chunks::sender;
use super::finish::{Arrival, Naming, place_and_wait};
use super::handshake::taken_or;
use super::names::{self, Mark, Prefix, now};
use super::naming::free_name;
use super::rules;
use super::{ChecksumKind, SinkRequest, Stored, Uploads};
use crate::access::Access;
use crate::core::Core;
use crate::error::{EngineError, Result};
use crate::files::read::Reader;
use crate::volumes::lift::lift;
use crate::volumes::resolve::{self, Sought};
use bytes::Bytes;
use model::volume::UploadTime;
use model::{Event, FileName, Operation, UnixMillis, VPath, Verdict, WhenTaken};
use sha2::digest::DynDigest;
use std::sync::Arc;
use store::disk::{Kind, Node};
use store::hash::LoneSha512;
use store::partial::Partial;
use store::place::{Content, open_file};
use tokio::task::JoinHandle;

/// Bodies up to this size are kept in memory until they end.
const SMALL: usize = 64 << 10;
/// Larger ones are written in batches of about this size; a body holds at most two of them.
const BATCH: usize = 512 << 10;

/// Takes a whole body; dropped = aborted, and no byte of it visible.
pub struct UploadSink {
    core: Arc<Core>,
    access: Access,
    request: SinkRequest,
    /// Bytes taken so far.
    received: u64,
    /// Not yet handed on.
    batch: Vec<Bytes>,
    batch_size: usize,
    /// What has begun; `None` while the body is small.
    writing: Option<Writing>,
}

type Writing = JoinHandle<Result<Body>>;

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
    checksum: Checksum,
}

/// A partial file that is removed when dropped.
struct Unplaced(Option<Arc<Partial>>);

impl Drop for Unplaced {
    fn drop(&mut self) {
        if let Some(partial) = self.0.take()
            && let Err(error) = partial.remove()
        {
            tracing::warn!(%error, "the partial file of an ended upload stays until the next start");
        }
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
            && access.spot(&path).is_some_and(|spot| admit::tells_names(access, &spot.volume))
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
            batch: Vec::new(),
            batch_size: 0,
            writing: None,
            request,
        };
        if sink.request.size.is_some_and(|size| size > SMALL as u64) {
            // Rules are applied before the bytes travel.
            let body = sink.open().await?;
            sink.writing = Some(tokio::spawn(async { Ok(body) }));
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
        self.batch_size += bytes.len();
        self.batch.push(bytes);
        let limit = if self.writing.is_some() { BATCH } else { SMALL };
        if self.batch_size <= limit {
            return Ok(());
        }
        if let Some(spot) = self.access.spot(&self.request.folder) {
            let limits = &spot.volume.config.flags.limits;
            if limits.max_size.is_some_and(|most| self.received > most.0) {
                return Err(EngineError::SizeRule { too_big: true });
            }
        }
        let body = match self.writing.take() {
            Some(writing) => joined(writing).await?,
            None => self.open().await?,
        };
        let (batch, core) = (std::mem::take(&mut self.batch), self.core.clone());
        self.batch_size = 0;
        self.writing = Some(tokio::spawn(async move { body.write(&core, batch).await }));
        Ok(())
    }

    /// Makes the file visible, and returns when it would survive the end of power.
    ///
    /// # Errors
    /// `NoSpace`, `SizeRule`, `NameTaken`, `Internal`.
    pub async fn finish(mut self) -> Result<Stored> {
        let batch = std::mem::take(&mut self.batch);
        let mut body = match self.writing.take() {
            Some(writing) => joined(writing).await?.write(&self.core, batch).await?,
            None => {
                let (core, access, request) = (self.core.clone(), self.access.clone(), self.request.clone());
                let whole = move || {
                    let size = batch.iter().map(|piece| piece.len() as u64).sum();
                    let mut body = Body::open(&core, &access, &SinkRequest { size: Some(size), ..request })?;
                    body.write_now(&batch)?;
                    batch.iter().for_each(|piece| body.checksum.update(piece));
                    Ok(body)
                };
                self.core.gate.attempt(whole).await?
            }
        };
        let limits = &body.target.volume.config.flags.limits;
        rules::check_size(limits, body.at)?;
        let checksum = std::mem::take(&mut body.checksum).finish();
        let partial = body.partial.take().and_then(|mut unplaced| unplaced.0.take());
        self.place(body, partial, checksum).await
    }

    async fn place(self, body: Body, partial: Option<Arc<Partial>>, checksum: Vec<u8>) -> Result<Stored> {
        let (target, size, lmod) = (body.target, body.at, body.lmod);
        let sender = sender(&self.access);
        let mut name = body.naming.name.clone();
        let mut ino = 0;
        if let (Some(partial), Some(folder)) = (partial, target.folder.clone()) {
            let arrival = Arrival {
                below: target.below.clone(),
                wark: None,
                hashes: Vec::new(),
                size,
                lmod,
                account: sender.account.clone(),
                address: sender.address.clone(),
                lifetime_secs: rules::lifetime(target.volume.config.flags.lifetime_secs, self.request.lifetime_secs),
                verified: true,
            };
            // Placing goes on if this request vanishes; if it fails, the guard takes the partial file away.
            let guard = Unplaced(Some(partial.clone()));
            let content = Content::Partial(partial);
            let placed = place_and_wait(&self.core, target.uploads(), folder, content, body.naming, arrival).await;
            let placed = match placed {
                Ok(Ok(placed)) => {
                    guard.disarm();
                    placed
                }
                Ok(Err(error)) => {
                    // Removing waits for the disk.
                    self.core.gate.run(move || drop(guard)).await?;
                    return Err(taken_or(error, &target, &name));
                }
                Err(error) => {
                    guard.disarm();
                    return Err(error);
                }
            };
            (name, ino) = (placed.name, placed.meta.ino);
        }
        let path = target.canonical().join(&name);
        self.core.events.emit(Event::UploadFinished {
            id: 0,
            path: path.display(),
            size,
            account: sender.account,
            address: sender.address,
        });
        let key = Reader { core: self.core.clone() }.key(&self.access, &path, size, ino);
        let (path, name) = match body.believed.and_then(|believed| Some((believed.clone(), believed.name()?))) {
            Some(believed) => believed,
            None => (path, name),
        };
        Ok(Stored { path, name, size, checksum, lmod, key })
    }

    async fn open(&self) -> Result<Body> {
        let (core, access, request) = (self.core.clone(), self.access.clone(), self.request.clone());
        self.core.gate.attempt(move || Body::open(&core, &access, &request)).await
    }
}

async fn joined(writing: Writing) -> Result<Body> {
    writing.await.map_err(|error| EngineError::internal("Something went wrong inside the server.", error))?
}

impl Unplaced {
    /// The file has its name, or somebody else looks after it.
    fn disarm(mut self) {
        self.0 = None;
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
        // A folder that was named without its slash takes the file under a made-up name.
        if let Some(inside) = &name
            && target.stat(inside)?.is_some_and(|meta| meta.kind == Kind::Folder)
        {
            target = admit::enter(access, &request.folder.join(inside))?;
            name = None;
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
        rules::check_new(core, access, &target, request.size.unwrap_or(0).max(flags_min(&target)))?;
        let lmod = match flags.upload_time {
            UploadTime::Client => request.lmod.unwrap_or_else(now),
            UploadTime::Arrival => now(),
        };
        let may = access.verdict(&target.canonical(), Operation::Overwrite) == Verdict::Allow;
        let when_taken = match when_taken(&target, request, &name, may, behaviour.blank_overwrite_secs)? {
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
            false => free_name(access, &target, name, when_taken, lmod, &mark)?,
        };
        let checksum = Checksum::new(request.checksum);
        let mut body = Self { partial: None, target, naming, believed, lmod, at: 0, checksum };
        if let (Some(folder), false) = (&body.target.folder, body.target.uploads().discard) {
            let failed = |error| lift(error, &body.target.canonical());
            let mode = body.target.volume.config.flags.file_mode;
            let partial = Arc::new(body.target.uploads().new_partial(folder, mode)?);
            body.partial = Some(Unplaced(Some(partial.clone())));
            if let Some(old) = old {
                // A whole new file, so that a reader, a link or a loss of power never meets half of an addition.
                body.at = folder.clone_or_copy(&old.file, partial.file()).map_err(failed)?;
            }
        }
        Ok(body)
    }

    fn write_now(&mut self, batch: &[Bytes]) -> Result<()> {
        for piece in batch {
            if let Some(partial) = self.partial.as_ref().and_then(|unplaced| unplaced.0.as_ref()) {
                let failed = |error| lift(error, &self.target.canonical().join(&self.naming.name));
                partial.write_at(piece, self.at).map_err(failed)?;
            }
            self.at += piece.len() as u64;
        }
        Ok(())
    }

    /// Writes and hashes side by side.
    async fn write(mut self, core: &Core, batch: Vec<Bytes>) -> Result<Self> {
        if batch.is_empty() {
            return Ok(self);
        }
        let mut checksum = std::mem::take(&mut self.checksum);
        let same = batch.clone();
        let write = core.gate.run(move || {
            let written = self.write_now(&batch);
            written.map(|()| self)
        });
        if checksum.is_nothing() {
            return write.await?;
        }
        let hash = core.gate.run(move || {
            same.iter().for_each(|piece| checksum.update(piece));
            checksum
        });
        let (body, checksum) = tokio::join!(write, hash);
        Ok(Self { checksum: checksum?, ..body?? })
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
    let blank = target.stat(name)?.is_some_and(|meta| {
        let age = now().0.saturating_sub(meta.mtime().0);
        meta.kind == Kind::File && meta.size == 0 && age < (blank_secs as i64).saturating_mul(1000)
    });
    Ok(if blank { WhenTaken::Replace } else { WhenTaken::Rename })
}

/// The checksum of a body.
#[derive(Default)]
enum Checksum {
    #[default]
    Nothing,
    Sha512(Box<LoneSha512>),
    Other(Box<dyn DynDigest + Send>),
}

impl Checksum {
    fn new(kind: ChecksumKind) -> Self {
        match kind {
            ChecksumKind::None => Self::Nothing,
            ChecksumKind::Sha512 => Self::Sha512(Box::default()),
            ChecksumKind::Md5 => Self::Other(Box::<md5::Md5>::default()),
            ChecksumKind::Sha1 => Self::Other(Box::<sha1::Sha1>::default()),
            ChecksumKind::Sha256 => Self::Other(Box::<sha2::Sha256>::default()),
            ChecksumKind::Blake2b => Self::Other(Box::<blake2::Blake2b512>::default()),
            ChecksumKind::Blake2s => Self::Other(Box::<blake2::Blake2s256>::default()),
        }
    }
    fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }
    fn update(&mut self, data: &[u8]) {
        match self {
            Self::Nothing => {}
            Self::Sha512(hasher) => hasher.update(data),
            Self::Other(hasher) => hasher.update(data),
        }
    }
    fn finish(self) -> Vec<u8> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Sha512(hasher) => hasher.finish().to_vec(),
            Self::Other(hasher) => hasher.finalize().into_vec(),
        }
    }
}
