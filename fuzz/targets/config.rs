//! Every configuration file, TOML or either of copyparty's formats, is parsed or refused with reasons.
#![no_main]

mod parse_env;

use libfuzzer_sys::fuzz_target;
use model::config::{parse_args, parse_toml};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    parse_env::with_file(&text, |env| parse_args(&["-c", "any.conf"], env));
    parse_env::with_file(&text, |env| parse_args(&["-c", "any.toml"], env));
    parse_env::with_file(&text, |env| parse_toml(&text, "any.toml", env));
});
