//! Both sides against each other, over a network that loses, repeats and reorders.

use super::*;
use crate::packet::Packet;
use crate::send::{Progress, Sender};
use bytes::Bytes;
use proptest::prelude::*;
use std::collections::VecDeque;

fn agreed(block_size: usize, window: usize, has_options: bool) -> Agreement {
    let oack = has_options.then(|| packet::oack([("blksize", block_size as u64)]));
    Agreement { block_size, window, timeout: Duration::from_secs(1), oack }
}

fn acks(receiver: &mut Receiver) -> Vec<Vec<u8>> {
    std::iter::from_fn(|| receiver.next_datagram()).collect()
}

#[test]
fn windows_are_acknowledged_at_their_end() {
    let mut receiver = Receiver::new(&agreed(2, 3, false));
    assert_eq!(acks(&mut receiver), [packet::ack(0)]);
    assert_eq!(receiver.data(1, b"ab"), Arrival::Bytes(b"ab"));
    assert_eq!(receiver.data(2, b"cd"), Arrival::Bytes(b"cd"));
    assert_eq!(acks(&mut receiver), [[0u8; 0]; 0]);
    assert_eq!(receiver.data(3, b"ef"), Arrival::Bytes(b"ef"));
    assert_eq!(acks(&mut receiver), [packet::ack(3)]);
    // The acknowledgement was lost: only the end of the window is answered.
    for block in 1..=3 {
        assert_eq!(receiver.data(block, b"xx"), Arrival::Nothing);
    }
    assert_eq!(acks(&mut receiver), [packet::ack(3)]);
    // Block 4 is lost; that is said once.
    assert_eq!(receiver.data(5, b"ij"), Arrival::Nothing);
    assert_eq!(receiver.data(6, b"kl"), Arrival::Nothing);
    assert_eq!(acks(&mut receiver), [packet::ack(3)]);
    assert_eq!(receiver.data(4, b"ghi"), Arrival::TooLong);
    assert_eq!(receiver.data(4, b"g"), Arrival::Last(b"g"));
    // Nothing is acknowledged before the file is stored, however often the client asks.
    assert_eq!(receiver.data(4, b"g"), Arrival::Nothing);
    assert_eq!(acks(&mut receiver), [[0u8; 0]; 0]);
    receiver.stored();
    assert_eq!(acks(&mut receiver), [packet::ack(4)]);
    assert_eq!(receiver.data(4, b"g"), Arrival::Nothing);
    assert_eq!(acks(&mut receiver), [packet::ack(4)]);
    assert_eq!(receiver.data(3, b"ef"), Arrival::Nothing);
    assert_eq!(acks(&mut receiver), [[0u8; 0]; 0]);
}

#[test]
fn options_are_repeated_until_the_first_block() {
    let mut receiver = Receiver::new(&agreed(2, 1, true));
    let oack = packet::oack([("blksize", 2)]);
    assert_eq!(acks(&mut receiver), std::slice::from_ref(&oack));
    assert!(receiver.expired());
    assert_eq!(acks(&mut receiver), [oack]);
    assert_eq!(receiver.data(1, b"ab"), Arrival::Bytes(b"ab"));
    assert_eq!(acks(&mut receiver), [packet::ack(1)]);
    assert_eq!((1..10).filter(|_| receiver.expired()).count(), 5, "a silent client is given up");
}

/// What the network does with a datagram.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Delivered,
    Lost,
    Twice,
    /// Overtaken by the next one.
    Late,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![6 => Just(Fate::Delivered), 1 => Just(Fate::Lost), 1 => Just(Fate::Twice), 1 => Just(Fate::Late)]
}

/// One direction of the network.
struct Wire<'a> {
    fates: Box<dyn Iterator<Item = Fate> + 'a>,
    under_way: VecDeque<Vec<u8>>,
    late: Vec<Vec<u8>>,
    sent: usize,
}

impl<'a> Wire<'a> {
    /// Uses each fate once, and delivers what comes later.
    fn new(fates: &'a [Fate]) -> Self {
        let fates = Box::new(fates.iter().copied().chain(std::iter::repeat(Fate::Delivered)));
        Self { fates, under_way: VecDeque::new(), late: Vec::new(), sent: 0 }
    }

