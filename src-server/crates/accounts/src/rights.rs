//! Computes and caches the rights of accounts under a snapshot.

use super::credentials::credentials_of;
use super::sessions::SessionInfo;
use crate::links::Link;
use model::{AccountName, PermSet};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use vfs::access::{LinkGrant, PartialScope, Rights, Scope};
use vfs::snapshot::Snapshot;

/// Most cached accounts and sessions.
const REMEMBERED_MAX: usize = 4096;

/// An account, and the session it was authenticated by.
type Key = (AccountName, Option<[u8; 32]>);

#[derive(Default)]
pub(super) struct RightsCache {
    anonymous: arc_swap::ArcSwapOption<Rights>,
    others: Mutex<HashMap<Key, Arc<Rights>>>,
}

impl RightsCache {
    /// Returns the rights of everyone. Never blocks.
    pub(super) fn anonymous(&self, snapshot: &Arc<Snapshot>) -> Arc<Rights> {
        if let Some(rights) = &*self.anonymous.load()
            && rights.snapshot.generation == snapshot.generation
        {
            return rights.clone();
        }
        let rights = Arc::new(make(snapshot, &AccountName::anonymous(), Guest::default()));
        self.anonymous.store(Some(rights.clone()));
        rights
    }

    /// Returns the rights of an authenticated account.
    pub(super) fn of(&self, snapshot: &Arc<Snapshot>, account: &AccountName) -> Arc<Rights> {
        self.remembered(snapshot, (account.clone(), None), || make(snapshot, account, Guest::default()))
    }

    /// Returns the rights of a session; `None` if its account is gone or has another secret now. Not for sessions of
    /// share links.
    pub(super) fn of_session(&self, snapshot: &Arc<Snapshot>, session: &SessionInfo) -> Option<Arc<Rights>> {
        let known = credentials_of(snapshot).tag(&session.account).as_ref() == Some(&session.secret_tag);
        if session.link.is_some() || (session.guest.is_none() && !known) {
            return None;
        }
        let scope = session.guest.as_ref().map(|(mount, rights)| Scope::whole(mount.clone(), *rights));
        let guest = Guest { session: Some(session.digest), scope, link: None };
        let key = (session.account.clone(), Some(session.digest));
        Some(self.remembered(snapshot, key, || make(snapshot, &session.account, guest)))
    }

    /// Returns the current rights of a link's session. Not cached, since a link may change at any time.
    pub(super) fn of_link(snapshot: &Arc<Snapshot>, session: &SessionInfo, link: &Link) -> Arc<Rights> {
        let grant = LinkGrant { id: link.id.clone(), scope: link.scope.clone() };
        let guest = Guest { session: Some(session.digest), scope: Some(link.scope.clone()), link: Some(grant) };
        Arc::new(make(snapshot, &session.account, guest))
    }

    fn remembered(&self, snapshot: &Arc<Snapshot>, key: Key, make: impl FnOnce() -> Rights) -> Arc<Rights> {
        let mut others = self.others.lock();
        if let Some(rights) = others.get(&key).filter(|rights| rights.snapshot.generation == snapshot.generation) {
            return rights.clone();
        }
        if others.len() >= REMEMBERED_MAX {
            others.clear();
        }
        let rights = Arc::new(make());
        others.insert(key, rights.clone());
        rights
    }
}

/// Returns all rights in all volumes.
pub(super) fn of_operator(snapshot: &Arc<Snapshot>) -> Rights {
    let all = model::perm::ALL.iter().fold(PermSet::NONE, |set, (perm, ..)| set | *perm);
    let mut rights = make(snapshot, &AccountName::anonymous(), Guest::default());
    rights.by_volume.fill(all);
    rights
}

/// The properties of a guest.
#[derive(Default)]
pub(super) struct Guest {
    pub(super) session: Option<[u8; 32]>,
    pub(super) scope: Option<Scope>,
    pub(super) link: Option<LinkGrant>,
}

pub(super) fn make(snapshot: &Arc<Snapshot>, account: &AccountName, guest: Guest) -> Rights {
    let Guest { session, scope, link } = guest;
    let is_guest = scope.is_some();
    // A guest has no account: everyone's rights, and those of the scope.
    let who = if is_guest { AccountName::anonymous() } else { account.clone() };
    let groups = snapshot.settings.groups_of(&who);
    let mut by_volume: Vec<PermSet> =
        snapshot.tree.volumes.iter().map(|volume| volume.config.rights(&who, &groups)).collect();
    let place = |mut scope: Scope| {
        let volume = snapshot.tree.volumes.iter().find(|volume| volume.config.mount == scope.mount)?;
        scope.rights = volume.config.flags.limit(scope.rights);
        Some(PartialScope { volume: volume.index, scope })
    };
    let mut partial_scope = scope.and_then(place);
    if let Some(PartialScope { volume, scope }) =
        partial_scope.as_ref().filter(|partial_scope| partial_scope.scope.below.is_root())
    {
        by_volume[*volume] |= scope.rights;
        partial_scope = None;
    }
    let secret_tag = credentials_of(snapshot).tag(account).filter(|_| !is_guest).map(Arc::from);
    Rights {
        account: account.clone(),
        by_volume,
        partial_scope,
        link,
        snapshot: snapshot.clone(),
        session,
        is_guest,
        secret_tag,
    }
}
