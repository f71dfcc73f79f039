//! Any bytes under any name that has tags are read or refused, within the limits of the reader: no decoder loops, takes
//! memory without end, or ends the process. One may panic, as the server expects.
#![no_main]

use engine::library::count_fields;
use libfuzzer_sys::fuzz_target;
use model::FileName;
use std::panic::{catch_unwind, set_hook};

/// The first byte chooses the name.
const NAMES: &[&str] = &[
    "a.mp3", "a.flac", "a.ogg", "a.opus", "a.m4a", "a.mp4", "a.aac", "a.wav", "a.aif", "a.ape", "a.wv", "a.mpc",
    "a.spx", "a.jpg", "a.png", "a.webp", "a.tif", "a.heic", "a.avif", "a.gif", "a.psd", "a.dng",
];

fuzz_target!(
    init: {
        // Instead of libFuzzer's hook, which ends the process.
        set_hook(Box::new(|_| {}));
    },
    |bytes: &[u8]| {
        let Some((first, bytes)) = bytes.split_first() else { return };
        let name = NAMES[usize::from(*first) % NAMES.len()];
        let name = FileName::new(name.as_bytes()).expect("is a name");
        let _damaged = catch_unwind(|| count_fields(&name, bytes));
    }
);
