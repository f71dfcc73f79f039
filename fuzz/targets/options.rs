//! Every command line is parsed or refused with reasons. One argument per line.
#![no_main]

mod parse_env;

use libfuzzer_sys::fuzz_target;
use model::config::parse_args;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let args: Vec<&str> = text.split('\n').collect();
    parse_env::with_file("", |env| parse_args(&args, env));
});
