//! JPEG, decoded by libjpeg (in the edition of mozjpeg), which takes two thirds of the time of the decoder of `jpeg.rs`. It
//! is written in C: it runs in a process of its own, without rights, and whatever goes wrong there, `jpeg.rs` decodes the
//! picture, unless the time is over.
//!
//! The process answers with five numbers of four bytes each (width and height of the pixels, width and height of the whole
//! picture, EXIF orientation), and the pixels (RGB).

use super::ffmpeg::failed;
use super::jpeg::orientation_in;
use super::scale::box_of;
use super::spec::{Decoded, Fit, Format, Limits, Spec, ThumbnailError};
use crate::child_process::{ChildCommand, ChildLimits, ChildProcesses, Input, OwnTask, Program};
use image::metadata::Orientation;
use image::{DynamicImage, RgbImage};
use mozjpeg::{ColorSpace, Decompress, Marker};
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use store::disk::OpenFile;

/// The task that decodes what it reads from standard input. Arguments: width and height of the box, `crop` or `width`, most
/// pixels of the whole picture.
pub(crate) const JPEG_TASK: OwnTask = ("jpeg", task);

/// First bytes of a JPEG: its start, and that of its first segment.
const START: &[u8] = b"\xff\xd8\xff";
/// Most bytes of a file that are decoded here: the process holds it in memory.
const BYTES_MAX: u64 = 64 << 20;
/// Memory of the process besides the file: that of progressive pictures, for which `jpeg.rs` has the same limit, and of the
/// program.
const MEMORY: u64 = 256 << 20;
/// Numbers before the pixels.
const HEADER: usize = 5;
/// The segment that holds EXIF data, and what it begins with.
const EXIF: (Marker, &[u8]) = (Marker::APP(1), b"Exif\0\0");

/// Whether the file is a JPEG that this module may decode.
pub(super) fn suits(file: &OpenFile) -> bool {
    let mut first = Vec::with_capacity(START.len());
    file.meta.size <= BYTES_MAX && file.read_at(0, START.len(), &mut first).is_ok() && first == START
}

/// Decodes the file to at least the size that `spec` needs.
///
/// # Errors
/// Also for files that the decoder of `jpeg.rs` can decode: those with four colours, for example.
pub(super) fn decode(
    children: &ChildProcesses,
    file: &Arc<OpenFile>,
    spec: &Spec,
    limits: &Limits,
) -> Result<Decoded, ThumbnailError> {
    let own = ChildLimits {
        time: limits.time,
        processor_time: limits.time,
        memory: MEMORY + limits.memory,
        output: 4 * HEADER as u64 + 3 * limits.pixels,
    };
    let command = ChildCommand::new(&Program::own_task(JPEG_TASK.0))
        .args([
            spec.width.to_string(),
            spec.height.to_string(),
            spec.fit.as_str().to_owned(),
            limits.pixels.to_string(),
        ])
        .input(Input::File(file.clone()))
        .limits(own);
    let output = children.run(command).map_err(failed)?;
    read_answer(output.stdout).ok_or_else(|| ThumbnailError::Damaged("it was not decoded".into()))
}

fn read_answer(mut answer: Vec<u8>) -> Option<Decoded> {
    let numbers: Vec<u32> =
        answer.get(..4 * HEADER)?.as_chunks().0.iter().map(|four| u32::from_le_bytes(*four)).collect();
    let [width, height, full_width, full_height, orientation] = numbers[..] else { return None };
    answer.drain(..4 * HEADER);
    let picture = DynamicImage::ImageRgb8(RgbImage::from_raw(width, height, answer)?);
    let orientation = u8::try_from(orientation).ok().and_then(Orientation::from_exif)?;
    Some(Decoded { picture, orientation, size: (full_width, full_height) })
}

fn task(args: &[OsString]) -> Result<(), String> {
    let text = |index: usize| args.get(index).and_then(|arg| arg.to_str()).ok_or("too few arguments");
    let number = |index| text(index)?.parse::<u32>().map_err(|_| "not a number");
    let fit = Fit::parse(text(2)?);
    let spec = Spec { width: number(0)?, height: number(1)?, fit, format: Format::Jpeg, quality: 0 };
    let pixels_max = u64::from(number(3)?);
    let mut data = Vec::new();
    io::stdin().take(BYTES_MAX).read_to_end(&mut data).map_err(|error| error.to_string())?;
    let Decoded { picture, orientation, size } = decode_bytes(&data, &spec, pixels_max)?;
    let numbers = [picture.width(), picture.height(), size.0, size.1, u32::from(orientation.to_exif())];
    let mut out = io::stdout().lock();
    out.write_all(numbers.map(u32::to_le_bytes).as_flattened()).map_err(|error| error.to_string())?;
    out.write_all(picture.as_bytes()).map_err(|error| error.to_string())
}

