//! From a file of any kind to its thumbnail.

use super::ffmpeg::{Frames, failed};
use super::kind::MediaKind;
use super::render::{Thumbnail, catch_panics, finish, render};
use super::source::Source;
use super::spec::{Decoded, Limits, Spec, ThumbnailError};
use super::{embedded, spectrogram, svg};
use crate::media_tools::MediaTools;
use std::sync::Arc;
use std::time::Instant;
use store::disk::OpenFile;

/// Makes the thumbnail of a file. `programs`: whether other programs may be run. Blocks, for up to the time of `limits`.
///
/// # Errors
/// See [`ThumbnailError`].
pub fn make(
    file: &Arc<OpenFile>,
    kind: MediaKind,
    (tools, programs): (&MediaTools, bool),
    spec: &Spec,
    limits: &Limits,
) -> Result<Thumbnail, ThumbnailError> {
    let frames = Frames { tools, file, spec, limits, ends: Instant::now() + limits.time };
    catch_panics(|| match kind {
        MediaKind::Vector => finish(svg::draw(tools.drawings(), file, spec, limits)?, spec),
        MediaKind::Raw => finish(embedded::decode(file, spec, limits)?, spec),
        MediaKind::Video if programs => finish(frames.of_video()?, spec),
        MediaKind::Audio if programs => finish(of_audio(&frames)?, spec),
        MediaKind::Video | MediaKind::Audio => Err(ThumbnailError::NoProgram),
        // Extensions of pictures are often wrong.
        MediaKind::Picture | MediaKind::OtherPicture => {
            if let Some(decoded) = jpeg_in_own_process(&frames) {
                return finish(decoded?, spec);
            }
            match render(Source::of_file(file.clone(), limits), spec, limits) {
                Err(ThumbnailError::UnknownFormat) => finish(of_other_picture(&frames, programs)?, spec),
                made => made,
            }
        }
    })
}

/// Returns a JPEG that was decoded in a process of its own; `None`: it is to be decoded here.
#[cfg(target_os = "linux")]
fn jpeg_in_own_process(frames: &Frames<'_>) -> Option<Result<Decoded, ThumbnailError>> {
    let Frames { tools, file, spec, limits, .. } = frames;
    let decoded =
        super::jpeg_task::suits(file).then(|| super::jpeg_task::decode(tools.decoders(), file, spec, limits))?;
    // It would take as long here.
    Some(decoded).filter(|decoded| matches!(decoded, Ok(_) | Err(ThumbnailError::TimedOut)))
}

#[cfg(not(target_os = "linux"))]
fn jpeg_in_own_process(_frames: &Frames<'_>) -> Option<Result<Decoded, ThumbnailError>> {
    None
}

/// Returns what FFmpeg decodes, else the JPEG in the file.
fn of_other_picture(frames: &Frames<'_>, programs: bool) -> Result<Decoded, ThumbnailError> {
    let decoded = if programs { frames.first() } else { Err(ThumbnailError::NoProgram) };
    decoded.or_else(|error| match embedded::decode(frames.file, frames.spec, frames.limits) {
        Ok(decoded) => Ok(decoded),
        Err(_) => Err(error),
    })
}

/// Returns the cover, else the spectrogram.
fn of_audio(frames: &Frames<'_>) -> Result<Decoded, ThumbnailError> {
    let probed = frames.probe()?;
    if let Some(cover) = frames.cover(&probed) {
        return Ok(cover);
    }
    if !probed.has_audio {
        return Err(ThumbnailError::Damaged("it has no sound".into()));
    }
    spectrogram::draw(frames.ffmpeg()?, frames.tools.children(), frames.file, frames.spec, frames.left())
        .map_err(failed)
}
