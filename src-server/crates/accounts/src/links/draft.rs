//! Drafts of share links and their validation. Blocks: targets are looked up on disk.

use super::link::{Link, LinkKind, fingerprint, still_has_rights};
use crate::hash_password;
use model::settings::Fault;
use model::{AccountName, LinkId, Perm, PermSet, UnixMillis, VPath};
use store::disk::Node;
use vfs::access::{Access, Scope};
use vfs::clock::now;
use vfs::error::{EngineError, Gone, Result};
use vfs::random;
use vfs::volumes::resolve::{Located, Resolved, find};

/// Fewest characters of a PIN.
const PIN_MIN: usize = 4;
/// Most characters of a PIN.
const PIN_MAX: usize = 64;
/// Longest note, bytes.
const NOTE_MAX: usize = 2000;
/// Alphabet of tokens and ids: letters and digits that are not easily confused.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// The requested properties of a new or changed link.
#[derive(Clone, Debug)]
pub struct LinkDraft {
    /// What the link is for.
    pub kind: LinkKind,
    /// Path of the target; a folder for a request.
    pub target: VPath,
    /// Text that visitors see first; may be empty.
    pub note: String,
    /// Rights of the visitors: for a request exactly `w`; else at least `r`, and for a file no more than that.
    pub rights: PermSet,
    /// What happens to the PIN.
    pub pin: PinChange,
    /// When the link expires; `None`: never.
    pub expires: Option<UnixMillis>,
    /// How often it may be used; `None`: unlimited.
    pub max_uses: Option<u32>,
    /// Most bytes that may be uploaded through it; `None`: unlimited.
    pub max_bytes: Option<u64>,
}

impl LinkDraft {
    /// Returns the draft that changes nothing of a link.
    pub(super) fn of(link: &Link) -> Self {
        Self {
            kind: link.kind,
            target: link.scope.path(),
            note: link.note.clone(),
            rights: link.scope.rights,
            pin: if link.has_pin() { PinChange::Keep } else { PinChange::None },
            expires: link.expires,
            max_uses: link.max_uses,
            max_bytes: link.max_bytes,
        }
    }
}

/// The PIN of a draft.
#[derive(Clone)]
pub enum PinChange {
    /// No PIN.
    None,
    /// The current PIN of the link.
    Keep,
    /// A new PIN.
    New(String),
}

impl std::fmt::Debug for PinChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PinChange(..)")
    }
}

/// Returns random letters, five bits each.
pub(super) fn letters(count: usize) -> Result<String> {
    let mut bytes = vec![0; count];
    random::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| LETTERS[usize::from(byte % 32)] as char).collect())
}

/// Builds a new link. `access`: the owner's.
pub(super) fn new_link(access: &Access, owner: Option<AccountName>, draft: LinkDraft) -> Result<Link> {
    // 24 letters are 120 bits, too many to guess.
    let (id, token) = (letters(8)?, letters(24)?);
    build(access, LinkId::from(id.as_str()), token, owner, now(), None, draft)
}

/// Builds the changed form of an existing link.
pub(super) fn changed_link(access: &Access, before: &Link, draft: LinkDraft) -> Result<Link> {
    let (id, token, owner) = (before.id.clone(), before.token.clone(), before.owner.clone());
    build(access, id, token, owner, before.created, before.pin.clone(), draft)
}

fn build(
    access: &Access,
    id: LinkId,
    token: String,
    owner: Option<AccountName>,
    created: UnixMillis,
    pin_before: Option<String>,
    draft: LinkDraft,
) -> Result<Link> {
    let mut faults = faults_of(&draft);
    let target = match target(access, owner.as_ref(), &draft) {
        Ok(located) => Some(located),
        Err(Refusal::Fault(fault)) => {
            faults.push(fault);
            None
        }
        Err(Refusal::Failed(error)) => return Err(error),
    };
    let Some(target) = target.filter(|_| faults.is_empty()) else { return Err(EngineError::BadSettings(faults)) };
    let pin = match draft.pin {
        PinChange::None => None,
        PinChange::Keep => pin_before,
        PinChange::New(pin) => Some(hash_password(&pin)?),
    };
    Ok(Link {
        id,
        token,
        kind: draft.kind,
        source: fingerprint(&target.volume),
        scope: Scope { mount: target.volume.config.mount.clone(), below: target.below, rights: draft.rights },
        note: draft.note.trim().to_owned(),
        pin,
        owner,
        created,
        expires: draft.expires,
        max_uses: draft.max_uses,
        max_bytes: draft.max_bytes,
    })
}