/// Decodes a JPEG. `pixels_max`: most pixels of the whole picture.
fn decode_bytes(data: &[u8], spec: &Spec, pixels_max: u64) -> Result<Decoded, String> {
    // The library's errors unwind.
    let decoded = catch_unwind(AssertUnwindSafe(|| try_decode(data, spec, pixels_max)));
    decoded.unwrap_or_else(|_error| Err("it cannot be decoded".into()))
}

fn try_decode(data: &[u8], spec: &Spec, pixels_max: u64) -> Result<Decoded, String> {
    let broken = |error: io::Error| error.to_string();
    let mut decoder = Decompress::with_markers(&[EXIF.0]).from_mem(data).map_err(broken)?;
    let side = |side: usize| u32::try_from(side).map_err(|_| "too large");
    let size = (side(decoder.width())?, side(decoder.height())?);
    if size.0 == 0 || size.1 == 0 || u64::from(size.0) * u64::from(size.1) > pixels_max {
        return Err("too large".into());
    }
    if !matches!(decoder.color_space(), ColorSpace::JCS_YCbCr | ColorSpace::JCS_RGB | ColorSpace::JCS_GRAYSCALE) {
        return Err("four colours".into());
    }
    let exif = decoder.markers().find_map(|marker| marker.data.strip_prefix(EXIF.1));
    let orientation = exif.map_or(Orientation::NoTransforms, |data| orientation_in(data.to_vec()));
    let wanted = box_of(size, orientation, spec);
    let scaled = |side: u32, eighths: u8| side.saturating_mul(u32::from(eighths)).div_ceil(8);
    let is_enough = |eighths: &u8| scaled(size.0, *eighths) >= wanted.0 && scaled(size.1, *eighths) >= wanted.1;
    // Powers of two have the fastest transforms.
    decoder.scale([1, 2, 4].into_iter().find(is_enough).unwrap_or(8));
    let mut started = decoder.rgb().map_err(broken)?;
    let (width, height) = (side(started.width())?, side(started.height())?);
    let pixels: Vec<u8> = started.read_scanlines().map_err(broken)?;
    started.finish().map_err(broken)?;
    let picture = RgbImage::from_raw(width, height, pixels).ok_or("too few pixels")?;
    Ok(Decoded { picture: DynamicImage::ImageRgb8(picture), orientation, size })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thumbnails::jpeg;
    use image::codecs::jpeg::JpegEncoder;
    use image::{ExtendedColorType, ImageEncoder};

    fn spec(side: u32) -> Spec {
        Spec { width: side, height: side, fit: Fit::Crop, format: Format::Jpeg, quality: 50 }
    }

    fn encoded(width: u32, height: u32, kind: ExtendedColorType) -> Vec<u8> {
        let channels = usize::from(kind.channel_count());
        let pixels: Vec<u8> =
            (0..width as usize * height as usize * channels).map(|at| (at / 97 % 256) as u8).collect();
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 90).write_image(&pixels, width, height, kind).expect("encodes");
        bytes
    }

    #[test]
    fn both_decoders_see_the_same_picture() {
        for (width, height, kind) in
            [(1000, 700, ExtendedColorType::Rgb8), (17, 9, ExtendedColorType::Rgb8), (640, 480, ExtendedColorType::L8)]
        {
            let bytes = encoded(width, height, kind);
            for side in [16, 100, 400, 2000] {
                let native = decode_bytes(&bytes, &spec(side), 1 << 30).expect("decodes");
                let portable = jpeg::decode(&bytes[..], &spec(side), &Limits::default()).expect("decodes");
                assert_eq!((native.size, native.orientation), (portable.size, portable.orientation));
                let (ours, theirs) = (native.picture.to_rgb8(), portable.picture.to_rgb8());
                let mean = |picture: &RgbImage| {
                    picture.as_raw().iter().map(|&byte| f64::from(byte)).sum::<f64>() / picture.as_raw().len() as f64
                };
                assert!((mean(&ours) - mean(&theirs)).abs() < 3.0, "{width}x{height} to {side}");
                assert!(ours.width() >= side.min(width) || ours.height() >= side.min(height));
            }
        }
    }

    #[test]
    fn limits_and_damage_are_errors() {
        let bytes = encoded(300, 200, ExtendedColorType::Rgb8);
        assert!(decode_bytes(&bytes, &spec(50), 59_999).is_err() && decode_bytes(&bytes, &spec(50), 60_000).is_ok());
        for end in [0, 3, 20, 200] {
            assert!(decode_bytes(&bytes[..end], &spec(50), 1 << 30).is_err(), "{end}");
        }
        assert!(read_answer(vec![0; 19]).is_none() && read_answer(vec![1; 40]).is_none());
    }
}
