//! Any bytes become a drawing or an error. How much memory and time one may take is bounded by the process that draws.
#![no_main]

use engine::library::thumbnails::{Fit, draw_bytes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _damaged = draw_bytes(bytes, (32, 24), Fit::Crop);
});
