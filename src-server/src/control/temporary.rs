//! The volumes of temporary shares (`files.rs`), told apart from those that people manage.

use model::{VPath, Volume};

/// Returns true for the volume of a temporary share: only guests of its link have access.
pub(super) fn is_temporary(volume: &Volume) -> bool {
    !volume.flags.only.is_empty() && volume.grants.is_empty()
}

/// Returns the path on this computer of a path inside a volume.
pub(super) fn host_path(volume: &Volume, below: &VPath) -> String {
    let mut place = volume.source.clone();
    below.components().for_each(|name| place.push(&*String::from_utf8_lossy(name)));
    place.to_string_lossy().into_owned()
}
