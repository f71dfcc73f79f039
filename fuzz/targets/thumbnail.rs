//! Any bytes become a thumbnail or an error, within memory that is bounded.
#![no_main]

use engine::library::thumbnails::{Fit, Format, Limits, Source, Spec, render};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { pixels: 1 << 20, memory: 16 << 20, ..Limits::default() };
    for (fit, format) in [(Fit::Crop, Format::WebP), (Fit::Width, Format::Jpeg)] {
        let spec = Spec { width: 32, height: 24, fit, format, quality: 40 };
        let _damaged = render(Source::of_bytes(bytes, &limits), &spec, &limits);
    }
});
