//! Any bytes under any name that has tags are read or refused, within the limits of the reader.
#![no_main]

use engine::library::count_fields;
use libfuzzer_sys::fuzz_target;
use model::FileName;

/// The first byte chooses the name.
const NAMES: &[&str] = &[
    "a.mp3", "a.flac", "a.ogg", "a.opus", "a.m4a", "a.mp4", "a.aac", "a.wav", "a.aif", "a.ape", "a.wv", "a.mpc", "a.spx",
    "a.jpg", "a.png", "a.webp", "a.tif", "a.heic", "a.avif", "a.gif", "a.psd", "a.dng",
];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, bytes)) = bytes.split_first() else { return };
    let name = NAMES[usize::from(*first) % NAMES.len()];
    let name = FileName::new(name.as_bytes()).expect("is a name");
    let _damaged = count_fields(&name, bytes);
});
