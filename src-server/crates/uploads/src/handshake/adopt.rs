//! An upload that was begun without hashes goes on with them: its sender interrupted a sequential upload and announces
//! the same file in chunks.

use super::context::HandshakeContext;
use crate::registry::Registry;
use crate::registry::unfinished::{Stage, Unfinished};
use crate::target::Target;
use model::ChunkHash;
use std::collections::HashSet;

/// What became of the sender's sequential upload under the announced name.
pub(super) enum Adoption {
    /// There is none, or it is another file.
    None,
    /// It is from an earlier run of the program: verify it, then ask again.
    Unverified(i64),
    /// It is the announced upload now. Its received chunks count.
    Adopted,
}

/// Makes the sender's sequential upload under the announced name the announced one, if the chunks that it has received
/// have the announced hashes.
pub(super) fn adopt_sequential(context: &HandshakeContext, target: &Target) -> Adoption {
    let mut registry = target.uploads().registry();
    let Some(candidate) = registry.reserved_by(&target.below, &context.name) else { return Adoption::None };
    if !may_be_it(context, candidate) {
        return Adoption::None;
    }
    let id = candidate.id;
    if matches!(candidate.stage, Stage::Unverified { .. }) {
        return Adoption::Unverified(id);
    }
    if candidate.is_in_use() || !candidate.append_turn.is_free() {
        return Adoption::None;
    }
    announce(&mut registry, id, context)
}

fn may_be_it(context: &HandshakeContext, candidate: &Unfinished) -> bool {
    let (upload, hashes) = (&candidate.upload, &context.request.hashes);
    let received = upload.have.iter().zip(&upload.hashes).zip(hashes).filter(|((have, _), _)| **have);
    candidate.is_sequential()
        && !candidate.random
        && context.sender.is(&upload.account, &upload.address)
        && upload.plan == context.plan
        && received.into_iter().all(|((_, known), announced)| known == announced)
}

fn announce(registry: &mut Registry, id: i64, context: &HandshakeContext) -> Adoption {
    registry.set_wark(id, context.wark);
    let Some(unfinished) = registry.get_mut(id) else { return Adoption::None };
    let hashes = context.request.hashes.clone();
    // Chunks with equal hashes are received together: those of which one is missing are sent again.
    let missing: HashSet<ChunkHash> =
        hashes.iter().zip(&unfinished.upload.have).filter(|(_, have)| !**have).map(|(hash, _)| *hash).collect();
    let have = hashes.iter().map(|hash| !missing.contains(hash)).collect();
    unfinished.set_hashes(hashes);
    unfinished.set_have(have);
    // The next chunk stores the hashes in the ledger; until then its row tells of a sequential upload, which is true, too.
    unfinished.recorded = false;
    Adoption::Adopted
}