    fn send(&mut self, datagram: Vec<u8>) {
        self.sent += 1;
        match self.fates.next() {
            Some(Fate::Delivered) | None => self.under_way.push_back(datagram),
            Some(Fate::Lost) => {}
            Some(Fate::Twice) => self.under_way.extend([datagram.clone(), datagram]),
            Some(Fate::Late) => return self.late.push(datagram),
        }
        self.under_way.extend(self.late.drain(..));
    }
}

/// Transfers `content`; returns what arrived and how many datagrams the sender has sent.
fn transfer(content: &[u8], agreed: &Agreement, there: &[Fate], back: &[Fate]) -> (Vec<u8>, usize) {
    let blocks = content.chunks(agreed.block_size).map(Bytes::copy_from_slice);
    let empty = content.len().is_multiple_of(agreed.block_size).then(Bytes::new);
    let mut blocks = blocks.chain(empty);
    let mut sender = Sender::new(agreed);
    // The opening of the receiver: the acknowledgement of an OACK.
    let mut receiver = Receiver::new(&Agreement { oack: None, ..agreed.clone() });
    let (mut there, mut back) = (Wire::new(there), Wire::new(back));
    let (mut stored, mut complete) = (Vec::new(), false);
    if agreed.oack.is_none() {
        let _unused_ack_of_the_request = receiver.next_datagram();
    }
    for _ in 0..100_000 {
        while sender.wants_block() {
            sender.push(blocks.next().expect("no block is wanted after the last"));
        }
        assert!(sender.kept() <= agreed.block_size * agreed.window);
        std::iter::from_fn(|| sender.next_datagram()).for_each(|datagram| there.send(datagram));
        std::iter::from_fn(|| receiver.next_datagram()).for_each(|datagram| back.send(datagram));
        if let Some(datagram) = there.under_way.pop_front() {
            match Packet::parse(&datagram) {
                Some(Packet::Data { block, bytes }) => match receiver.data(block, bytes) {
                    Arrival::Nothing => {}
                    Arrival::Bytes(bytes) => stored.extend_from_slice(bytes),
                    Arrival::Last(bytes) => {
                        stored.extend_from_slice(bytes);
                        receiver.stored();
                    }
                    Arrival::TooLong => panic!("no block is too long"),
                },
                // The OACK of the sender.
                None => back.send(packet::ack(0)),
                other => panic!("{other:?}"),
            }
        } else if let Some(datagram) = back.under_way.pop_front() {
            if let Some(Packet::Ack(number)) = Packet::parse(&datagram)
                && sender.ack(number) == Progress::Complete
            {
                complete = true;
                break;
            }
        } else {
            // Silence: both timers expire.
            assert!(sender.expired() && receiver.expired(), "given up");
        }
    }
    assert!(complete, "never complete");
    (stored, there.sent)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_file_survives_loss_repetition_and_reordering(
        length in 0usize..400,
        block_size in 1usize..12,
        window in 1usize..9,
        has_options: bool,
        there in proptest::collection::vec(fate(), 0..120),
        back in proptest::collection::vec(fate(), 0..120),
    ) {
        let content: Vec<u8> = (0..length).map(|index| (index * 7 % 251) as u8).collect();
        // At most three losses in a row: a client that is silent for longer is given up.
        let limited = |fates: &[Fate]| {
            let mut lost = 0;
            let limit = |fate: &Fate| match fate {
                Fate::Lost | Fate::Late if lost >= 2 => Fate::Delivered,
                Fate::Lost | Fate::Late => { lost += 1; *fate }
                fate => { lost = 0; *fate }
            };
            fates.iter().map(limit).collect::<Vec<_>>()
        };
        let (stored, _) = transfer(&content, &agreed(block_size, window, has_options), &limited(&there), &limited(&back));
        prop_assert_eq!(stored, content);
    }

    #[test]
    fn repeated_acknowledgements_do_not_multiply(window in 1usize..9) {
        let content = vec![7; 4000];
        // Every acknowledgement of the first windows comes twice.
        let (stored, sent) = transfer(&content, &agreed(4, window, false), &[], &[Fate::Twice; 20]);
        prop_assert_eq!(stored.len(), content.len());
        prop_assert!(sent <= 1001 + 20 * window, "{} datagrams", sent);
    }
}
