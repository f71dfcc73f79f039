//! Files with the announced content that the ledger knows.

use super::context::HandshakeContext;
use crate::core::Core;
use crate::lifetime::{expiry, lifetime};
use crate::numbered::is_numbered;
use crate::reply::HandshakeReply;
use crate::sources::SOURCES_MAX;
use crate::target::Target;
use crate::volume::ledger_error;
use model::{FileName, OnConflict, Operation, Verdict};
use std::sync::Arc;
use store::disk::Meta;
use store::ledger::FileRow;
use vfs::changes::Change;
use vfs::clock::now;
use vfs::error::Result;
use vfs::volumes::extension::VolumeExtension;
use vfs::volumes::store_errors::map_store_error;

/// A lifetime is not prolonged for less than this.
const EXPIRY_TOLERANCE_MS: i64 = 1000;

/// Returns the rows of files with this content, and among them the announced one: under the requested name, or under
/// the name that this upload got instead.
pub(super) fn find_known(context: &HandshakeContext, target: &Target) -> Result<(Option<FileRow>, Vec<FileRow>)> {
    let (uploads, instead) = (target.uploads(), name_instead(context, target));
    let failed = |error| ledger_error(error, &context.folder);
    let twins = uploads.ledger.files_with(&context.wark, SOURCES_MAX).map_err(failed)?;
    for name in instead.iter().chain([&context.name]) {
        let is_it = |row: &&FileRow| row.folder == target.below && row.name == *name;
        let row = match twins.iter().find(is_it).cloned() {
            None if twins.len() >= SOURCES_MAX as usize => uploads
                .ledger
                .file_at(&target.below, name)
                .map_err(failed)?
                .filter(|row| row.wark == Some(context.wark)),
            found => found,
        };
        if let Some(row) = row.filter(|row| context.may_know(target, row)) {
            return Ok((Some(row), twins));
        }
    }
    // The same sender sent it before under a random name: that file is meant.
    let own = |row: &&FileRow| row.folder == target.below && context.sender.is(&row.account, &row.address);
    let row = twins.iter().filter(|_| context.random(target)).find(own).cloned();
    Ok((row, twins))
}

/// Returns a file with this content that was sent under this name before and got a number because the name was taken. A
/// client that sends it again means that file and no further copy. Only for accounts that may read the names.
pub(super) fn find_numbered_twin(context: &HandshakeContext, target: &Target, twins: &[FileRow]) -> Option<FileRow> {
    let is_it = |row: &&FileRow| {
        row.folder == target.below && is_numbered(&row.name, &context.name) && context.may_know(target, row)
    };
    let row = twins.iter().find(is_it)?;
    let keeps_both = context.on_conflict(target) == OnConflict::Rename && !context.random(target);
    (keeps_both && target.can_read(&context.access)).then(|| row.clone())
}

/// Returns the name that this upload got instead of the requested one, or that its sender does not know it got.
pub(super) fn name_instead(context: &HandshakeContext, target: &Target) -> Option<FileName> {
    let (registry, asked) = (target.uploads().registry(), &context.name);
    match target.may_learn_names(&context.access) {
        true => registry.name_instead(&context.wark, &target.below, asked),
        false => registry.name_believed(&context.wark, &target.below, asked),
    }
}

/// Returns the reply for a complete file. Sets its modification time if the client asks for that and may overwrite.
pub(super) fn existing_reply(
    core: &Arc<Core>,
    context: &HandshakeContext,
    target: &Target,
    row: &FileRow,
    meta: &Meta,
) -> Result<HandshakeReply> {
    let name = &row.name;
    let prolonged = prolonged(target, context.request.lifetime_secs, row);
    let may = context.access.verdict(&target.canonical(), Operation::Overwrite) == Verdict::Allow;
    let touches = context.request.touch_existing && may;
    // A file that was replaced meanwhile keeps its own row and time.
    let lock = if prolonged.is_some() || touches { target.uploads().lock_row(row)? } else { None };
    let row = prolonged.as_ref().unwrap_or(row);
    if prolonged.is_some() && lock.is_some() {
        let ledger = &target.uploads().ledger;
        let recorded = ledger.finish_upload(row.clone(), None).and_then(store::db::Pending::wait);
        recorded.map_err(|error| ledger_error(error, &context.folder))?;
        ledger.mark_durable(&row.folder, name, meta.ino);
    }
    let before = if target.uploads().discard { row.lmod } else { meta.mtime() };
    if let Some(folder) = target.folder.as_ref().filter(|_| touches && lock.is_some()) {
        let failed = |error| map_store_error(error, &target.canonical().join(name));
        folder.set_mtime(name, context.lmod).map_err(failed)?;
        let path = target.below.join(name);
        target.uploads().record_mtime(&path, meta, context.lmod)?;
        target.uploads().state.changes.publish(|| Change::Replaced { path, kind: meta.kind });
    }
    Ok(context.complete(core, target, name, before, meta.ino))
}

/// Returns the row with a later end of its lifetime, if an upload of the same content to its name gives it one; else
/// `None`. The client is told that its file is stored, and it is to stay as long as any other upload.
pub(super) fn prolonged(target: &Target, wanted_secs: Option<u64>, row: &FileRow) -> Option<FileRow> {
    let known = row.expires_at?;
    let lifetime = lifetime(target.volume.config.flags.lifetime_secs, wanted_secs);
    let expires_at = lifetime.map(|secs| expiry(now(), secs));
    // The handshake that closes an upload is one for the same content, too: its clock is some milliseconds further.
    let is_later = expires_at.is_none_or(|fresh| fresh.0 > known.0.saturating_add(EXPIRY_TOLERANCE_MS));
    is_later.then(|| FileRow { expires_at, ..row.clone() })
}
