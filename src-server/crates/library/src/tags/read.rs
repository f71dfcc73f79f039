//! Chooses the decoder of a file.

use super::bounded::BoundedReader;
use super::fields::Fields;
use super::{audio, picture};
use model::FileName;
use std::io::{self, Read, Seek};
use std::time::{Duration, Instant};

/// Extensions of sounds.
const AUDIO: &[&str] = &[
    "aac", "ac3", "aif", "aifc", "aiff", "afc", "alac", "amr", "ape", "au", "caf", "dff", "dsf", "dts", "eac3", "flac",
    "m4a", "m4b", "m4p", "m4r", "mka", "mlp", "mp+", "mp1", "mp2", "mp3", "mpc", "mpp", "oga", "ogg", "oma", "opus",
    "ra", "shn", "snd", "spx", "tak", "thd", "tta", "voc", "vqf", "w64", "wav", "wave", "wma", "wv", "xwma",
];
/// Extensions of pictures.
const PICTURES: &[&str] = &[
    "avif", "bmp", "cr2", "dds", "dng", "dpx", "exr", "gif", "heic", "heif", "ico", "j2k", "jfif", "jp2", "jpe",
    "jpeg", "jpg", "jxl", "nef", "pbm", "pcx", "pgm", "png", "ppm", "psd", "qoi", "sgi", "tga", "tif", "tiff", "webp",
    "xbm", "xpm",
];
/// Extensions of videos. Several of these containers may hold a sound alone.
const VIDEOS: &[&str] = &[
    "3g2", "3gp", "asf", "avi", "dv", "f4v", "flv", "gxf", "h261", "h263", "h264", "h265", "hevc", "ivf", "m1v", "m2t",
    "m2ts", "m2v", "m4v", "mjpeg", "mjpg", "mkv", "mov", "mp4", "mpeg", "mpg", "mts", "mxf", "nsv", "nut", "obu",
    "ogv", "rm", "rmvb", "ts", "vob", "webm", "wmv", "wtv", "y4m",
];

/// Grows with the formats that can be read: files that had no tags before are then looked at again.
pub const READER_VERSION: i64 = 2;

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKind {
    /// Sound.
    Audio,
    /// A picture.
    Picture,
    /// Moving pictures. The decoders of this program find the fields of MP4, FFprobe all.
    Video,
}

impl MediaKind {
    /// Returns how a file is read by its extension; `None`: such files have no tags. Names are asked instead of contents,
    /// because most files of most volumes are neither and need not be opened.
    pub fn of(name: &FileName) -> Option<Self> {
        let extension = extension(name)?;
        let lists = [(AUDIO, Self::Audio), (PICTURES, Self::Picture), (VIDEOS, Self::Video)];
        lists.into_iter().find(|(list, _)| list.contains(&extension.as_str())).map(|(_, kind)| kind)
    }
}

/// Returns the extension in lower case.
pub fn extension(name: &FileName) -> Option<String> {
    let (_, extension) = str::from_utf8(name.as_bytes()).ok()?.rsplit_once('.')?;
    Some(extension.to_ascii_lowercase())
}

/// Reads the tags of a file with these bytes. Returns the number of fields that its decoder found; 0 if files of that name
/// have no tags. For tests of the decoders with arbitrary bytes.
///
/// # Errors
/// As [`read_fields`].
pub fn count_fields(name: &FileName, bytes: &[u8]) -> io::Result<usize> {
    let Some(kind) = MediaKind::of(name) else { return Ok(0) };
    let deadline = Instant::now() + Duration::from_secs(10);
    let reader = BoundedReader::new(io::Cursor::new(bytes), deadline);
    read_fields(name, kind, bytes.len() as u64, reader).map(|fields| fields.len())
}

/// Returns the fields of a file, as far as the decoders of this program find them. Blocks.
///
/// `size`: its bytes; an average rate is computed from it.
///
/// # Errors
/// The file cannot be read or decoded. Decoders may panic.
pub fn read_fields<R: Read + Seek>(name: &FileName, kind: MediaKind, size: u64, reader: R) -> io::Result<Fields> {
    let mut fields = Fields::default();
    let mut reader = io::BufReader::new(reader);
    match kind {
        MediaKind::Audio | MediaKind::Video => {
            audio::read(&mut reader, &extension(name).unwrap_or_default(), size, &mut fields)?;
        }
        MediaKind::Picture => picture::read(&mut reader, &mut fields)?,
    }
    Ok(fields)
}
