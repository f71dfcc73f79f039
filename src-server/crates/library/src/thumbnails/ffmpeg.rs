//! Frames of videos, covers, and pictures of other formats, by FFmpeg.

use super::decode;
use super::source::Source;
use super::spec::{Decoded, Fit, Limits, Spec, ThumbnailError};
use crate::child_process::{ChildCommand, ChildError, ChildLimits};
use crate::media_tools::{MediaTool, MediaTools};
use image::ImageFormat;
use std::io::BufReader;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::disk::OpenFile;

/// Memory that FFmpeg may allocate: a film of 8K needs most of it.
const MEMORY: u64 = 1536 << 20;
/// Most bytes of one frame as PNG.
const FRAME_MAX: u64 = 64 << 20;
/// Most bytes that FFprobe may write.
const PROBE_MAX: u64 = 64 << 10;
/// Largest side of a frame whose height is free.
const SIDE_MAX: u32 = 8192;

/// Runs FFmpeg on one file within one time limit.
pub(super) struct Frames<'a> {
    pub tools: &'a MediaTools,
    pub file: &'a Arc<OpenFile>,
    pub spec: &'a Spec,
    pub limits: &'a Limits,
    /// When the time is over.
    pub ends: Instant,
}

/// What FFprobe tells of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Probed {
    /// Number of the stream that is a cover.
    cover: Option<u32>,
    /// Number of the first stream that is a video, and its size.
    video: Option<(u32, (u32, u32))>,
    /// Whether there is sound.
    pub has_audio: bool,
    /// Length in seconds.
    duration: Option<f64>,
}

impl Frames<'_> {
    /// Returns the picture in the file, or the first of several.
    pub fn first(&self) -> Result<Decoded, ThumbnailError> {
        self.frame(&[], "0:v:0", None)
    }

    /// Returns the cover of a video, else a frame about one third in, else the first.
    pub fn of_video(&self) -> Result<Decoded, ThumbnailError> {
        let probed = self.probe()?;
        if let Some(cover) = self.cover(&probed) {
            return Ok(cover);
        }
        let (stream, size) = probed.video.ok_or_else(|| ThumbnailError::Damaged("it has no pictures".into()))?;
        let map = format!("0:{stream}");
        if let Some(duration) = probed.duration.filter(|duration| *duration > 0.5) {
            let third = format!("{:.3}", duration / 3.0);
            // The key frame before: a tenth of the work of the exact one.
            let seek = ["-noaccurate_seek", "-skip_frame", "nokey", "-ss", &third];
            match self.frame(&seek, &map, Some(size)) {
                Err(ThumbnailError::Damaged(_)) => {}
                made => return made,
            }
        }
        self.frame(&[], &map, Some(size))
    }

    /// Returns the cover, if there is one that can be decoded.
    pub fn cover(&self, probed: &Probed) -> Option<Decoded> {
        let map = format!("0:{}", probed.cover?);
        self.frame(&[], &map, None).ok()
    }

    /// Asks FFprobe what is in the file.
    pub fn probe(&self) -> Result<Probed, ThumbnailError> {
        let ffprobe = self.tools.ffprobe().ok_or(ThumbnailError::NoProgram)?;
        let entries = "format=duration:stream=index,codec_type,width,height:stream_disposition=attached_pic";
        let command = ffprobe.read(self.file.clone(), &[], &["-show_entries", entries, "-of", "compact"]);
        let output = self.run(command, PROBE_MAX)?;
        Ok(parse_probed(&String::from_utf8_lossy(&output)))
    }

    /// Decodes one frame of a stream. `size`: that of the video, if it is known.
    fn frame(&self, before: &[&str], map: &str, size: Option<(u32, u32)>) -> Result<Decoded, ThumbnailError> {
        let ffmpeg = self.ffmpeg()?;
        let filter = scaled(self.spec);
        let pixels = self.limits.pixels.to_string();
        let before: Vec<&str> = ["-max_pixels", &pixels, "-an", "-sn", "-dn"].iter().chain(before).copied().collect();
        let after = ["-map", map, "-frames:v", "1", "-vf", &filter, "-pix_fmt", "rgba"];
        let output = ["-c:v", "png", "-compression_level", "1", "-f", "image2pipe", "-"];
        let after: Vec<&str> = after.into_iter().chain(output).collect();
        let png = self.run(ffmpeg.read(self.file.clone(), &before, &after), FRAME_MAX)?;
        if png.is_empty() {
            return Err(ThumbnailError::Damaged("no frame can be decoded".into()));
        }
        let reader = BufReader::new(Source::of_bytes(&png, self.limits));
        let decoded = decode::decode(reader, ImageFormat::Png, self.limits)?;
        // It may have been turned: then its shape tells that.
        let is_same_shape = |(w, h): &(u32, u32)| (w > h) == (decoded.size.0 > decoded.size.1);
        let size = size.filter(is_same_shape).unwrap_or(decoded.size);
        Ok(Decoded { size, ..decoded })
    }

    pub fn ffmpeg(&self) -> Result<&MediaTool, ThumbnailError> {
        self.tools.ffmpeg().ok_or(ThumbnailError::NoProgram)
    }

    /// Returns the time that is left.
    pub fn left(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }

    fn run(&self, command: ChildCommand, output: u64) -> Result<Vec<u8>, ThumbnailError> {
        let limits = ChildLimits { time: self.left(), processor_time: 2 * self.limits.time, memory: MEMORY, output };
        Ok(self.tools.children().run(command.limits(limits)).map_err(failed)?.stdout)
    }
}

