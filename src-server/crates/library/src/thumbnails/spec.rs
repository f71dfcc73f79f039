//! What kind of thumbnail is wanted, within which limits, and what can go wrong.

use image::DynamicImage;
use image::metadata::Orientation;
use std::io;
use std::time::Duration;

/// File format of a thumbnail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG; transparent parts become white.
    Jpeg,
    /// Lossy WebP.
    WebP,
}

impl Format {
    /// Returns the media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
        }
    }
}

/// How a picture is fitted into the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fit {
    /// Fills the box; what is too much at two opposite sides is cut off.
    Crop,
    /// The whole picture, as wide as the box. Its height is free.
    Width,
}

impl Fit {
    /// Returns its name, for the arguments of a task.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Crop => "crop",
            Self::Width => "width",
        }
    }

    /// Returns the one with this name.
    pub(super) fn parse(name: &str) -> Self {
        if name == Self::Crop.as_str() { Self::Crop } else { Self::Width }
    }
}

/// A wanted thumbnail. Pictures are never enlarged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Spec {
    /// Width of the box in pixels, at least 1.
    pub width: u32,
    /// Height of the box in pixels, at least 1.
    pub height: u32,
    /// How the picture is fitted into it.
    pub fit: Fit,
    /// File format.
    pub format: Format,
    /// Quality of the compression, 0 to 100.
    pub quality: u8,
}

/// What decoding one picture may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most bytes that are read, re-reading included.
    pub bytes: u64,
    /// Most pixels, by the header.
    pub pixels: u64,
    /// Most bytes of decoded pixels.
    pub memory: u64,
    /// Time after which no more is read.
    pub time: Duration,
}

impl Limits {
    /// Checks the size of a picture before it is decoded.
    ///
    /// # Errors
    /// `TooLarge`.
    pub(super) fn check_pixels(&self, (width, height): (u32, u32)) -> Result<(), ThumbnailError> {
        match u64::from(width) * u64::from(height) <= self.pixels {
            true => Ok(()),
            false => Err(ThumbnailError::TooLarge("pixels")),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 256 << 20, pixels: 100_000_000, memory: 400 << 20, time: Duration::from_secs(60) }
    }
}

/// A decoded picture, perhaps at a fraction of its size.
pub(super) struct Decoded {
    pub picture: DynamicImage,
    /// How it is to be turned.
    pub orientation: Orientation,
    /// Its size before that, at full resolution.
    pub size: (u32, u32),
}

impl Decoded {
    /// Returns the size of the turned picture, at full resolution.
    pub fn turned_size(&self) -> (u32, u32) {
        match is_sideways(self.orientation) {
            true => (self.size.1, self.size.0),
            false => self.size,
        }
    }
}

/// Whether width and height change places.
pub(super) fn is_sideways(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    )
}

/// Why there is no thumbnail of a picture.
#[derive(Debug)]
pub enum ThumbnailError {
    /// No decoder knows the format.
    UnknownFormat,
    /// The picture is damaged, or uses features that the decoder lacks.
    Damaged(String),
    /// It exceeds [`Limits`].
    TooLarge(&'static str),
    /// It took too long.
    TimedOut,
    /// It needs another program, which is not installed, not allowed, or could not be started.
    NoProgram,
    /// It cannot be read now.
    Unreadable(io::Error),
}

impl std::fmt::Display for ThumbnailError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownFormat => f.write_str("not a picture of a known format"),
            Self::Damaged(why) => write!(f, "the picture cannot be decoded: {why}"),
            Self::TooLarge(what) => write!(f, "the picture has too many {what}"),
            Self::TimedOut => f.write_str("decoding took too long"),
            Self::NoProgram => f.write_str("it needs FFmpeg, which is not there"),
            Self::Unreadable(error) => write!(f, "cannot be read: {error}"),
        }
    }
}

impl std::error::Error for ThumbnailError {}
