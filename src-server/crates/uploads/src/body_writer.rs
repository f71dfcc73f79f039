//! Writes a whole body: checks that it may be stored, writes it to a partial file, places it.

use super::admit;
use super::allowance::Allowance;
use super::body_dedup::BodyContent;
use super::body_pipe::Consumer;
use super::client_locks::{self, WantedName};
use super::core::Core;
use super::dedup::Prepared;
use super::file_record::FileRecord;
use super::lifetime::lifetime;
use super::names::{Prefix, sanitize, time_of};
use super::naming::{Naming, free_name, stat};
use super::placing::{ReadyFile, map_placement_error, place};
use super::request::SinkRequest;
use super::rules;
use super::sender::Sender;
use super::target::Target;
use super::upload_progress::UploadProgress;
use super::volume::uploads_of;
use bytes::Bytes;
use model::{FileName, OnConflict, Operation, UnixMillis, VPath, Verdict};
use std::sync::Arc;
use store::disk::{Kind, Meta, Node, OpenFile};
use store::partial::Partial;
use store::place::{Content, Placed};
use vfs::access::Access;
use vfs::blocking_pool::BlockingPool;
use vfs::clock::now;
use vfs::error::{Changed, Conflict, EngineError, Result, UploadError};
use vfs::files::condition::Condition;
use vfs::files::transfer::recheck_access;
use vfs::names::{self, Mark, mask_special_name};
use vfs::volumes::resolve::{self, Resolved};
use vfs::volumes::store_errors::map_store_error;
use vfs::volumes::tree::MountedVolume;
use vfs::volumes::write_locks::{LockScope, WriteGuard};

/// Buffer size for copying appended bytes.
const COPY_BUFFER: usize = 1 << 20;

/// A file that is being received as one body.
pub(super) struct BodyWriter {
    target: Target,
    naming: Naming,
    /// The path as its sender knows it, if the sender may not learn taken names (`Target::may_learn_names`).
    believed: Option<VPath>,
    lmod: UnixMillis,
    /// `None`: nothing is written (`-nw`).
    partial: Option<PartialGuard>,
    /// Offset of the next byte.
    at: u64,
    /// Bytes of the file so far.
    size: u64,
    /// Bytes received from the sender.
    received: u64,
    /// The body is appended to the existing file.
    appends: bool,
    /// Precondition to check when the file gets its name, beyond what the rename guarantees.
    condition: Option<Condition>,
    /// The sender set a precondition.
    is_conditional: bool,
    /// Space reserved for the file.
    allowance: Allowance,
    /// Bytes covered by the reservation.
    admitted: u64,
}

/// A body that is visible and durable.
pub(super) struct Written {
    /// Real path of the file.
    pub path: VPath,
    pub believed: Option<VPath>,
    pub lmod: UnixMillis,
    pub size: u64,
    /// Final name.
    pub name: FileName,
    /// Inode; 0 if nothing is written (`-nw`).
    pub ino: u64,
}

/// A partial file that is removed on drop.
struct PartialGuard {
    partial: Option<Arc<Partial>>,
    pool: BlockingPool,
}

impl PartialGuard {
    /// Keeps the file: it has its name, or other code removes it.
    fn disarm(mut self) {
        self.partial = None;
    }

    /// Removes the file now. Blocks.
    fn remove(mut self) {
        if let Some(partial) = self.partial.take() {
            remove(&partial);
        }
    }
}

impl Drop for PartialGuard {
    /// Removes the file on a pool thread, because a drop may happen where blocking is not allowed.
    fn drop(&mut self) {
        if let Some(partial) = self.partial.take() {
            self.pool.spawn(move || remove(&partial));
        }
    }
}

fn remove(partial: &Partial) {
    if let Err(error) = partial.remove() {
        tracing::warn!(%error, "a partial file could not be removed; the next start removes it");
    }
}

