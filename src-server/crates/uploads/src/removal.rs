//! Removes what uploads leave behind that end without a file.

use super::registry::unfinished::Unfinished;
use super::volume::VolumeUploads;
use store::disk::Folder;
use store::{ErrorKind, StoreError};

/// Removes the partial file of an upload, if it has one. Blocks.
pub(super) fn remove_partial(root: &Folder, unfinished: &Unfinished) -> Result<(), StoreError> {
    let removed = root.folder(&unfinished.upload.folder).and_then(|f| f.remove_file(&unfinished.partial_name));
    removed.or_else(|error| if is_gone(&error) { Ok(()) } else { Err(error) })
}

/// Returns whether a removal failed because the entry does not exist.
pub(super) fn is_gone(error: &StoreError) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotAFolder | ErrorKind::Link)
}

/// Removes the partial file and the row of an upload that was taken out of the registry. Blocks.
pub(super) fn discard_unfinished(uploads: &VolumeUploads, root: &Folder, unfinished: &Unfinished) {
    tracing::info!(path = %unfinished.path().display(), "an unfinished upload was dropped");
    if let Err(error) = remove_partial(root, unfinished) {
        tracing::warn!(%error, "the partial file of a dropped upload cannot be removed");
    }
    if unfinished.recorded
        && let Err(error) = uploads.ledger.remove_upload(unfinished.id).and_then(store::db::Pending::wait)
    {
        tracing::error!(%error, "the ledger cannot be written");
    }
}
