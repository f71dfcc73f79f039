//! A handshake request with the values derived from it, and the replies that are built from them.

use crate::admit;
use crate::allowance::Allowance;
use crate::client_locks::{self, WantedName};
use crate::core::Core;
use crate::file_record::FileRecord;
use crate::lifetime::lifetime;
use crate::names::{self, Prefix};
use crate::naming::{CheckedName, Naming, free_name};
use crate::reply::HandshakeReply;
use crate::request::Handshake;
use crate::sender::Sender;
use crate::sources::AnnouncedContent;
use crate::target::Target;
use model::chunking::{ChunkPlan, Generation};
use model::{Bytes, ChunkHash, Event, FileName, OnConflict, Operation, UnixMillis, VPath, Verdict, Wark};
use std::sync::Arc;
use store::ledger::FileRow;
use vfs::access::Access;
use vfs::error::{EngineError, Invalid, Result, Rule};
use vfs::files::read::Reader;
use vfs::names::{Mark, mask_special_name, random};
use vfs::volumes::tree::VolumePath;

/// A handshake request with the values derived from it.
#[derive(Clone)]
pub(crate) struct HandshakeContext {
    pub access: Access,
    pub sender: Sender,
    /// The requested folder, including the folders in front of the name.
    pub folder: VPath,
    /// The folders in front of the name.
    pub prefix: VPath,
    pub name: FileName,
    pub plan: ChunkPlan,
    pub wark: Wark,
    pub lmod: UnixMillis,
    pub request: Handshake,
    /// The file that has the name was compared and has other content.
    pub compared: bool,
    /// No known file could be copied.
    pub no_copies: bool,
}

impl HandshakeContext {
    /// Of a request with the hashes of all chunks.
    ///
    /// # Errors
    /// Those of `admit::may_upload`; `BadRequest`; the largest size that there is.
    pub fn new(access: &Access, folder: &VPath, request: Handshake) -> Result<Self> {
        if request.hashes.iter().any(ChunkHash::is_unknown) {
            return Err(EngineError::Invalid(Invalid::Request("The hash of a chunk is missing.".into())));
        }
        Self::with_identity(access, folder, request, None)
    }

    /// Of a request whose sender announces the size only. `id` identifies the upload until its content is known.
    ///
    /// # Errors
    /// As [`HandshakeContext::new`].
    pub fn without_hashes(access: &Access, folder: &VPath, mut request: Handshake, id: Wark) -> Result<Self> {
        let plan = ChunkPlan::new(Bytes(request.size), Generation::G2);
        if plan.count() > model::chunking::MAX_CHUNKS {
            let limit = Bytes(i64::MAX as u64);
            return Err(EngineError::RuleBroken(Rule::Size { too_big: true, limit }));
        }
        request.hashes = (0..plan.count()).map(ChunkHash::unknown).collect();
        Self::with_identity(access, folder, request, Some(id))
    }

    fn with_identity(access: &Access, folder: &VPath, mut request: Handshake, id: Option<Wark>) -> Result<Self> {
        admit::may_upload(access, folder)?;
        let prefix = if request.folders_in_name { Prefix::Allowed } else { Prefix::Refused };
        let (prefix, name) = names::sanitize(&request.name, prefix)?;
        let folder = folder.append(&prefix);
        let size = Bytes(request.size);
        if request.size > i64::MAX as u64 {
            return Err(EngineError::RuleBroken(Rule::Size { too_big: true, limit: Bytes(i64::MAX as u64) }));
        }
        let plan = ChunkPlan::for_count(size, request.hashes.len()).ok_or_else(|| {
            EngineError::Invalid(Invalid::Request(
                "The number of chunk hashes does not fit the size of the file.".into(),
            ))
        })?;
        check_lengths(&plan, &request.hashes)?;
        let VolumePath { volume, below } =
            access.volume_path(&folder).ok_or_else(|| EngineError::NotFound(folder.clone()))?;
        let lmod = UnixMillis::from_secs(names::time_of(request.lmod, volume.config.flags.upload_time).secs());
        if request.lmod.is_some_and(|lmod| lmod.if_plausible().is_none()) {
            // An implausible time neither sets the modification time of a file nor makes it older than another one.
            request.touch_existing = false;
            if request.on_conflict == OnConflict::ReplaceOlder {
                request.on_conflict = OnConflict::Rename;
            }
        }
        let can_read = access.rights_inside(&volume, &below).has(model::Perm::Read);
        let flags = &volume.config.flags;
        let name = match can_read || flags.write_only_may_add_readme {
            true => name,
            false => mask_special_name(name, &flags.page_lists),
        };
        let salt = &access.snapshot().settings.behaviour.wark_salt;
        let wark = match id {
            Some(id) => id,
            None if request.hashes.is_empty() => Wark::of_metadata(salt, lmod, size, below.as_bytes(), name.as_bytes()),
            None => Wark::of_content(salt, size, &request.hashes),
        };
        let sender = Sender::of(access);
        Ok(Self {
            access: access.clone(),
            sender,
            folder,
            prefix,
            name,
            plan,
            wark,
            lmod,
            request,
            compared: false,
            no_copies: false,
        })
    }

