//! The JPEG inside of another file: photos as the camera's sensor saw them hold one or several, of any size, in containers
//! of many kinds. They are found by their first bytes, wherever they are.

use super::jpeg;
use super::render::decode_jpeg;
use super::source::Source;
use super::spec::{Decoded, Limits, Spec, ThumbnailError};
use image::metadata::Orientation;
use memchr::memmem::Finder;
use std::sync::Arc;
use store::disk::OpenFile;

/// Bytes read at a time.
const READ: usize = 1 << 20;
/// Most JPEGs that are looked at.
const FOUND_MAX: usize = 64;
/// First bytes of a JPEG: its start, and that of its first segment.
const START: &[u8] = b"\xff\xd8\xff";
/// Bytes at the start of a file that hold its EXIF data.
const EXIF: usize = 256 << 10;

/// A JPEG in a file.
struct Found {
    at: u64,
    size: (u32, u32),
}

/// Decodes the smallest JPEG in the file that is large enough, else the largest.
pub(super) fn decode(file: &Arc<OpenFile>, spec: &Spec, limits: &Limits) -> Result<Decoded, ThumbnailError> {
    let mut found = find(file, limits)?;
    let is_enough = |found: &Found| found.size.0 >= spec.width && found.size.1 >= spec.height;
    let pixels = |found: &Found| u64::from(found.size.0) * u64::from(found.size.1);
    found.sort_by_key(|found| {
        (!is_enough(found), if is_enough(found) { pixels(found) } else { u64::MAX - pixels(found) })
    });
    let mut error = ThumbnailError::UnknownFormat;
    for found in found {
        match decode_jpeg(Source::of_file_at(file.clone(), found.at, limits), spec, limits) {
            Ok(decoded) => return Ok(turned(decoded, file)),
            Err(failed) => error = failed,
        }
    }
    Err(error)
}

/// Takes the orientation of the whole file if the JPEG tells none.
fn turned(decoded: Decoded, file: &OpenFile) -> Decoded {
    if decoded.orientation != Orientation::NoTransforms {
        return decoded;
    }
    let mut first = Vec::new();
    let read = file.read_at(0, EXIF, &mut first);
    let is_tiff = first.starts_with(b"II") || first.starts_with(b"MM");
    match read.is_ok() && is_tiff {
        true => Decoded { orientation: jpeg::orientation_in(first), ..decoded },
        false => decoded,
    }
}

fn find(file: &Arc<OpenFile>, limits: &Limits) -> Result<Vec<Found>, ThumbnailError> {
    let (finder, ends) = (Finder::new(START), std::time::Instant::now() + limits.time);
    let (mut found, mut buffer, mut at) = (Vec::new(), Vec::with_capacity(READ + START.len()), 0u64);
    loop {
        // The start may lie across two reads.
        let kept = buffer.len().min(START.len() - 1);
        buffer.drain(..buffer.len() - kept);
        let begins = at - kept as u64;
        let read = file.read_at(at, READ, &mut buffer).map_err(ThumbnailError::Unreadable)?;
        for position in finder.find_iter(&buffer) {
            let at = begins + position as u64;
            if found.len() < FOUND_MAX
                && let Some(size) = size_at(file, at, limits)
            {
                found.push(Found { at, size });
            }
        }
        at += read as u64;
        if read == 0 || at >= limits.bytes || std::time::Instant::now() >= ends {
            return Ok(found);
        }
    }
}

/// Returns the size of the JPEG there; `None` if there is none that can be decoded, as the raw data of some cameras.
fn size_at(file: &Arc<OpenFile>, at: u64, limits: &Limits) -> Option<(u32, u32)> {
    // Its header; that of a JPEG with large EXIF data ends before.
    const HEADER: u64 = 1 << 20;
    let header = Limits { bytes: HEADER, ..*limits };
    let source = std::io::BufReader::with_capacity(4 << 10, Source::of_file_at(file.clone(), at, &header));
    let size = jpeg::size(source)?;
    limits.check_pixels(size).ok().map(|()| size)
}
