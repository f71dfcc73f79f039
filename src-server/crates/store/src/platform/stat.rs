//! Unix: metadata from the results of `stat`.

use crate::disk::{Kind, Meta};
use rustix::fs::{FileType, Stat};

// The widths of these fields differ between unixes.
#[allow(clippy::unnecessary_cast, clippy::useless_conversion)]
pub(super) fn meta_of(stat: &Stat) -> Meta {
    Meta {
        kind: kind_of(FileType::from_raw_mode(stat.st_mode)),
        size: stat.st_size.max(0) as u64,
        mtime_ns: (stat.st_mtime as i64).saturating_mul(1_000_000_000).saturating_add(stat.st_mtime_nsec as i64),
        dev: stat.st_dev as u64,
        ino: stat.st_ino as u64,
        links: stat.st_nlink as u64,
        mode: u32::from(stat.st_mode) & 0o7777,
    }
}

pub(super) fn kind_of(file_type: FileType) -> Kind {
    match file_type {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Folder,
        FileType::Symlink => Kind::Link,
        _ => Kind::Other,
    }
}
