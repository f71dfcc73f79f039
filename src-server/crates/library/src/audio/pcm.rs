//! The samples of a sound, of one channel, decoded by FFmpeg in a process of its own.

use crate::child_process::{ChildError, ChildLimits, ChildProcesses};
use crate::media_tools::MediaTool;
use std::sync::Arc;
use std::time::Duration;
use store::disk::OpenFile;

/// What is wanted of a sound.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// Samples a second.
    pub rate: u32,
    /// Most of the sound, from its start.
    pub most: Duration,
    /// Time that decoding may take.
    pub time: Duration,
}

/// Decodes the first stream of sound and hands its samples to `each`, piece by piece, all channels mixed to one. Blocks.
///
/// # Errors
/// See [`ChildError`]; `each` may have been called before.
pub(crate) fn decode(
    ffmpeg: &MediaTool,
    children: &ChildProcesses,
    file: &Arc<OpenFile>,
    wanted: Wanted,
    mut each: impl FnMut(&[i16]),
) -> Result<(), ChildError> {
    let (rate, most) = (wanted.rate.to_string(), wanted.most.as_secs().to_string());
    let after = ["-map", "0:a:0", "-t", &most, "-ac", "1", "-ar", &rate, "-c:a", "pcm_s16le", "-f", "s16le", "-"];
    let limits = ChildLimits {
        time: wanted.time,
        processor_time: 2 * wanted.time,
        output: 2 * u64::from(wanted.rate) * (wanted.most.as_secs() + 1),
        ..ChildLimits::default()
    };
    let mut child = children.start(ffmpeg.read(file.clone(), &["-vn", "-sn", "-dn"], &after).limits(limits))?;
    let (mut half, mut samples) = (None, Vec::new());
    while let Some(bytes) = child.read()? {
        samples.clear();
        let mut rest = &bytes[..];
        if let (Some(low), Some((high, more))) = (half.take(), bytes.split_first()) {
            samples.push(i16::from_le_bytes([low, *high]));
            rest = more;
        }
        let (pairs, odd) = rest.as_chunks::<2>();
        samples.extend(pairs.iter().map(|&pair| i16::from_le_bytes(pair)));
        half = odd.first().copied();
        each(&samples);
    }
    Ok(())
}
