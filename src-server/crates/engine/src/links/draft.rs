//! A link as somebody wishes it, and what may be wrong with the wish. Blocks: targets are looked for on disk.

use super::link::{Link, LinkId, LinkKind, fingerprint, now, still_has_rights};
use crate::access::{Access, Scope};
use crate::accounts::hash_password;
use crate::error::{EngineError, Result};
use crate::volumes::resolve::{Located, Resolved, find};
use model::settings::Fault;
use model::{AccountName, Perm, PermSet, UnixMillis, VPath};
use store::disk::Node;

/// Fewest characters of a PIN.
const PIN_MIN: usize = 4;
/// Longest PIN, bytes.
const PIN_MAX: usize = 64;
/// Longest note, bytes.
const NOTE_MAX: usize = 2000;
/// What tokens and ids are made of: letters and digits that are not mistaken for each other.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A link as somebody wishes it.
#[derive(Clone, Debug)]
pub struct LinkDraft {
    /// What it is for.
    pub kind: LinkKind,
    /// Path of its target: for a request, a folder.
    pub target: VPath,
    /// What its visitors read first; may be empty.
    pub note: String,
    /// What they may do: for a request exactly `w`; else at least `r`, and of a file no more than that.
    pub rights: PermSet,
    /// Whether it asks for a PIN.
    pub pin: PinChange,
    /// When it ends; `None`: never.
    pub expires: Option<UnixMillis>,
    /// How often it may be used; `None`: any number.
    pub max_uses: Option<u32>,
    /// Most bytes that may arrive by it; `None`: any number.
    pub max_bytes: Option<u64>,
}

/// The PIN of a wish.
#[derive(Clone)]
pub enum PinChange {
    /// None.
    None,
    /// The one that the link has.
    Keep,
    /// A new one.
    New(String),
}

impl std::fmt::Debug for PinChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PinWish(..)")
    }
}

/// Random letters, five bits each.
pub(super) fn letters(count: usize) -> Result<String> {
    let mut bytes = vec![0; count];
    getrandom::fill(&mut bytes)
        .map_err(|error| EngineError::internal("The machine gives no random numbers.", std::io::Error::other(error)))?;
    Ok(bytes.iter().map(|byte| LETTERS[usize::from(byte % 32)] as char).collect())
}

/// A new link. `access`: its owner's.
pub(super) fn fresh(access: &Access, owner: Option<AccountName>, draft: LinkDraft) -> Result<Link> {
    // 24 letters are 120 bits: nobody finds one by trying.
    let (id, token) = (letters(8)?, letters(24)?);
    build(access, LinkId::from(id.as_str()), token, owner, now(), None, draft)
}

/// Another form of a link.
pub(super) fn changed(access: &Access, before: &Link, draft: LinkDraft) -> Result<Link> {
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

fn fault(at: &str, sentence: impl Into<String>) -> Fault {
    Fault { at: at.into(), sentence: sentence.into() }
}

/// What can be seen without a disk.
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
        faults.push(fault(
            "may",
            match draft.kind {
                LinkKind::Request => "Whoever is asked for files may add them and see nothing; choose that.",
                LinkKind::Show => "Choose whether visitors may only look, also add files, or also change them.",
            },
        ));
    }
    if let PinChange::New(pin) = &draft.pin {
        if pin.chars().count() < PIN_MIN {
            faults.push(fault("pin", format!("A PIN has at least {PIN_MIN} characters.")));
        } else if pin.len() > PIN_MAX {
            faults.push(fault("pin", format!("A PIN has at most {PIN_MAX} characters; choose a shorter one.")));
        }
    }
    if draft.expires.is_some_and(|end| end <= now()) {
        faults.push(fault("expires_ms", "That moment is over; choose a later one."));
    }
    if draft.max_uses == Some(0) {
        faults.push(fault("max_uses", "Let it be used at least once, or any number of times."));
    }
    if draft.max_bytes == Some(0) {
        faults.push(fault("max_bytes", "Let something arrive, or do not limit it."));
    }
    if draft.note.len() > NOTE_MAX {
        faults.push(fault("note", "The note is too long; say it in a few sentences."));
    }
    faults
}

enum Refusal {
    Fault(Fault),
    Failed(EngineError),
}

/// The target, without links: what is in force is where it really is.
fn target(access: &Access, owner: Option<&AccountName>, draft: &LinkDraft) -> std::result::Result<Located, Refusal> {
    let refuse = |sentence: String| Err(Refusal::Fault(fault("target", sentence)));
    let path = draft.target.display();
    let located = match find(access, &draft.target) {
        Ok(Resolved::OnDisk(located)) => located,
        Ok(Resolved::VirtualFolder | Resolved::Absent) => {
            return refuse(format!("There is nothing at {path}; choose a shared folder, or something in one."));
        }
        Err(EngineError::Unavailable(_)) => {
            return refuse(format!("The folder behind {path} is not there just now; plug it in, then try again."));
        }
        Err(error) => return Err(Refusal::Failed(error)),
    };
    if let Some(owner) = owner
        && !still_has_rights(access.snapshot(), owner, &located.volume, draft.rights)
    {
        return refuse(format!("{} may not do that at {path}; nobody can give more than they have.", owner.as_str()));
    }
    if located.volume.config.flags.limit(draft.rights) != draft.rights {
        return refuse(format!("What is at {path} can only be looked at; choose that."));
    }
    match (&located.node, draft.kind) {
        (Node::File(_), LinkKind::Request) => refuse(format!("{path} is a file; choose the folder for what arrives.")),
        (Node::File(_), LinkKind::Show) if draft.rights != Perm::Read.into() => {
            refuse(format!("{path} is a file, which visitors can only look at; choose that, or its folder."))
        }
        _ => Ok(located),
    }
}
