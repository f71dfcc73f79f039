//! The result of the framing guard does not depend on how the bytes of a request are split.
#![no_main]

use http1_io::framing::Framing;
use http1_io::refusal::Reason;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&size, stream)) = bytes.split_first() else { return };
    let at_once = passes(stream, stream.len().max(1));
    let in_pieces = passes(stream, usize::from(size % 61) + 1);
    assert_eq!(at_once, in_pieces, "pieces of {} bytes", size % 61 + 1);
});

/// Returns how many bytes pass when they arrive in pieces of that size, and the reason why no more do.
fn passes(stream: &[u8], piece: usize) -> (usize, Option<Reason>) {
    let (mut framing, mut held, mut passed) = (Framing::default(), Vec::new(), 0);
    for piece in stream.chunks(piece) {
        held.extend_from_slice(piece);
        let cleared = framing.clear(&held);
        held.drain(..cleared.bytes);
        passed += cleared.bytes;
        if let Some(refusal) = cleared.refusal {
            assert!(refusal.reason.status().is_client_error() || refusal.reason.status().is_server_error());
            assert!(!refusal.reason.sentence().is_empty());
            return (passed, Some(refusal.reason));
        }
    }
    (passed, None)
}
