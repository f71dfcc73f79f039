//! What listings tell of pictures: shape and colours of those that have a thumbnail. Kept beside the thumbnails, one small
//! file for each folder, with one line for each picture:
//!
//! ```text
//! <bytes of the picture's file> <its modification time, milliseconds> <width> <height> <ThumbHash, base64> <name>
//! ```
//!
//! The last line of a name counts. Lines that cannot be read are skipped, so that a torn write costs one picture.

use crate::thumbnails::Placeholder;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::{FileName, UnixMillis, VPath};
use std::collections::HashMap;
use std::time::Duration;
use store::StoreError;
use store::derived::{Cleaned, Derived, DerivedFiles, Retention, key_of};
use store::disk::Meta;
use store::state_location::StateLocation;
use vfs::volumes::extension::{Picture, RecordedPicture};

/// Most bytes of the lines of one folder that are read: some 60,000 pictures.
const FOLDER_MAX: usize = 8 << 20;
/// How often the use of a folder's lines is recorded.
const POKE: Duration = Duration::from_secs(24 * 3600);
/// Lines of a folder are removed when they were not used for this long.
const KEPT: Duration = Duration::from_secs(90 * 24 * 3600);
/// Most bytes of the lines of one volume.
pub const PLACEHOLDERS_MAX: u64 = 128 << 20;
/// Lines that are replaced by others before a file is written anew.
const OLD_LINES_MAX: usize = 256;

/// The placeholders of one volume. Every call blocks.
pub(crate) struct Placeholders(DerivedFiles);

impl Placeholders {
    /// Touches no disk.
    pub fn new(location: StateLocation) -> Self {
        Self(DerivedFiles::new(location, "ph"))
    }

    /// Keeps what the thumbnail of a file has shown. `meta`: of the file. Failures are logged.
    pub fn put(&self, folder: &VPath, name: &FileName, meta: &Meta, shown: &Placeholder) {
        if name.as_bytes().contains(&b'\n') {
            return;
        }
        let (modified, hash) = (meta.mtime().0, STANDARD.encode(&shown.hash));
        let mut line = format!("{} {modified} {} {} {hash} ", meta.size, shown.width, shown.height).into_bytes();
        line.extend_from_slice(name.as_bytes());
        line.push(b'\n');
        if let Err(error) = self.0.append(&key(folder), &line) {
            tracing::debug!(%error, "a placeholder is not kept");
        }
    }

    /// Returns what is known of pictures in a folder of the volume, by name.
    pub fn in_folder(&self, folder: &VPath) -> HashMap<Vec<u8>, RecordedPicture> {
        let key = key(folder);
        let Ok(Derived::Present(bytes)) = self.0.get(&key, POKE) else { return HashMap::new() };
        let bytes = &bytes[..bytes.len().min(FOLDER_MAX)];
        let mut lines: HashMap<&[u8], &[u8]> = HashMap::new();
        let mut old = 0;
        for line in bytes.split(|&byte| byte == b'\n') {
            if let Some(name) = line.splitn(6, |&byte| byte == b' ').nth(5) {
                old += usize::from(lines.insert(name, line).is_some());
            }
        }
        if old > OLD_LINES_MAX.max(lines.len()) || bytes.len() == FOLDER_MAX {
            // Too many are forgotten, and come back one by one.
            let kept: Vec<&[u8]> =
                if bytes.len() == FOLDER_MAX { Vec::new() } else { lines.values().copied().collect() };
            if let Err(error) = self.0.put(&key, &[&kept.join(&b'\n')[..], b"\n"].concat()) {
                tracing::debug!(%error, "placeholders are not written anew");
            }
        }
        lines.into_iter().filter_map(|(name, line)| Some((name.to_vec(), parse(line)?))).collect()
    }

    /// Removes those that were not used for long.
    ///
    /// # Errors
    /// File system errors.
    pub fn clean(&self) -> Result<Cleaned, StoreError> {
        self.0.clean(Retention { max_age: KEPT, max_bytes: PLACEHOLDERS_MAX })
    }
}

