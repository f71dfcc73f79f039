//! Links: addresses that let people in who have no account, to one folder or file, for a while.
//!
//! ```text
//! token ─► look (a page; changes nothing) ─► open (PIN, counts a use) ─► session ─► every request: does the link still
//!                                                                                  give that? ─► Access with a scope
//! ```
//!
//! A link lives on the rights of whoever made it, on the folder that its volume had, and until its end; all of that is
//! asked anew at every request of a session that came by it, and while bytes flow. `book` keeps the links, `quota` what
//! arrives by them, `visit` lets visitors in.

mod draft;
mod link;
mod quota;
mod registry;
mod session;

pub use draft::{LinkDraft, PinChange};
pub use link::{Link, LinkEnd, LinkId, LinkInfo, LinkKind, LinkState};
pub(crate) use quota::QuotaReservation;
pub(crate) use registry::LinkRegistry;
pub use session::{LinkLogin, LinkPreview};

use crate::access::Access;
use crate::accounts::Accounts;
use crate::core::Core;
use crate::error::{EngineError, Result};
use model::AccountName;
use std::sync::Arc;

/// The service.
#[derive(Clone)]
pub struct Links {
    pub(crate) core: Arc<Core>,
    pub(crate) accounts: Accounts,
}

impl Links {
    /// Every link, the oldest first.
    ///
    /// # Errors
    /// `Internal` if they cannot be read.
    pub async fn list(&self) -> Result<Vec<LinkInfo>> {
        let loaded = self.core.links.loaded(&self.core.pool).await?;
        Ok(loaded.all(&self.core.snapshot.load()))
    }

    /// Makes a link. `owner`: the account that it lives on the rights of; `None`: whoever runs the server.
    ///
    /// # Errors
    /// `BadSettings` with every fault of the wish, by the name of its field, or where the owner has as many links as may be.
    pub async fn make(&self, owner: Option<AccountName>, draft: LinkDraft) -> Result<LinkInfo> {
        let loaded = self.core.links.loaded(&self.core.pool).await?.clone();
        let core = self.core.clone();
        let access = self.access_for_owner(owner.as_ref());
        let make = move || {
            let link = draft::fresh(&access, owner, draft)?;
            loaded.put(link, &core.snapshot.load())
        };
        self.core.pool.try_run(make).await
    }

    /// Changes a link; its address, and what was counted, stay. Who came by it is out if it leads elsewhere now or has
    /// another PIN.
    ///
    /// # Errors
    /// `BadSettings`; `UnknownLink`.
    pub async fn change(&self, id: &LinkId, draft: LinkDraft) -> Result<LinkInfo> {
        let loaded = self.core.links.loaded(&self.core.pool).await?.clone();
        let before = loaded.get(id).ok_or(EngineError::UnknownLink)?;
        let access = self.access_for_owner(before.owner.as_ref());
        let core = self.core.clone();
        let change = move || {
            let link = draft::changed(&access, &before, draft)?;
            let is_another = link.scope.path() != before.scope.path() || link.pin != before.pin;
            Ok((loaded.put(link, &core.snapshot.load())?, is_another))
        };
        let (info, is_another) = self.core.pool.try_run(change).await?;
        if is_another {
            self.accounts.end_link(id).await?;
        }
        Ok(info)
    }

    /// Ends a link and every session that came by it.
    ///
    /// # Errors
    /// `UnknownLink`; `Internal` if it could not be written down (it is in force all the same until the program ends).
    pub async fn revoke(&self, id: &LinkId) -> Result<()> {
        let loaded = self.core.links.loaded(&self.core.pool).await?.clone();
        let gone = id.clone();
        self.core.pool.try_run(move || loaded.remove(&gone)).await?;
        self.accounts.end_link(id).await
    }

    /// The access that a link's target is looked for with.
    fn access_for_owner(&self, owner: Option<&AccountName>) -> Access {
        match owner {
            Some(account) => self.accounts.as_account(account, crate::Client::here()),
            None => self.accounts.as_operator(),
        }
    }
}

#[cfg(test)]
mod tests;
