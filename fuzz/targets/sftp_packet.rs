//! SFTP: how the bytes are cut into pieces changes nothing, no packet is longer than the limit, and what a request carries is part of
//! its packet.
#![no_main]

use edge_sftp::PacketBuffer;
use edge_sftp::packet::{Malformed, PACKET_MAX, Packet, Request};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let whole = packets(data.chunks(data.len().max(1)));
    for length in [1, 3, 7] {
        assert_eq!(whole, packets(data.chunks(length)));
    }
});

/// The packets, and whether they end with one that is too long.
fn packets<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Result<Packet, Malformed>>, bool) {
    let (mut buffer, mut all) = (PacketBuffer::default(), Vec::new());
    for piece in pieces {
        buffer.push(piece.to_vec().into());
        loop {
            match buffer.take() {
                Ok(Some(packet)) => all.push(checked(packet)),
                Ok(None) => break,
                Err(_) => return (all, true),
            }
        }
    }
    (all, false)
}

fn checked(packet: bytes::Bytes) -> Result<Packet, Malformed> {
    let length = packet.len();
    assert!((1..=PACKET_MAX).contains(&length));
    let parsed = Packet::parse(packet);
    if let Ok(Packet::Request(_, Request::Write { data, .. })) = &parsed {
        assert!(data.len() < length);
    }
    parsed
}
