//! JPEG: decoded at a fraction of its size where that is enough, with its EXIF orientation. The thumbnail in the EXIF
//! data is used instead while it is large enough: it is found without reading the picture.

use super::scale::box_of;
use super::spec::{Decoded, Limits, Spec, ThumbnailError};
use exif::{In, Tag};
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, RgbImage};
use jpeg_decoder::{CodingProcess, Decoder, PixelFormat};
use std::io::{BufRead, Read};

/// A reader of single bytes, which is what the decoder asks for: a copy through `Read` costs more than decoding them.
struct ByteReader<R>(R);

impl<R: BufRead> Read for ByteReader<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(into)
    }

    #[inline]
    fn read_exact(&mut self, into: &mut [u8]) -> std::io::Result<()> {
        match into {
            [byte] => match self.0.fill_buf()? {
                [first, ..] => {
                    *byte = *first;
                    self.0.consume(1);
                    Ok(())
                }
                [] => Err(std::io::ErrorKind::UnexpectedEof.into()),
            },
            _ => self.0.read_exact(into),
        }
    }
}

/// Decodes the picture to at least the size that `spec` needs. Returns it with the orientation that it is to get.
pub(super) fn decode(reader: impl BufRead, spec: &Spec, limits: &Limits) -> Result<Decoded, ThumbnailError> {
    let mut decoder = Decoder::new(ByteReader(reader));
    decoder.read_info().map_err(damaged)?;
    let info = decoder.info().ok_or_else(|| ThumbnailError::Damaged("no header".into()))?;
    let size = (u32::from(info.width), u32::from(info.height));
    limits.check_pixels(size)?;
    let exif = decoder.exif_data().and_then(|data| read_exif(data.to_vec()));
    let orientation = exif.as_ref().map_or(Orientation::NoTransforms, orientation_of);
    let wanted = box_of(size, orientation, spec);
    if let Some(small) = exif.as_ref().and_then(|exif| embedded(exif, size, wanted, limits)) {
        return Ok(Decoded { picture: small, orientation, size });
    }
    // All coefficients are held until the last scan, two bytes for each of three channels.
    if info.coding_process != CodingProcess::DctSequential && pixels(size) * 6 > limits.memory {
        return Err(ThumbnailError::TooLarge("bytes of pixels"));
    }
    let side = |side: u32| u16::try_from(side).unwrap_or(u16::MAX);
    decoder.scale(side(wanted.0), side(wanted.1)).map_err(damaged)?;
    decoder.set_max_decoding_buffer_size(usize::try_from(limits.memory).unwrap_or(usize::MAX));
    let decoded = decoder.decode().map_err(damaged)?;
    let info = decoder.info().ok_or_else(|| ThumbnailError::Damaged("no header".into()))?;
    let picture = to_image(decoded, u32::from(info.width), u32::from(info.height), info.pixel_format)?;
    Ok(Decoded { picture, orientation, size })
}

/// Returns the size of a JPEG that can be decoded, by its header.
pub(super) fn size(reader: impl Read) -> Option<(u32, u32)> {
    let mut decoder = Decoder::new(reader);
    decoder.read_info().ok()?;
    let info = decoder.info()?;
    (info.coding_process != CodingProcess::Lossless).then(|| (u32::from(info.width), u32::from(info.height)))
}

/// Returns the orientation that EXIF data tells (a TIFF file, or its beginning).
pub(super) fn orientation_in(data: Vec<u8>) -> Orientation {
    read_exif(data).as_ref().map_or(Orientation::NoTransforms, orientation_of)
}

fn damaged(error: jpeg_decoder::Error) -> ThumbnailError {
    ThumbnailError::Damaged(error.to_string())
}

fn pixels((width, height): (u32, u32)) -> u64 {
    u64::from(width) * u64::from(height)
}

fn to_image(pixels: Vec<u8>, width: u32, height: u32, format: PixelFormat) -> Result<DynamicImage, ThumbnailError> {
    let image = match format {
        PixelFormat::L8 => GrayImage::from_raw(width, height, pixels).map(DynamicImage::ImageLuma8),
        PixelFormat::L16 => {
            let high = pixels.as_chunks::<2>().0.iter().map(|&pair| (u16::from_ne_bytes(pair) >> 8) as u8).collect();
            GrayImage::from_raw(width, height, high).map(DynamicImage::ImageLuma8)
        }
        PixelFormat::RGB24 => RgbImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8),
        PixelFormat::CMYK32 => {
            let rgb =
                pixels.as_chunks::<4>().0.iter().flat_map(|&[c, m, y, k]| {
                    [c, m, y].map(|ink| (u16::from(255 - ink) * u16::from(255 - k) / 255) as u8)
                });
            RgbImage::from_raw(width, height, rgb.collect()).map(DynamicImage::ImageRgb8)
        }
    };
    image.ok_or_else(|| ThumbnailError::Damaged("fewer pixels than the header says".into()))
}

/// Returns the EXIF data, as far as it can be read.
fn read_exif(data: Vec<u8>) -> Option<exif::Exif> {
    let partial = |error: exif::Error| error.distill_partial_result(|_errors| ());
    exif::Reader::new().continue_on_error(true).read_raw(data).or_else(partial).ok()
}

fn number(exif: &exif::Exif, tag: Tag, image: In) -> Option<u32> {
    exif.get_field(tag, image)?.value.get_uint(0)
}

fn orientation_of(exif: &exif::Exif) -> Orientation {
    let value = number(exif, Tag::Orientation, In::PRIMARY).and_then(|value| u8::try_from(value).ok());
    value.and_then(Orientation::from_exif).unwrap_or(Orientation::NoTransforms)
}

/// Decodes the embedded thumbnail if it is large enough and shows the same picture: some cameras put black bars around
/// it, and some programs leave that of an earlier picture, often of another shape.
fn embedded(exif: &exif::Exif, full: (u32, u32), wanted: (u32, u32), limits: &Limits) -> Option<DynamicImage> {
    let start = number(exif, Tag::JPEGInterchangeFormat, In::THUMBNAIL)? as usize;
    let length = number(exif, Tag::JPEGInterchangeFormatLength, In::THUMBNAIL)? as usize;
    let bytes = exif.buf().get(start..start.checked_add(length)?)?;
    let mut decoder = Decoder::new(bytes);
    decoder.read_info().ok()?;
    let info = decoder.info()?;
    let size = (u32::from(info.width), u32::from(info.height));
    let shape = |(width, height): (u32, u32)| f64::from(width) / f64::from(height.max(1));
    let is_same_shape = (shape(size) / shape(full) - 1.0).abs() < 0.02;
    if size.0 < wanted.0 || size.1 < wanted.1 || !is_same_shape || limits.check_pixels(size).is_err() {
        return None;
    }
    to_image(decoder.decode().ok()?, size.0, size.1, info.pixel_format).ok()
}
