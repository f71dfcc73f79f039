//! A picture of a sound: time to the right, frequency upwards, brighter where it is louder.

use super::spec::{Decoded, Spec};
use crate::audio::pcm;
use crate::child_process::{ChildError, ChildProcesses};
use crate::media_tools::MediaTool;
use image::metadata::Orientation;
use image::{DynamicImage, Rgb, RgbImage};
use rustfft::{FftPlanner, num_complex::Complex};
use std::sync::Arc;
use std::time::Duration;
use store::disk::OpenFile;

/// Samples a second: half of it is the highest frequency that is shown.
const RATE: u32 = 32_000;
/// How much of a sound is shown, from its start.
const SHOWN: Duration = Duration::from_secs(300);
/// Samples of one column; a power of two.
const WINDOW: usize = 2048;
/// The quietest that is not black, in decibels below the loudest.
const RANGE: f32 = 84.0;

/// Decodes the sound and draws it, as large as `spec`.
pub(super) fn draw(
    ffmpeg: &MediaTool,
    children: &ChildProcesses,
    file: &Arc<OpenFile>,
    spec: &Spec,
    time: Duration,
) -> Result<Decoded, ChildError> {
    let mut samples = Vec::new();
    pcm::decode(ffmpeg, children, file, pcm::Wanted { rate: RATE, most: SHOWN, time }, |more| {
        samples.extend_from_slice(more);
    })?;
    let picture = DynamicImage::ImageRgb8(picture(&samples, spec.width, spec.height));
    Ok(Decoded { size: (spec.width, spec.height), picture, orientation: Orientation::NoTransforms })
}

fn picture(samples: &[i16], width: u32, height: u32) -> RgbImage {
    let fft = FftPlanner::<f32>::new().plan_fft_forward(WINDOW);
    let hann: Vec<f32> =
        (0..WINDOW).map(|index| 0.5 - 0.5 * (std::f32::consts::TAU * index as f32 / WINDOW as f32).cos()).collect();
    let mut spectrum = vec![Complex::default(); WINDOW];
    let columns: Vec<Vec<f32>> = (0..width)
        .map(|x| {
            let start = samples.len().saturating_sub(WINDOW) as u64 * u64::from(x) / u64::from(width.max(2) - 1);
            let part = samples.get(start as usize..).unwrap_or_default();
            for (index, value) in spectrum.iter_mut().enumerate() {
                let sample = part.get(index).copied().unwrap_or(0);
                *value = Complex::new(f32::from(sample) / 32_768.0 * hann[index], 0.0);
            }
            fft.process(&mut spectrum);
            (0..height).map(|y| loudness(&spectrum, y, height)).collect()
        })
        .collect();
    let loudest = columns.iter().flatten().copied().fold(f32::MIN, f32::max).max(-100.0);
    RgbImage::from_fn(width, height, |x, y| {
        let decibels = columns[x as usize][(height - 1 - y) as usize];
        color(1.0 - (loudest - decibels) / RANGE)
    })
}

/// Returns the loudest of the frequencies of one row, counted from below, in decibels.
fn loudness(spectrum: &[Complex<f32>], row: u32, rows: u32) -> f32 {
    let half = WINDOW / 2;
    let bin = |row: u32| (row as usize * half / rows as usize).min(half - 1);
    let bins = &spectrum[bin(row)..=bin(row + 1).saturating_sub(1).max(bin(row))];
    let power = bins.iter().map(Complex::norm_sqr).fold(0.0, f32::max);
    10.0 * (power + 1e-12).log10()
}

/// Black, violet, red, orange, yellow, white.
fn color(level: f32) -> Rgb<u8> {
    const STOPS: [[f32; 3]; 6] = [
        [4.0, 4.0, 12.0],
        [66.0, 16.0, 104.0],
        [162.0, 34.0, 84.0],
        [232.0, 92.0, 36.0],
        [250.0, 188.0, 44.0],
        [252.0, 252.0, 200.0],
    ];
    let at = level.clamp(0.0, 1.0) * (STOPS.len() - 1) as f32;
    let (low, part) = ((at as usize).min(STOPS.len() - 2), at.fract());
    let part = if at as usize > low { 1.0 } else { part };
    Rgb(std::array::from_fn(|channel| (STOPS[low][channel] * (1.0 - part) + STOPS[low + 1][channel] * part) as u8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_a_line_at_its_height() {
        let tone = |frequency: f32| -> Vec<i16> {
            let step = std::f32::consts::TAU * frequency / RATE as f32;
            (0..RATE).map(|index| ((step * index as f32).sin() * 20_000.0) as i16).collect()
        };
        for (frequency, expected) in [(2000.0, 87), (8000.0, 50), (12_000.0, 25)] {
            let picture = picture(&tone(frequency), 40, 100);
            let bright = |y: &u32| picture.get_pixel(20, *y).0.iter().map(|&channel| u32::from(channel)).sum::<u32>();
            let brightest = (0..100).max_by_key(bright).expect("rows");
            assert!(brightest.abs_diff(expected) <= 1, "{frequency} Hz at {brightest}");
        }
    }

    #[test]
    fn silence_and_nothing_are_pictures() {
        for samples in [vec![], vec![0; 10], vec![0; 100_000], vec![i16::MIN; 3000]] {
            assert_eq!(picture(&samples, 32, 16).dimensions(), (32, 16));
        }
        picture(&[1, 2, 3], 1, 1);
    }
}
