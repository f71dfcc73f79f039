//! Share links and their states.

use model::{AccountName, LinkId, Perm, PermSet, UnixMillis, VPath};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use store::links::LinkRow;
use vfs::access::Scope;
use vfs::clock::now;
use vfs::snapshot::Snapshot;
use vfs::volumes::tree::MountedVolume;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// Shares a file or folder.
    Show,
    /// Asks visitors to upload files.
    Request,
}

/// The state of a link, for its owner and administrators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// It works.
    Works,
    /// It has expired.
    Expired,
    /// It was used as often as allowed; existing sessions continue.
    UsedUp,
    /// Its target is no longer shared, or its owner lost the right.
    Dead,
}

/// Why a link cannot be opened, as far as visitors may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkEnd {
    /// There is no such link, or its target is gone; visitors are not told which.
    Unknown,
    /// It has expired.
    Expired,
    /// It was used as often as allowed.
    UsedUp,
}

/// A share link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Identifies the link.
    pub id: LinkId,
    /// The secret part of its URL.
    pub token: String,
    /// What it is for.
    pub kind: LinkKind,
    /// The target, and the rights there.
    pub scope: Scope,
    /// Fingerprint of the volume's source folder.
    pub(super) source: [u8; 32],
    /// Text that visitors see first; may be empty.
    pub note: String,
    /// Argon2id hash of the PIN.
    pub(super) pin: Option<String>,
    /// The account whose rights limit the link; `None`: the administrator.
    pub owner: Option<AccountName>,
    /// Creation time.
    pub created: UnixMillis,
    /// When it expires; `None`: never.
    pub expires: Option<UnixMillis>,
    /// How often it may be used; `None`: unlimited.
    pub max_uses: Option<u32>,
    /// Most bytes that may be uploaded through it; `None`: unlimited.
    pub max_bytes: Option<u64>,
}

/// A link with its counters and state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkInfo {
    /// The link.
    pub link: Arc<Link>,
    /// How often it was used.
    pub uses: u32,
    /// Bytes uploaded through it.
    pub received: u64,
    /// Its state.
    pub state: LinkState,
}

/// Distinguishes the source folder of a volume from another one at the same mount point.
pub(super) fn fingerprint(volume: &MountedVolume) -> [u8; 32] {
    Sha256::digest(volume.config.source.as_os_str().as_encoded_bytes()).into()
}

pub(super) fn digest_of(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

impl Link {
    /// Whether it asks for a PIN.
    pub fn has_pin(&self) -> bool {
        self.pin.is_some()
    }

    /// Whether its target is no longer shared under `snapshot`, or its owner lost the right.
    fn is_dead(&self, snapshot: &Snapshot) -> bool {
        let Some(volume_path) = snapshot.tree.volume_path(&self.scope.path()) else { return true };
        let is_same =
            volume_path.volume.config.mount == self.scope.mount && fingerprint(&volume_path.volume) == self.source;
        !is_same
            || !self
                .owner
                .as_ref()
                .is_none_or(|owner| still_has_rights(snapshot, owner, &volume_path.volume, self.scope.rights))
    }

    /// Whether sessions opened with the link still have its rights.
    pub(super) fn is_active(&self, snapshot: &Snapshot) -> bool {
        self.expires.is_none_or(|end| end > now()) && !self.is_dead(snapshot)
    }

    /// Returns the state after `uses` uses.
    pub(super) fn state(&self, snapshot: &Snapshot, uses: u32) -> LinkState {
        match () {
            () if self.is_dead(snapshot) => LinkState::Dead,
            () if !self.is_active(snapshot) => LinkState::Expired,
            () if self.max_uses.is_some_and(|most| uses >= most) => LinkState::UsedUp,
            () => LinkState::Works,
        }
    }

    pub(super) fn to_row(&self, uses: u32, received: u64) -> LinkRow {
        LinkRow {
            id: self.id.to_string(),
            digest: digest_of(&self.token),
            token: self.token.clone(),
            kind: match self.kind {
                LinkKind::Show => "show".into(),
                LinkKind::Request => "request".into(),
            },
            mount: self.scope.mount.as_bytes().to_vec(),
            below: self.scope.below.as_bytes().to_vec(),
            source: self.source,
            letters: self.scope.rights.letters(),
            note: self.note.clone(),
            pin: self.pin.clone(),
            owner: self.owner.as_ref().map(|owner| owner.as_str().to_owned()),
            created_ms: self.created.0,
            expires_ms: self.expires.map(|end| end.0),
            uses,
            max_uses: self.max_uses,
            received,
            max_bytes: self.max_bytes,
        }
    }

    /// Returns `None` for a row that this program cannot have written.
    pub(super) fn of_row(row: &LinkRow) -> Option<Self> {
        let rights = PermSet::parse(&row.letters).ok()?;
        Some(Self {
            id: LinkId::from(row.id.as_str()),
            token: row.token.clone(),
            kind: match row.kind.as_str() {
                "show" => LinkKind::Show,
                "request" => LinkKind::Request,
                _ => return None,
            },
            scope: Scope { mount: VPath::parse(&row.mount).ok()?, below: VPath::parse(&row.below).ok()?, rights },
            source: row.source,
            note: row.note.clone(),
            pin: row.pin.clone(),
            owner: row.owner.as_deref().map(AccountName::from),
            created: UnixMillis(row.created_ms),
            expires: row.expires_ms.map(UnixMillis),
            max_uses: row.max_uses,
            max_bytes: row.max_bytes,
        })
    }
}

/// Whether an account exists and has all of `rights` in a volume.
pub(super) fn still_has_rights(
    snapshot: &Snapshot,
    owner: &AccountName,
    volume: &MountedVolume,
    rights: PermSet,
) -> bool {
    let is_there = snapshot.settings.accounts.iter().any(|account| account.name == *owner);
    let mut has = volume.config.rights(owner, &snapshot.settings.groups_of(owner));
    if has.has(Perm::Read) {
        has |= Perm::Get.into();
    }
    is_there && rights.without(has).is_empty()
}
