//! Thumbnails: small copies of pictures, made when they are asked for and kept in the volume's state folder.
//!
//! ```text
//! Thumbnails (service) ─► DerivedFiles (store): is it there? ─► bytes
//!        └─ not there: one producer for each key, a bounded number at once, on a background thread
//!             └─► make: by kind of file
//!                   ├─► jpeg_task (Linux): a process of this program
//!                   ├─► render: Source (bounded) ─► decode / jpeg ─► scale ─► encode
//!                   ├─► embedded: the JPEG in a raw photo
//!                   ├─► svg: a process of this program
//!                   └─► ffmpeg, spectrogram: a process of FFmpeg
//! ```
//!
//! | module | |
//! |---|---|
//! | `service.rs` | which picture, its key, and whether it is there already |
//! | `request.rs` | what a client asks for, under the settings |
//! | `kind.rs` | what kind of file it is |
//! | `hot.rs` | thumbnails in memory |
//! | `producer.rs` | one producer for each key, a bounded number at once |
//! | `make.rs` | the way from each kind of file to its thumbnail |
//! | `spec.rs` | what is wanted, what is allowed, what can go wrong |
//! | `source.rs` | the bytes of a picture, with limits of number and time |
//! | `jpeg.rs` | JPEG: scaled decoding, EXIF orientation and thumbnail |
//! | `jpeg_task.rs` | JPEG on Linux: the fastest decoder, in a process of its own |
//! | `decode.rs` | every other format that is decoded here |
//! | `embedded.rs` | the JPEG in another file |
//! | `svg.rs` | SVG |
//! | `ffmpeg.rs` | frames, covers, other formats |
//! | `spectrogram.rs` | a picture of a sound |
//! | `scale.rs` | size, crop, orientation |
//! | `encode.rs` | WebP and JPEG |
//! | `placeholder.rs` | what is shown until a thumbnail arrives |
//! | `render.rs` | decoding, scaling, encoding, one after the other; panics become errors |

mod decode;
mod embedded;
mod encode;
mod ffmpeg;
mod hot;
mod jpeg;
#[cfg(target_os = "linux")]
mod jpeg_task;
mod kind;
mod make;
pub(crate) mod placeholder;
mod producer;
mod render;
mod request;
mod scale;
mod service;
mod source;
mod spec;
mod spectrogram;
mod svg;

pub use hot::HOT_MAX;
#[cfg(target_os = "linux")]
pub(crate) use jpeg_task::JPEG_TASK;
pub use kind::{MediaKind, kind_of};
pub use make::make;
pub use placeholder::Placeholder;
pub use producer::QUEUE_MAX;
pub use render::{Thumbnail, render};
pub use request::ThumbnailRequest;
pub use service::{CACHE_MAX, Candidate, Thumbnails};
pub use source::Source;
pub use spec::{Fit, Format, Limits, Spec, ThumbnailError};
pub(crate) use svg::SVG_TASK;
pub use svg::draw_bytes;

#[cfg(test)]
mod media_tests;
#[cfg(test)]
mod tests;
