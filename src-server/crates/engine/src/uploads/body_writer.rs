//! A whole body on its way to the disk: admitted, written to a partial file, placed.

use super::SinkRequest;
use super::admit::{self, Target};
use super::body_pipe::Consumer;
use super::chunks::sender;
use super::finish::{FileRecord, Naming, ReadyFile, place};
use super::handshake::map_placement_error;
use super::names::{self, Mark, Prefix, now};
use super::naming::{free_name, stat};
use super::quota::Allowance;
use super::rules;
use super::upload_progress::UploadProgress;
use crate::access::Access;
use crate::blocking_pool::BlockingPool;
use crate::core::Core;
use crate::error::{EngineError, Result};
use crate::files::condition::Condition;
use crate::files::transfer::recheck_access;
use crate::volumes::resolve::{self, Resolved};
use crate::volumes::store_errors::map_store_error;
use crate::volumes::write_locks::{LockScope, WriteGuard};
use bytes::Bytes;
use model::{FileName, OnConflict, Operation, UnixMillis, VPath, Verdict};
use std::sync::Arc;
use store::disk::{Kind, Meta, Node, OpenFile};
use store::partial::Partial;
use store::place::{Content, Placed};

/// Bytes that an addition is copied in at once.
const COPY_BUFFER: usize = 1 << 20;

/// An arriving file on disk.
pub(super) struct BodyWriter {
    target: Target,
    naming: Naming,
    /// Where the sender believes it to be, if taken names are not told (`Target::may_learn_names`).
    believed: Option<VPath>,
    lmod: UnixMillis,
    /// `None`: nothing is written (`-nw`).
    partial: Option<PartialGuard>,
    /// Where the next byte goes.
    at: u64,
    /// Bytes that its sender sent.
    received: u64,
    /// It goes behind what has the name.
    appends: bool,
    /// What has to hold of the name when the file gets it, beyond what a rename sees to.
    condition: Option<Condition>,
    /// The sender set a condition.
    is_conditional: bool,
    /// Room for it.
    allowance: Allowance,
    /// Bytes that it has room for.
    admitted: u64,
}

/// A body that is visible and safe.
pub(super) struct Written {
    /// Where it really is.
    pub path: VPath,
    pub believed: Option<VPath>,
    pub lmod: UnixMillis,
    pub size: u64,
    /// The name that it has.
    pub name: FileName,
    /// Its inode; 0: nothing is written (`-nw`).
    pub ino: u64,
}

/// A partial file that is removed when dropped.
struct PartialGuard {
    partial: Option<Arc<Partial>>,
    pool: BlockingPool,
}

