//! The listing of a folder as a text: what a client gets that asks for a folder, or for one of the names of `--tftp-lsf`.

use crate::error::TftpError;
use engine::Access;
use engine::files::read::OpenedFolder;
use engine::files::stat::FileKind;
use engine::listing::{Listings, PlainEntry, PlainListing};
use model::calendar::DateTime;
use model::{UnixMillis, VPath};
use regex::bytes::{Regex, RegexBuilder};

/// Longest listing; the rest of a larger folder is left out.
const LISTING_MAX: usize = 1 << 20;
/// The last line of a listing that is not complete.
const CUT: &[u8] = b"... and more, for which there is no room here\n";

/// The names for which a listing is sent.
#[derive(Clone, Debug)]
pub struct ListingNames(Regex);

impl ListingNames {
    /// `pattern`: a regular expression that covers the whole name, in any letter case. `None`: it is not one.
    pub fn new(pattern: &str) -> Option<Self> {
        let whole = format!(r"\A(?:{pattern})\z");
        RegexBuilder::new(&whole).case_insensitive(true).size_limit(1 << 20).build().ok().map(Self)
    }

    /// Returns the folder whose listing is meant by a file of this path.
    pub(crate) fn folder_of(&self, path: &VPath) -> Option<VPath> {
        let (folder, name) = path.split_last()?;
        self.0.is_match(name.as_bytes()).then_some(folder)
    }
}

/// Returns the text for a folder that was opened.
pub(crate) async fn opened(
    listings: &Listings,
    access: &Access,
    folder: &VPath,
    opened: OpenedFolder,
) -> Result<Vec<u8>, TftpError> {
    Ok(text(listings.read_dir_opened(access, folder, opened).await?))
}

fn text(mut listing: PlainListing) -> Vec<u8> {
    listing.entries.sort_unstable_by(|a, b| {
        let is_file = |entry: &PlainEntry| entry.kind() == FileKind::File;
        is_file(a).cmp(&is_file(b)).then_with(|| a.name.cmp(&b.name))
    });
    let mut text = Vec::new();
    for entry in &listing.entries {
        let folder = entry.kind() == FileKind::Folder;
        push_line(&mut text, (!folder).then(|| entry.size()), entry.modified(), entry.name.as_bytes());
        if text.len() > LISTING_MAX {
            text.extend_from_slice(CUT);
            break;
        }
    }
    text
}

/// Appends size, time and name, or time and name with a slash for a folder. A name cannot look like two lines.
fn push_line(text: &mut Vec<u8>, size: Option<u64>, modified: Option<UnixMillis>, name: &[u8]) {
    let is_folder = size.is_none();
    let size = size.map_or_else(|| "-".to_owned(), |size| size.to_string());
    let modified = modified.map_or_else(|| " ".repeat(19), date);
    text.extend_from_slice(format!("{size:>15}  {modified}  ").as_bytes());
    text.extend(name.iter().map(|&byte| if byte.is_ascii_control() { b'?' } else { byte }));
    text.extend_from_slice(if is_folder { &b"/\n"[..] } else { b"\n" });
}

/// Formats a time as `2001-09-09 01:46:40` (UTC).
fn date(time: UnixMillis) -> String {
    let DateTime { year, month, day, hour, minute, second } = DateTime::of(time);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_mean_listings() {
        let names = ListingNames::new(r"\.?(dir|ls)(\.txt)?").expect("a pattern");
        let folder = |path: &str| {
            names.folder_of(&VPath::parse(path.as_bytes()).expect("a path")).map(|folder| folder.display())
        };
        for (path, expected) in
            [("dir", Some("/")), ("a/b/.LS.txt", Some("/a/b")), ("a/lst", None), ("adir", None), ("", None)]
        {
            assert_eq!(folder(path).as_deref(), expected, "{path}");
        }
        assert!(ListingNames::new("(").is_none());
    }

    #[test]
    fn lines() {
        let mut text = Vec::new();
        push_line(&mut text, Some(5), Some(UnixMillis::from_secs(1_000_000_000)), b"a\nb \xff");
        push_line(&mut text, None, None, b"sub");
        assert_eq!(
            text,
            b"              5  2001-09-09 01:46:40  a?b \xff\n              -                       sub/\n"
        );
    }
}
