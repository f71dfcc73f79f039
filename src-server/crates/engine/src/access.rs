//! `Access`: an account with its rights in every volume, proven. First argument of whatever touches a path.
//!
//! Made only by `accounts/`. It holds the snapshot of settings that it was made from, so one request sees one set of
//! volumes and rights from start to end.

use crate::live::Live;
use crate::volumes::tree::{MountedVolume, Spot};
use model::{AccountName, FileKeys, Operation, Perm, PermSet, VPath, Verdict};
use std::net::IpAddr;
use std::sync::Arc;

/// Where a request comes from: the real client behind trusted proxies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Client {
    /// Its address; 127.0.0.1 for unix sockets.
    pub address: IpAddr,
}

/// The part of an access that is equal for all requests of one account under one snapshot.
pub struct Rights {
    pub(crate) account: AccountName,
    /// By index of the volume in the tree.
    pub(crate) by_volume: Vec<PermSet>,
    pub(crate) live: Arc<Live>,
    /// Digest of the session that this access came from, if it came from one.
    pub(crate) session: Option<[u8; 32]>,
    /// Whether it is a guest by invitation: a name that no account has.
    pub(crate) is_guest: bool,
}

/// Somebody's proven rights. Cheap to clone.
#[derive(Clone)]
pub struct Access {
    pub(crate) rights: Arc<Rights>,
    pub(crate) client: Client,
}

impl Access {
    /// Who it is.
    pub fn account(&self) -> &AccountName {
        &self.rights.account
    }
    /// From where.
    pub fn client(&self) -> Client {
        self.client
    }
    /// The snapshot that this request runs under.
    pub fn live(&self) -> &Arc<Live> {
        &self.rights.live
    }
    /// Whether it came by a session (so that logging out has something to end).
    pub fn has_session(&self) -> bool {
        self.rights.session.is_some()
    }
    /// Whether it is a guest by invitation or link.
    pub fn is_guest(&self) -> bool {
        self.rights.is_guest
    }
    /// Rights in one volume.
    pub fn in_volume(&self, volume: &MountedVolume) -> PermSet {
        self.rights.by_volume.get(volume.index).copied().unwrap_or(PermSet::NONE)
    }
    /// The volume that holds `path`, if one does: the deepest whose mount point is `path` or above it.
    pub fn spot(&self, path: &VPath) -> Option<Spot> {
        self.live().tree.spot(path)
    }
    /// Rights at a path: those in the volume that holds it; none in folders that exist only on the way to a volume.
    pub fn at(&self, path: &VPath) -> PermSet {
        self.spot(path).map_or(PermSet::NONE, |spot| self.in_volume(&spot.volume))
    }
    /// The one question: may this be done there?
    pub fn verdict(&self, path: &VPath, operation: Operation) -> Verdict {
        match self.spot(path) {
            Some(spot) => model::decide(self.in_volume(&spot.volume), operation, spot.volume.config.flags.file_keys),
            None => model::decide(PermSet::NONE, operation, FileKeys::Off),
        }
    }
    /// Whether a volume shows itself to this person at all: in listings of its parent, in the list of volumes.
    pub fn sees(&self, volume: &MountedVolume) -> bool {
        let rights = self.in_volume(volume);
        [Perm::Read, Perm::Write, Perm::Html].into_iter().any(|perm| rights.has(perm))
    }
}
