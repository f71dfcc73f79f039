//! Files that are created or changed without an upload: copies, moves from another volume, saved texts. They obey the
//! same rules of the volume as uploads, and the ledger records what these rules need.

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

/// Checks new files against the rules of one volume, and records them once they exist.
pub(crate) struct Creation<'a> {
    core: &'a Arc<Core>,
    access: &'a Access,
    target: Target,
    allowances: Vec<(Allowance, u64)>,
    counted: RateCount<'a>,
    rows: Vec<FileRow>,
}

/// Files counted towards the rate limit of one address; uncounted on drop if they were not created.
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
    /// For files in the volume that holds `folder`.
    pub fn within(core: &'a Arc<Core>, access: &'a Access, folder: &Located<Folder>) -> Self {
        let (volume, below) = (folder.volume.clone(), folder.below.clone());
        let target = Target { volume, below, folder: Some(folder.node.clone()), shown: None };
        let (mount, address) = (target.volume.config.mount.clone(), access.client().address);
        let counted = RateCount { core, mount, address, files: 0 };
        Self { core, access, target, allowances: Vec::new(), counted, rows: Vec::new() }
    }

    /// Checks whether a file of `size` bytes may be created, and counts it. `goal`: its future path in the volume;
    /// `replaced`: size of the file that it replaces, if any. Blocks.
    ///
    /// # Errors
    /// `TopFolderOnly`, `SizeRule`, `NoSpace`, `VolumeFull`, `VolumeFileLimit`, `TooManyUploads`, `TooMuchData`,
    /// `LinkFull`.
    pub fn admit(&mut self, goal: &VPath, size: u64, replaced: Option<u64>) -> Result<()> {
        if self.target.volume.config.flags.limits.top_only && replaced.is_none() && goal.depth() > 1 {
            return Err(EngineError::TopFolderOnly);
        }
        let allowance = rules::check_change(self.core, self.access, &self.target, size, replaced)?;
        self.allowances.push((allowance, size));
        self.counted.files += 1;
        Ok(())
    }

    /// Returns the name to use for a new file: accounts that may not read the folder cannot create files that change
    /// how it looks.
    pub fn name(&self, name: FileName) -> FileName {
        if self.masks_names() { mask_special_name(name) } else { name }
    }

    /// Returns another name for a file whose name is taken.
    pub fn other_name(&self, name: &FileName) -> FileName {
        let (address, plain) = (self.access.client().address, self.access.snapshot().settings.behaviour.plain_ip);
        Mark { secret: &self.core.secret, address, plain }.other(name)
    }

    /// Returns whether [`Creation::name`] changes some names.
    pub fn masks_names(&self) -> bool {
        !self.target.volume.config.flags.write_only_may_add_readme && !self.target.can_read(self.access)
    }

    /// Remembers a created file; `below`: its future path in the volume.
    pub fn made(&mut self, below: &VPath, meta: &Meta) {
        let flags = &self.target.volume.config.flags;
        // No other rule reads rows of such files.
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

    /// Records the files in the ledger once all of them are visible. Blocks.
    pub fn end(mut self) {
        self.counted.files = 0;
        let account = &self.access.rights.account;
        for (allowance, size) in &self.allowances {
            match &allowance.link {
                Some(quota) => quota.complete(*size),
                None => self.core.grants.record_received(account, *size),
            }
        }
        let ledger = &self.target.uploads().ledger;
        let pending: Vec<_> = self.rows.into_iter().map(|row| (ledger.finish_upload(row.clone(), None), row)).collect();
        for (one, row) in pending {
            if let Err(error) = one.and_then(store::db::Pending::wait).or_else(|_| ledger.record_present(row)) {
                tracing::error!(%error, "the ledger records a new file with its next change");
            }
        }
    }
}
