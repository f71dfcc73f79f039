//! Makes the rows of an index as they would be had it been made under the present settings: what is excluded now is
//! forgotten, what is read now is hashed, and what is not read any more gets an identity of path and date.

use crate::walk::WalkRules;
use store::StoreError;
use store::index::{Index, IndexedFile, RuleChange, RulesDigest};

/// Rows looked at in one go.
const BATCH: usize = 4096;

/// A pass over all rows. It begins anew after a restart, because its digest is recorded at its end.
pub(crate) struct RulesPass {
    digest: RulesDigest,
    /// Whether all hashes are void.
    is_salt_new: bool,
    /// Number of the last folder; `None`: all were looked at.
    folder: Option<i64>,
    /// Number of the last file.
    file: i64,
}

impl RulesPass {
    /// Returns the pass that is needed under `rules`; `None` if all rows were made under them. Blocks.
    ///
    /// # Errors
    /// Database errors.
    pub fn needed(index: &Index, rules: &WalkRules) -> Result<Option<Self>, StoreError> {
        let (stored, digest) = (index.rules()?, rules.digest());
        if stored == Some(digest) {
            return Ok(None);
        }
        let salt = |digest: &RulesDigest| digest[..16].to_vec();
        let is_salt_new = stored.is_some_and(|stored| salt(&stored) != salt(&digest));
        Ok(Some(Self { digest, is_salt_new, folder: Some(0), file: 0 }))
    }

    /// Returns the digest of the settings that it applies.
    pub fn digest(&self) -> RulesDigest {
        self.digest
    }

    /// Looks at some rows. Returns true at the end. Blocks.
    ///
    /// # Errors
    /// Database errors.
    pub fn advance(&mut self, index: &Index, rules: &WalkRules) -> Result<bool, StoreError> {
        if let Some(after) = self.folder {
            let batch = index.folders_after(after, BATCH)?;
            self.folder = batch.last().map(|(id, _)| *id);
            for (_, path) in batch.iter().filter(|(_, path)| !path.is_root() && !rules.allows(path)) {
                index.remove(path)?.wait()?;
            }
            return Ok(false);
        }
        let batch = index.files_after(self.file, BATCH)?;
        let Some(last) = batch.last() else {
            index.set_rules(self.digest)?.wait()?;
            return Ok(true);
        };
        self.file = last.id;
        let changes: Vec<_> =
            batch.into_iter().filter_map(|file| self.change(rules, &file).map(|change| (file, change))).collect();
        if !changes.is_empty() {
            index.change_by_rules(changes)?.wait()?;
        }
        Ok(false)
    }

    fn change(&self, rules: &WalkRules, file: &IndexedFile) -> Option<RuleChange> {
        if !rules.allows(&file.folder.join(&file.name)) {
            return Some(RuleChange::Forget);
        }
        let unread = rules.unread_content(&file.folder, &file.name, file.size, file.mtime_ns);
        match (unread, &file.content) {
            (Some(identity), Some(content)) if identity == *content => None,
            (Some(identity), _) => Some(RuleChange::Identity(identity)),
            (None, Some(content)) if !content.is_of_content() || self.is_salt_new => Some(RuleChange::Hash),
            (None, _) => None,
        }
    }
}
