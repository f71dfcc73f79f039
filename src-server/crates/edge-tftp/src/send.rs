//! The side that sends a file (RRQ): a window of blocks, acknowledgements, retransmission.
//!
//! ```text
//! with options:    OACK ─► ACK 0 ─► blocks 1 ..= window ─► ACK n ─► blocks n+1 ..= n+window ─► … ─► ACK of the last: complete
//! without:                          block 1 ─► ACK 1 ─► …
//! ```
//!
//! One duplicate of an acknowledgement repeats nothing if windows have one block: otherwise every later block would travel twice
//! ("Sorcerer's Apprentice", RFC 1123, 4.2.3.1). In larger windows it is also how a client says that the first block is
//! lost (RFC 7440, 4); the window is then repeated, but not twice in succession.

use crate::options::Agreement;
use crate::packet;
use crate::patience::Patience;
use bytes::Bytes;
use std::collections::VecDeque;
use std::time::Duration;

/// Blocks that are sent at once, however often some were lost.
const BURST_MIN: usize = 4;
/// Windows without loss after which one block more is sent at once.
const CALM_WINDOWS: u32 = 64;

/// What an acknowledgement has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing: the timer goes on.
    Nothing,
    /// There is something to send, or room for more blocks; the timer starts again.
    Moved,
    /// The client has the whole file.
    Complete,
}

/// The side that sends a file.
#[derive(Debug)]
pub struct Sender {
    block_size: usize,
    window: usize,
    patience: Patience,
    /// The OACK until it is acknowledged.
    opening: Option<Vec<u8>>,
    /// The OACK is to be sent.
    opening_due: bool,
    /// Number of the last block that the client has.
    acked: u64,
    /// The blocks after it, at most a window.
    blocks: VecDeque<Bytes>,
    /// How many of them have been sent, since they were last begun.
    sent: usize,
    /// The most of them that were ever sent: later ones cannot be acknowledged.
    reached: usize,
    /// The last block is among them.
    has_last: bool,
    /// A duplicate of the last acknowledgement repeats the window.
    may_rewind: bool,
    /// There was one since the last progress.
    saw_duplicate: bool,
    /// Blocks that are sent without a pause.
    burst: usize,
    /// Windows since one was not complete.
    calm: u32,
}

impl Sender {
    /// Begins with the OACK, if there is one.
    pub fn new(agreed: &Agreement) -> Self {
        Self {
            block_size: agreed.block_size,
            window: agreed.window,
            patience: Patience::new(agreed.timeout),
            opening: agreed.oack.clone(),
            opening_due: agreed.oack.is_some(),
            acked: 0,
            blocks: VecDeque::new(),
            sent: 0,
            reached: 0,
            has_last: false,
            may_rewind: agreed.window > 1,
            saw_duplicate: false,
            burst: agreed.window,
            calm: 0,
        }
    }

    /// Returns how many blocks may be sent without a pause. Clients with little room lose the end of a larger burst.
    pub fn burst(&self) -> usize {
        self.burst
    }

    /// Blocks were lost.
    fn slow_down(&mut self) {
        self.calm = 0;
        self.burst = (self.burst / 2).max(BURST_MIN).min(self.window);
    }

    fn calm_down(&mut self) {
        self.calm += 1;
        if self.calm >= CALM_WINDOWS {
            self.calm = 0;
            self.burst = (self.burst + 1).min(self.window);
        }
    }

    /// Returns whether there is room for the next block.
    pub fn wants_block(&self) -> bool {
        self.opening.is_none() && !self.has_last && self.blocks.len() < self.window
    }

    /// Adds the next block. One that is shorter than the others is the last.
    pub fn push(&mut self, block: Bytes) {
        self.has_last |= block.len() < self.block_size;
        self.blocks.push_back(block);
    }

    /// Returns the next datagram to send.
    pub fn next_datagram(&mut self) -> Option<Vec<u8>> {
        if let Some(oack) = &self.opening {
            return std::mem::take(&mut self.opening_due).then(|| oack.clone());
        }
        let block = self.blocks.get(self.sent)?;
        self.sent += 1;
        self.reached = self.reached.max(self.sent);
        Some(packet::data(self.acked + self.sent as u64, block))
    }

    /// Takes an acknowledgement.
    pub fn ack(&mut self, number: u16) -> Progress {
        if self.opening.is_some() {
            if number != 0 {
                return Progress::Nothing;
            }
            self.opening = None;
            self.patience.progressed();
            return Progress::Moved;
        }
        let count = usize::from(number.wrapping_sub(packet::wire(self.acked)));
        match count {
            0 => self.duplicate(),
            count if count <= self.reached => self.advance(count),
            // An old one, or of a block that was never sent.
            _ => Progress::Nothing,
        }
    }

    /// The client has `count` more blocks, and waits for the one after them.
    fn advance(&mut self, count: usize) -> Progress {
        match count < self.reached {
            true => self.slow_down(),
            false => self.calm_down(),
        }
        self.blocks.drain(..count);
        self.acked += count as u64;
        (self.sent, self.reached) = (0, self.reached - count);
        self.may_rewind = self.window > 1 && (self.may_rewind || !self.saw_duplicate);
        self.saw_duplicate = false;
        self.patience.progressed();
        if self.has_last && self.blocks.is_empty() { Progress::Complete } else { Progress::Moved }
    }

    fn duplicate(&mut self) -> Progress {
        self.saw_duplicate = true;
        if self.sent == 0 || !std::mem::take(&mut self.may_rewind) {
            return Progress::Nothing;
        }
        self.sent = 0;
        Progress::Moved
    }

