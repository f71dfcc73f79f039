//! Limits on unfinished uploads: per sender and in total.
//!
//! An announcement costs its sender a few kilobytes of hashes at most, and the server keeps them until the file is
//! complete or the upload is dropped. Both the number of uploads and their memory are limited.

use super::sender::Sender;
use model::networks::client_key;
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::Arc;
use vfs::error::{EngineError, Result, TooMany};

/// Maximum number of unfinished uploads per sender.
const SENDER_UPLOADS: usize = 4096;
/// Maximum memory of those, bytes.
const SENDER_MEMORY: usize = 16 << 20;
/// Maximum number of unfinished uploads of all senders.
const ALL_UPLOADS: usize = 65_536;
/// Maximum memory of those, bytes.
const ALL_MEMORY: usize = 128 << 20;

/// Memory of an upload without its chunks: names, addresses, tables. Rounded up.
const UPLOAD: usize = 1024;
/// Memory of one chunk: its hash, its received flag, and its positions in two tables.
const CHUNK: usize = 33 + 1 + 4 + 4;

/// Counts all unfinished uploads of an engine.
#[derive(Default)]
pub(super) struct UnfinishedLimit(Arc<Counts>);

#[derive(Default)]
struct Counts {
    state: Mutex<State>,
    hasher: RandomState,
}

#[derive(Default)]
struct State {
    /// By the hash of the sender; senders without unfinished uploads have no entry.
    senders: HashMap<u64, Usage>,
    all: Usage,
}

#[derive(Clone, Copy, Default)]
struct Usage {
    uploads: usize,
    memory: usize,
}

impl Usage {
    fn add(&mut self, memory: usize) {
        self.uploads += 1;
        self.memory += memory;
    }
    fn subtract(&mut self, memory: usize) {
        self.uploads -= 1;
        self.memory -= memory;
    }
    fn has_room(&self, memory: usize, uploads_max: usize, memory_max: usize) -> bool {
        self.uploads < uploads_max && self.memory + memory <= memory_max
    }
}

/// One counted upload; dropping it releases its share of the limits.
pub(super) struct UnfinishedPermit {
    counts: Arc<Counts>,
    sender: u64,
    memory: usize,
}

impl UnfinishedLimit {
    /// Counts one more upload of `chunks` chunks.
    ///
    /// # Errors
    /// `TooManyUnfinished`: a limit would be exceeded.
    pub fn acquire(&self, sender: &Sender, chunks: usize) -> Result<UnfinishedPermit> {
        let (key, memory) = (self.key(sender), memory(chunks));
        {
            let mut state = self.0.lock();
            let of_sender = state.senders.get(&key).copied().unwrap_or_default();
            if !of_sender.has_room(memory, SENDER_UPLOADS, SENDER_MEMORY) {
                return Err(EngineError::TooMany(TooMany::Unfinished { by_all_clients: false }));
            }
            if !state.all.has_room(memory, ALL_UPLOADS, ALL_MEMORY) {
                return Err(EngineError::TooMany(TooMany::Unfinished { by_all_clients: true }));
            }
            state.add(key, memory);
        }
        Ok(UnfinishedPermit { counts: self.0.clone(), sender: key, memory })
    }

    /// Counts an existing upload, from an earlier run of the program, without checking limits.
    pub fn acquire_existing(&self, sender: &Sender, chunks: usize) -> UnfinishedPermit {
        let (key, memory) = (self.key(sender), memory(chunks));
        self.0.lock().add(key, memory);
        UnfinishedPermit { counts: self.0.clone(), sender: key, memory }
    }

    /// Returns the number of counted uploads.
    #[cfg(test)]
    pub fn total(&self) -> usize {
        let state = self.0.lock();
        assert_eq!(state.senders.values().map(|one| one.uploads).sum::<usize>(), state.all.uploads);
        state.all.uploads
    }

    /// Returns the key of a sender. Accounts count by name. Visitors and guests can choose any number of names, so they
    /// count by address.
    fn key(&self, sender: &Sender) -> u64 {
        let Sender { account, address } = sender;
        if model::AccountName::is_valid(account.as_str()) {
            return self.0.hasher.hash_one((0u8, account.as_str()));
        }
        match address.parse::<IpAddr>() {
            Ok(address) => self.0.hasher.hash_one((1u8, client_key(address))),
            Err(_) => self.0.hasher.hash_one((2u8, address)),
        }
    }
}