impl BodyWriter {
    /// Checks that the body may be stored and creates its partial file. Blocks.
    pub fn open(core: &Core, access: &Access, request: &SinkRequest) -> Result<Self> {
        let mut name = match &request.name {
            Some(name) => Some(sanitize(name, Prefix::of_body(request.exact_name))?.1),
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
            // A body sent to a folder without a trailing slash is stored in that folder under a generated name.
            let inner = match there.filter(|meta| meta.kind == Kind::Folder) {
                Some(_) => match admit::open_target(access, &request.folder.join(inside)) {
                    // An error would reveal that the name is taken.
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
            name = mask_special_name(name, &flags.page_lists);
        }
        let random = request.random_name.or(flags.random_names.then_some(flags.random_length));
        let masked = |name| match flags.write_only_may_add_readme {
            true => name,
            false => mask_special_name(name, &flags.page_lists),
        };
        let asked = asked.map(masked);
        let believed = asked.filter(|_| !tells && random.is_none()).map(|asked| top.join(&asked));
        if let Some(length) = random {
            name = names::random(length, &name)?;
        }
        let lmod = time_of(request.lmod, flags.upload_time);
        let may = access.verdict(&target.canonical(), Operation::Overwrite) == Verdict::Allow;
        let there = |name: &FileName| stat(&target, name, looked.as_ref());
        let on_conflict = match on_conflict(&target, requested, &name, may, behaviour.blank_overwrite_secs, there)? {
            // The error would reveal that the name is taken.
            OnConflict::Skip if !tells => OnConflict::Rename,
            requested => requested,
        };
        let there = if request.append && may { there(&name)? } else { None };
        let addable = |meta: &Meta| matches!(meta.kind, Kind::File | Kind::Link);
        // Only files can be appended to. A sender that may not learn names gets another name instead.
        let appends = request.append && may && (tells || there.is_none_or(|meta| addable(&meta)));
        // Appending does not add a file.
        let added_to = there.filter(|_| appends).map(|_| 0);
        let size = request.size.unwrap_or(0).max(min_size(&target));
        let allowance = rules::check_change(&*core.grants, &core.upload_state.rates, access, &target, size, added_to)?;
        let naming = match appends {
            true => {
                let other_names = target.other_names(access);
                Naming { name, on_conflict: OnConflict::Replace, other_names }
            }
            false => free_name(access, &target, name, on_conflict, lmod, &mark, looked.as_ref())
                .map_err(|error| conditional_error(error, is_conditional))?,
        };
        let wanted = WantedName {
            below: &target.below,
            folder: target.folder.as_ref(),
            name: &naming.name,
            on_conflict: naming.on_conflict,
        };
        client_locks::check(&target.volume, &wanted, access.owner(), access.lock_tokens())?;
        // For a new file, a rename that replaces nothing is check enough.
        let is_rechecked = is_conditional && request.name.is_some() && (appends || !condition.is_only_new());
        let condition = is_rechecked.then(|| condition.clone());
        let (partial, at, received) = (None, 0, 0);
        let keeps_content = request.keeps_content && may && looked.as_ref().is_some_and(|(_, there)| there.is_some());
        let mut body = Self {
            partial,
            target,
            naming,
            believed,
            lmod,
            at,
            size: 0,
            received,
            appends,
            condition,
            is_conditional,
            allowance,
            admitted: size,
        };
        body.partial = body.new_partial(core)?;
        if keeps_content {
            body.copy_existing(access)?;
        }
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

    /// Copies the existing file into the partial file.
    fn copy_existing(&mut self, access: &Access) -> Result<()> {
        let old = self.old_content(access)?;
        let partial = self.partial.as_ref().and_then(|unplaced| unplaced.partial.clone());
        let (Some(folder), Some(partial)) = (self.target.folder.as_ref(), partial) else { return Ok(()) };
        rules::check_growth(&self.target, &self.allowance, self.admitted, old.meta.size)?;
        let failed = |error| map_store_error(error, &self.path());
        self.size = folder.clone_or_copy(&old.file, partial.file()).map_err(failed)?;
        self.admitted = self.admitted.max(self.size);
        Ok(())
    }

    /// Returns the bytes of the file so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Sets the offset of the next byte.
    pub fn seek(&mut self, offset: u64) {
        self.at = offset;
    }

    /// Sets the modification time that the file will have.
    pub fn at_time(mut self, wanted: Option<UnixMillis>) -> Self {
        if wanted.is_some() {
            self.lmod = time_of(wanted, self.target.volume.config.flags.upload_time);
        }
        self
    }

    /// Reads `length` bytes from `offset` on, which have been written. Blocks.
    pub fn read_at(&self, offset: u64, length: usize) -> Result<Bytes> {
        let mut bytes = vec![0; length];
        let Some(partial) = self.open_partial() else { return Ok(Bytes::new()) };
        let read = partial.read_at(&mut bytes, offset).map_err(|error| map_store_error(error, &self.path()))?;
        bytes.truncate(read);
        Ok(bytes.into())
    }

    /// Cuts the file off, or extends it by zeros. Blocks.
    pub fn set_size(&mut self, size: u64) -> Result<()> {
        rules::check_growth(&self.target, &self.allowance, self.admitted, size)?;
        self.admitted = self.admitted.max(size);
        if let Some(partial) = self.open_partial() {
            partial.set_length(size).map_err(|error| map_store_error(error, &self.path()))?;
        }
        self.size = size;
        Ok(())
    }

    /// Writes to the disk what the kernel still keeps. Blocks.
    pub fn sync(&self) -> Result<()> {
        match self.open_partial() {
            Some(partial) => partial.sync_data().map_err(|error| map_store_error(error, &self.path())),
            None => Ok(()),
        }
    }

    fn open_partial(&self) -> Option<&Arc<Partial>> {
        self.partial.as_ref().and_then(|unplaced| unplaced.partial.as_ref())
    }

    /// Creates a new partial file with the existing file's content followed by the body, so that no reader, link or
    /// power loss sees half of an append. The caller holds the lock of the name. Blocks.
    fn prepend_existing(&mut self, core: &Core, access: &Access) -> Result<()> {
        let (volume, path) = (self.target.volume.clone(), self.below());
        let storage = &volume.storage;
        let (Some(folder), Some(added)) = (self.target.folder.clone(), self.partial.take()) else { return Ok(()) };
        let failed = |error| map_store_error(error, &self.path());
        if folder.stat(&self.naming.name).map_err(failed)?.is_none() {
            self.partial = Some(added);
            // New files take their names without a lock: the rename replaces none of them.
            self.naming.on_conflict = OnConflict::Skip;
            return Ok(());
        }
        let old = self.old_content(access)?;
        let joined = self.new_partial(core)?;
        let both = joined.as_ref().and_then(|one| one.partial.clone()).zip(added.partial.clone());
        if let Some((joined, added)) = both {
            let start = folder.clone_or_copy(&old.file, joined.file()).map_err(failed)?;
            append_copy(&added, &joined, start, self.size).map_err(failed)?;
            self.size += start;
        }
        added.remove();
        self.partial = joined;
        if let Some(root) = storage.root() {
            uploads_of(storage).keep_links(&root, &path)?;
        }
        Ok(())
    }

    /// Checks the sender's preconditions again before the file gets its name. The caller holds the lock of the name.
    /// Blocks.
    fn recheck_condition(&mut self, access: &Access) -> Result<()> {
        let Some(condition) = &self.condition else { return Ok(()) };
        if !condition.check_existence(access, &self.path())? {
            // New files take their names without a lock: the rename replaces none of them.
            self.naming.on_conflict = OnConflict::Skip;
        } else if !self.appends
            && let Some(root) = self.target.volume.storage.root()
        {
            self.target.uploads().keep_links(&root, &self.below())?;
        }
        Ok(())
    }

    /// Returns the path relative to the volume's top folder.
    fn below(&self) -> VPath {
        self.target.below.join(&self.naming.name)
    }

    /// Opens the existing file. If it is a symlink, the account must have the right to overwrite its target.
    fn old_content(&self, access: &Access) -> Result<OpenFile> {
        let path = self.path();
        match resolve::find(access, &path)? {
            Resolved::OnDisk(located) if located.verdict(Operation::Overwrite) == Verdict::Allow => {
                match located.node {
                    Node::File(open) => Ok(open),
                    Node::Folder(..) => Err(EngineError::Conflict(Conflict::IsAFolder(path))),
                }
            }
            _ => Err(resolve::refusal(access, &path, Operation::Overwrite)),
        }
    }

    /// Returns the path that the file will have if the name stays free.
    pub fn path(&self) -> VPath {
        self.target.canonical().join(&self.naming.name)
    }

    /// Makes the file visible. Blocks while its data is written to the disk; `then` may be called later, when the file
    /// is durable. Placing continues if the request vanishes; if placing fails, the partial file is removed.
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
        storage.state.lock_then(scopes, &core.pool, go_on);
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
        let Self {
            target, naming, believed, lmod, partial, size, allowance, received, is_conditional, appends, ..
        } = self;
        // A sender that may not learn names is not told the size of the existing file either.
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
        let sender = Sender::of(access);
        let mut record = FileRecord {
            below: target.below.clone(),
            wark: None,
            hashes: Vec::new(),
            size,
            lmod,
            account: sender.account,
            address: sender.address,
            lifetime_secs: lifetime(target.volume.config.flags.lifetime_secs, request.lifetime_secs),
            verified: true,
            allowance,
            lock_tokens: access.lock_tokens().clone(),
        };
        // An append or a conditional replacement holds the lock that linking would have to take together with others.
        let twin = match lock {
            None => find_twin(core, access, &target, &partial, &naming, &mut record),
            Some(_) => Ok(None),
        };
        let twin = match twin {
            Ok(twin) => twin,
            Err(refused) => return then(Err(conditional_error(refused, is_conditional))),
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
        let content = Content::Partial(partial.clone());
        let file = ReadyFile { folder, content, naming, record, unfinished: None, is_extended: appends };
        match twin {
            None => place(core, &volume, file, lock, done),
            Some(twin) => place_twin(core, volume, twin, (file, partial), done),
        }
    }
}

/// Looks for a file with the content of a received body (see `body_dedup`), and adds its hashes to `record`. Blocks.
fn find_twin(
    core: &Core,
    access: &Access,
    target: &Target,
    partial: &Partial,
    naming: &Naming,
    record: &mut FileRecord,
) -> Result<Option<Prepared>> {
    let Some(content) = BodyContent::of(core, access, target, partial, record.size)? else { return Ok(None) };
    content.describe(record);
    content.find_twin(core, access, target, naming, record)
}

/// Places a link to a file with the same content; if that fails, the received file itself.
fn place_twin(
    core: &Arc<Core>,
    volume: Arc<MountedVolume>,
    twin: Prepared,
    (file, partial): (ReadyFile, Arc<Partial>),
    done: impl FnOnce(std::result::Result<Placed, store::StoreError>) + Send + 'static,
) {
    let core2 = core.clone();
    twin.place(core, move |copied| match copied.into_placed() {
        // This is the placer's thread: what takes time runs on another one.
        Err(error) if error.kind() != store::ErrorKind::Exists => {
            tracing::debug!(%error, "no link to a file with the same content can be made; the file keeps its own bytes");
            let core3 = core2.clone();
            core2.pool.spawn(move || place(&core3, &volume, file, None, done));
        }
        placed => {
            if placed.is_ok() {
                core2.pool.spawn(move || remove(&partial));
            }
            done(placed);
        }
    });
}

/// Maps a taken name to a failed precondition if the sender set one.
fn conditional_error(error: EngineError, is_conditional: bool) -> EngineError {
    match error {
        EngineError::Upload(UploadError::NameTaken(path)) if is_conditional => {
            EngineError::Changed(Changed::Condition(path))
        }
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
    /// Writes the bytes to the partial file.
    fn consume(&mut self, batch: Vec<Bytes>) -> Result<()> {
        let end = batch.iter().fold(self.at, |sum, piece| sum + piece.len() as u64);
        let size = self.size.max(end);
        rules::check_growth(&self.target, &self.allowance, self.admitted, size)?;
        self.admitted = self.admitted.max(size);
        for piece in batch {
            if let Some(partial) = self.open_partial() {
                let failed = |error| map_store_error(error, &self.path());
                partial.write_at(&piece, self.at).map_err(failed)?;
            }
            self.at += piece.len() as u64;
            self.size = self.size.max(self.at);
            self.received += piece.len() as u64;
        }
        Ok(())
    }
}

/// The minimum size is checked at the end if the size is unknown, so it must not refuse the body now.
fn min_size(target: &Target) -> u64 {
    target.volume.config.flags.limits.min_size.map_or(0, |least| least.0)
}

/// Returns what may happen to an existing file with this name.
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
    // Clients that first create an empty file and then fill it (macOS) mean a single file.
    let blank = there(name)?.is_some_and(|meta| {
        let age = now().0.saturating_sub(meta.mtime().0);
        meta.kind == Kind::File && meta.size == 0 && age < (blank_secs as i64).saturating_mul(1000)
    });
    Ok(if blank { OnConflict::ReplaceBlank } else { OnConflict::Rename })
}
