//! Tags of media files: artist, title, duration, size of a picture ... A pure function of an open file and its name.
//!
//! | module | |
//! |---|---|
//! | `rules.rs` | which tags are kept, and from which fields of files they are read |
//! | `normalise.rs` | numbers and musical keys |
//! | `fields.rs` | the fields of a file as its format names them |
//! | `audio.rs`, `picture.rs` | decoders |
//! | `bounded.rs` | limits what a decoder reads |
//! | `probe.rs` | what FFprobe prints |
//! | `read.rs` | chooses the decoder |
//!
//! Decoders get a [`BoundedReader`], which ends a file that makes them read too much or for too long. The caller
//! must expect panics of them.

mod audio;
mod bounded;
mod fields;
mod normalise;
mod picture;
mod probe;
mod read;
mod rules;
#[cfg(test)]
mod tests;

pub(crate) use bounded::BoundedReader;
pub(crate) use fields::Fields;
pub(crate) use normalise::number;
pub(crate) use probe::{ARGUMENTS as FFPROBE_ARGUMENTS, read as read_printed};
pub use read::count_fields;
pub(crate) use read::{MediaKind, READER_VERSION, extension, read_fields};
pub(crate) use rules::TagRules;
