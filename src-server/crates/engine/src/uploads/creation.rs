//! Files that come to be, or change, without an upload: copies, moves from another volume, saved texts. What a volume asks
//! of an upload it asks of them, and its ledger knows of them what its rules need.

use super::admit::Target;
use super::chunks::sender;
use super::finish::FileRecord;
use super::names::{Mark, mask_special_name};
use super::quota::Allowance;
use super::rules;
use crate::access::Access;
use crate::core::Core;
use crate::error::{EngineError, Result};
use crate::volumes::resolve::Located;
use model::{FileName, VPath};
use std::net::IpAddr;
use std::sync::Arc;
use store::disk::{Folder, Meta};
use store::ledger::FileRow;

/// Admits files to one volume, and enters them once they are there.
pub(crate) struct Creation<'a> {
    core: &'a Arc<Core>,
    access: &'a Access,
    target: Target,
    allowances: Vec<(Allowance, u64)>,
    counted: RateCount<'a>,
    rows: Vec<FileRow>,
}

/// Files that count towards what one address may send in a time. Dropped = none of them came to be.
struct RateCount<'a> {
    core: &'a Core,
    mount: VPath,
    address: IpAddr,
    files: usize,
}

impl Drop for RateCount<'_> {
    fn drop(&mut self) {
        self.core.upload_state.rates.uncount(&self.mount, self.address, self.files);
    }
}

impl<'a> Creation<'a> {
    /// In the volume that holds `folder`.
    pub fn within(core: &'a Arc<Core>, access: &'a Access, folder: &Located<Folder>) -> Self {
        let (volume, below) = (folder.volume.clone(), folder.below.clone());
        let target = Target { volume, below, folder: Some(folder.node.clone()), shown: None };
        let (mount, address) = (target.volume.config.mount.clone(), access.client().address);
        let counted = RateCount { core, mount, address, files: 0 };
        Self { core, access, target, allowances: Vec::new(), counted, rows: Vec::new() }
    }

    /// May a file of `size` bytes be made? `goal`: where it will be in the volume; `replaced`: bytes of the file that it
    /// replaces, if it does. Counts it. Blocks.
    ///
    /// # Errors
    /// `TopFolderOnly`, `SizeRule`, `NoSpace`, `VolumeFull`, `VolumeFileLimit`, `TooManyUploads`, `TooMuchData`, `LinkFull`.
    pub fn admit(&mut self, goal: &VPath, size: u64, replaced: Option<u64>) -> Result<()> {
        if self.target.volume.config.flags.limits.top_only && replaced.is_none() && goal.depth() > 1 {
            return Err(EngineError::TopFolderOnly);
        }
        let allowance = rules::check_change(self.core, self.access, &self.target, size, replaced)?;
        self.allowances.push((allowance, size));
        self.counted.files += 1;
        Ok(())
    }

    /// The name under which a file may be made: those that change how a folder looks are not for people who may not read
    /// there.
    pub fn name(&self, name: FileName) -> FileName {
        if self.masks_names() { mask_special_name(name) } else { name }
    }

    /// Another name for something whose name is taken.
    pub fn other_name(&self, name: &FileName) -> FileName {
        let (address, plain) = (self.access.client().address, self.access.snapshot().settings.behaviour.plain_ip);
        Mark { secret: &self.core.secret, address, plain }.other(name)
    }

    /// Whether [`Creation::name`] changes some names.
    pub fn masks_names(&self) -> bool {
        !self.target.volume.config.flags.write_only_may_add_readme && !self.target.can_read(self.access)
    }

    /// Remembers a file that was made; `below`: where it will be in the volume.
    pub fn made(&mut self, below: &VPath, meta: &Meta) {
        let flags = &self.target.volume.config.flags;
        // Nothing else asks for rows about them.
        let is_asked_for =
            flags.lifetime_secs.is_some() || flags.limits.max_bytes.is_some() || flags.limits.max_files.is_some();
        if let Some((folder, name)) = below.split_last().filter(|_| is_asked_for) {
            let sender = sender(self.access);
            let record = FileRecord {
                below: folder,
                wark: None,
                hashes: Vec::new(),
                size: meta.size,
                lmod: meta.mtime(),
                account: sender.account,
                address: sender.address,
                lifetime_secs: rules::lifetime(flags.lifetime_secs, None),
                verified: true,
                allowance: Allowance::default(),
            };
            self.rows.push(record.row(&name, meta));
        }
    }

    /// All are visible: the ledger learns of them. Blocks.
    pub fn end(mut self) {
        self.counted.files = 0;
        let account = &self.access.rights.account;
        for (allowance, size) in &self.allowances {
            match &allowance.link {
                Some(promise) => promise.complete(*size),
                None => self.core.links.record_received(account, *size),
            }
        }
        let ledger = &self.target.uploads().ledger;
        let pending: Vec<_> = self.rows.into_iter().map(|row| (ledger.finish_upload(row.clone(), None), row)).collect();
        for (one, row) in pending {
            if let Err(error) = one.and_then(store::db::Pending::wait).or_else(|_| ledger.record_present(row)) {
                tracing::error!(%error, "the ledger learns of a file that was made with its next change");
            }
        }
    }
}
