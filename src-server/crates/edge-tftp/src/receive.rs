//! The side that receives a file (WRQ): blocks in order, acknowledgements, gaps.
//!
//! ```text
//! OACK or ACK 0 ─► blocks 1 ..= window ─► ACK n ─► … ─► the last block ─► stored() ─► ACK of the last
//! ```
//!
//! The last block is acknowledged when the file would survive a loss of power, which the caller says.

use crate::options::Agreement;
use crate::packet;
use crate::patience::Patience;
use std::time::Duration;

/// What a block means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival<'a> {
    /// Nothing: the timer goes on. There may be an acknowledgement to send.
    Nothing,
    /// The next bytes of the file; the timer starts again.
    Bytes(&'a [u8]),
    /// The last bytes of the file, which is now to be stored.
    Last(&'a [u8]),
    /// The block is longer than agreed.
    TooLong,
}

/// The side that receives a file.
#[derive(Debug)]
pub struct Receiver {
    block_size: usize,
    window: usize,
    patience: Patience,
    /// The OACK, if there is one, until the first block arrives.
    opening: Option<Vec<u8>>,
    /// Number of the last block that has arrived in order.
    received: u64,
    /// Blocks since the last acknowledgement.
    unacked: usize,
    /// A gap was reported, and its first block has not arrived since.
    reported_gap: bool,
    /// An acknowledgement is to be sent.
    ack_due: bool,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Receiving,
    /// The last block has arrived.
    Storing,
    Stored,
}

impl Receiver {
    /// Begins with the OACK, or with the acknowledgement of the request.
    pub fn new(agreed: &Agreement) -> Self {
        Self {
            block_size: agreed.block_size,
            window: agreed.window,
            patience: Patience::new(agreed.timeout),
            opening: agreed.oack.clone(),
            received: 0,
            unacked: 0,
            reported_gap: false,
            ack_due: true,
            state: State::Receiving,
        }
    }

    /// Takes a block.
    pub fn data<'a>(&mut self, block: u16, bytes: &'a [u8]) -> Arrival<'a> {
        match self.state {
            // The client repeats the last block because it waits.
            State::Storing => return Arrival::Nothing,
            State::Stored => {
                self.ack_due |= block == packet::wire(self.received);
                return Arrival::Nothing;
            }
            State::Receiving => {}
        }
        match usize::from(block.wrapping_sub(packet::wire(self.received + 1))) {
            0 if bytes.len() > self.block_size => Arrival::TooLong,
            0 => self.next_block(bytes),
            // Later ones of this window: the ones before were lost. This is said once.
            ahead if ahead < self.window => {
                if !std::mem::replace(&mut self.reported_gap, true) {
                    self.acknowledge();
                }
                Arrival::Nothing
            }
            // The end of the last window once more: its acknowledgement was lost.
            _ if block == packet::wire(self.received) && self.unacked == 0 => {
                self.ack_due = true;
                Arrival::Nothing
            }
            _ => Arrival::Nothing,
        }
    }

    fn next_block<'a>(&mut self, bytes: &'a [u8]) -> Arrival<'a> {
        self.received += 1;
        self.unacked += 1;
        self.opening = None;
        self.ack_due = false;
        self.reported_gap = false;
        self.patience.progressed();
        if bytes.len() < self.block_size {
            self.state = State::Storing;
            return Arrival::Last(bytes);
        }
        if self.unacked >= self.window {
            self.acknowledge();
        }
        Arrival::Bytes(bytes)
    }

    fn acknowledge(&mut self) {
        self.ack_due = true;
        self.unacked = 0;
    }

    /// The file is stored: the last block is acknowledged.
    pub fn stored(&mut self) {
        self.state = State::Stored;
        self.acknowledge();
    }

    /// Returns the next datagram to send.
    pub fn next_datagram(&mut self) -> Option<Vec<u8>> {
        std::mem::take(&mut self.ack_due).then(|| match &self.opening {
            Some(oack) => oack.clone(),
            None => packet::ack(self.received),
        })
    }

    /// Returns how long to wait for a block.
    pub fn wait(&self) -> Duration {
        self.patience.wait()
    }

    /// The time is up: says again what has arrived. Returns false if the client is given up.
    pub fn expired(&mut self) -> bool {
        self.reported_gap = false;
        self.acknowledge();
        self.patience.expired()
    }
}

#[cfg(test)]
mod tests;