fn memory(chunks: usize) -> usize {
    UPLOAD + chunks * CHUNK
}

impl Counts {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl State {
    fn add(&mut self, sender: u64, memory: usize) {
        self.senders.entry(sender).or_default().add(memory);
        self.all.add(memory);
    }
}

impl Drop for UnfinishedPermit {
    fn drop(&mut self) {
        let mut state = self.counts.lock();
        state.all.subtract(self.memory);
        if let Some(usage) = state.senders.get_mut(&self.sender) {
            usage.subtract(self.memory);
            if usage.uploads == 0 {
                state.senders.remove(&self.sender);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(account: &str, address: &str) -> Sender {
        Sender { account: account.into(), address: address.into() }
    }

    /// Acquires permits until refused; returns how many were granted, and whether the total limit refused.
    fn fill(
        limit: &UnfinishedLimit,
        chunks: usize,
        held: &mut Vec<UnfinishedPermit>,
        sender: impl Fn(usize) -> Sender,
    ) -> (usize, bool) {
        for at in 0.. {
            match limit.acquire(&sender(at), chunks) {
                Ok(permit) => held.push(permit),
                Err(EngineError::TooMany(TooMany::Unfinished { by_all_clients })) => return (at, by_all_clients),
                Err(other) => panic!("{other:?}"),
            }
        }
        unreachable!("there is a limit")
    }

    #[test]
    fn one_sender_fills_only_its_own_share() {
        let (limit, mut held) = (UnfinishedLimit::default(), Vec::new());
        assert_eq!(fill(&limit, 1, &mut held, |_| sender("ann", "10.0.0.1")), (SENDER_UPLOADS, false));
        // Names and addresses that are free to choose do not make separate senders.
        let visitor = |at: usize| sender(&format!("*/{at}"), &format!("2001:db8::{at:x}"));
        assert_eq!(fill(&limit, 1, &mut held, visitor), (SENDER_UPLOADS, false));
        let guest = |at: usize| sender(&format!("guest/link/{at}"), "10.0.0.1");
        assert_eq!(fill(&limit, 1, &mut held, guest), (SENDER_UPLOADS, false));
        assert!(limit.acquire(&sender("*", "10.0.0.1"), 1).is_err(), "the same address");
        assert!(limit.acquire(&sender("*", "10.0.0.2"), 1).is_ok(), "another one");
        assert!(limit.acquire(&sender("bob", "10.0.0.1"), 1).is_ok(), "an account is not its address");
        held.truncate(SENDER_UPLOADS - 1);
        assert!(limit.acquire(&sender("ann", "10.0.0.1"), 1).is_ok(), "one has ended");
        held.clear();
        assert_eq!((limit.total(), limit.0.lock().senders.len()), (0, 0));
    }

    #[test]
    fn long_hash_lists_count_by_their_memory() {
        let (limit, mut held) = (UnfinishedLimit::default(), Vec::new());
        let (taken, _) = fill(&limit, 2000, &mut held, |_| sender("ann", "::1"));
        assert!(taken * 2000 * 33 < SENDER_MEMORY && taken > 100, "{taken}");
        let (others, by_all_clients) = fill(&limit, 2000, &mut held, |at| sender(&format!("u{}", at / 50), "::1"));
        assert!(by_all_clients && (taken + others) * 2000 * 33 < ALL_MEMORY && others > 1000, "{others}");
        let (more, by_all_clients) = fill(&limit, 0, &mut held, |at| sender(&format!("v{at}"), "::1"));
        assert!(by_all_clients && more < ALL_UPLOADS);
    }

    #[test]
    fn existing_uploads_count_beyond_the_limit() {
        let (limit, ann) = (UnfinishedLimit::default(), sender("ann", "::1"));
        let known: Vec<_> = (0..SENDER_UPLOADS + 5).map(|_| limit.acquire_existing(&ann, 1)).collect();
        assert!(limit.acquire(&ann, 1).is_err());
        drop(known);
        assert!(limit.acquire(&ann, 1).is_ok());
    }
}