fn key(folder: &VPath) -> String {
    key_of(&[folder.as_bytes()])
}

fn parse(line: &[u8]) -> Option<RecordedPicture> {
    let mut fields = line.splitn(6, |&byte| byte == b' ').map(|field| std::str::from_utf8(field).ok());
    let mut next = || fields.next().flatten();
    let (size, modified) = (next()?.parse().ok()?, UnixMillis(next()?.parse().ok()?));
    let (width, height) = (next()?.parse().ok()?, next()?.parse().ok()?);
    let hash = next()?;
    let is_base64 = hash.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
    let is_hash = is_base64 && (4..=40).contains(&hash.len());
    let picture = Picture { width, height, thumbhash: hash.into() };
    (is_hash && width > 0 && height > 0).then_some(RecordedPicture { size, modified, picture })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(width: u32) -> Placeholder {
        Placeholder { width, height: 7, hash: vec![1; 21] }
    }

    fn meta() -> Meta {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let folder = store::disk::Folder::open_root(file.path().parent().expect("a folder")).expect("opens");
        let name = FileName::new(file.path().file_name().expect("a name").as_encoded_bytes()).expect("a name");
        folder.stat(&name).expect("reads").expect("is there")
    }

    #[test]
    fn the_last_line_of_a_name_counts_and_damage_costs_one_picture() {
        let tmp = tempfile::tempdir().expect("a folder");
        let all = Placeholders::new(StateLocation::Folder(tmp.path().join(".hist")));
        let (folder, meta) = (VPath::parse(b"a/b").expect("a path"), meta());
        assert!(all.in_folder(&folder).is_empty());
        let name = |text: &str| FileName::new(text.as_bytes()).expect("a name");
        for (file, width) in [("x y.jpg", 1), ("ü\u{1}.png", 2), ("x y.jpg", 3), ("a\nb", 4)] {
            all.put(&folder, &name(file), &meta, &shown(width));
        }
        let known = all.in_folder(&folder);
        assert_eq!(known.len(), 2, "{known:?}");
        let picture = &known[&b"x y.jpg"[..]];
        assert_eq!((picture.size, picture.modified), (meta.size, meta.mtime()));
        assert_eq!((picture.picture.width, picture.picture.height), (3, 7));
        assert_eq!(STANDARD.decode(&*picture.picture.thumbhash).expect("base64"), [1; 21]);
        all.0.append(&key(&folder), b"1 2 3").expect("appends");
        all.put(&folder, &name("torn.jpg"), &meta, &shown(5));
        all.0.append(&key(&folder), b"\n1 2 3 4 <script> z.jpg\n1 2 0 0 AAAAAAAA z.jpg\n\n").expect("appends");
        all.put(&folder, &name("z2.jpg"), &meta, &shown(6));
        let known = all.in_folder(&folder);
        assert!(!known.contains_key(&b"z.jpg"[..]) && known.contains_key(&b"z2.jpg"[..]));
        assert_eq!(known.len(), 3);
    }

    #[test]
    fn old_lines_are_removed() {
        let tmp = tempfile::tempdir().expect("a folder");
        let all = Placeholders::new(StateLocation::Folder(tmp.path().join(".hist")));
        let (folder, meta) = (VPath::root(), meta());
        let name = FileName::new(b"a.jpg").expect("a name");
        (1..=OLD_LINES_MAX as u32 + 2).for_each(|width| all.put(&folder, &name, &meta, &shown(width)));
        assert_eq!(all.in_folder(&folder)[&b"a.jpg"[..]].picture.width, OLD_LINES_MAX as u32 + 2);
        let Ok(Derived::Present(bytes)) = all.0.get(&key(&folder), POKE) else { panic!("is there") };
        assert_eq!(bytes.iter().filter(|&&byte| byte == b'\n').count(), 1);
        assert_eq!(all.in_folder(&folder).len(), 1);
    }
}
