//! Sound: its samples, its waveform, and files of other formats made from it.
//!
//! | module | |
//! |---|---|
//! | `pcm.rs` | samples, decoded by FFmpeg |

pub(crate) mod pcm;
