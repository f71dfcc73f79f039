//! From the bytes of a picture to the bytes of its thumbnail.

use super::source::{Source, first_bytes};
use super::spec::{Limits, Spec, ThumbnailError};
use super::{decode, encode, jpeg, scale};
use image::ImageFormat;
use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Size of one read.
const READ: usize = 64 << 10;

/// Makes the thumbnail of a picture. Blocks, and uses a processor for up to some seconds.
///
/// # Errors
/// See [`ThumbnailError`]. A decoder that panics is an error of the picture.
pub fn render(source: Source<'_>, spec: &Spec, limits: &Limits) -> Result<Vec<u8>, ThumbnailError> {
    let work = AssertUnwindSafe(|| render_bounded(source, spec, limits));
    catch_unwind(work).unwrap_or_else(|_panic| Err(ThumbnailError::Damaged("the decoder failed".into())))
}

fn render_bounded(source: Source<'_>, spec: &Spec, limits: &Limits) -> Result<Vec<u8>, ThumbnailError> {
    let mut reader = BufReader::with_capacity(READ, source);
    let decoded = decode_any(&mut reader, spec, limits);
    // Decoders tell of failed reads in words of their own.
    let (picture, orientation) = match reader.get_mut().take_exceeded() {
        Some(exceeded) => return Err(exceeded),
        None => decoded?,
    };
    if reader.get_ref().is_over() {
        return Err(ThumbnailError::TimedOut);
    }
    encode::encode(scale::scale(picture, orientation, spec)?, spec)
}

fn decode_any(
    reader: &mut BufReader<Source<'_>>,
    spec: &Spec,
    limits: &Limits,
) -> Result<(image::DynamicImage, image::metadata::Orientation), ThumbnailError> {
    // A limit that ended the read comes first in `render_bounded`.
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
