//! Every handshake body and all chunk headers are parsed or refused with a sentence.
#![no_main]

use edge_http::routes::up2k::wire::{ClientHint, WireFault, parse_handshake, parse_selection, push_json_bytes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for hint in [ClientHint::LegacyUrl, ClientHint::JsonType, ClientHint::None] {
        assert_reason(parse_handshake(bytes, hint));
    }
    let text = String::from_utf8_lossy(bytes);
    let (hashes, offset) = text.split_once('\n').map_or((&*text, None), |(h, o)| (h, Some(o)));
    assert_reason(parse_selection(hashes, offset));
    let mut json = String::new();
    push_json_bytes(&mut json, bytes);
    assert!(!json.bytes().any(|b| b < 0x20), "a control character in JSON");
});

fn assert_reason<T>(result: Result<T, WireFault>) {
    if let Err(WireFault::NotJson(why) | WireFault::BadField(why)) = result {
        assert!(!why.is_empty());
    }
}
