//! From the bytes of a picture to its thumbnail.

use super::placeholder::Placeholder;
use super::source::{Source, first_bytes};
use super::spec::{Decoded, Limits, Spec, ThumbnailError};
use super::{decode, encode, jpeg, scale};
use image::ImageFormat;
use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Size of one read.
const READ: usize = 64 << 10;

/// A thumbnail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    /// The file.
    pub bytes: Vec<u8>,
    /// What is shown until it arrives.
    pub placeholder: Placeholder,
}

/// Makes the thumbnail of a picture that is decoded here. Blocks, and uses a processor for up to some seconds.
///
/// # Errors
/// See [`ThumbnailError`]. A decoder that panics is an error of the picture.
pub fn render(source: Source<'_>, spec: &Spec, limits: &Limits) -> Result<Thumbnail, ThumbnailError> {
    catch_panics(|| {
        let mut reader = BufReader::with_capacity(READ, source);
        let decoded = decode_any(&mut reader, spec, limits);
        finish(check_limits(&mut reader, decoded)?, spec)
    })
}

/// Makes the thumbnail of a JPEG; as [`render`].
pub(super) fn decode_jpeg(source: Source<'_>, spec: &Spec, limits: &Limits) -> Result<Decoded, ThumbnailError> {
    let mut reader = BufReader::with_capacity(READ, source);
    let decoded = jpeg::decode(&mut reader, spec, limits);
    check_limits(&mut reader, decoded)
}

/// Scales and encodes what was decoded.
pub(super) fn finish(decoded: Decoded, spec: &Spec) -> Result<Thumbnail, ThumbnailError> {
    let size = decoded.turned_size();
    let picture = scale::scale(decoded.picture, decoded.orientation, spec)?;
    let placeholder = Placeholder::of(size, &picture);
    Ok(Thumbnail { bytes: encode::encode(picture, spec)?, placeholder })
}

/// Runs a decoder whose panics are errors of the picture.
pub(super) fn catch_panics<T>(work: impl FnOnce() -> Result<T, ThumbnailError>) -> Result<T, ThumbnailError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_panic| Err(ThumbnailError::Damaged("the decoder failed".into())))
}

/// Returns the limit that was exceeded instead of `decoded`: decoders tell of failed reads in words of their own.
fn check_limits(
    reader: &mut BufReader<Source<'_>>,
    decoded: Result<Decoded, ThumbnailError>,
) -> Result<Decoded, ThumbnailError> {
    let decoded = match reader.get_mut().take_exceeded() {
        Some(exceeded) => return Err(exceeded),
        None => decoded?,
    };
    if reader.get_ref().is_over() { Err(ThumbnailError::TimedOut) } else { Ok(decoded) }
}

fn decode_any(reader: &mut BufReader<Source<'_>>, spec: &Spec, limits: &Limits) -> Result<Decoded, ThumbnailError> {
    // A limit that ended the read comes first in `check_limits`.
    let first = first_bytes(reader).map_err(ThumbnailError::Unreadable)?;
    let format = image::guess_format(first).map_err(|_| ThumbnailError::UnknownFormat)?;
    match format {
        ImageFormat::Jpeg => jpeg::decode(reader, spec, limits),
        ImageFormat::Png | ImageFormat::Gif | ImageFormat::WebP | ImageFormat::Bmp | ImageFormat::Tiff => {
            decode::decode(reader, format, limits)
        }
        _ => Err(ThumbnailError::UnknownFormat),
    }
}
