//! Chooses the decoder of a file.

use super::fields::Fields;
use super::rules::TagRules;
use super::{audio, picture};
use model::FileName;
use std::io::{self, Read, Seek};
use store::index::TagValue;

/// Extensions of audio files that are decoded.
const AUDIO: &[&str] = &[
    "aac", "aif", "aifc", "aiff", "afc", "ape", "flac", "m4a", "m4b", "m4p", "m4r", "m4v", "mp+", "mp1", "mp2", "mp3",
    "mp4", "mpc", "mpp", "oga", "ogg", "opus", "spx", "wav", "wave", "wv", "3gp",
];
/// Extensions of pictures that are decoded.
const PICTURES: &[&str] = &[
    "avif", "bmp", "cr2", "dng", "gif", "heic", "heif", "ico", "jfif", "jpe", "jpeg", "jpg", "jxl", "nef", "png",
    "psd", "qoi", "tga", "tif", "tiff", "webp",
];

/// Grows with the formats that can be read: files that had no tags before are then looked at again.
pub const READER_VERSION: i64 = 1;

/// The decoder of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKind {
    /// Sound, also in video containers.
    Audio,
    /// Pictures.
    Picture,
}

impl MediaKind {
    /// Returns the decoder by the extension; `None`: such files have no tags. Names are asked instead of contents,
    /// because most files of most volumes are neither and need not be opened.
    pub fn of(name: &FileName) -> Option<Self> {
        let extension = extension(name)?;
        let among = |list: &[&str]| list.contains(&extension.as_str());
        match () {
            () if among(AUDIO) => Some(Self::Audio),
            () if among(PICTURES) => Some(Self::Picture),
            () => None,
        }
    }
}

/// Returns the extension in lower case.
fn extension(name: &FileName) -> Option<String> {
    let (_, extension) = str::from_utf8(name.as_bytes()).ok()?.rsplit_once('.')?;
    Some(extension.to_ascii_lowercase())
}

/// Returns the tags of a file, sorted by name. Blocks.
///
/// `size`: its bytes; an average rate is computed from it.
///
/// # Errors
/// The file cannot be read or decoded. Decoders may panic.
pub fn read_tags<R: Read + Seek>(
    name: &FileName,
    kind: MediaKind,
    size: u64,
    reader: R,
    rules: &TagRules,
) -> io::Result<Vec<(String, TagValue)>> {
    let mut fields = Fields::default();
    let mut reader = io::BufReader::new(reader);
    match kind {
        MediaKind::Audio => {
            audio::read(&mut reader, &extension(name).unwrap_or_default(), size, &mut fields)?;
        }
        MediaKind::Picture => picture::read(&mut reader, &mut fields)?,
    }
    Ok(rules.tags(&fields))
}
