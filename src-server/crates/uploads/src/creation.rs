//! Files that are created or changed without an upload: copies, moves from another volume, saved texts. They obey the
//! same rules of the volume as uploads, and the ledger records what these rules need.

use super::allowance::{Allowance, Amount};
use super::file_record::FileRecord;
use super::lifetime::lifetime;
use super::rules;
use super::sender::Sender;
use super::target::Target;
use super::upload_state::UploadState;
use model::VPath;
use std::net::IpAddr;
use std::sync::Arc;
use store::disk::{Folder, Meta};
use store::ledger::FileRow;
use vfs::access::Access;
use vfs::error::{EngineError, Result, Rule};
use vfs::files::service::Admission;
use vfs::grants::Grants;
use vfs::volumes::resolve::Located;

/// Checks new files against the rules of one volume, and records them once they exist.
pub(crate) struct Creation<'a> {
    grants: Arc<dyn Grants>,
    access: &'a Access,
    target: Target,
    allowances: Vec<(Allowance, u64)>,
    /// Of files that come back; they are no new data.
    returned: Vec<Allowance>,
    counted: RateCount,
    rows: Vec<FileRow>,
}

/// Files counted towards the rate limit of one address; uncounted on drop if they were not created.
struct RateCount {
    shared: Arc<UploadState>,
    mount: VPath,
    address: IpAddr,
    files: usize,
}

impl Drop for RateCount {
    fn drop(&mut self) {
        self.shared.rates.uncount(&self.mount, self.address, self.files);
    }
}

impl<'a> Creation<'a> {
    /// For files in the volume that holds `folder`.
    pub fn within(
        grants: Arc<dyn Grants>,
        shared: Arc<UploadState>,
        access: &'a Access,
        folder: &Located<Folder>,
    ) -> Self {
        let (volume, below) = (folder.volume.clone(), folder.below.clone());
        let target = Target { volume, below, folder: Some(folder.node.clone()), shown: None };
        let (mount, address) = (target.volume.config.mount.clone(), access.client().address);
        let counted = RateCount { shared, mount, address, files: 0 };
        Self { grants, access, target, allowances: Vec::new(), returned: Vec::new(), counted, rows: Vec::new() }
    }
}

impl Admission for Creation<'_> {
    fn admit(&mut self, goal: &VPath, size: u64, replaced: Option<u64>) -> Result<()> {
        if self.target.volume.config.flags.limits.top_only && replaced.is_none() && goal.depth() > 1 {
            return Err(EngineError::RuleBroken(Rule::TopFolderOnly));
        }
        let allowance =
            rules::check_change(&*self.grants, &self.counted.shared.rates, self.access, &self.target, size, replaced)?;
        self.allowances.push((allowance, size));
        self.counted.files += 1;
        Ok(())
    }

    fn readmit(&mut self, size: u64) -> Result<()> {
        let reservation = rules::reserve_space(self.access, &self.target, Amount { files: 1, bytes: size })?;
        self.returned.push(Allowance { link: None, reservation });
        Ok(())
    }

    fn created(&mut self, below: &VPath, meta: &Meta) {
        let flags = &self.target.volume.config.flags;
        // No other rule reads rows of such files.
        let is_asked_for =
            flags.lifetime_secs.is_some() || flags.limits.max_bytes.is_some() || flags.limits.max_files.is_some();
        if let Some((folder, name)) = below.split_last().filter(|_| is_asked_for) {
            let sender = Sender::of(self.access);
            let record = FileRecord {
                below: folder,
                wark: None,
                hashes: Vec::new(),
                size: meta.size,
                lmod: meta.mtime(),
                account: sender.account,
                address: sender.address,
                lifetime_secs: lifetime(flags.lifetime_secs, None),
                verified: true,
                allowance: Allowance::default(),
                lock_tokens: self.access.lock_tokens().clone(),
            };
            self.rows.push(record.row(&name, meta));
        }
    }

    fn complete(mut self: Box<Self>) {
        self.counted.files = 0;
        let account = self.access.account();
        for (allowance, size) in &self.allowances {
            match &allowance.link {
                Some(quota) => quota.complete(*size),
                None => self.grants.record_received(account, *size),
            }
        }
        let ledger = &self.target.uploads().ledger;
        let pending: Vec<_> = std::mem::take(&mut self.rows)
            .into_iter()
            .map(|row| (ledger.finish_upload(row.clone(), None), row))
            .collect();
        for (one, row) in pending {
            if let Err(error) = one.and_then(store::db::Pending::wait).or_else(|_| ledger.record_present(row)) {
                tracing::error!(%error, "the ledger records a new file with its next change");
            }
        }
    }
}