impl PartialGuard {
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

impl Drop for PartialGuard {
    /// Anywhere, also where nothing may wait for a disk.
    fn drop(&mut self) {
        if let Some(partial) = self.partial.take() {
            self.pool.spawn(move || remove(&partial));
        }
    }
}

fn remove(partial: &Partial) {
    if let Err(error) = partial.remove() {
        tracing::warn!(%error, "the partial file of an ended upload stays until the next start");
    }
}

impl BodyWriter {
    /// Admits the body and makes its file. Blocks.
    pub fn open(core: &Core, access: &Access, request: &SinkRequest) -> Result<Self> {
        let mut name = match &request.name {
            Some(name) => Some(names::sanitize(name, Prefix::Refused)?.1),
            None => None,
        };
        let (condition, is_conditional) = (&request.condition, !request.condition.is_empty());
        let requested = match is_conditional {
            true => {
                let path = name.as_ref().map_or_else(|| request.folder.clone(), |name| request.folder.join(name));
                condition.on_conflict(access, &path, request.on_conflict)?
            }
            false => request.on_conflict,
        };
        let mut target = admit::open_target(access, &request.folder)?;
        let asked = name.clone();
        let (tells, top) = (target.may_learn_names(access), target.shown());
        let mut looked = None;
        if let Some(inside) = &name {
            let there = target.stat(inside)?;
            // A folder that was named without its slash takes the file under a made-up name.
            let inner = match there.filter(|meta| meta.kind == Kind::Folder) {
                Some(_) => match admit::open_target(access, &request.folder.join(inside)) {
                    // A refusal would tell that the name is taken.
                    Err(_) if !tells => None,
                    inner => Some(inner?),
                },
                None => None,
            };
            match inner {
                Some(inner) => (target, name) = (inner, None),
                None => looked = Some((inside.clone(), there)),
            }
        }
        let flags = &target.volume.config.flags;
        let behaviour = &access.snapshot().settings.behaviour;
        let mark = Mark { secret: &core.secret, address: access.client().address, plain: behaviour.plain_ip };
        let mut name = name.unwrap_or_else(|| mark.put());
        if !target.can_read(access) && !flags.write_only_may_add_readme {
            name = names::mask_special_name(name);
        }
        let random = request.random_name.or(flags.random_names.then_some(flags.random_length));
        let asked =
            asked.map(|name| if flags.write_only_may_add_readme { name } else { names::mask_special_name(name) });
        let believed = asked.filter(|_| !tells && random.is_none()).map(|asked| top.join(&asked));
        if let Some(length) = random {
            name = names::random(length, &name)?;
        }
        let lmod = names::time_of(request.lmod, flags.upload_time);
        let may = access.verdict(&target.canonical(), Operation::Overwrite) == Verdict::Allow;
        let there = |name: &FileName| stat(&target, name, looked.as_ref());
        let on_conflict = match on_conflict(&target, requested, &name, may, behaviour.blank_overwrite_secs, there)? {
            // The refusal would tell that the name is taken.
            OnConflict::Skip if !tells => OnConflict::Rename,
            requested => requested,
        };
        let there = if request.append && may { there(&name)? } else { None };
        let addable = |meta: &Meta| matches!(meta.kind, Kind::File | Kind::Link);
        // To anything else nothing can be added; who is not told of it gets another name.
        let appends = request.append && may && (tells || there.is_none_or(|meta| addable(&meta)));
        // What is added to a file is no further one.
        let added_to = there.filter(|_| appends).map(|_| 0);
        let size = request.size.unwrap_or(0).max(min_size(&target));
        let allowance = rules::check_change(core, access, &target, size, added_to)?;
        let naming = match appends {
            true => {
                let other_names = target.other_names(access);
                Naming { name, on_conflict: OnConflict::Replace, other_names }
            }
            false => free_name(access, &target, name, on_conflict, lmod, &mark, looked.as_ref())
                .map_err(|error| conditional_error(error, is_conditional))?,
        };
        // A rename that replaces nothing is condition enough for a new file.
        let is_rechecked = is_conditional && request.name.is_some() && (appends || !condition.is_only_new());
        let condition = is_rechecked.then(|| condition.clone());
        let (partial, at, received) = (None, 0, 0);
        let mut body = Self {
            partial,
            target,
            naming,
            believed,
            lmod,
            at,
            received,
            appends,
            condition,
            is_conditional,
            allowance,
            admitted: size,
        };
        body.partial = body.new_partial(core)?;
        Ok(body)
    }

    /// `None`: nothing is written (`-nw`).
    fn new_partial(&self, core: &Core) -> Result<Option<PartialGuard>> {
        let Some(folder) = self.target.folder.as_ref().filter(|_| !self.target.uploads().discard) else {
            return Ok(None);
        };
        let mode = self.target.volume.config.flags.file_mode;
        let partial = Arc::new(self.target.uploads().new_partial(folder, mode, &self.target.shown())?);
        Ok(Some(PartialGuard { partial: Some(partial), pool: core.pool.clone() }))
    }

    /// Puts what has the name in front of what has arrived, in a whole new file: a reader, a link or a loss of power never
    /// meets half of an addition. The caller holds the name. Blocks.
    fn prepend_existing(&mut self, core: &Core, access: &Access) -> Result<()> {
        let (volume, path) = (self.target.volume.clone(), self.below());
        let storage = &volume.storage;
        let (Some(folder), Some(added)) = (self.target.folder.clone(), self.partial.take()) else { return Ok(()) };
        let failed = |error| map_store_error(error, &self.path());
        if folder.stat(&self.naming.name).map_err(failed)?.is_none() {
            self.partial = Some(added);
            return Ok(());
        }
        let old = self.old_content(access)?;
        let joined = self.new_partial(core)?;
        let both = joined.as_ref().and_then(|one| one.partial.clone()).zip(added.partial.clone());
        if let Some((joined, added)) = both {
            let start = folder.clone_or_copy(&old.file, joined.file()).map_err(failed)?;
            append_copy(&added, &joined, start, self.at).map_err(failed)?;
            self.at += start;
        }
        added.remove();
        self.partial = joined;
        if let Some(root) = storage.root() {
            storage.uploads.keep_links(&root, &path)?;
        }
        Ok(())
    }

