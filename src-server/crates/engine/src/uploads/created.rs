//! Files that come to be, or change, without an upload: copies, moves from another volume, saved texts. What a volume asks
//! of an upload it asks of them, and its ledger knows of them what its rules need.

use super::admit::Target;
use super::chunks::sender;
use super::finish::Arrival;
use super::names::{Mark, blind};
use super::rules::{self, Allowance};
use crate::access::Access;
use crate::core::Core;
use crate::error::Result;
use crate::volumes::resolve::Located;
use model::{FileName, VPath};
use std::sync::Arc;
use store::disk::{Folder, Meta};
use store::ledger::FileRow;

/// Admits files to one volume, and enters them once they are there.
pub(crate) struct Creation<'a> {
    core: &'a Arc<Core>,
    access: &'a Access,
    target: Target,
    /// Files and their bytes that were admitted and are not in the ledger yet.
    admitted: (u64, u64),
    allowances: Vec<(Allowance, u64)>,
    rows: Vec<FileRow>,
}

impl<'a> Creation<'a> {
    /// In the volume that holds `folder`.
    pub fn within(core: &'a Arc<Core>, access: &'a Access, folder: &Located<Folder>) -> Self {
        let (volume, below) = (folder.volume.clone(), folder.below.clone());
        let target = Target { volume, below, folder: Some(folder.node.clone()), shown: None };
        Self { core, access, target, admitted: (0, 0), allowances: Vec::new(), rows: Vec::new() }
    }

    /// May a file of `size` bytes be made? `replaced`: bytes of the file that it replaces, if it does. Counts it. Blocks.
    ///
    /// # Errors
    /// `SizeRule`, `NoSpace`, `VolumeFull`, `VolumeCrowded`, `TooManyUploads`, `TooMuchData`, `LinkFull`.
    pub fn admit(&mut self, size: u64, replaced: Option<u64>) -> Result<()> {
        let allowance = rules::check_change(self.core, self.access, &self.target, size, replaced, self.admitted)?;
        self.admitted.0 += u64::from(replaced.is_none());
        self.admitted.1 = self.admitted.1.saturating_add(size.saturating_sub(replaced.unwrap_or(0)));
        self.allowances.push((allowance, size));
        Ok(())
    }

    /// The name under which a file may be made: those that change how a folder looks are not for people who may not read
    /// there.
    pub fn name(&self, name: FileName) -> FileName {
        if self.is_blind() { blind(name) } else { name }
    }

    /// Another name for something whose name is taken.
    pub fn other_name(&self, name: &FileName) -> FileName {
        let (address, plain) = (self.access.client().address, self.access.live().settings.behaviour.plain_ip);
        Mark { secret: &self.core.secret, address, plain }.other(name)
    }

    /// Whether [`Creation::name`] changes some names.
    pub fn is_blind(&self) -> bool {
        !self.target.volume.config.flags.blind_may_place_readme && !self.target.sighted(self.access)
    }

    /// Remembers a file that was made; `below`: where it will be in the volume.
    pub fn made(&mut self, below: &VPath, meta: &Meta) {
        let flags = &self.target.volume.config.flags;
        // Nothing else asks for rows about them.
        let is_asked_for =
            flags.lifetime_secs.is_some() || flags.limits.max_bytes.is_some() || flags.limits.max_files.is_some();
        if let Some((folder, name)) = below.split_last().filter(|_| is_asked_for) {
            let sender = sender(self.access);
            let arrival = Arrival {
                below: folder,
                wark: None,
                hashes: Vec::new(),
                size: meta.size,
                lmod: meta.mtime(),
                account: sender.account,
                address: sender.address,
                lifetime_secs: rules::lifetime(flags.lifetime_secs, None),
                verified: true,
                allowance: None,
            };
            self.rows.push(arrival.row(&name, meta));
        }
    }

    /// All are visible: the ledger learns of them. Blocks.
    pub fn end(self) {
        let account = &self.access.rights.account;
        for (allowance, size) in &self.allowances {
            match allowance {
                Some(promise) => promise.arrived(*size),
                None => self.core.links.arrived(account, *size),
            }
        }
        let ledger = &self.target.uploads().ledger;
        let pending: Vec<_> = self.rows.into_iter().map(|row| (ledger.finish(row.clone(), None), row)).collect();
        for (one, row) in pending {
            if let Err(error) = one.and_then(store::db::Pending::wait).or_else(|_| ledger.is_here(row)) {
                tracing::error!(%error, "the ledger learns of a file that was made with its next change");
            }
        }
    }
}
