//! The operations that an account may carry out at a path: those that its rights allow and that are not switched off for the
//! whole server.

use super::types::May;
use crate::request::Request;
use model::{FileKeys, Operation, Perm, PermSet, Verdict};

/// Returns what `rights` allow on this server.
pub fn may(request: &Request, rights: PermSet) -> May {
    let behaviour = &request.settings().behaviour;
    let allows = |operation| model::decide(rights, operation, FileKeys::Off) == Verdict::Allow;
    May {
        list: allows(Operation::List),
        download: allows(Operation::Download),
        archive: allows(Operation::Archive) && !behaviour.no_archives,
        upload: allows(Operation::Upload),
        overwrite: allows(Operation::Overwrite),
        edit: allows(Operation::SaveText),
        move_away: allows(Operation::MoveFrom) && !behaviour.no_move,
        copy: allows(Operation::CopyFrom) && !behaviour.no_copy,
        delete: allows(Operation::Delete) && !behaviour.no_delete,
        note: allows(Operation::Message),
        dotfiles: allows(Operation::SeeDotfiles),
    }
}

/// Returns the rights as a list, in the order of [`model::perm::ALL`].
pub fn list(rights: PermSet) -> Vec<Perm> {
    model::perm::ALL.iter().map(|(perm, ..)| *perm).filter(|perm| rights.has(*perm)).collect()
}