    /// Before the file gets its name, which the caller holds: the sender's conditions once more. Blocks.
    fn recheck_condition(&mut self, access: &Access) -> Result<()> {
        let Some(condition) = &self.condition else { return Ok(()) };
        if !condition.is_there(access, &self.path())? {
            // New files take their names without a lock: none of them is replaced.
            self.naming.on_conflict = OnConflict::Skip;
        } else if !self.appends
            && let Some(root) = self.target.volume.storage.root()
        {
            self.target.uploads().keep_links(&root, &self.below())?;
        }
        Ok(())
    }

    /// The path in the volume.
    fn below(&self) -> VPath {
        self.target.below.join(&self.naming.name)
    }

    /// What has the name, which may be a link to a file that the person may change as well.
    fn old_content(&self, access: &Access) -> Result<OpenFile> {
        let path = self.path();
        match resolve::find(access, &path)? {
            Resolved::OnDisk(located) if located.verdict(Operation::Overwrite) == Verdict::Allow => {
                match located.node {
                    Node::File(open) => Ok(open),
                    Node::Folder(..) => Err(EngineError::IsAFolder(path)),
                }
            }
            _ => Err(resolve::refusal(access, &path, Operation::Overwrite)),
        }
    }

    /// Where it will be, if nobody takes the name meanwhile.
    pub fn path(&self) -> VPath {
        self.target.canonical().join(&self.naming.name)
    }

    /// Makes the file visible. Blocks while its data goes to the disk; `then` may be called later, when it is safe.
    /// Placing goes on if the request vanishes; if it fails, the partial file goes.
    pub fn place(
        mut self,
        core: &Arc<Core>,
        access: &Access,
        request: &SinkRequest,
        progress: UploadProgress,
        then: impl FnOnce(Result<Written>) + Send + 'static,
    ) {
        if let Err(refused) = recheck_access(core, access, Operation::Upload, || Ok(self.target.canonical())) {
            return then(Err(refused));
        }
        if !self.appends && self.condition.is_none() {
            return self.place_locked(core, access, request, progress, None, then);
        }
        let volume = self.target.volume.clone();
        let (storage, scopes) = (&volume.storage, vec![LockScope::Name(self.below())]);
        let (core2, core3, access, request) = (core.clone(), core.clone(), access.clone(), request.clone());
        let join = move |body: &mut Self, access: &Access| {
            if body.appends { body.prepend_existing(&core2, access) } else { Ok(()) }
        };
        let go_on =
            move |lock: WriteGuard| match self.recheck_condition(&access).and_then(|()| join(&mut self, &access)) {
                Ok(()) => self.place_locked(&core3, &access, &request, progress, Some(lock), then),
                Err(why) => {
                    progress.end(Err(&why));
                    then(Err(why));
                }
            };
        storage.uploads.locks.lock_then(scopes, storage.folds_case(), &core.pool, go_on);
    }

