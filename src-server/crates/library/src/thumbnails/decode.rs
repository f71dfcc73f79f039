//! PNG, GIF, WebP, BMP and TIFF. Size and memory are checked by the header, before anything is decoded.

use super::spec::{Decoded, Limits, ThumbnailError};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use std::io::{BufRead, Seek};

/// Decodes the picture. Of an animation it returns the first frame.
pub(super) fn decode(
    reader: impl BufRead + Seek,
    format: ImageFormat,
    limits: &Limits,
) -> Result<Decoded, ThumbnailError> {
    let mut own = image::Limits::no_limits();
    own.max_alloc = Some(limits.memory);
    let mut reader = ImageReader::with_format(reader, format);
    reader.limits(own.clone());
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(ThumbnailError::Damaged("it has no pixels".into()));
    }
    limits.check_pixels((width, height))?;
    if decoder.total_bytes() > limits.memory {
        return Err(ThumbnailError::TooLarge("bytes of pixels"));
    }
    decoder.set_limits(own).map_err(damaged)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    Ok(Decoded { picture, orientation, size: (width, height) })
}

fn damaged(error: image::ImageError) -> ThumbnailError {
    match error {
        image::ImageError::Limits(_) => ThumbnailError::TooLarge("bytes of pixels"),
        image::ImageError::Unsupported(_) => ThumbnailError::UnknownFormat,
        error => ThumbnailError::Damaged(error.to_string()),
    }
}
