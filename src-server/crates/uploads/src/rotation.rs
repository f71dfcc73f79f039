//! Folders that a volume sorts uploads into: by date, and by the number of entries (docs/configuration.md, upload rules).

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::volume::Rotation;
use model::{FileName, VPath};
use store::disk::{Folder, Kind};
use vfs::error::{EngineError, Invalid, Result};

/// Returns the folders below the requested one into which rotation sorts an upload; the root for none. A folder that a
/// client got from an earlier reply is not sorted again.
pub(super) fn rotate(rotation: &Rotation, asked: &VPath, open: impl Fn(&VPath) -> Option<Folder>) -> Result<VPath> {
    let mut below = VPath::root();
    if let Some(format) = &rotation.by_date {
        let today = Timestamp::now().to_zoned(TimeZone::UTC);
        let dated = jiff::fmt::strtime::format(format, &today).map_err(|error| {
            EngineError::Invalid(Invalid::Request(format!("The volume's format for date folders is invalid: {error}.")))
        })?;
        let dated = VPath::parse(dated.as_bytes())?;
        if !ends_with_date(asked, format, dated.depth()) {
            below = dated;
        }
    }
    if let Some((most, depth)) = rotation.by_count {
        let counted = asked.components().rev().take(depth as usize).filter(|part| is_number(part)).count();
        if counted < depth as usize {
            for _ in 0..depth {
                let number = next_number(most, &asked.append(&below), &open);
                below = below.join(&FileName::new(number.to_string().as_bytes())?);
            }
        }
    }
    Ok(below)
}

fn is_number(part: &[u8]) -> bool {
    !part.is_empty() && part.iter().all(u8::is_ascii_digit)
}

fn ends_with_date(asked: &VPath, format: &str, depth: usize) -> bool {
    let parts: Vec<&[u8]> = asked.components().collect();
    let Some(start) = parts.len().checked_sub(depth) else { return false };
    let tail = parts[start..].join(&b'/');
    let format = format.trim_matches('/');
    std::str::from_utf8(&tail).is_ok_and(|text| jiff::fmt::strtime::parse(format, text).is_ok())
}

/// Returns the highest numbered folder in `within` that has room for one more entry, else the next number.
fn next_number(most: u32, within: &VPath, open: &impl Fn(&VPath) -> Option<Folder>) -> u32 {
    let Some(folder) = open(within) else { return 0 };
    let mut highest: Option<u32> = None;
    let visit = folder.visit(|name, meta| {
        let number = std::str::from_utf8(name).ok().filter(|text| is_number(text.as_bytes()));
        if let Some(number) = number.and_then(|text| text.parse().ok()).filter(|_| meta.kind == Kind::Folder) {
            highest = highest.max(Some(number));
        }
        std::ops::ControlFlow::Continue(())
    });
    let Some(highest) = highest.filter(|_| visit.is_ok()) else { return 0 };
    let Ok(name) = FileName::new(highest.to_string().as_bytes()) else { return 0 };
    let mut count = 0;
    if let Some(inside) = open(&within.join(&name)) {
        let _counted = inside.visit(|_, _| {
            count += 1;
            if count >= most { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) }
        });
    }
    if count >= most { highest.saturating_add(1) } else { highest }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> VPath {
        VPath::parse(text.as_bytes()).expect("parses")
    }

    #[test]
    fn rotation_sorts_once() {
        let tmp = tempfile::tempdir().expect("temp folder");
        let root = Folder::open_root(tmp.path()).expect("opens");
        let open = |at: &VPath| root.folder(at).ok();
        let dated = Rotation { by_date: Some("%Y-%m/%d".into()), by_count: None };
        let below = rotate(&dated, &path("in"), open).expect("rotates");
        assert_eq!(below.depth(), 2);
        assert!(rotate(&dated, &path("in").append(&below), open).expect("rotates").is_root());
        assert!(!rotate(&dated, &path("in/x/y"), open).expect("rotates").is_root());

        let counted = Rotation { by_date: None, by_count: Some((2, 2)) };
        assert_eq!(rotate(&counted, &VPath::root(), open).expect("rotates"), path("0/0"));
        std::fs::create_dir_all(tmp.path().join("0/0")).expect("mkdir");
        std::fs::write(tmp.path().join("0/0/a"), "").expect("write");
        assert_eq!(rotate(&counted, &VPath::root(), open).expect("rotates"), path("0/0"));
        std::fs::write(tmp.path().join("0/0/b"), "").expect("write");
        assert_eq!(rotate(&counted, &VPath::root(), open).expect("rotates"), path("0/1"));
        assert!(rotate(&counted, &path("0/1"), open).expect("rotates").is_root());
    }
}
