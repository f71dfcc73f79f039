//! Creating, changing and removing share links.

use super::draft::{self, LinkDraft};
use super::link::LinkInfo;
use super::registry::LinkRegistry;
use crate::Accounts;
use model::{AccountName, LinkId, Perm, ShareWho, UnixMillis, VPath};
use std::sync::Arc;
use vfs::access::Access;
use vfs::core::Core;
use vfs::error::{EngineError, Gone, Result};

/// The service for share links.
#[derive(Clone)]
pub struct Links {
    pub(super) core: Arc<Core>,
    pub(super) accounts: Accounts,
    pub(super) registry: LinkRegistry,
}

impl Links {
    /// Over the volumes and the pool of `core`, whose grants are `registry`.
    pub fn new(core: Arc<Core>, accounts: Accounts, registry: LinkRegistry) -> Self {
        Self { core, accounts, registry }
    }

    /// Returns all links, the oldest first.
    pub async fn list(&self) -> Result<Vec<LinkInfo>> {
        let loaded = self.registry.loaded(&self.core.pool).await?;
        Ok(loaded.all(&self.core.snapshot.load()))
    }

    /// Creates a link. `owner`: the account whose rights limit it; `None`: the administrator.
    ///
    /// # Errors
    /// `BadSettings` with every fault of the draft, by the name of its field, or if the owner has too many links.
    pub async fn make(&self, owner: Option<AccountName>, draft: LinkDraft) -> Result<LinkInfo> {
        let loaded = self.registry.loaded(&self.core.pool).await?.clone();
        let core = self.core.clone();
        let access = self.access_for_owner(owner.as_ref());
        let make = move || {
            let link = draft::new_link(&access, owner, draft)?;
            loaded.put(link, &core.snapshot.load())
        };
        self.core.pool.try_run(make).await
    }

    /// Creates a link of the account behind `access`, which makes it on a page: nothing that the account may not do itself, and
    /// where the volume allows that ([`ShareWho`]).
    ///
    /// # Errors
    /// `Denied` for visitors and guests, and where the volume does not allow it; those of [`Links::make`].
    pub async fn make_own(&self, access: &Access, draft: LinkDraft) -> Result<LinkInfo> {
        let target = draft.target.clone();
        let owner = own_account(access).ok_or_else(|| EngineError::denied(&target, "admin"))?;
        let loaded = self.registry.loaded(&self.core.pool).await?.clone();
        let (core, access) = (self.core.clone(), access.clone());
        let make = move || {
            let link = draft::new_link(&access, Some(owner), draft)?;
            // The volume of the real target: a symlink may have led there.
            if !may_link(&access, &link.scope.path()) {
                return Err(EngineError::denied(&target, "admin"));
            }
            loaded.put(link, &core.snapshot.load())
        };
        self.core.pool.try_run(make).await
    }

    /// Returns the links of the account behind `access`, the oldest first; none for visitors and guests.
    ///
    /// # Errors
    /// Those of [`Links::list`].
    pub async fn list_own(&self, access: &Access) -> Result<Vec<LinkInfo>> {
        let Some(owner) = own_account(access) else { return Ok(Vec::new()) };
        let mut all = self.list().await?;
        all.retain(|info| info.link.owner.as_ref() == Some(&owner));
        Ok(all)
    }

    /// Removes a link of the account behind `access`, as [`Links::revoke`].
    ///
    /// # Errors
    /// `UnknownLink`, also for links of others; those of [`Links::revoke`].
    pub async fn revoke_own(&self, access: &Access, id: &LinkId) -> Result<()> {
        let own = self.list_own(access).await?;
        if !own.iter().any(|info| info.link.id == *id) {
            return Err(EngineError::Gone(Gone::Link));
        }
        self.revoke(id).await
    }

    /// Sets when a link of the account behind `access` ends. Its URL, its PIN and its counters stay.
    ///
    /// # Errors
    /// `UnknownLink`, also for links of others; `Denied` where the account may not make links any more; `BadSettings`.
    pub async fn renew_own(&self, access: &Access, id: &LinkId, expires: Option<UnixMillis>) -> Result<LinkInfo> {
        let own = self.list_own(access).await?;
        let info = own.into_iter().find(|info| info.link.id == *id).ok_or(EngineError::Gone(Gone::Link))?;
        let target = info.link.scope.path();
        if !may_link(access, &target) {
            return Err(EngineError::denied(&target, "admin"));
        }
        self.change(id, LinkDraft { expires, ..LinkDraft::of(&info.link) }).await
    }

    /// Changes a link; its URL and its counters stay. Sessions opened with it end if the target or the PIN changes.
    ///
    /// # Errors
    /// `BadSettings`; `UnknownLink`.
    pub async fn change(&self, id: &LinkId, draft: LinkDraft) -> Result<LinkInfo> {
        let loaded = self.registry.loaded(&self.core.pool).await?.clone();
        let before = loaded.get(id).ok_or(EngineError::Gone(Gone::Link))?;
        let access = self.access_for_owner(before.owner.as_ref());
        let core = self.core.clone();
        let change = move || {
            let link = draft::changed_link(&access, &before, draft)?;
            let is_another = link.scope.path() != before.scope.path() || link.pin != before.pin;
            Ok((loaded.put(link, &core.snapshot.load())?, is_another))
        };
        let (info, is_another) = self.core.pool.try_run(change).await?;
        if is_another {
            self.accounts.end_link(id).await?;
        }
        Ok(info)
    }

    /// Removes a link and ends every session that was opened with it.
    ///
    /// # Errors
    /// `UnknownLink`; `Internal` if the removal could not be stored (it is effective until the process ends).
    pub async fn revoke(&self, id: &LinkId) -> Result<()> {
        let loaded = self.registry.loaded(&self.core.pool).await?.clone();
        let gone = id.clone();
        self.core.pool.try_run(move || loaded.remove(&gone)).await?;
        self.accounts.end_link(id).await
    }

    /// Returns the access with which the target of a link is looked up.
    fn access_for_owner(&self, owner: Option<&AccountName>) -> Access {
        match owner {
            Some(account) => self.accounts.as_account(account, vfs::Client::here()),
            None => self.accounts.as_operator(),
        }
    }
}

/// Returns the account behind an access; `None` for visitors and guests.
fn own_account(access: &Access) -> Option<AccountName> {
    let is_account = !access.account().is_anonymous() && !access.is_guest() && access.link().is_none();
    is_account.then(|| access.account().clone())
}

/// Whether the account behind `access` may make links on pages to what is at `path`, as far as the volume decides that.
pub fn may_link(access: &Access, path: &VPath) -> bool {
    let Some(at) = access.volume_path(path).filter(|_| own_account(access).is_some()) else { return false };
    match at.volume.config.flags.share_who {
        ShareWho::NoAccount => false,
        ShareWho::Admins => access.rights_in_whole(&at.volume).has(Perm::Admin),
        ShareWho::Accounts => true,
    }
}
