//! `Access`: the verified rights of one account in every volume. First argument of every call that touches a path.
//!
//! Only `accounts/` creates it. It holds the snapshot of settings that it was created from, so one request sees one set
//! of volumes and rights from start to end.

use crate::snapshot::Snapshot;
use crate::volumes::lock_table::LockToken;
use crate::volumes::tree::{MountedVolume, VolumePath};
use model::{AccountName, FileKeys, LinkId, Operation, Perm, PermSet, VPath, Verdict};
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::sync::Arc;

/// The origin of a request: the real client behind trusted proxies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Client {
    /// Its IP address; 127.0.0.1 for unix sockets.
    pub address: IpAddr,
}

impl Client {
    /// The local machine.
    pub fn here() -> Self {
        Self { address: std::net::Ipv4Addr::LOCALHOST.into() }
    }
}

/// Rights that an invitation or a link adds to everyone's rights: in a whole volume, or below one folder or file of it.
/// They end where another volume is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Mount point of the volume.
    pub mount: VPath,
    /// The folder or file in the volume, with symlinks resolved; the root for the whole volume.
    pub below: VPath,
    /// The added rights.
    pub rights: PermSet,
}

impl Scope {
    /// A scope that covers a whole volume.
    pub fn whole(mount: VPath, rights: PermSet) -> Self {
        Self { mount, below: VPath::root(), rights }
    }
    /// The path of the scope in the tree.
    pub fn path(&self) -> VPath {
        self.mount.append(&self.below)
    }
}

/// A scope that covers a part of a volume, looked up in a snapshot.
#[derive(Clone)]
pub struct PartialScope {
    /// Index of the volume in the tree.
    pub volume: usize,
    /// The scope, whose mount point is that of the volume.
    pub scope: Scope,
}

/// The share link that an access comes from, as it was when the access was created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkGrant {
    /// Which link.
    pub id: LinkId,
    /// What it gives access to.
    pub scope: Scope,
}

/// The part of an access that is the same for all requests of one account under one snapshot.
pub struct Rights {
    /// The account; for a guest a name that belongs to none.
    pub account: AccountName,
    /// Rights that hold everywhere in a volume, by index of the volume in the tree.
    pub by_volume: Vec<PermSet>,
    /// A part of a volume with additional rights.
    pub partial_scope: Option<PartialScope>,
    /// The share link that the session was opened with.
    pub link: Option<LinkGrant>,
    /// The snapshot that the rights were computed under.
    pub snapshot: Arc<Snapshot>,
    /// Digest of the session token, if the request was authenticated by a session.
    pub session: Option<[u8; 32]>,
    /// Whether this is a guest by invitation or link; a guest's name belongs to no account.
    pub is_guest: bool,
    /// Fingerprint of the account's secret.
    pub secret_tag: Option<Arc<[u8]>>,
}

/// The verified rights of one client. Cheap to clone.
#[derive(Clone)]
pub struct Access {
    rights: Arc<Rights>,
    client: Client,
    /// Owner of uploads by a visitor without account: see [`Access::with_visitor_token`].
    visitor: Option<AccountName>,
    /// Locks that the request says to hold.
    lock_tokens: Arc<[LockToken]>,
}

