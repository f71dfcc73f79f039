//! Thumbnails: small copies of pictures, made when they are asked for and kept in the volume's state folder.
//!
//! ```text
//! Thumbnails (service) ─► DerivedFiles (store): is it there? ─► bytes
//!        └─ not there: one producer for each key, a bounded number at once, on a background thread
//!             └─► render: Source (bounded) ─► decode / jpeg ─► scale ─► encode
//! ```
//!
//! | module | |
//! |---|---|
//! | `service.rs` | which picture, its key, and whether it is there already |
//! | `request.rs` | what a client asks for, under the settings |
//! | `producer.rs` | one producer for each key, a bounded number at once |
//! | `spec.rs` | what is wanted, what is allowed, what can go wrong |
//! | `source.rs` | the bytes of a picture, with limits of number and time |
//! | `jpeg.rs` | JPEG: scaled decoding, EXIF orientation and thumbnail |
//! | `decode.rs` | every other format |
//! | `scale.rs` | size, crop, orientation |
//! | `encode.rs` | WebP and JPEG |
//! | `render.rs` | all of these, one after the other; panics become errors |

mod decode;
mod encode;
mod jpeg;
mod producer;
mod render;
mod request;
mod scale;
mod service;
mod source;
mod spec;

pub use producer::QUEUE_MAX;
pub use render::render;
pub use request::{ThumbnailRequest, is_picture};
pub use service::{CACHE_MAX, Candidate, Thumbnails};
pub use source::Source;
pub use spec::{Fit, Format, Limits, Spec, ThumbnailError};

#[cfg(test)]
mod tests;
