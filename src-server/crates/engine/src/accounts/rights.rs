//! What an account may do under a snapshot, made once and remembered.

use super::sessions::SessionInfo;
use crate::access::Rights;
use crate::live::Live;
use model::{AccountName, PermSet, VPath};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Accounts and sessions remembered at once.
const REMEMBERED_MAX: usize = 4096;

/// An account, and the session that it came by.
type Key = (AccountName, Option<[u8; 32]>);

#[derive(Default)]
pub(super) struct RightsCache {
    anonymous: arc_swap::ArcSwapOption<Rights>,
    others: Mutex<HashMap<Key, Arc<Rights>>>,
}

impl RightsCache {
    /// Rights of everyone. Never waits.
    pub(super) fn anonymous(&self, live: &Arc<Live>) -> Arc<Rights> {
        if let Some(rights) = &*self.anonymous.load()
            && rights.live.generation == live.generation
        {
            return rights.clone();
        }
        let rights = Arc::new(make(live, &AccountName::anonymous(), None, None));
        self.anonymous.store(Some(rights.clone()));
        rights
    }

    /// Rights of an account that proved itself.
    pub(super) fn of(&self, live: &Arc<Live>, account: &AccountName) -> Arc<Rights> {
        self.remembered(live, (account.clone(), None), || make(live, account, None, None))
    }

    /// Rights that a session gives; `None` if its account is gone or has another secret now.
    pub(super) fn of_session(&self, live: &Arc<Live>, session: &SessionInfo) -> Option<Arc<Rights>> {
        let key = (session.account.clone(), Some(session.digest));
        match &session.guest {
            Some(guest) => {
                Some(self.remembered(live, key, || make(live, &session.account, Some(session.digest), Some(guest))))
            }
            None if live.credentials.tag(&session.account).as_ref() == Some(&session.secret_tag) => {
                Some(self.remembered(live, key, || make(live, &session.account, Some(session.digest), None)))
            }
            None => None,
        }
    }

    fn remembered(&self, live: &Arc<Live>, key: Key, make: impl FnOnce() -> Rights) -> Arc<Rights> {
        let mut others = self.others.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(rights) = others.get(&key).filter(|rights| rights.live.generation == live.generation) {
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

pub(super) fn make(
    live: &Arc<Live>,
    account: &AccountName,
    session: Option<[u8; 32]>,
    guest: Option<&(VPath, PermSet)>,
) -> Rights {
    // A guest by invitation is nobody's account: everyone's rights, and those of the invitation in its one volume.
    let who = if guest.is_some() { AccountName::anonymous() } else { account.clone() };
    let groups = live.settings.groups_of(&who);
    let in_volume = |volume: &Arc<crate::volumes::tree::MountedVolume>| {
        let extra =
            guest.filter(|(mount, _)| *mount == volume.config.mount).map_or(PermSet::NONE, |(_, rights)| *rights);
        volume.config.rights(&who, &groups) | extra
    };
    Rights {
        account: account.clone(),
        by_volume: live.tree.volumes.iter().map(in_volume).collect(),
        live: live.clone(),
        session,
        is_guest: guest.is_some(),
    }
}
