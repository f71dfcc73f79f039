//! Ranges of paths for indexes that are ordered by their bytes.

use model::VPath;

/// Returns the range of folders strictly below `path` (start inclusive, end exclusive). Paths at or below `path` are
/// those whose `folder/name` is `path`, or whose folder is `path` or starts with `path/`. Since `/` + 1 is `0`, the
/// last is a range that an index on (folder, name) answers.
pub(crate) fn below(path: &VPath) -> (Vec<u8>, Vec<u8>) {
    if path.is_root() {
        return (Vec::new(), vec![0xff; 8]);
    }
    let with = |last: u8| [path.as_bytes(), &[last]].concat();
    (with(b'/'), with(b'/' + 1))
}
