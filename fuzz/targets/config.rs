//! Every configuration file, TOML or either of copyparty's formats, is parsed or refused with reasons.
#![no_main]

mod surroundings;

use libfuzzer_sys::fuzz_target;
use model::config::{parse_args, parse_toml};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    surroundings::with_file(&text, |env| parse_args(&["-c", "any.conf"], env));
    surroundings::with_file(&text, |env| parse_args(&["-c", "any.toml"], env));
    surroundings::with_file(&text, |env| parse_toml(&text, "any.toml", env));
});