    /// Returns how long to wait for an acknowledgement.
    pub fn wait(&self) -> Duration {
        self.patience.wait()
    }

    /// The time is up: begins the window again. Returns false if the client is given up.
    pub fn expired(&mut self) -> bool {
        self.opening_due = self.opening.is_some();
        self.sent = 0;
        if self.opening.is_none() {
            self.slow_down();
        }
        self.patience.expired()
    }

    /// Returns the bytes that are kept for retransmission.
    pub fn kept(&self) -> usize {
        self.blocks.iter().map(Bytes::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Packet;

    fn agreed(window: usize, oack: Option<Vec<u8>>) -> Agreement {
        Agreement { block_size: 2, window, timeout: Duration::from_secs(1), oack }
    }

    /// Adds blocks as long as there is room, and returns the numbers of those that are sent.
    fn blocks(sender: &mut Sender) -> Vec<u16> {
        while sender.wants_block() {
            sender.push(Bytes::from_static(b"ab"));
        }
        std::iter::from_fn(|| sender.next_datagram())
            .map(|datagram| match Packet::parse(&datagram) {
                Some(Packet::Data { block, .. }) => block,
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn duplicates_repeat_nothing_in_windows_of_one_block() {
        let mut sender = Sender::new(&agreed(1, None));
        assert_eq!(blocks(&mut sender), [1]);
        for number in [0, 0, 2, 65_535] {
            assert_eq!(sender.ack(number), Progress::Nothing, "{number}");
        }
        assert_eq!(blocks(&mut sender), [0u16; 0]);
        assert_eq!(sender.ack(1), Progress::Moved);
        assert_eq!(blocks(&mut sender), [2]);
        assert_eq!(sender.ack(1), Progress::Nothing);
        assert!(sender.expired());
        assert_eq!(blocks(&mut sender), [2]);
    }

    #[test]
    fn options_are_acknowledged_first() {
        let oack = packet::oack([("blksize", 2)]);
        let mut sender = Sender::new(&agreed(4, Some(oack.clone())));
        assert!(!sender.wants_block());
        assert_eq!((sender.next_datagram(), sender.next_datagram()), (Some(oack.clone()), None));
        assert_eq!(sender.ack(1), Progress::Nothing);
        assert!(sender.expired());
        assert_eq!(sender.next_datagram(), Some(oack));
        assert_eq!(sender.ack(0), Progress::Moved);
        assert_eq!(blocks(&mut sender), [1, 2, 3, 4]);
        assert_eq!(sender.kept(), 8);
    }

    #[test]
    fn a_gap_is_filled_and_late_acknowledgements_repeat_little() {
        let mut sender = Sender::new(&agreed(4, None));
        assert_eq!(blocks(&mut sender), [1, 2, 3, 4]);
        // Block 3 was lost.
        assert_eq!(sender.ack(2), Progress::Moved);
        assert_eq!(blocks(&mut sender), [3, 4, 5, 6]);
        // Block 3 was lost again; the duplicate says so, once.
        assert_eq!(sender.ack(2), Progress::Moved);
        assert_eq!(blocks(&mut sender), [3, 4, 5, 6]);
        assert_eq!(sender.ack(2), Progress::Nothing);
        assert_eq!(sender.ack(6), Progress::Moved);
        assert_eq!(blocks(&mut sender), [7, 8, 9, 10]);
        // The window was repeated, so its acknowledgement came twice: nothing is repeated again.
        assert_eq!(sender.ack(6), Progress::Nothing);
        assert_eq!(sender.ack(10), Progress::Moved);
        assert_eq!(blocks(&mut sender), [11, 12, 13, 14]);
        assert_eq!(sender.ack(14), Progress::Moved);
        // A window without duplicates: they mean something again.
        assert_eq!(blocks(&mut sender), [15, 16, 17, 18]);
        assert_eq!(sender.ack(14), Progress::Moved);
        assert_eq!(blocks(&mut sender), [15, 16, 17, 18]);
    }

    #[test]
    fn numbers_go_on_after_65535() {
        let mut sender = Sender::new(&agreed(3, None));
        let mut last = 0u64;
        while last < 200_000 {
            let sent = blocks(&mut sender);
            assert_eq!(sent[0], packet::wire(last + 1));
            last += sent.len() as u64;
            assert_eq!(sender.ack(packet::wire(last)), Progress::Moved);
        }
        sender.push(Bytes::new());
        assert!(!sender.wants_block());
        let sent = sender.next_datagram().expect("the last block");
        assert_eq!(sent, packet::data(last + 1, b""));
        assert_eq!(sender.ack(packet::wire(last + 1)), Progress::Complete);
    }

    #[test]
    fn losses_make_bursts_smaller_for_a_while() {
        let mut sender = Sender::new(&agreed(16, None));
        assert_eq!((blocks(&mut sender).len(), sender.burst()), (16, 16));
        assert!(sender.expired());
        blocks(&mut sender);
        sender.ack(3);
        assert_eq!(sender.burst(), 4);
        assert!(sender.expired());
        assert_eq!(sender.burst(), 4);
        for window in 1..=64u16 {
            blocks(&mut sender);
            assert_eq!(sender.ack(3 + window * 16), Progress::Moved);
        }
        assert_eq!(sender.burst(), 5);
    }

    #[test]
    fn a_client_that_is_silent_is_given_up() {
        let mut sender = Sender::new(&agreed(1, None));
        let count = std::iter::from_fn(|| {
            let sent = blocks(&mut sender).len();
            sender.expired().then_some(sent)
        });
        assert_eq!(count.sum::<usize>(), 3);
    }
}
