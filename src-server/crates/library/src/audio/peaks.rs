//! The waveform of a sound: how loud it is at each of [`PEAKS`] places.

use super::pcm;
use crate::child_process::{ChildError, ChildProcesses};
use crate::media_tools::MediaTool;
use image::{ImageFormat, LumaA};
use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;
use store::disk::OpenFile;

/// Number of peaks, each a byte: 0 is silence, 255 the loudest that a file can hold.
pub const PEAKS: usize = 2048;
/// Samples a second: enough for loudness.
const RATE: u32 = 8000;
/// How much of a sound is looked at.
const MOST: Duration = Duration::from_secs(12 * 3600);
/// Most parts that are held while the length is not known; when there are more, two become one.
const PARTS_MAX: usize = 32 * PEAKS;

/// The loudest sample of each part of a sound whose length is not known yet.
struct Parts {
    parts: Vec<u16>,
    /// Samples of one part.
    length: usize,
    /// Samples of the last part until now, and the loudest of them.
    last: (usize, u16),
}

impl Parts {
    fn new() -> Self {
        Self { parts: Vec::new(), length: RATE as usize / 200, last: (0, 0) }
    }

    fn push(&mut self, samples: &[i16]) {
        for sample in samples {
            self.last = (self.last.0 + 1, self.last.1.max(sample.unsigned_abs()));
            if self.last.0 == self.length {
                self.parts.push(self.last.1);
                self.last = (0, 0);
            }
            if self.parts.len() == PARTS_MAX {
                self.parts = self.parts.chunks(2).map(|two| two.iter().copied().max().unwrap_or(0)).collect();
                self.length *= 2;
            }
        }
    }

    /// Returns [`PEAKS`] bytes, or none if there was no sound.
    fn finish(mut self) -> Vec<u8> {
        if self.last.0 > 0 {
            self.parts.push(self.last.1);
        }
        if self.parts.is_empty() {
            return Vec::new();
        }
        let at = |peak: usize| peak * self.parts.len() / PEAKS;
        let loudest = |peak: usize| {
            let end = at(peak + 1).max(at(peak) + 1);
            self.parts[at(peak)..end].iter().copied().max().unwrap_or(0)
        };
        (0..PEAKS).map(|peak| u8::try_from(loudest(peak) / 128).unwrap_or(u8::MAX)).collect()
    }
}

/// Returns the peaks of the first stream of sound; none if there is no sound in it. Blocks.
///
/// # Errors
/// See [`ChildError`].
pub(crate) fn peaks(
    ffmpeg: &MediaTool,
    children: &ChildProcesses,
    file: &Arc<OpenFile>,
    time: Duration,
) -> Result<Vec<u8>, ChildError> {
    let mut parts = Parts::new();
    pcm::decode(ffmpeg, children, file, pcm::Wanted { rate: RATE, most: MOST, time }, |samples| parts.push(samples))?;
    Ok(parts.finish())
}

/// Draws peaks as a PNG of [`PEAKS`] times 64 pixels: white on transparent.
pub fn waveform(peaks: &[u8]) -> Vec<u8> {
    const HEIGHT: u32 = 64;
    let picture = image::GrayAlphaImage::from_fn(PEAKS as u32, HEIGHT, |x, y| {
        let peak = u32::from(peaks.get(x as usize).copied().unwrap_or(0));
        let distance = (2 * y + 1).abs_diff(HEIGHT);
        LumaA([255, if distance * 255 <= (peak + 2) * HEIGHT { 255 } else { 0 }])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).expect("memory takes all");
    bytes.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_follow_loudness_at_any_length() {
        for seconds in [1, 7, 60, 3000] {
            let mut parts = Parts::new();
            // Silence, then half as loud as possible, then as loud as possible; in pieces of odd sizes.
            for level in [0, 16_384, i16::MIN] {
                let samples = vec![level; seconds * RATE as usize / 3];
                samples.chunks(1013).for_each(|piece| parts.push(piece));
            }
            let peaks = parts.finish();
            assert_eq!(peaks.len(), PEAKS, "{seconds}");
            let expected = [(PEAKS / 6, 0), (PEAKS / 2, 128), (PEAKS * 5 / 6, 255)];
            for (at, level) in expected {
                assert_eq!(peaks[at], level, "{seconds} s, {at}");
            }
        }
        assert_eq!(Parts::new().finish(), [0; 0]);
    }

    #[test]
    fn waveforms_are_pictures() {
        for peaks in [vec![], vec![0; PEAKS], vec![255; PEAKS]] {
            let picture = image::load_from_memory(&waveform(&peaks)).expect("a picture").to_rgba8();
            assert_eq!(picture.dimensions(), (2048, 64));
            let is_loud = peaks.first() == Some(&255);
            assert_eq!(picture.get_pixel(9, 0).0[3] > 0, is_loud);
        }
    }
}
