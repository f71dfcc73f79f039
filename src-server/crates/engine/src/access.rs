//! `Access`: an account with its rights in every volume, proven. First argument of whatever touches a path.
//!
//! Made only by `accounts/`. It holds the snapshot of settings that it was made from, so one request sees one set of
//! volumes and rights from start to end.

use crate::links::{Link, LinkId};
use crate::snapshot::Snapshot;
use crate::volumes::tree::{MountedVolume, VolumePath};
use model::{AccountName, FileKeys, Operation, Perm, PermSet, VPath, Verdict};
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::sync::Arc;

/// Where a request comes from: the real client behind trusted proxies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Client {
    /// Its address; 127.0.0.1 for unix sockets.
    pub address: IpAddr,
}

impl Client {
    /// This machine.
    pub(crate) fn here() -> Self {
        Self { address: std::net::Ipv4Addr::LOCALHOST.into() }
    }
}

/// What an invitation or a link adds to everyone's rights: in one volume, or only in a folder or file of it. Ends where
/// another volume is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Mount point of the volume.
    pub mount: VPath,
    /// The folder or file in it, without links; root: all of it.
    pub below: VPath,
    /// What may be done there.
    pub rights: PermSet,
}

impl Scope {
    /// All of a volume.
    pub fn whole(mount: VPath, rights: PermSet) -> Self {
        Self { mount, below: VPath::root(), rights }
    }
    /// Where, in the tree.
    pub fn path(&self) -> VPath {
        self.mount.append(&self.below)
    }
}

/// A scope that is a part of a volume, found in a snapshot.
#[derive(Clone)]
pub(crate) struct PartialScope {
    /// Index of the volume in the tree.
    pub volume: usize,
    pub scope: Scope,
}

/// The part of an access that is equal for all requests of one account under one snapshot.
pub struct Rights {
    pub(crate) account: AccountName,
    /// What holds everywhere in a volume, by index of the volume in the tree.
    pub(crate) by_volume: Vec<PermSet>,
    /// Where in a volume more holds than that.
    pub(crate) partial_scope: Option<PartialScope>,
    /// The link that it came by.
    pub(crate) link: Option<Arc<Link>>,
    pub(crate) snapshot: Arc<Snapshot>,
    /// Digest of the session that this access came from, if it came from one.
    pub(crate) session: Option<[u8; 32]>,
    /// Whether it is a guest by invitation: a name that no account has.
    pub(crate) is_guest: bool,
    /// Fingerprint of the account's secret.
    pub(crate) secret_tag: Option<Arc<[u8]>>,
}

/// Somebody's proven rights. Cheap to clone.
#[derive(Clone)]
pub struct Access {
    pub(crate) rights: Arc<Rights>,
    pub(crate) client: Client,
    /// Whose a visitor's uploads are who has no account: [`Access::with_visitor_token`].
    visitor: Option<AccountName>,
}

