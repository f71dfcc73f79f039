//! TFTP: requests, and both sides of a transfer against a client that sends anything. No side keeps or sends more than a window, and
//! the receiver passes on only blocks of the agreed size.
#![no_main]

use edge_tftp::options::{Agreement, Proposal, RECEIVE_ROOM_MAX};
use edge_tftp::packet::{Direction, Packet, Request};
use edge_tftp::receive::{Arrival, Receiver};
use edge_tftp::send::{Progress, Sender};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // A request with its length in front, then datagrams with theirs.
    let mut rest = data;
    let first = take(&mut rest);
    let Ok(request) = Request::parse(first) else { return };
    assert!(!request.name.is_empty() && !request.name.contains(&0));
    let agreed = Proposal::of(&request).agree(request.direction, Some(100_000), RECEIVE_ROOM_MAX);
    assert!((8..=65_464).contains(&agreed.block_size) && agreed.window >= 1);
    assert!(agreed.window == 1 || agreed.window * agreed.block_size <= RECEIVE_ROOM_MAX);
    match request.direction {
        Direction::Read => send(&agreed, rest),
        Direction::Write => receive(&agreed, rest),
    }
});

fn take<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let Some((&length, after)) = rest.split_first() else { return &[] };
    let (datagram, after) = after.split_at(usize::from(length).min(after.len()));
    *rest = after;
    datagram
}

fn send(agreed: &Agreement, mut rest: &[u8]) {
    let mut sender = Sender::new(agreed);
    while !rest.is_empty() {
        while sender.wants_block() {
            sender.push(vec![7; agreed.block_size].into());
        }
        let sent = std::iter::from_fn(|| sender.next_datagram()).count();
        assert!(sent <= agreed.window && sender.kept() <= agreed.window * agreed.block_size);
        match Packet::parse(take(&mut rest)) {
            Some(Packet::Ack(number)) => assert_ne!(sender.ack(number), Progress::Complete, "there is no last block"),
            Some(_) => {}
            None if sender.expired() => {}
            None => return,
        }
    }
}

fn receive(agreed: &Agreement, mut rest: &[u8]) {
    let mut receiver = Receiver::new(agreed);
    let mut is_complete = false;
    while !rest.is_empty() {
        assert!(std::iter::from_fn(|| receiver.next_datagram()).count() <= 1);
        match Packet::parse(take(&mut rest)) {
            Some(Packet::Data { block, bytes }) => match receiver.data(block, bytes) {
                Arrival::Bytes(bytes) => assert!(!is_complete && bytes.len() == agreed.block_size),
                Arrival::Last(bytes) => {
                    assert!(!is_complete && bytes.len() < agreed.block_size);
                    is_complete = true;
                    receiver.stored();
                }
                Arrival::TooLong => return,
                Arrival::Nothing => {}
            },
            Some(_) => {}
            None if receiver.expired() => {}
            None => return,
        }
    }
}
