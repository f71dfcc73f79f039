//! Sound: its samples, its waveform, and files of other formats made from it, all by FFmpeg (ADR 0024).
//!
//! | module | |
//! |---|---|
//! | `pcm.rs` | samples |
//! | `peaks.rs` | the waveform for a seek bar |
//! | `format.rs` | what sound can be converted to |
//! | `caf.rs` | Opus in Apple's container |
//! | `transcode.rs` | converts, one producer for each result; clients read the file while it grows |

mod caf;
mod format;
pub(crate) mod pcm;
pub(crate) mod peaks;
mod transcode;

pub use format::AudioFormat;
pub use peaks::{PEAKS, waveform};
pub use transcode::{AC_CACHE_MAX, GrowingAudio, TRANSCODES_AT_ONCE, TRANSCODES_PER_ADDRESS, Transcoded, Transcoder};

#[cfg(test)]
mod tests;