    fn place_locked(
        self,
        core: &Arc<Core>,
        access: &Access,
        request: &SinkRequest,
        progress: UploadProgress,
        lock: Option<WriteGuard>,
        then: impl FnOnce(Result<Written>) + Send + 'static,
    ) {
        let Self { target, naming, believed, lmod, partial, at: size, allowance, received, is_conditional, .. } = self;
        // Who may not look learns nothing of what was there before.
        let reported_size = if target.may_learn_names(access) { size } else { received };
        let believed = believed.or_else(|| target.shown.as_ref().map(|shown| shown.join(&naming.name)));
        let then = move |written: Result<Written>| {
            progress.end(written.as_ref().map(|written| (&written.path, written.size)));
            then(written);
        };
        if let Err(refused) = rules::check_size(&target.volume.config.flags.limits, size) {
            return then(Err(refused));
        }
        let name = naming.name.clone();
        let (Some(unplaced), Some(folder)) = (partial, target.folder.clone()) else {
            let path = target.canonical().join(&name);
            return then(Ok(Written { path, believed, lmod, size: reported_size, name, ino: 0 }));
        };
        let Some(partial) = unplaced.partial.clone() else { return then(Err(EngineError::Busy)) };
        let sender = sender(access);
        let record = FileRecord {
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
        let volume = target.volume.clone();
        let done = move |placed: std::result::Result<Placed, store::StoreError>| match placed {
            Ok(Placed { name, meta }) => {
                unplaced.disarm();
                let path = target.canonical().join(&name);
                then(Ok(Written { path, believed, lmod, size: reported_size, name, ino: meta.ino }));
            }
            Err(error) => {
                unplaced.remove();
                then(Err(conditional_error(map_placement_error(error, &target, &name), is_conditional)));
            }
        };
        let file = ReadyFile { folder, content: Content::Partial(partial), naming, record, unfinished: None };
        place(core, &volume, file, lock, done);
    }
}

/// A name that is taken is what a sender with conditions did not want.
fn conditional_error(error: EngineError, is_conditional: bool) -> EngineError {
    match error {
        EngineError::NameTaken(path) if is_conditional => EngineError::ConditionFailed(path),
        other => other,
    }
}

/// Appends the first `length` bytes of `from` to `to`, at `start`.
fn append_copy(from: &Partial, to: &Partial, start: u64, length: u64) -> std::result::Result<(), store::StoreError> {
    let mut piece = vec![0; usize::try_from(length).unwrap_or(COPY_BUFFER).min(COPY_BUFFER)];
    let mut at = 0;
    while at < length {
        let most = usize::try_from(length - at).unwrap_or(COPY_BUFFER).min(COPY_BUFFER);
        from.read_exact_at(&mut piece[..most], at)
            .map_err(|error| store::StoreError::new("read", from.name().display(), error))?;
        to.write_at(&piece[..most], start + at)?;
        at += most as u64;
    }
    Ok(())
}

impl Consumer for BodyWriter {
    /// Writes.
    fn consume(&mut self, batch: Vec<Bytes>) -> Result<()> {
        let size = batch.iter().fold(self.at, |sum, piece| sum + piece.len() as u64);
        rules::check_growth(&self.target, &self.allowance, self.admitted, size)?;
        self.admitted = self.admitted.max(size);
        for piece in batch {
            if let Some(partial) = self.partial.as_ref().and_then(|unplaced| unplaced.partial.as_ref()) {
                let failed = |error| map_store_error(error, &self.path());
                partial.write_at(&piece, self.at).map_err(failed)?;
            }
            self.at += piece.len() as u64;
            self.received += piece.len() as u64;
        }
        Ok(())
    }
}

/// What is not known beforehand is checked at the end; the smallest size is no reason to refuse it now.
fn min_size(target: &Target) -> u64 {
    target.volume.config.flags.limits.min_size.map_or(0, |least| least.0)
}

/// What may happen to something that has the name.
fn on_conflict(
    target: &Target,
    requested: OnConflict,
    name: &FileName,
    may_overwrite: bool,
    blank_secs: u64,
    there: impl FnOnce(&FileName) -> Result<Option<Meta>>,
) -> Result<OnConflict> {
    let requested = match target.volume.config.flags.put_overwrites && requested == OnConflict::Rename {
        true => OnConflict::Replace,
        false => requested,
    };
    let allowed = may_overwrite || requested == OnConflict::Skip;
    if allowed && requested != OnConflict::Rename {
        return Ok(requested);
    }
    // A program that first makes an empty file and then fills it (macOS) means one file.
    let blank = there(name)?.is_some_and(|meta| {
        let age = now().0.saturating_sub(meta.mtime().0);
        meta.kind == Kind::File && meta.size == 0 && age < (blank_secs as i64).saturating_mul(1000)
    });
    Ok(if blank { OnConflict::ReplaceBlank } else { OnConflict::Rename })
}
