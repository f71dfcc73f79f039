//! The computer does not fall asleep while something is on its way.

use keepawake::KeepAwake;
use std::fmt::Display;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// How long it stays awake after the last transfer: the next file of many may be a moment away.
const AFTER: Duration = Duration::from_secs(30);

/// Whether it must stay awake, told to the thread that sees to it.
pub struct Awake(Option<Sender<bool>>);

impl Awake {
    /// Starts the thread. On Windows the wish is one of the thread that has it, so it stays the same one.
    pub fn start() -> Self {
        let (sender, receiver) = channel();
        match std::thread::Builder::new().name("awake".into()).spawn(move || watch(&receiver, AFTER, hold)) {
            Ok(_) => Self(Some(sender)),
            Err(error) => {
                tracing::warn!(%error, "no thread can keep this computer awake");
                Self(None)
            }
        }
    }

    /// Says whether something is on its way.
    pub fn set(&self, busy: bool) {
        // The thread ends only with the program.
        let _gone = self.0.as_ref().map(|sender| sender.send(busy));
    }
}

/// Holds what `hold` gives while something is on its way and for `after` longer.
fn watch<T, E: Display>(wishes: &Receiver<bool>, after: Duration, hold: impl Fn() -> Result<T, E>) {
    let mut held = None;
    // A desktop that does not let us is asked anew with the next transfer, and complained about once.
    let mut complained = false;
    while let Ok(mut busy) = wishes.recv() {
        if busy && held.is_none() {
            held = hold().map_err(|error| {
                if !std::mem::replace(&mut complained, true) {
                    tracing::info!(%error, "this computer may fall asleep during transfers: nothing here prevents it");
                }
            }).ok();
        }
        while !busy && held.is_some() {
            match wishes.recv_timeout(after) {
                Ok(again) => busy = again,
                Err(_) => held = None,
            }
        }
    }
}

fn hold() -> keepawake::Result<KeepAwake> {
    keepawake::Builder::default()
        .idle(true)
        .sleep(true)
        .reason("Files are being transferred")
        .app_name("Potluck")
        .app_reverse_domain("app.potluck.desktop")
        .create()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
    use std::time::Instant;

    /// Awake for as long as it lives.
    struct Held<'a>(&'a AtomicBool);

    impl<'a> Held<'a> {
        fn new(is_held: &'a AtomicBool, count: &AtomicU32) -> Result<Self, String> {
            count.fetch_add(1, SeqCst);
            is_held.store(true, SeqCst);
            Ok(Self(is_held))
        }
    }

    impl Drop for Held<'_> {
        fn drop(&mut self) {
            self.0.store(false, SeqCst);
        }
    }

    fn until(what: impl Fn() -> bool) {
        let began = Instant::now();
        while !what() {
            assert!(began.elapsed() < Duration::from_secs(20), "it did not happen");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn it_is_held_during_transfers_and_let_go_after() {
        let (is_held, count) = (AtomicBool::new(false), AtomicU32::new(0));
        let hold = || Held::new(&is_held, &count);
        let (sender, receiver) = channel();
        std::thread::scope(|scope| {
            scope.spawn(move || watch(&receiver, Duration::from_millis(50), hold));
            for round in 1..=2 {
                sender.send(true).unwrap();
                until(|| is_held.load(SeqCst));
                sender.send(false).unwrap();
                until(|| !is_held.load(SeqCst));
                assert_eq!(count.load(SeqCst), round);
            }
            drop(sender);
        });
    }

    #[test]
    fn the_next_transfer_finds_it_held_still() {
        let (is_held, count) = (AtomicBool::new(false), AtomicU32::new(0));
        let hold = || Held::new(&is_held, &count);
        let (sender, receiver) = channel();
        for busy in [true, false, true] {
            sender.send(busy).unwrap();
        }
        std::thread::scope(|scope| {
            scope.spawn(move || watch(&receiver, Duration::from_secs(60), hold));
            until(|| is_held.load(SeqCst));
            drop(sender);
        });
        assert_eq!((is_held.load(SeqCst), count.load(SeqCst)), (false, 1));
    }

    #[test]
    fn a_desktop_that_refuses_is_asked_again() {
        let count = AtomicU32::new(0);
        let refuse = || {
            count.fetch_add(1, SeqCst);
            Err::<(), _>("no")
        };
        let (sender, receiver) = channel();
        for busy in [true, false, true] {
            sender.send(busy).unwrap();
        }
        drop(sender);
        watch(&receiver, Duration::from_secs(60), refuse);
        assert_eq!(count.load(SeqCst), 2);
    }
}