    /// Returns the announced content.
    pub fn content(&self) -> AnnouncedContent<'_> {
        AnnouncedContent { wark: &self.wark, hashes: &self.request.hashes, size: self.request.size }
    }

    pub fn random(&self, target: &Target) -> bool {
        self.request.random_name || target.volume.config.flags.random_names
    }

    /// Chooses the name of a new file, and what happens if it is taken by the end of the upload.
    pub fn choose_name(&self, core: &Core, target: &Target, looked: Option<&CheckedName>) -> Result<Naming> {
        let flags = &target.volume.config.flags;
        let name = match self.random(target) {
            true => random(flags.random_length, &self.name)?,
            false => self.name.clone(),
        };
        let on_conflict = self.on_conflict(target);
        let plain = self.access.snapshot().settings.behaviour.plain_ip;
        let mark = Mark { secret: &core.secret, address: self.access.client().address, plain };
        free_name(&self.access, target, name, on_conflict, self.lmod, &mark, looked)
    }

    /// Checks that no other client has locked the name.
    ///
    /// # Errors
    /// `Locked`.
    pub fn check_client_locks(&self, target: &Target) -> Result<()> {
        let wanted = WantedName {
            below: &target.below,
            folder: target.folder.as_ref(),
            name: &self.name,
            on_conflict: self.on_conflict(target),
        };
        client_locks::check(&target.volume, &wanted, self.access.owner(), self.access.lock_tokens())
    }

    /// Returns what the client wants to happen if the name is taken, as far as its rights allow.
    pub fn on_conflict(&self, target: &Target) -> OnConflict {
        let may = self.access.verdict(&target.canonical(), Operation::Overwrite) == Verdict::Allow;
        match self.request.on_conflict {
            OnConflict::Replace | OnConflict::ReplaceOlder if !may => OnConflict::Rename,
            // The error would reveal that the name is taken.
            OnConflict::Skip if !target.may_learn_names(&self.access) => OnConflict::Rename,
            requested => requested,
        }
    }

    pub fn file_record(&self, target: &Target, allowance: Allowance) -> FileRecord {
        FileRecord {
            below: target.below.clone(),
            wark: Some(self.wark),
            hashes: self.request.hashes.clone(),
            size: self.request.size,
            lmod: self.lmod,
            account: self.sender.account.clone(),
            address: self.sender.address.clone(),
            lifetime_secs: lifetime(target.volume.config.flags.lifetime_secs, self.request.lifetime_secs),
            verified: true,
            allowance,
            lock_tokens: self.access.lock_tokens().clone(),
        }
    }

    pub fn emit_finished(&self, core: &Core, target: &Target, name: &FileName) {
        core.events.emit(Event::UploadFinished {
            id: 0,
            path: target.canonical().join(name).display(),
            size: self.request.size,
            account: self.sender.account.public(),
            address: self.sender.address.clone(),
        });
    }

    /// Returns whether the account may learn that a known file exists: if it may read there, or sent the file itself.
    pub fn may_know(&self, target: &Target, row: &FileRow) -> bool {
        if self.sender.is(&row.account, &row.address) {
            return true;
        }
        let path = target.volume.config.mount.append(&row.folder).join(&row.name);
        self.access.verdict(&path, Operation::CopyFrom) == Verdict::Allow
    }

    /// Builds the reply for a file stored as `name`. An account that may not learn that a name was taken gets the
    /// requested name, and will ask for that one again.
    pub fn reply(&self, target: &Target, name: &FileName, lmod: UnixMillis) -> HandshakeReply {
        let name = if target.may_learn_names(&self.access) || self.random(target) { name } else { &self.name };
        let canonical = target.shown();
        // Old clients put folders in front of the name and expect them in the reply, unless the file is stored
        // elsewhere.
        let asked = self.folder.as_bytes().strip_suffix(self.prefix.as_bytes()).filter(|_| canonical == self.folder);
        let (folder, name) = match asked.and_then(|above| VPath::parse(above).ok()) {
            Some(above) if !self.prefix.is_root() => (above, self.prefix.join(name).as_bytes().to_vec()),
            _ => (canonical, name.as_bytes().to_vec()),
        };
        HandshakeReply {
            name,
            folder,
            size: self.request.size,
            lmod,
            missing: Vec::new(),
            wark: self.wark,
            any_order: !target.volume.config.flags.no_sparse,
            key: None,
        }
    }

    pub fn complete(
        &self,
        core: &Arc<Core>,
        target: &Target,
        name: &FileName,
        lmod: UnixMillis,
        ino: u64,
    ) -> HandshakeReply {
        let reader = Reader::new(core.vfs.clone());
        let key = reader.key(&self.access, &target.canonical().join(name), self.request.size, ino);
        HandshakeReply { key, ..self.reply(target, name, lmod) }
    }
}

/// Refuses a list in which a shorter last chunk has the hash of a full chunk: no file has such hashes, and a body that
/// fits the last chunk would leave the other one partly unwritten. (Equal hashes of full chunks are normal in
/// repetitive files.)
fn check_lengths(plan: &ChunkPlan, hashes: &[ChunkHash]) -> Result<()> {
    let is_shorter = !plan.size().0.is_multiple_of(plan.chunk_size().0);
    match hashes.split_last() {
        Some((last, others)) if is_shorter && others.contains(last) => {
            let text = "The last chunk is shorter than the others, so it cannot have the hash of one of them.";
            Err(EngineError::Invalid(Invalid::Request(text.into())))
        }
        _ => Ok(()),
    }
}