/// Translates how a program failed.
pub(super) fn failed(error: ChildError) -> ThumbnailError {
    match error {
        ChildError::TimedOut => ThumbnailError::TimedOut,
        ChildError::TooMuchOutput => ThumbnailError::TooLarge("bytes of pixels"),
        ChildError::NotStarted(_) | ChildError::Busy | ChildError::Cancelled => {
            tracing::warn!(%error, "a program was not run");
            ThumbnailError::NoProgram
        }
        ChildError::Failed { .. } => ThumbnailError::Damaged(error.to_string()),
    }
}

/// Returns the filter that scales a frame to the size that `spec` needs at least, with square pixels, never larger.
fn scaled(spec: &Spec) -> String {
    let (width, height) = (spec.width, spec.height);
    let factor = match spec.fit {
        Fit::Crop => format!("min(1,max({width}/(iw*sar),{height}/ih))"),
        Fit::Width => format!("min(1,min({width}/(iw*sar),{SIDE_MAX}/ih))"),
    };
    format!("scale=w='max(1,round(iw*sar*{factor}))':h='max(1,round(ih*{factor}))':flags=area,setsar=1")
}

/// Reads rows like `stream|index=0|codec_type=video|width=64|height=48|disposition:attached_pic=0`.
fn parse_probed(text: &str) -> Probed {
    let mut probed = Probed::default();
    for line in text.lines() {
        let value = |name: &str| line.split('|').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
        let number = |name| value(name).and_then(|text| text.trim().parse::<u32>().ok());
        if line.starts_with("format|") {
            probed.duration =
                value("duration").and_then(|text| text.trim().parse().ok()).filter(|d: &f64| d.is_finite());
        }
        let (Some(index), Some(kind)) = (number("index"), value("codec_type")) else { continue };
        let is_cover = number("disposition:attached_pic") == Some(1);
        match kind {
            "audio" => probed.has_audio = true,
            "video" if is_cover => _ = probed.cover.get_or_insert(index),
            "video" => {
                let size = (number("width").unwrap_or(0), number("height").unwrap_or(0));
                probed.video.get_or_insert((index, size));
            }
            _ => {}
        }
    }
    probed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_understood() {
        let text = "stream|index=0|codec_type=audio|disposition:attached_pic=0\n\
                    stream|index=1|codec_type=video|width=64|height=48|disposition:attached_pic=1\n\
                    stream|index=2|codec_type=video|width=640|height=480|disposition:attached_pic=0\n\
                    format|duration=2.500000\n";
        let expected = Probed { cover: Some(1), video: Some((2, (640, 480))), has_audio: true, duration: Some(2.5) };
        assert_eq!(parse_probed(text), expected);
        assert_eq!(parse_probed("format|duration=N/A\nstream|index=x\n|||\n"), Probed::default());
    }
}