impl Access {
    pub(crate) fn new(rights: Arc<Rights>, client: Client) -> Self {
        Self { rights, client, visitor: None }
    }
    /// Tells a visitor without account from others behind the same address. `token`: what only this visitor's browser
    /// knows. Changes no right; accounts and guests stay who they are.
    #[must_use]
    pub fn with_visitor_token(mut self, token: &str) -> Self {
        if self.rights.account.is_anonymous() {
            let digest = Sha256::digest(token.as_bytes());
            let letters: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
            self.visitor = Some(AccountName::visitor(&letters));
        }
        self
    }
    /// Whether [`Access::with_visitor_token`] told.
    pub fn has_visitor_token(&self) -> bool {
        self.visitor.is_some()
    }
    /// To whom uploads belong: the account or the guest; a visitor as [`Access::with_visitor_token`] told, else `*`, which belongs
    /// to an address.
    pub(crate) fn owner(&self) -> &AccountName {
        self.visitor.as_ref().unwrap_or(&self.rights.account)
    }
    /// The account for people: `guest` for guests, whose own names say nothing.
    pub fn shown_account(&self) -> &str {
        if self.rights.is_guest { "guest" } else { self.rights.account.as_str() }
    }
    /// Who it is.
    pub fn account(&self) -> &AccountName {
        &self.rights.account
    }
    /// From where.
    pub fn client(&self) -> Client {
        self.client
    }
    /// The snapshot that this request runs under.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.rights.snapshot
    }
    /// Whether it came by a session (so that logging out has something to end).
    pub fn has_session(&self) -> bool {
        self.rights.session.is_some()
    }
    /// Whether it is a guest by invitation or link.
    pub fn is_guest(&self) -> bool {
        self.rights.is_guest
    }
    /// The link that it came by, if it did.
    pub fn link(&self) -> Option<&LinkId> {
        self.rights.link.as_ref().map(|link| &link.id)
    }
    /// Rights that hold everywhere in a volume.
    pub fn rights_in_whole(&self, volume: &MountedVolume) -> PermSet {
        self.rights.by_volume.get(volume.index).copied().unwrap_or(PermSet::NONE)
    }
    /// Rights that hold anywhere in a volume: whether to look into it at all, never whether something may be done.
    pub fn rights_anywhere_in(&self, volume: &MountedVolume) -> PermSet {
        let partial_scope =
            self.rights.partial_scope.as_ref().filter(|partial_scope| partial_scope.volume == volume.index);
        self.rights_in_whole(volume) | partial_scope.map_or(PermSet::NONE, |partial_scope| partial_scope.scope.rights)
    }
    /// Rights at a place in a volume, if that volume holds it. `below`: the path below its mount point, without links.
    pub fn rights_inside(&self, volume: &MountedVolume, below: &VPath) -> PermSet {
        let partial_scope = self.rights.partial_scope.as_ref();
        let partial_scope = partial_scope.filter(|partial_scope| {
            partial_scope.volume == volume.index && below.is_within(&partial_scope.scope.below)
        });
        self.rights_in_whole(volume) | partial_scope.map_or(PermSet::NONE, |partial_scope| partial_scope.scope.rights)
    }
    /// The volume that holds `path`, if one does: the deepest whose mount point is `path` or above it.
    pub fn volume_path(&self, path: &VPath) -> Option<VolumePath> {
        self.snapshot().tree.volume_path(path)
    }
    /// Rights at a path: those at its place in the volume that holds it; none in folders that exist only on the way to
    /// a volume.
    pub fn rights_at(&self, path: &VPath) -> PermSet {
        self.volume_path(path)
            .map_or(PermSet::NONE, |volume_path| self.rights_inside(&volume_path.volume, &volume_path.below))
    }
    /// The one question: may this be done there?
    pub fn verdict(&self, path: &VPath, operation: Operation) -> Verdict {
        match self.volume_path(path) {
            Some(volume_path) => {
                let keys = volume_path.volume.config.flags.file_keys;
                model::decide(self.rights_inside(&volume_path.volume, &volume_path.below), operation, keys)
            }
            None => model::decide(PermSet::NONE, operation, FileKeys::Off),
        }
    }
    /// Whether a volume shows itself to this person at all: in listings of its parent, in the list of volumes.
    pub fn can_see(&self, volume: &MountedVolume) -> bool {
        is_visible(self.rights_anywhere_in(volume))
    }
    /// Whether there is something to see below `path` (not at it), however deep: volumes, or a part of one.
    pub fn has_visible_below(&self, path: &VPath) -> bool {
        self.snapshot().tree.below(path).any(|volume| self.can_see(volume)) || self.scope_below(path).is_some()
    }
    /// The path of the part of a volume that shows itself to this person, if it is below `path` (not at it).
    pub(crate) fn scope_below(&self, path: &VPath) -> Option<VPath> {
        let partial_scope =
            self.rights.partial_scope.as_ref().filter(|partial_scope| is_visible(partial_scope.scope.rights))?;
        let top = partial_scope.scope.path();
        (top != *path && top.is_within(path)).then_some(top)
    }
    /// Where this person can begin: volumes, or the part of one, with the rights there.
    pub fn entry_points(&self) -> Vec<(VPath, PermSet)> {
        let whole =
            self.snapshot().tree.volumes.iter().map(|volume| (&volume.config.mount, self.rights_in_whole(volume)));
        let whole = whole.filter(|(_, rights)| is_visible(*rights)).map(|(mount, rights)| (mount.clone(), rights));
        let partial_scope = self.scope_below(&VPath::root()).map(|top| {
            let rights = self.rights_at(&top);
            (top, rights)
        });
        whole.chain(partial_scope).collect()
    }
}

fn is_visible(rights: PermSet) -> bool {
    [Perm::Read, Perm::Write, Perm::Html].into_iter().any(|perm| rights.has(perm))
}