/// Returns the faults that can be found without disk access.
fn faults_of(draft: &LinkDraft) -> Vec<Fault> {
    let mut faults = Vec::new();
    let fits = match draft.kind {
        LinkKind::Request => draft.rights == Perm::Write.into(),
        LinkKind::Show => {
            let most = PermSet::NONE | Perm::Read | Perm::Write | Perm::Move | Perm::Delete;
            draft.rights.has(Perm::Read) && draft.rights.without(most).is_empty()
        }
    };
    if !fits {
        faults.push(Fault::new(
            "may",
            match draft.kind {
                LinkKind::Request => "People who are asked for files can only upload; choose that.",
                LinkKind::Show => "Choose whether visitors can only look, also upload files, or also change them.",
            },
        ));
    }
    if let PinChange::New(pin) = &draft.pin {
        let letters = pin.chars().count();
        if letters < PIN_MIN {
            faults.push(Fault::new("pin", format!("A PIN has at least {PIN_MIN} characters.")));
        } else if letters > PIN_MAX {
            faults.push(Fault::new("pin", format!("A PIN has at most {PIN_MAX} characters; choose a shorter one.")));
        }
    }
    if draft.expires.is_some_and(|end| end <= now()) {
        faults.push(Fault::new("expires_ms", "That time is in the past; choose a later one."));
    }
    if draft.max_uses == Some(0) {
        faults.push(Fault::new("max_uses", "Allow at least one use, or do not limit it."));
    }
    if draft.max_bytes == Some(0) {
        faults.push(Fault::new("max_bytes", "Allow at least one byte, or do not limit it."));
    }
    if draft.note.len() > NOTE_MAX {
        faults.push(Fault::new("note", "The note is too long; write a shorter one."));
    }
    faults
}

enum Refusal {
    Fault(Fault),
    Failed(EngineError),
}

/// Resolves the target, including symlinks: the link gives access to the real location.
fn target(access: &Access, owner: Option<&AccountName>, draft: &LinkDraft) -> std::result::Result<Located, Refusal> {
    let refuse = |sentence: String| Err(Refusal::Fault(Fault::new("target", sentence)));
    let path = draft.target.display();
    let located = match find(access, &draft.target) {
        Ok(Resolved::OnDisk(located)) => located,
        Ok(Resolved::VirtualFolder | Resolved::Absent) => {
            return refuse(format!("There is nothing at {path}; choose a shared folder, or something in one."));
        }
        Err(EngineError::Gone(Gone::Folder(_))) => {
            return refuse(format!("The folder of {path} is not available right now; plug it in, then try again."));
        }
        Err(error) => return Err(Refusal::Failed(error)),
    };
    if let Some(owner) = owner
        && !still_has_rights(access.snapshot(), owner, &located.volume, draft.rights)
    {
        return refuse(format!("{} may not do that at {path}, and cannot let others do more.", owner.as_str()));
    }
    if located.volume.config.flags.limit(draft.rights) != draft.rights {
        return refuse(format!("Visitors can only look at {path}; choose that."));
    }
    match (&located.node, draft.kind) {
        (Node::File(_), LinkKind::Request) => refuse(format!("{path} is a file; choose the folder for what arrives.")),
        (Node::File(_), LinkKind::Show) if draft.rights != Perm::Read.into() => {
            refuse(format!("{path} is a file, which visitors can only look at; choose that, or its folder."))
        }
        _ => Ok(located),
    }
}