impl Access {
    /// Only `accounts` calls this, which has verified the rights.
    pub fn new(rights: Arc<Rights>, client: Client) -> Self {
        Self { rights, client, visitor: None, lock_tokens: Arc::default() }
    }
    /// Distinguishes a visitor without account from others behind the same address. `token`: a value that only this
    /// visitor's browser knows. Changes no rights, and has no effect on accounts and guests.
    #[must_use]
    pub fn with_visitor_token(mut self, token: &str) -> Self {
        if self.rights.account.is_anonymous() {
            let digest = Sha256::digest(token.as_bytes());
            let letters: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
            self.visitor = Some(AccountName::visitor(&letters));
        }
        self
    }
    /// The same rights for requests from another address.
    #[must_use]
    pub fn with_client(mut self, client: Client) -> Self {
        self.client = client;
        self
    }
    /// Adds the tokens of locks that the request presents ([`crate::volumes::lock_table`]).
    #[must_use]
    pub fn with_lock_tokens(mut self, tokens: Arc<[LockToken]>) -> Self {
        self.lock_tokens = tokens;
        self
    }
    /// The tokens of locks that the request presents.
    pub fn lock_tokens(&self) -> &Arc<[LockToken]> {
        &self.lock_tokens
    }
    /// Whether [`Access::with_visitor_token`] has set an owner.
    pub fn has_visitor_token(&self) -> bool {
        self.visitor.is_some()
    }
    /// The owner of uploads: the account or the guest; for visitors the one set by [`Access::with_visitor_token`], else
    /// `*`, which is compared by address.
    pub fn owner(&self) -> &AccountName {
        self.visitor.as_ref().unwrap_or(&self.rights.account)
    }
    /// The rights.
    pub fn rights(&self) -> &Arc<Rights> {
        &self.rights
    }
    /// The account name for display: `guest` for guests, whose internal names mean nothing to people.
    pub fn shown_account(&self) -> &str {
        if self.rights.is_guest { "guest" } else { self.rights.account.as_str() }
    }
    /// The account name.
    pub fn account(&self) -> &AccountName {
        &self.rights.account
    }
    /// The client.
    pub fn client(&self) -> Client {
        self.client
    }
    /// The snapshot that this request runs under.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.rights.snapshot
    }
    /// Whether the request was authenticated by a session, which a logout can end.
    pub fn has_session(&self) -> bool {
        self.rights.session.is_some()
    }
    /// Whether it is a guest by invitation or link.
    pub fn is_guest(&self) -> bool {
        self.rights.is_guest
    }
    /// The share link that the session was opened with.
    pub fn link(&self) -> Option<&LinkId> {
        self.link_grant().map(|grant| &grant.id)
    }
    /// The share link that the session was opened with, and what it gave access to then.
    pub fn link_grant(&self) -> Option<&LinkGrant> {
        self.rights.link.as_ref()
    }
    /// Returns the rights that hold everywhere in a volume.
    pub fn rights_in_whole(&self, volume: &MountedVolume) -> PermSet {
        self.rights.by_volume.get(volume.index).copied().unwrap_or(PermSet::NONE)
    }
    /// Returns the rights that hold anywhere in a volume. Use it to decide whether a volume matters at all, never
    /// whether an operation is allowed.
    pub fn rights_anywhere_in(&self, volume: &MountedVolume) -> PermSet {
        let partial_scope =
            self.rights.partial_scope.as_ref().filter(|partial_scope| partial_scope.volume == volume.index);
        self.rights_in_whole(volume) | partial_scope.map_or(PermSet::NONE, |partial_scope| partial_scope.scope.rights)
    }
    /// Returns the rights at a path in a volume, provided that the volume is the innermost one there. `below`: the path
    /// below the mount point, with symlinks resolved.
    pub fn rights_inside(&self, volume: &MountedVolume, below: &VPath) -> PermSet {
        let partial_scope = self.rights.partial_scope.as_ref();
        let partial_scope = partial_scope.filter(|partial_scope| {
            partial_scope.volume == volume.index && below.is_within(&partial_scope.scope.below)
        });
        self.rights_in_whole(volume) | partial_scope.map_or(PermSet::NONE, |partial_scope| partial_scope.scope.rights)
    }
    /// Returns the innermost volume that contains `path`: the one with the deepest mount point at `path` or above it.
    pub fn volume_path(&self, path: &VPath) -> Option<VolumePath> {
        self.snapshot().tree.volume_path(path)
    }
    /// Returns the rights at a path in its innermost volume; none in virtual folders above volumes.
    pub fn rights_at(&self, path: &VPath) -> PermSet {
        self.volume_path(path)
            .map_or(PermSet::NONE, |volume_path| self.rights_inside(&volume_path.volume, &volume_path.below))
    }
    /// Decides whether an operation is allowed at a path. Every permission check goes through here or
    /// `Located::verdict`.
    pub fn verdict(&self, path: &VPath, operation: Operation) -> Verdict {
        match self.volume_path(path) {
            Some(volume_path) => {
                let keys = volume_path.volume.config.flags.file_keys;
                model::decide(self.rights_inside(&volume_path.volume, &volume_path.below), operation, keys)
            }
            None => model::decide(PermSet::NONE, operation, FileKeys::Off),
        }
    }
    /// Whether a volume is visible to this account, in listings of its parent and in the list of volumes.
    pub fn can_see(&self, volume: &MountedVolume) -> bool {
        is_visible(self.rights_anywhere_in(volume))
    }
    /// Whether anything is visible below `path` (not at it) at any depth: a volume, or the partial scope.
    pub fn has_visible_below(&self, path: &VPath) -> bool {
        self.snapshot().tree.below(path).any(|volume| self.can_see(volume)) || self.scope_below(path).is_some()
    }
    /// Returns the path of the partial scope if it is visible and below `path` (not at it).
    pub fn scope_below(&self, path: &VPath) -> Option<VPath> {
        let partial_scope =
            self.rights.partial_scope.as_ref().filter(|partial_scope| is_visible(partial_scope.scope.rights))?;
        let top = partial_scope.scope.path();
        (top != *path && top.is_within(path)).then_some(top)
    }
    /// Returns the paths where this account can start browsing, with the rights there: visible volumes and the partial
    /// scope.
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
